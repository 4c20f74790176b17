"""What the words of a graph cost besides the language model: costs.txt of a graph folder.

    line :== <word> <nats> <nats> <unit> { <unit> }

separated by spaces or tabs. The first number is −ln of the pronunciation's probability in the lexicon, the second what
is paid because the language model does not know the word. Lines of which both would be 0 are left out; a file without
lines is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asrkit.errors import AsrkitError
from asrkit.formats.fields import number, rows, written
from asrkit.formats.tokens import SPACE, SPACE_NAME


class PronunciationCost(NamedTuple):
    """What it costs to say `word` as `units`: for the pronunciation, and for being unknown; in nats, 0 or more."""

    word: str
    units: tuple[str, ...]
    pronunciation: float
    unknown: float


def parse(path: str | os.PathLike[str]) -> tuple[PronunciationCost, ...]:
    """Return the costs in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: as `reading.read_lines`; a line without word, two numbers of 0 or more, and units.
    """
    costs = []
    for _, where, fields in rows(path):
        if len(fields) < 4:
            what = f"a word, two costs and units are needed, but this line has {len(fields)} fields"
            raise AsrkitError(what, where=where, cure="build the graph again")
        paid = (number(field, "cost", where, low=0) for field in fields[1:3])
        costs.append(PronunciationCost(fields[0], tuple(fields[3:]), *paid))
    return tuple(costs)


def serialize(costs: Iterable[PronunciationCost]) -> Iterator[str]:
    """Yield the lines of `costs`.

    Raises:
        AsrkitError: a word or unit that cannot be written as one field.
    """
    for cost in costs:
        units = " ".join(SPACE_NAME if unit == SPACE else written(unit, "unit") for unit in cost.units)
        yield f"{written(cost.word, 'word')} {cost.pronunciation!r} {cost.unknown!r} {units}"
