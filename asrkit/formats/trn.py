"""NIST's TRN: transcripts whose ids stand behind them in brackets.

LINE :== [ <words> ] "(" <utterance> ")"
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, read_lines

_LINE = re.compile(r"(.*?)[ \t]*\(([^()\s]+)\)[ \t]*")


def parse(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance id -> text of the file `path` (`-`: standard input), in its order; a text may be empty.

    Raises:
        AsrkitError: a line without an id in brackets at its end; an id twice; no line at all.
    """
    texts: dict[str, str] = {}
    line_of: dict[str, int] = {}
    for number, text in read_lines(path):
        if not text.strip(" \t"):
            continue
        where = f"{name_of(path)}:{number}"
        match = _LINE.fullmatch(text)
        if not match:
            cure = "end each line with its id in brackets: 你好 (utt1)"
            raise AsrkitError(f"{shown(text)} has no id at its end", where=where, cure=cure)
        utt = match[2]
        if line_of.setdefault(utt, number) != number:
            what = f"id {shown(utt)} stands in line {line_of[utt]} already"
            raise AsrkitError(what, where=where, cure="make the ids unique")
        texts[utt] = match[1].strip(" \t")
    if not texts:
        raise AsrkitError("this list is empty", where=name_of(path), cure="write one transcript a line")
    return texts


def serialize(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines.

    Raises:
        ValueError: an id has white space or a bracket in it, which the format cannot hold.
    """
    for utt, text in texts.items():
        if not re.fullmatch(r"[^()\s]+", utt):
            raise ValueError(f"id {utt!r} cannot stand in a TRN file")
        yield f"{text} ({utt})".lstrip(" ")
