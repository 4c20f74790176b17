"""Words with counts, the lexicon that text is segmented by.

    line :== <word> [ <count> ]

separated by spaces or tabs; the count is a whole number from 1 on, 1 where it is left out. Blank lines are passed over.
A word that stands in several lines has the sum of their counts. Further fields (a part of speech) are not read.
"""

from __future__ import annotations

import os

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, read_lines, split_fields

MAX_COUNT = 1 << 40


def parse(path: str | os.PathLike[str]) -> dict[str, int]:
    """Return the count of each word of the file `path`, in the order of the file.

    Raises:
        AsrkitError: as `formats.reading.read_lines`; a count that is no whole number from 1 on; no words at all.
    """
    counts: dict[str, int] = {}
    for number, line in read_lines(path):
        fields = line.split(" ", 2) if "\t" not in line else split_fields(line)
        if "" in fields:
            fields = split_fields(line)
        if not fields:
            continue
        count = _count(fields[1], f"{name_of(path)}:{number}") if len(fields) > 1 else 1
        counts[fields[0]] = counts.get(fields[0], 0) + count
    if not counts:
        cure = "write one word a line, with its count after it"
        raise AsrkitError("no word stands in this file", where=name_of(path), cure=cure)
    return counts


def serialize(counts: dict[str, int]) -> list[str]:
    """Return one line a word, sorted by word."""
    return [f"{word} {counts[word]}" for word in sorted(counts)]


def _count(field: str, where: str) -> int:
    if not (field.isascii() and field.isdigit() and len(field) < 14 and 1 <= int(field) <= MAX_COUNT):
        cure = "write the word, a space and how often it was counted, from 1 on"
        raise AsrkitError(f"{shown(field)} is no count of a word", where=where, cure=cure)
    return int(field)
