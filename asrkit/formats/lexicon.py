"""Lexicons: how each word is spelled in the units of a model.

    line :== <word> [ "(" <number> ")" ] [ <probability> ] <unit> { <unit> } [ "#" <comment> ]

separated by spaces or tabs; a word with several pronunciations has several lines. The number in brackets, which CMUdict
and Sphinx have, belongs to no word: `HELLO(2)` is a pronunciation of HELLO, if HELLO is in the file too. Blank
lines and those that begin with `;;;` are passed over. A comment at the end of a line is one where all units of the file
are phones of CMUdict; else `#` is a unit, and it may begin a word.

The column of probabilities (over 0, at most 1; Kaldi's `lexiconp.txt`) is read where the caller says that it is there,
or where every line has one, some of them with a decimal point; then a message says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from asrkit import progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import is_number, refuse_empty, rows, written
from asrkit.formats.reading import name_of
from asrkit.formats.tokens import SPACE, SPACE_NAME, UnitTable

_NEARLY_ALL = 0.95
COMMENT_LINE = ";;;"
_VARIANT = re.compile(r"(.+)\(\d+\)")
_PHONE = re.compile(
    "(A[AEHOWY]|E[HRY]|I[HY]|O[WY]|U[HW])[0-2]?|B|CH|DH?|F|G|HH|JH|K|L|M|NG?|P|R|SH?|TH?|V|W|Y|ZH?"
)


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """One line: `word` is said as `units`, with `probability` among the word's pronunciations (1 if not given)."""

    word: str
    units: tuple[str, ...]
    probability: float = 1.0
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Lexicon:
    """Pronunciations in the order of the file, no two with the same word and units."""

    entries: tuple[Pronunciation, ...]

    def in_units(self, units: UnitTable) -> Lexicon:
        """Return this lexicon in the names of `units`: a file's `<space>` is the unit of a space, if there is one."""
        if SPACE not in units.index or SPACE_NAME in units.index:
            return self
        return Lexicon(
            tuple(
                replace(entry, units=tuple(SPACE if unit == SPACE_NAME else unit for unit in entry.units))
                for entry in self.entries
            )
        )


def parse(path: str | os.PathLike[str], *, probabilities: bool = False) -> Lexicon:
    """Return the lexicon in the file `path` (`-`: standard input).

    A line that repeats an earlier one is left out, with one warning for all of them.

    Args:
        path: the file.
        probabilities: the second field of each line is the probability of the pronunciation.

    Raises:
        AsrkitError: as `reading.read_lines`; a word without units; a wrong probability, or two for one pronunciation;
            a second column of probabilities that some lines lack; no word at all.
    """
    name = name_of(path)
    read = [
        _entry(line, where, fields, probabilities)
        for line, where, fields in rows(path)
        if not fields[0].startswith(COMMENT_LINE)
    ]
    refuse_empty(read, "word", path, "write one word a line, and its units after it")
    read = _without_comments(read if probabilities else _with_probabilities(read, name), name)
    entries: dict[tuple[str, tuple[str, ...]], Pronunciation] = {}
    repeated = []
    for entry in _without_numbers(read):
        first = entries.setdefault((entry.word, entry.units), entry)
        if first.probability != entry.probability:
            what = f"this pronunciation of {shown(entry.word)} has another probability on line {first.line}"
            raise AsrkitError(what, where=f"{name}:{entry.line}", cure="remove one of the two lines")
        if first is not entry:
            repeated.append((first.line, entry.line))
    if repeated:
        first_line, line = repeated[0]
        told = f"line {line} repeats line {first_line}"
        count = f" ({len(repeated)} such lines)" if len(repeated) > 1 else ""
        progress.warn(f"{name}: {told}{count}; each pronunciation is taken once")
    return Lexicon(tuple(entries.values()))


def is_phone(unit: str) -> bool:
    """Return whether `unit` is a phone of CMUdict, with or without its stress."""
    return _PHONE.fullmatch(unit) is not None


