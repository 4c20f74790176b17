"""Plain lists of recordings.

    line :== <path>

A path may hold spaces, but not at its ends. Blank lines are passed over; there are no comments. A relative path counts
from the current folder or from the list's own. The id of a recording is its file's name without the ending.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import filled_lines, refuse_empty, written_rest
from asrkit.formats.kaldi_dir import Recording, located


def parse(path: str | os.PathLike[str]) -> tuple[Recording, ...]:
    """Return the recordings that the file `path` (`-`: standard input) lists, their paths looked up.

    Raises:
        AsrkitError: as `reading.read_lines`; two paths with the same id; no path at all.
    """
    recordings: dict[str, Recording] = {}
    for line, where, source in filled_lines(path):
        recording = Recording(recording_id(source), located(source, path), line=line)
        first = recordings.setdefault(recording.id, recording)
        if first is not recording:
            what = f"{shown(source)} would have the same id, {shown(recording.id)}, as the path on line {first.line}"
            raise AsrkitError(what, where=where, cure="remove it, or give ids of your own in a wav.scp")
    refuse_empty(recordings, "path", path, "write the path of one recording a line")
    return tuple(recordings.values())


def serialize(recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield the lines of a list of paths.

    Raises:
        AsrkitError: a path that no line can hold.
    """
    for recording in recordings:
        if not recording.source:
            raise AsrkitError("an empty path cannot be written on one line", cure="leave it out")
        yield written_rest(recording.source, "path")


def recording_id(path: str | os.PathLike[str]) -> str:
    """Return the id of the recording `path`: its name without the ending, spaces and tabs replaced by `_`.

    Ids stand in files whose fields spaces and tabs separate.
    """
    return Path(path).stem.replace(" ", "_").replace("\t", "_") or "_"
