"""OpenFst's symbol tables as text, such as `words.txt` and `units.txt` of a graph folder.

    LINE :== <symbol> <label>

Fields are separated by spaces or tabs. Labels are integers from 0; 0 is ε by custom. There may be gaps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, read_lines, split_fields

_LARGEST_LABEL = 2**31 - 1


@dataclass(frozen=True)
class SymbolTable:
    """Symbols and their labels, in the order of the file."""

    labels: Mapping[str, int]

    @classmethod
    def numbered(cls, symbols: Iterator[str] | tuple[str, ...] | list[str]) -> SymbolTable:
        """Return the table in which the symbols have the labels 0, 1, 2 …"""
        return cls({symbol: label for label, symbol in enumerate(symbols)})

    @cached_property
    def symbols(self) -> Mapping[int, str]:
        """Label -> symbol."""
        return {label: symbol for symbol, label in self.labels.items()}


def parse(path: str | os.PathLike[str]) -> SymbolTable:
    """Return the symbol table in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: a line that is not a symbol and a label; a symbol or label twice; no line at all.
    """
    name = name_of(path)
    labels: dict[str, int] = {}
    line_of_symbol: dict[str, int] = {}
    line_of_label: dict[int, int] = {}
    for number, text in read_lines(path):
        fields = split_fields(text)
        where = f"{name}:{number}"
        if not fields:
            continue
        if len(fields) != 2 or not _is_label(fields[1]):
            cure = "write the symbol, a space or tab, and its label"
            raise AsrkitError(f"{shown(text)} is not a symbol and a label from 0 on", where=where, cure=cure)
        symbol, label = fields[0], int(fields[1])
        before = line_of_symbol.get(symbol) or line_of_label.get(label)
        if before:
            what = f"symbol {shown(symbol)} or label {label} stands in line {before} already"
            raise AsrkitError(what, where=where, cure="keep one of the two lines")
        labels[symbol] = label
        line_of_symbol[symbol] = line_of_label[label] = number
    if not labels:
        raise AsrkitError("this symbol table is empty", where=name, cure="make the graph anew")
    return SymbolTable(labels)


def _is_label(field: str) -> bool:
    return field.isascii() and field.isdigit() and len(field) <= 10 and int(field) <= _LARGEST_LABEL


def serialize(table: SymbolTable) -> Iterator[str]:
    """Yield the lines of `table`.

    Raises:
        ValueError: a symbol is empty or has white space in it, which the format cannot hold.
    """
    for symbol, label in table.labels.items():
        if not symbol or any(c in " \t\n\r\0" for c in symbol):
            raise ValueError(f"symbol {symbol!r} cannot stand in a symbol table")
        yield f"{symbol}\t{label}"
