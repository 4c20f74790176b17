"""The one error type of asrkit: what is wrong, where, and how to mend it.

Exit statuses (law 9 of CONVENTIONS.md):

| status | meaning |
|---|---|
| 0 | all was done |
| 1 | nothing could be done |
| 2 | wrong usage |
| 3 | some of the items failed, each one named |
| 130 | interrupted |
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from enum import IntEnum


class Status(IntEnum):
    """Exit statuses of every command."""

    DONE = 0
    NOTHING_DONE = 1
    WRONG_USAGE = 2
    SOME_FAILED = 3
    INTERRUPTED = 130


class AsrkitError(Exception):
    """A wrong input or a failing machine, told to a person in one sentence.

    `what` says what is wrong ("word '保定' has no units"), `where` names the place ("lexicon.txt:12"),
    `cure` says how to mend it ("write at least one unit after the word").
    """

    def __init__(
        self, what: str, *, where: str | None = None, cure: str | None = None, status: Status = Status.NOTHING_DONE
    ) -> None:
        super().__init__(what, where, cure)
        self.what = what
        self.where = where
        self.cure = cure
        self.status = status

    def __reduce__(self) -> tuple[Callable[..., AsrkitError], tuple[object, ...]]:
        """Let it be told by another process."""
        return _made_again, (self.what, self.where, self.cure, self.status)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f"; {self.cure}" if self.cure else ""
        return f"{place}{self.what}{cure}."


def _made_again(what: str, where: str | None, cure: str | None, status: Status) -> AsrkitError:
    return AsrkitError(what, where=where, cure=cure, status=status)


_CURES = {
    errno.ENOENT: ("no such file or folder", "check the path"),
    errno.EACCES: ("permission denied", "check the owner and mode of the file and of its folder"),
    errno.EPERM: ("permission denied", "check the owner and mode of the file and of its folder"),
    errno.EISDIR: ("this is a folder, a file is needed", "name a file in it"),
    errno.ENOTDIR: ("a part of this path is a file, not a folder", "check the path"),
    errno.ENOSPC: ("the disk is full", "free some room or write elsewhere"),
    errno.EDQUOT: ("the disk quota is used up", "free some room or write elsewhere"),
    errno.ENOTEMPTY: ("another run wrote this folder meanwhile", "name another or allow it to be overwritten"),
    errno.EROFS: ("the file system is read-only", "write elsewhere"),
    errno.ENAMETOOLONG: ("the path is too long", "use a shorter one"),
}


def from_os_error(error: OSError, path: str | os.PathLike[str] | None = None) -> AsrkitError:
    """Return the AsrkitError that tells `error`, which happened on `path`."""
    name = path if path is not None else error.filename
    what, cure = _CURES.get(error.errno or 0, (error.strerror or str(error) or "the system refused", None))
    return AsrkitError(what, where=os.fspath(name) if name is not None else None, cure=cure)


def shown(text: str, limit: int = 60) -> str:
    """Return `text` quoted for a message: control characters escaped, cut to about `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut) + "'"
