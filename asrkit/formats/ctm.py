"""CTM files: words with times, as NIST's scoring tools read them.

    line :== <utterance> <channel> <start> <duration> <word> [ <confidence> ]

separated by spaces or tabs, times in seconds. Lines that begin with `;;` are comments. Blank lines are passed over; a
file without words is sound, since nothing may have been said.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from asrkit.errors import AsrkitError
from asrkit.formats.fields import escaped, number, one_line, rows

_COMMENT = ";;"


@dataclass(frozen=True, slots=True)
class CtmWord:
    """One line; times in seconds, `confidence` from 0 to 1 or None."""

    utt: str
    channel: str
    start: float
    duration: float
    word: str
    confidence: float | None = None
    line: int = field(default=0, compare=False)


def parse(path: str | os.PathLike[str]) -> tuple[CtmWord, ...]:
    """Return the words of the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `reading.read_lines`; not five or six fields; a time below 0; a confidence not from 0 to 1.
    """
    words = []
    for line, where, fields in rows(path):
        if fields[0].startswith(_COMMENT):
            continue
        if len(fields) not in (5, 6):
            cure = "write: utterance channel start duration word [confidence]"
            raise AsrkitError(f"five or six fields are needed, {len(fields)} stand here", where=where, cure=cure)
        start = number(fields[2], "start", where, low=0)
        duration = number(fields[3], "duration", where, low=0)
        confidence = number(fields[5], "confidence", where, low=0, high=1) if len(fields) == 6 else None
        words.append(CtmWord(fields[0], fields[1], start, duration, fields[4], confidence, line))
    return tuple(words)


def serialize(words: Iterable[CtmWord]) -> Iterator[str]:
    """Yield the lines of `words`: times to a hundredth of a second, confidences to four digits.

    Whatever a word or an id holds, its line is written: white space in a word becomes `_`, a word without characters is
    left out, an id is `fields.escaped`, also where it would make the line a comment.
    """
    for word in words:
        utt = escaped(word.utt)
        if utt.startswith(_COMMENT):
            utt = "%3B" + utt[1:]
        text = "_".join(one_line(word.word).split(" "))
        text = "_".join(text.split("\t"))
        if not text:
            continue
        confidence = "" if word.confidence is None else f" {word.confidence:.4f}"
        yield f"{utt} {escaped(word.channel)} {word.start:.2f} {word.duration:.2f} {text}{confidence}"
