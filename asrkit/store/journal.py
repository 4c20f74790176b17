"""Lines that outlive a killed run: each is on the disk before the next one is begun, a torn last one is dropped.

A journal is the one file that grows under its own name; nobody but `--resume` reads it, and what it says is published
whole at the end (law 11).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from asrkit.errors import AsrkitError, from_os_error


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

    Raises:
        AsrkitError: the file cannot be read or written, or its whole lines are not UTF-8.
    """
    try:
        content = Path(path).read_bytes() if Path(path).exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        lines = _decoded(whole, path).split("\n")[:-1]
        with open(path, "r+b" if content else "wb") as stream:
            stream.truncate(len(whole))
            stream.seek(len(whole))
            yield Journal(stream), lines
            os.fsync(stream.fileno())
    except OSError as error:
        raise from_os_error(error, path) from error


def _decoded(content: bytes, path: str | os.PathLike[str]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        what = "this journal is damaged: it is not UTF-8"
        raise AsrkitError(what, where=os.fspath(path), cure="remove it and begin anew") from error
