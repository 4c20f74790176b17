"""STM files: what was said when and by whom, as NIST's scoring tools read them.

    line :== <recording> <channel> <speaker> <start> <end> [ '<' <label> { ',' <label> } '>' ] { <word> }

separated by spaces or tabs, times in seconds, channels A, B … or 1, 2 …. Lines that begin with `;;` are comments. Blank
lines are passed over. The text IGNORE_TIME_SEGMENT_IN_SCORING marks a time that is not scored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from asrkit.errors import AsrkitError
from asrkit.formats.fields import is_number, number, refuse_empty, rows, written, written_rest
from asrkit.formats.kaldi_dir import channel_number
from asrkit.formats.reading import split_fields

IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
_COMMENT = ";;"
_LABEL = re.compile(r"<[^<>\s]*,[^<>\s]*>|<o>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Turn:
    """One line; times in seconds, the channel from 0."""

    recording: str
    channel: int
    speaker: str
    start: float
    end: float
    text: str
    line: int = field(default=0, compare=False)


def parse(path: str | os.PathLike[str]) -> tuple[Turn, ...]:
    """Return the lines of the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `reading.read_lines`; fewer than five fields; no channel; times that are no span; no line.
    """
    turns = []
    for line, where, fields in rows(path):
        if fields[0].startswith(_COMMENT):
            continue
        if len(fields) < 5:
            cure = "write: recording channel speaker start end words"
            raise AsrkitError(f"at least five fields are needed, {len(fields)} are here", where=where, cure=cure)
        start, end = number(fields[3], "start", where, low=0), number(fields[4], "end", where, low=0)
        if end < start:
            what = f"this ends at {fields[4]} s, before its start at {fields[3]} s"
            raise AsrkitError(what, where=where, cure="write a later end")
        words = fields[5:]
        if words and _LABEL.fullmatch(words[0]):
            words = words[1:]
        turns.append(Turn(fields[0], channel_number(fields[1], where), fields[2], start, end, " ".join(words), line))
    refuse_empty(turns, "line", path, "write: recording channel speaker start end words")
    return tuple(turns)


def serialize(turns: Iterable[Turn]) -> Iterator[str]:
    """Yield the lines of `turns`, channels from 1.

    Raises:
        AsrkitError: an id or a text that no line can hold.
    """
    for turn in turns:
        ids = f"{written(turn.recording, 'recording')} {turn.channel + 1} {written(turn.speaker, 'speaker')}"
        yield f"{ids} {turn.start!r} {turn.end!r} {written_rest(turn.text, 'text')}".rstrip(" ")


def looks_like(lines: Iterable[str]) -> bool:
    """Whether all of `lines` have the form of an STM file's."""
    found = [split_fields(line) for line in lines if line.strip() and not line.startswith(_COMMENT)]
    return bool(found) and all(
        len(row) >= 5 and "." in row[3] + row[4] and is_number(row[3]) and is_number(row[4])
        and 0 <= float(row[3]) <= float(row[4]) and (row[1].isdigit() or len(row[1]) == 1)
        for row in found
    )  # fmt: skip
