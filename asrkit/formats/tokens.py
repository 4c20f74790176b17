"""Unit tables: the units that a model knows, by model id.

Three kinds of file hold one; their content shows which it is:

    tokens.json :== [ "<unit>", "<unit>", … ]        the place in the list is the id
    vocab.json  :== { "<unit>": <id>, … }            as Hugging Face writes it; the ids are 0, 1, 2 …, in any order
    tokens.txt  :== { <unit> <id> }                  one a line; the ids are 0, 1, 2 …, in any order

In tokens.txt, a line of spaces and an id is the unit " ", as sherpa-onnx has it. The disambiguation symbols `#0 #1 …`
that icefall lists behind the units are no units of the model.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, whole_number, written
from asrkit.formats.reading import name_of, parse_json, read_lines, split_fields

_MAX_BYTES = 64 << 20  # of one line: tokens.json is often a single one
SPACE, SPACE_NAME = " ", "<space>"  # a unit of some models, and its name where fields cannot hold it
_CURE_LIST = "write a list of strings, the place in the list being the id"


@dataclass(frozen=True)
class UnitTable:
    """The units of a model; the place of a unit is its model id. No unit stands twice."""

    units: tuple[str, ...]

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Unit -> model id."""
        return {unit: i for i, unit in enumerate(self.units)}

    @cached_property
    def sha256(self) -> str:
        """SHA-256, in hex, of the units in order: the same for tokens.json and tokens.txt, whatever their layout."""
        return hashlib.sha256(json.dumps(self.units, ensure_ascii=False).encode()).hexdigest()


def parse(path: str | os.PathLike[str]) -> UnitTable:
    """Return the unit table in the file `path` (`-`: standard input), JSON or text.

    Raises:
        AsrkitError: as `reading.read_lines` and `reading.parse_json`; not a list of strings; an empty unit; a unit or
            id that stands twice; an id that is missing; no unit at all.
    """
    name = name_of(path)
    lines = list(read_lines(path, max_bytes=_MAX_BYTES))
    first = next((text.strip(" \t") for _, text in lines if text.strip(" \t")), "")
    if not first:
        raise AsrkitError("no unit stands in this file", where=name, cure="copy the model's tokens.json anew")
    if first[0] in "[{" and not _is_row(first):
        return UnitTable(_from_json(parse_json("\n".join(text for _, text in lines), name), name))
    return UnitTable(_from_rows(lines, name))


def serialize(table: UnitTable, form: Literal["json", "txt"] = "json") -> Iterator[str]:
    """Yield the lines of tokens.json or of tokens.txt.

    Raises:
        AsrkitError: a unit that tokens.txt cannot hold.
    """
    if form == "json":
        yield from json.dumps(table.units, ensure_ascii=False, indent=0).split("\n")
        return
    for i, unit in enumerate(table.units):
        yield f"{unit if unit == SPACE else written(unit, 'unit')} {i}"


def _is_row(text: str) -> bool:
    fields = split_fields(text)
    return len(fields) == 2 and fields[1].isdigit()


def _from_json(value: object, name: str) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = _in_order(value, name)
    if not isinstance(value, list):
        raise AsrkitError("this JSON is not a list of units", where=name, cure=_CURE_LIST)
    if not value:
        raise AsrkitError("this list of units is empty", where=name, cure="copy the model's tokens.json anew")
    places: dict[str, int] = {}
    for i, unit in enumerate(value):
        if not isinstance(unit, str) or not unit:
            what = f"unit {i} is {shown(json.dumps(unit, ensure_ascii=False))}, where a string is needed"
            raise AsrkitError(what, where=name, cure=_CURE_LIST)
        if places.setdefault(unit, i) != i:
            what = f"the unit {shown(unit)} has two ids, {places[unit]} and {i}"
            raise AsrkitError(what, where=name, cure="rename one of them")
    return tuple(value)


def _in_order(ids: dict[str, object], name: str) -> list[str]:
    """Return the units of vocab.json in the order of their ids."""
    if not ids or not all(type(i) is int for i in ids.values()):
        what = "this JSON object does not give each unit a whole number"
        raise AsrkitError(what, where=name, cure='write {"<unit>": <id>, …}, or a list of units')
    of_id = {i: unit for unit, i in ids.items()}
    missing = next((i for i in range(len(ids)) if i not in of_id), None)
    if missing is not None:
        what = f"no unit has the id {missing}, although there are {len(ids)} units"
        raise AsrkitError(what, where=name, cure="copy the model's vocab.json again")
    return [of_id[i] for i in range(len(ids))]


def _from_rows(lines: list[tuple[int, str]], name: str) -> tuple[str, ...]:
    units: dict[int, str] = {}
    once, ids_once = Once("unit", name), Once("id", name)
    for line, text in lines:
        fields = split_fields(text)
        if not fields:
            continue
        where = f"{name}:{line}"
        if len(fields) == 1 and text[0] in " \t":
            fields = [SPACE, *fields]
        if len(fields) != 2:
            cure = "write a unit, a space and its id"
            raise AsrkitError(f"two fields are needed, {len(fields)} stand here", where=where, cure=cure)
        unit, i = fields[0], whole_number(fields[1], "id", where)
        once.add(unit, line)
        ids_once.add(str(i), line)
        units[i] = unit
    missing = next((i for i in range(len(units)) if i not in units), None)
    if missing is not None:
        what = f"id {missing} is missing, although there are ids up to {max(units)}"
        raise AsrkitError(what, where=name, cure="copy the model's tokens.txt anew")
    return _without_disambiguation([units[i] for i in range(len(units))])


def _without_disambiguation(units: list[str]) -> tuple[str, ...]:
    """Return `units` without the symbols `#0`, `#1` … in their order at the end."""
    first = next((i for i, unit in enumerate(units) if unit == "#0"), len(units))
    symbols = [f"#{number}" for number in range(len(units) - first)]
    return tuple(units[:first] if first and units[first:] == symbols else units)