def serialize(lexicon: Lexicon, *, probabilities: bool = False) -> Iterator[str]:
    """Yield the lines of `lexicon`, with a column of probabilities if asked for.

    Raises:
        AsrkitError: a word or unit that cannot be written as one field.
    """
    for entry in lexicon.entries:
        units = " ".join(SPACE_NAME if unit == SPACE else written(unit, "unit") for unit in entry.units)
        probability = f"{entry.probability!r} " if probabilities else ""
        yield f"{written(entry.word, 'word')} {probability}{units}"


def _entry(line: int, where: str, fields: list[str], probabilities: bool) -> Pronunciation:
    first_unit = 2 if probabilities else 1
    probability = 1.0
    if probabilities and len(fields) > 1:
        if not _is_probability(fields[1]):
            what = f"{shown(fields[1])}, after the word {shown(fields[0])}, is not a probability over 0 and up to 1"
            raise AsrkitError(what, where=where, cure="write one, or say that there is no such column")
        probability = float(fields[1])
    if len(fields) <= first_unit:
        cure = "write at least one unit after it, or remove the line"
        raise AsrkitError(f"the word {shown(fields[0])} has no units", where=where, cure=cure)
    return Pronunciation(fields[0], tuple(fields[first_unit:]), probability, line)


def _with_probabilities(read: list[Pronunciation], name: str) -> list[Pronunciation]:
    """Return the entries, whose first units are probabilities if they look so on every line."""
    seems = [len(e.units) > 1 and "." in e.units[0] and _is_probability(e.units[0]) for e in read]
    count = sum(seems)
    if not count:
        return read
    others = [e.line for e, one in zip(read, seems, strict=True) if not one and not _begins_with_probability(e)]
    if others and count < _NEARLY_ALL * len(read):
        return read
    if others:
        what = "the second column has a probability on almost every line, but not here"
        raise AsrkitError(what, where=f"{name}:{others[0]}", cure="write one on each line, or remove the column")
    if all(len(e.units) > 4 and all(map(is_number, e.units[1:4])) for e in read):
        what = "three more columns of numbers follow the probability: this is Kaldi's lexiconp_silprob.txt"
        raise AsrkitError(what, where=name, cure="take the lexiconp.txt beside it")
    progress.say(f"{name}: the second column is taken for the probabilities of pronunciations")
    return [replace(e, units=e.units[1:], probability=float(e.units[0])) for e in read]


def _begins_with_probability(entry: Pronunciation) -> bool:
    return len(entry.units) > 1 and _is_probability(entry.units[0])


def _without_comments(read: list[Pronunciation], name: str) -> list[Pronunciation]:
    """Return the entries without what follows a unit `#`, if all units before it are CMUdict's in the whole file."""
    if not any("#" in entry.units for entry in read):
        return read
    cut = [replace(e, units=e.units[: e.units.index("#")]) if "#" in e.units else e for e in read]
    units = {unit for entry in cut for unit in entry.units}
    if not all(map(is_phone, units)) or not any(unit[-1].isdigit() for unit in units):
        return read
    if (bare := next((entry for entry in cut if not entry.units), None)) is not None:
        cure = "write at least one unit before the comment, or remove the line"
        raise AsrkitError(f"the word {shown(bare.word)} has no units", where=f"{name}:{bare.line}", cure=cure)
    return cut


def _without_numbers(read: list[Pronunciation]) -> list[Pronunciation]:
    """Return the entries with `HELLO(2)` as HELLO, where HELLO is a word of the file, too."""
    if not any(entry.word.endswith(")") for entry in read):
        return read
    words = {entry.word for entry in read}
    made = []
    for entry in read:
        match = _VARIANT.fullmatch(entry.word)
        made.append(replace(entry, word=match[1]) if match is not None and match[1] in words else entry)
    return made


def _is_probability(field: str) -> bool:
    return is_number(field) and 0 < float(field) <= 1
