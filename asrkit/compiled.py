"""How kernels with a fixed signature are compiled: by numba, kept on disk where that is possible.

numba looks only at a kernel's own file to tell whether its compiled code is still valid, not at the files of the
kernels which that one calls. So the folder of compiled code bears a hash of all files that hold such kernels.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba

from asrkit import progress

_ROOMS = ("formats", "text", "lm", "graph")


def kernel(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function for `signature` (numba's text form); threads may run it at once."""

    def compiled(function: Callable[..., Any]) -> Any:
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(_folder or "")
        try:
            return numba.njit(signature, cache=_folder is not None, nogil=True)(function)
        finally:
            numba.config.CACHE_DIR = before

    return compiled


def _usable_folder() -> Path | None:
    """Return a folder for compiled code that can be written, or None after a warning."""
    digest = hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (Path(__file__).parent / room).glob("*.py")):
        content = path.read_bytes()
        if b"@kernel(" in content:
            digest.update(content)
    root = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    with suppress(RuntimeError):  # no home folder is known
        folder = Path(root or Path.home() / ".cache").absolute() / "asrkit" / digest.hexdigest()[:16]
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    cure = "let NUMBA_CACHE_DIR name a folder that can be written"
    progress.warn(f"no folder for compiled code can be written, so that each run compiles it anew; {cure}")
    return None


_folder = None if numba.config.DISABLE_JIT else _usable_folder()
