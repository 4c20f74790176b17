"""NIST's CTM: words with their times.

CTM  :== { LINE }
LINE :== <recording> <channel> <start> <duration> <word> [ <confidence> ]     seconds; confidence in [0, 1]
       | ";;" <comment>
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, read_lines, split_fields


@dataclass(frozen=True)
class CtmWord:
    """One word: where and when it was said, in seconds."""

    recording: str
    channel: str
    start: float
    duration: float
    word: str
    confidence: float | None = None


def parse(path: str | os.PathLike[str]) -> tuple[CtmWord, ...]:
    """Return the words of the file `path` (`-`: standard input), in its order; a file without words is sound.

    Raises:
        AsrkitError: a line of another form, or a time or confidence out of range.
    """
    words = []
    for number, text in read_lines(path):
        fields = split_fields(text)
        if not fields or fields[0].startswith(";;"):
            continue
        where = f"{name_of(path)}:{number}"
        numbers = [_number(field) for field in (*fields[2:4], *fields[5:])]
        if len(fields) not in (5, 6) or None in numbers:
            cure = "write: recording channel start duration word [confidence]"
            raise AsrkitError(f"{shown(text)} is not a CTM line", where=where, cure=cure)
        start, duration, confidence = (*numbers, None)[:3]
        if start < 0 or duration < 0 or not 0 <= (confidence or 0) <= 1:
            what = f"a time of word {shown(fields[4])} is below 0, or its confidence is not in [0, 1]"
            raise AsrkitError(what, where=where, cure="mend the line")
        words.append(CtmWord(fields[0], fields[1], start, duration, fields[4], confidence))
    return tuple(words)


def serialize(words: Iterable[CtmWord]) -> Iterator[str]:
    """Yield the lines: times to a hundredth of a second, confidences to four digits."""
    for w in words:
        confidence = "" if w.confidence is None else f" {w.confidence:.4f}"
        yield f"{w.recording} {w.channel} {w.start:.2f} {w.duration:.2f} {w.word}{confidence}"


def _number(field: str) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
