"""OpenFst's symbol tables as text: words.txt and units.txt of a graph.

    line :== <symbol> <id>

separated by spaces or tabs; ids are whole numbers in any order, with or without gaps. Blank lines are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from asrkit.errors import AsrkitError
from asrkit.formats.fields import Once, refuse_empty, rows, whole_number, written
from asrkit.formats.reading import name_of
from asrkit.formats.specials import EPSILON
from asrkit.formats.tokens import SPACE, SPACE_NAME, UnitTable

SPACE_NAMES = (SPACE_NAME, "#space")  # of which the unit of a space gets one


@dataclass(frozen=True)
class SymbolTable:
    """Symbols and their ids, (symbol, id) in the order of the file; no symbol and no id stands twice."""

    pairs: tuple[tuple[str, int], ...]

    @classmethod
    def numbered(cls, symbols: Iterable[str]) -> SymbolTable:
        """Return the table that numbers `symbols`, which are all different, from 0 on."""
        return cls(tuple((symbol, i) for i, symbol in enumerate(symbols)))

    @classmethod
    def of_units(cls, units: UnitTable, *more: str) -> SymbolTable:
        """Return the table of ε, the units (model id + 1) and `more`.

        Where ε, the unit of a space or one of `more` cannot have its usual name, it gets a free one.
        """
        epsilon = _free((EPSILON, "<epsilon>", "#epsilon"), units)
        space = _free(SPACE_NAMES, units)
        names = (space if unit == SPACE else unit for unit in units.units)
        return cls.numbered((epsilon, *names, *(_free((name, f"#{name}", f"##{name}"), units) for name in more)))

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Symbol -> id."""
        return dict(self.pairs)

    @cached_property
    def symbols(self) -> Mapping[int, str]:
        """Id -> symbol."""
        return {i: symbol for symbol, i in self.pairs}


def parse(path: str | os.PathLike[str]) -> SymbolTable:
    """Return the symbol table in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: as `reading.read_lines`; a line that is not a symbol and an id; a symbol or id that stands twice;
            no symbol at all.
    """
    pairs = []
    lines = []
    for line, where, fields in rows(path):
        if len(fields) != 2:
            cure = "write a symbol, a space and its id"
            raise AsrkitError(f"two fields are needed, {len(fields)} stand here", where=where, cure=cure)
        pairs.append((fields[0], whole_number(fields[1], "id", where)))
        lines.append(line)
    refuse_empty(pairs, "symbol", path, "write a symbol and its id a line")
    table = SymbolTable(tuple(pairs))
    if not len(table.index) == len(table.symbols) == len(pairs):
        _name_the_repeated(pairs, lines, name_of(path))
    return table


def serialize(table: SymbolTable) -> Iterator[str]:
    """Yield the lines of `table`.

    Raises:
        AsrkitError: a symbol that cannot be written as one field.
    """
    for symbol, i in table.pairs:
        yield f"{written(symbol, 'symbol')} {i}"


def _free(names: tuple[str, ...], units: UnitTable) -> str:
    return next(name for name in names if name not in units.index)


def _name_the_repeated(pairs: list[tuple[str, int]], lines: list[int], name: str) -> None:
    symbols, ids = Once("symbol", name), Once("id", name)
    for (symbol, i), line in zip(pairs, lines, strict=True):
        symbols.add(symbol, line)
        ids.add(str(i), line)
