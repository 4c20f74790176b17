"""How the kernels are compiled: by numba, once, kept on disk, and said aloud when it takes long.

numba's own rule for what is still valid in its cache looks only at the file of the function that is called from Python,
not at the files of the kernels which that one calls. So the folder of compiled code bears a hash of all the sources.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numba

from asrkit import progress

_SOURCES = ("search", "hotwords")  # rooms whose files the kernels come from


def kernel(function: Callable[..., Any]) -> Any:
    """Return `function` as a kernel, compiled when it is first called or made `ready`."""
    with _cache_at(_folder):
        return numba.njit(cache=_folder is not None, nogil=True)(function)


def ready(function: Any, *arguments: Any) -> None:
    """Compile the kernel `function` for arguments of these types, or read it from the cache. No other types will do."""
    if numba.config.DISABLE_JIT:
        return
    with _cache_at(_folder), _announced():
        function.compile(tuple(numba.typeof(argument) for argument in arguments))
        function.disable_compile()


def _usable_folder() -> Path | None:
    """Return a folder for compiled code that can be written, or None after a warning."""
    root = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for room in _SOURCES for path in (package / room).glob("*.py")):
        source = path.read_bytes()
        if b"kernel" in source:  # the other files do not matter to compiled code
            digest.update(source)
    with suppress(RuntimeError):  # no home folder is known
        folder = Path(root or Path.home() / ".cache").absolute() / "asrkit" / digest.hexdigest()[:16]
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    cure = "let NUMBA_CACHE_DIR name a folder that can be written"
    progress.warn(f"no folder for compiled code can be written, so that each run compiles the search anew; {cure}")
    return None


@contextmanager
def _cache_at(folder: Path | None) -> Iterator[None]:
    """Let numba keep in `folder` what is compiled in this block."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or "")
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


@contextmanager
def _announced() -> Iterator[None]:
    """Tell once a process that kernels are being compiled, if they are not in the cache."""
    global _silent  # noqa: PLW0603
    if not _silent:
        progress.say("compiling the search, once, about 20 s")
        _silent = True
    yield


_folder = None if numba.config.DISABLE_JIT else _usable_folder()
_silent = _folder is not None and any(_folder.rglob("*.nbc"))
