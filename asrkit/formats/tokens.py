"""A model's unit table: FunASR's `tokens.json` or sherpa-onnx's `tokens.txt`.

    tokens.json :== a JSON array of strings; a unit's model id is its index
    tokens.txt  :== { <unit> <id> NEWLINE }, the ids 0, 1, 2 … in any order
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import decoded, name_of, open_binary, parse_json, split_fields

_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class UnitTable:
    """The units of a model; `units[i]` is the unit of model id i."""

    units: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.units)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Unit -> model id."""
        return {unit: number for number, unit in enumerate(self.units)}

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the units in their order, the same for both forms of the file."""
        return hashlib.sha256("\n".join(self.units).encode()).hexdigest()


def parse(path: str | os.PathLike[str]) -> UnitTable:
    """Return the unit table in the file `path` (`-`: standard input); its form is known by its first character.

    Raises:
        AsrkitError: neither form; a unit or an id twice; an id missing; no unit at all.
    """
    name = name_of(path)
    with open_binary(path) as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise AsrkitError("too large for a unit table", where=name, cure="check that this is the file you meant")
    raw_lines = content.split(b"\n")
    lines = [decoded(raw, name, number, max_bytes=_MAX_BYTES) for number, raw in enumerate(raw_lines, 1)]
    text = "\n".join(lines).strip()
    if not text:
        raise AsrkitError("this unit table is empty", where=name, cure="copy the unit table of the model anew")
    if (text[0], text[-1]) in (("[", "]"), ("{", "}")):
        units = _from_json(parse_json("\n".join(lines), name), name)
    else:
        units = _from_lines(lines, name)
    first: dict[str, int] = {}
    for number, unit in enumerate(units):
        if first.setdefault(unit, number) != number:
            what = f"unit {shown(unit)} has two ids, {first[unit]} and {number}"
            raise AsrkitError(what, where=name, cure="keep the one that the model uses")
    return UnitTable(tuple(units))


def serialize(table: UnitTable) -> Iterator[str]:
    """Yield the lines of `tokens.txt`."""
    for number, unit in enumerate(table.units):
        yield f"{unit} {number}"


def _from_json(value: Any, name: str) -> list[str]:
    cure = "write a JSON array of strings, whose order is the model's"
    if not isinstance(value, list):
        raise AsrkitError("tokens.json must be an array, but this is an object", where=name, cure=cure)
    if not value:
        raise AsrkitError("this unit table is empty", where=name, cure=cure)
    for number, unit in enumerate(value):
        if not isinstance(unit, str):
            raise AsrkitError(f"item {number} is not a string", where=name, cure=cure)
        _check(unit, name)
    return value


def _from_lines(lines: list[str], name: str) -> list[str]:
    units: dict[int, str] = {}
    line_of: dict[int, int] = {}
    for line, text in enumerate(lines, 1):
        fields = split_fields(text)
        where = f"{name}:{line}"
        if not fields:
            continue
        if len(fields) != 2 or not (fields[1].isascii() and fields[1].isdigit() and len(fields[1]) < 10):
            cure = "write the unit, a space and its id (or a JSON array of units)"
            raise AsrkitError(f"{shown(text)} is not a unit and its id", where=where, cure=cure)
        number = int(fields[1])
        if number in units:
            raise AsrkitError(f"id {number} stands in line {line_of[number]} already", where=where, cure="keep one")
        units[number], line_of[number] = fields[0], line
    missing = next((number for number in range(len(units)) if number not in units), None)
    if missing is not None:
        what = f"no unit has id {missing}, but ids go up to {max(units)}"
        raise AsrkitError(what, where=name, cure="copy the unit table of the model anew")
    return [units[number] for number in range(len(units))]


def _check(unit: str, name: str) -> None:
    if not unit or any(c in " \t\n\r\0" for c in unit):
        cure = "copy the unit table of the model anew"
        raise AsrkitError(f"unit {shown(unit)} is empty or has white space in it", where=name, cure=cure)
