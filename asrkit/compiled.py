"""How kernels with a fixed signature are compiled: by numba, kept on disk where that is possible.

numba looks only at a kernel's own file to tell whether its compiled code is still valid: a kernel may call others of
the same file, none of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba

from asrkit import progress


def kernel(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function for `signature` (numba's text form); threads may run it at once."""

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(signature, cache=True, nogil=True)(function)
        except RuntimeError:  # numba found no folder that it may write to
            _warn()
            return numba.njit(signature, nogil=True)(function)

    return compiled


@cache
def _warn() -> None:
    cure = "let NUMBA_CACHE_DIR name a folder that can be written"
    progress.warn(f"no folder for compiled code can be written, so that each run compiles it anew; {cure}")
