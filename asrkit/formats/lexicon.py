"""Pronunciation lexicons in Kaldi's form.

    LINE :== <word> [ <probability> ] <unit> { <unit> }

Fields are separated by spaces or tabs; blank lines are passed over. A word may stand on several lines, once for each
pronunciation. The probability column is there only if the caller says so: it is never guessed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

from asrkit import progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, read_lines, split_fields


@dataclass(frozen=True)
class Pronunciation:
    """One way to say a word. `probability` is in (0, 1]; `line` is where it stood (0: made here)."""

    word: str
    units: tuple[str, ...]
    probability: float = 1.0
    line: int = 0


@dataclass(frozen=True)
class Lexicon:
    """All pronunciations, in the order of the file."""

    entries: tuple[Pronunciation, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The distinct words in the order in which they first stand."""
        return tuple(dict.fromkeys(entry.word for entry in self.entries))


def parse(path: str | os.PathLike[str], *, probabilities: bool = False) -> Lexicon:
    """Return the lexicon in the file `path`; a pronunciation that stands twice is kept once, with a warning.

    Args:
        path: the file; `-` is standard input.
        probabilities: whether the second field of each line is a pronunciation's probability.

    Raises:
        AsrkitError: a line without units, a probability that is none, a pronunciation with two probabilities, no line
            at all; or, without `probabilities`, a second field that is a number on every line.
    """
    name = name_of(path)
    entries: dict[tuple[str, tuple[str, ...]], Pronunciation] = {}
    repeated = 0
    looks_like_probabilities = True
    for number, text in read_lines(path):
        fields = split_fields(text)
        if not fields:
            continue
        entry = _entry(fields, f"{name}:{number}", number, probabilities)
        looks_like_probabilities &= len(fields) > 2 and _probability(fields[1]) is not None
        before = entries.setdefault((entry.word, entry.units), entry)
        if before.probability != entry.probability:
            what = f"this pronunciation of {shown(entry.word)} has another probability in line {before.line}"
            raise AsrkitError(what, where=f"{name}:{number}", cure="keep one of the two lines")
        repeated += before is not entry
    if not entries:
        raise AsrkitError("this lexicon is empty", where=name, cure="write a word and its units on each line")
    if looks_like_probabilities and not probabilities:
        what = "the second field of every line is a number"
        cure = "say that it is a probability with --lexicon-probabilities, or rename that unit"
        raise AsrkitError(what, where=name, cure=cure)
    if repeated:
        progress.warn(f"{name}: {repeated} pronunciations stand there more than once and are used once")
    return Lexicon(tuple(entries.values()))


def serialize(lexicon: Lexicon, *, probabilities: bool = False) -> Iterator[str]:
    """Yield the lines of `lexicon`."""
    for entry in lexicon.entries:
        column = [f"{entry.probability:g}"] if probabilities else []
        yield " ".join([entry.word, *column, *entry.units])


def _entry(fields: list[str], where: str, number: int, probabilities: bool) -> Pronunciation:
    word, *rest = fields
    probability = 1.0
    if probabilities:
        given = _probability(rest[0]) if rest else None
        if given is None:
            what = f"the second field must be a probability above 0 and at most 1, for word {shown(word)}"
            raise AsrkitError(what, where=where, cure="write one, or leave out --lexicon-probabilities")
        probability, rest = given, rest[1:]
    if not rest:
        raise AsrkitError(f"word {shown(word)} has no units", where=where, cure="write at least one unit after it")
    return Pronunciation(word, tuple(rest), probability, number)


def _probability(field: str) -> float | None:
    """Return `field` as a probability, or None if it is not one."""
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 < value <= 1 and field[0] in "0123456789.+" else None
