"""How kernels are compiled: by numba, once, kept on disk where that is possible, and said aloud when it takes long.

numba looks only at a kernel's own file to tell whether its compiled code is still valid, not at the files of the
kernels which that one calls. So the folder of compiled code bears a hash of all files that hold kernels.
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

_ROOMS = ("formats", "text", "lm", "graph", "search", "hotwords")


def kernel(signature: Callable[..., Any] | str) -> Any:
    """Make a function that allocates nothing a kernel; threads may run it at once.

    `@kernel("void(int32[:])")` compiles it at once for this signature (numba's text form); `@kernel` alone when another
    kernel calls it or it is made `ready`.

    numba counts how often arrays are referred to, so that it can free them, and at every look into an array of a named
    tuple. That took two thirds of the search with hotwords. Who makes no arrays needs no counts.
    """
    return _compiled(signature, _nrt=False)


def allocating_kernel(signature: Callable[..., Any] | str) -> Any:
    """Make a function a kernel, as `kernel` does, that may make arrays and look things up in a dictionary."""
    return _compiled(signature)


def _compiled(signature: Callable[..., Any] | str, **flags: bool) -> Any:
    options = {"cache": _folder is not None, "nogil": True, **flags}
    with _cache_at(_folder):
        if callable(signature):
            return numba.njit(**options)(signature)

    def compiled(function: Callable[..., Any]) -> Any:
        with _cache_at(_folder):
            return numba.njit(signature, **options)(function)

    return compiled


def ready(function: Any, *arguments: Any) -> None:
    """Compile the kernel `function` for arguments of these types, or read it from the cache. No other types will do."""
    if numba.config.DISABLE_JIT:
        return
    with _cache_at(_folder), _announced(function):
        function.compile(tuple(numba.typeof(argument) for argument in arguments))
        function.disable_compile()


def _usable_folder() -> Path | None:
    """Return a folder for compiled code that can be written, or None after a warning."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(path for room in _ROOMS for path in (Path(__file__).parent / room).glob("*.py")):
        source = path.read_bytes()
        if b"from asrkit.compiled import" in source:  # the other files do not matter to compiled code
            digest.update(source)
    root = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    with suppress(RuntimeError):  # no home folder is known
        folder = Path(root or Path.home() / ".cache").absolute() / "asrkit" / digest.hexdigest()[:16]
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    cure = "let NUMBA_CACHE_DIR name a folder that can be written"
    progress.warn(f"no folder for compiled code can be written, so that each run compiles the kernels anew; {cure}")
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
def _announced(function: Any) -> Iterator[None]:
    """Tell once a process that the search is being compiled, if it is not in the cache."""
    global _silent  # noqa: PLW0603
    if not _silent and not (_folder and any(_folder.rglob(f"{Path(function.__code__.co_filename).stem}.*.nbc"))):
        progress.say("compiling the search, once, about 20 s")
        _silent = True
    yield


_folder = None if numba.config.DISABLE_JIT else _usable_folder()
_silent = False
