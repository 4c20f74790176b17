"""How much memory this process takes."""

from __future__ import annotations

import resource
import sys


def resident_bytes() -> int:
    """Return the most memory, in bytes, that this process has taken so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10
