"""No output takes the place of an input: the one check, which every writer of the store makes.

What a command reads is named once, by `protecting`; the command line does that for every path that is not marked as an
output, so that no command can forget it, and one that forgets to mark its output cannot write at all. An output is
refused that is an input, lies in an input folder, or is a folder that holds an input. Files are compared by device and
inode, so that links, hard links and other ways to write a path change nothing, and standard input and output by the
files that the shell has given to them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from asrkit.errors import AsrkitError, Status, shown

STDOUT = "-"
_CURES = {
    "is": "name another output",
    "lies in": "name an output outside of it",
    "holds": "name an output that does not hold it",
}
AnyPath = str | os.PathLike[str]
_Identity = tuple[int, int]  # device and inode


class _Named:
    """Paths that play one part, such as inputs, by what they are and where they lie."""

    def __init__(self, paths: Iterable[AnyPath], part: str) -> None:
        self.part = part
        self._of_identity: dict[_Identity, str] = {}
        self._of_place: dict[str, str] = {}
        folders: dict[str, str] = {}
        for path in paths:
            name = os.fspath(path)
            identity = _identity_of_stream(sys.stdin) if name == STDOUT else _identity(name)
            if identity is not None:
                self._of_identity.setdefault(identity, "standard input" if name == STDOUT else name)
            if name != STDOUT and (identity is not None or not os.path.exists(name)):  # not a device or a pipe
                for place in _places(name, folders):
                    self._of_place.setdefault(place, name)

    def refuse(self, path: AnyPath) -> None:
        """Raise an AsrkitError if the output `path` is, holds or lies in one of them."""
        if not self._of_identity and not self._of_place:
            return
        if os.fspath(path) == STDOUT:
            self._refuse("is", self._of_identity.get(_identity_of_stream(sys.stdout) or (-1, -1)), "standard output")
            return
        final, name = os.path.realpath(path), os.fspath(path)
        if _is_special(final):
            return
        identity = _identity(final)
        self._refuse("is", self._of_place.get(final) or (identity and self._of_identity.get(identity)), name)
        for folder in map(str, Path(final).parents):
            above = _identity(folder)
            self._refuse("lies in", self._of_place.get(folder) or (above and self._of_identity.get(above)), name)
        if not os.path.isfile(final):
            inside = os.path.join(final, "")
            held = next((name for place, name in self._of_place.items() if place.startswith(inside)), None)
            self._refuse("holds", held, name)

    def _refuse(self, relation: str, other: str | None, name: str) -> None:
        if other:
            which = "" if relation == "is" and other == name else f" {shown(other)}"
            what = f"this output {relation} the {self.part}{which} of the same command"
            raise AsrkitError(what, where=name, cure=_CURES[relation], status=Status.WRONG_USAGE)


_inputs: ContextVar[tuple[_Named, ...]] = ContextVar("asrkit.inputs", default=())


@contextmanager
def protecting(inputs: Iterable[AnyPath]) -> Iterator[None]:
    """Within the block, no writer of the store writes over `inputs` (files, folders, `-`), into or around them."""
    token = _inputs.set((*_inputs.get(), _Named(inputs, "input")))
    try:
        yield
    finally:
        _inputs.reset(token)


def check_output(path: AnyPath, inputs: Iterable[AnyPath] = ()) -> None:
    """Refuse an output (`-`: standard output) that is, holds or lies in an input: of `protecting`, or of `inputs`.

    Raises:
        AsrkitError: so it is.
    """
    for named in (*_inputs.get(), _Named(inputs, "input")):
        named.refuse(path)


def check_outputs(paths: Iterable[AnyPath]) -> None:
    """Refuse outputs of which one is, holds or lies in an input or another output.

    Raises:
        AsrkitError: so it is.
    """
    before: list[AnyPath] = []
    for path in paths:
        check_output(path)
        _Named(before, "output").refuse(path)
        if os.fspath(path) != STDOUT:
            before.append(path)


def _identity(path: str) -> _Identity | None:
    """Return what the file or folder `path` is; None if there is none, or it is a pipe or a device."""
    try:
        return _of_stat(os.stat(path))
    except (OSError, ValueError):
        return None


def _identity_of_stream(stream: object) -> _Identity | None:
    try:
        return _of_stat(os.fstat(stream.fileno()))  # type: ignore[attr-defined]
    except (OSError, ValueError, AttributeError):
        return None


def _of_stat(found: os.stat_result) -> _Identity | None:
    regular = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return (found.st_dev, found.st_ino) if regular else None


def _is_special(path: str) -> bool:
    return os.path.exists(path) and _identity(path) is None


def _places(name: str, folders: dict[str, str]) -> Iterator[str]:
    """Yield where `name` lies, and where that lies to which it leads if it is a link; `folders` are known already."""
    folder, last = os.path.split(name.rstrip("/"))
    if folder not in folders:
        folders[folder] = os.path.realpath(folder or "/" * name.startswith("/") or ".")
    place = os.path.join(folders[folder], last)
    if last not in ("", ".", ".."):
        yield place
    if last in ("", ".", "..") or os.path.islink(place):
        yield os.path.realpath(name)
