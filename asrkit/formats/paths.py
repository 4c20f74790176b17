"""Plain lists of recordings.

    LINE :== <path>

Spaces at both ends are dropped, blank lines passed over. The id of a recording is its file's name without the suffix.
A relative path is looked for from the current folder, then from the list's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from asrkit.errors import AsrkitError, shown
from asrkit.formats.kaldi_dir import Recording, located
from asrkit.formats.reading import name_of, read_lines


def parse(path: str | os.PathLike[str]) -> tuple[Recording, ...]:
    """Return the recordings that the file `path` (`-`: standard input) lists.

    Raises:
        AsrkitError: two paths with the same id; no path at all.
    """
    lines = ((text.strip(" \t"), f"{name_of(path)}:{number}", number) for number, text in read_lines(path))
    recordings = tuple(_identified((located(text, path), where, number) for text, where, number in lines if text))
    if not recordings:
        raise AsrkitError("this list is empty", where=name_of(path), cure="write one path a line")
    return recordings


def serialize(recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield the lines of a list of paths."""
    for recording in recordings:
        yield recording.source


def _identified(paths: Iterable[tuple[str, str, int]]) -> Iterator[Recording]:
    seen: dict[str, str] = {}
    for path, where, number in paths:
        id_ = Path(path).stem
        if not id_:
            raise AsrkitError(f"{shown(path)} names no file", where=where, cure="write the path of a recording")
        if id_ in seen:
            what = f"{shown(path)} would have the same id, {shown(id_)}, as {seen[id_]}"
            raise AsrkitError(what, where=where, cure="give ids of your own in a wav.scp")
        seen[id_] = where
        yield Recording(id_, path, line=number)
