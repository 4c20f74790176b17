"""Lines that outlive a killed run: each is on the disk before the next one is begun.

    line :== <checksum: 16 hex digits> ' ' <text> LF

A checksum is of its line, of all lines before it and of the run that the journal belongs to, so that no line that was
changed, moved or put in from elsewhere is believed. A torn last line is dropped, and so are a line that was changed and
all after it. A journal is the one file that grows under its own name; nobody but `--resume` reads it, and what it says
is published whole at the end (law 11).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from asrkit.errors import AsrkitError, Status, from_os_error

_DIGITS = 16


class Journal:
    """A file of lines, open for more.

    Attributes:
        dropped: how many lines behind the good ones were damaged, and are dropped.
    """

    def __init__(self, stream: IO[bytes], chain: bytes, dropped: int) -> None:
        self._stream = stream
        self._chain = chain
        self.dropped = dropped

    def add(self, line: str) -> None:
        """Append `line`, which has no line end in it, and hand it to the operating system."""
        text = line.encode("utf-8")
        self._chain = _next(self._chain, text)
        self._stream.write(_checksum(self._chain) + b" " + text + b"\n")
        self._stream.flush()


@contextmanager
def open_journal(path: str | os.PathLike[str], run: str = "") -> Iterator[tuple[Journal, list[str]]]:
    """Yield the journal `path` of the run `run`, made if need be, and the good lines that it holds already.

    No other process can open it meanwhile; the system lets go of it even if this one is killed.

    Raises:
        AsrkitError: the file cannot be read or written, another process has it open, or none of its lines is good.
    """
    try:
        with open(path, "a+b") as stream:
            if not _locked(stream):
                raise _in_use(path)
            stream.seek(0)
            content = stream.read()
            whole = content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]
            good = list(_good(whole, _start(run)))
            texts = [text for _, text in good]
            if whole and not texts:
                what = "this journal is damaged, or that of another run"
                raise AsrkitError(what, where=os.fspath(path), cure="remove it and start again")
            stream.truncate(sum(len(text.encode()) + _DIGITS + 2 for text in texts))
            yield Journal(stream, good[-1][0] if good else _start(run), len(whole) - len(texts)), texts
            os.fsync(stream.fileno())
    except OSError as error:
        raise from_os_error(error, path) from error


def read_journal(path: str | os.PathLike[str], run: str = "") -> Iterator[str]:
    """Yield the lines of the journal `path` of the run `run`, all of which must be good.

    Raises:
        AsrkitError: the file cannot be read, or a line was changed.
    """
    try:
        with open(path, "rb") as stream:
            seen, good = [0], 0
            for _, text in _good(_counted((line.rstrip(b"\n") for line in stream), seen), _start(run)):
                yield text
                good += 1
            if seen[0] != good:
                what = "this line of the journal was changed while the run went on"
                raise AsrkitError(what, where=f"{os.fspath(path)}:{good + 1}", cure="go on with it by --resume")
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


def _good(lines: Iterable[bytes], chain: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield (chain so far, text) of the lines up to the first one that is damaged."""
    for line in lines:
        checksum, _, text = line.partition(b" ")
        chain = _next(chain, text)
        try:
            if checksum != _checksum(chain):
                return
            yield chain, text.decode("utf-8")
        except UnicodeDecodeError:
            return


def _counted(lines: Iterable[bytes], counter: list[int]) -> Iterator[bytes]:
    for line in lines:
        counter[0] += 1
        yield line


def _start(run: str) -> bytes:
    return hashlib.sha256(run.encode()).digest()


def _next(chain: bytes, text: bytes) -> bytes:
    return hashlib.sha256(chain + text).digest()


def _checksum(chain: bytes) -> bytes:
    return chain.hex()[:_DIGITS].encode()


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
