"""Lines that outlive a killed run: each is on the disk before the next one is begun, a torn last one is dropped.

A journal is the one file that grows under its own name; nobody but `--resume` reads it, and what it says is published
whole at the end (law 11).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from asrkit.errors import AsrkitError, Status, from_os_error


class Journal:
    """A file of lines, open for more."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def add(self, line: str) -> None:
        """Append `line`, which has no line end in it, and hand it to the operating system."""
        self._stream.write(line.encode("utf-8") + b"\n")
        self._stream.flush()


@contextmanager
def open_journal(path: str | os.PathLike[str]) -> Iterator[tuple[Journal, list[str]]]:
    """Yield the journal `path`, made if need be, and the whole lines that it holds already.

    No other process can open it meanwhile; the system lets go of it even if this one is killed.

    Raises:
        AsrkitError: the file cannot be read or written, another process has it open, or its whole lines are not UTF-8.
    """
    try:
        with open(path, "a+b") as stream:
            if not _locked(stream):
                raise _in_use(path)
            stream.seek(0)
            content = stream.read()
            whole = content[: content.rfind(b"\n") + 1]
            lines = _decoded(whole, path).split("\n")[:-1]
            stream.truncate(len(whole))
            yield Journal(stream), lines
            os.fsync(stream.fileno())
    except OSError as error:
        raise from_os_error(error, path) from error


def check_unused(path: str | os.PathLike[str]) -> None:
    """Raise an AsrkitError if a process has the journal `path` open; there need be none."""
    try:
        with open(path, "rb") as stream:
            if not _locked(stream):
                raise _in_use(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise from_os_error(error, path) from error


def _locked(stream: IO[bytes]) -> bool:
    """Lock `stream` until it is closed; return False if another process has locked it."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    return True


def _in_use(path: str | os.PathLike[str]) -> AsrkitError:
    cure = "wait for its end, or name another output"
    return AsrkitError("another run writes here just now", where=os.fspath(path), cure=cure, status=Status.WRONG_USAGE)


def _decoded(content: bytes, path: str | os.PathLike[str]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        what = "this journal is damaged: it is not UTF-8"
        raise AsrkitError(what, where=os.fspath(path), cure="remove it and begin anew") from error
