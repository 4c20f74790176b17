"""JSON lines: one JSON object a line, and typed access to its values. Blank lines are passed over."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import filled_lines, without_surrogates
from asrkit.formats.reading import name_of, parse_json

_MAX_LINE_BYTES = 64 << 20
_MAX_SECONDS = 1e9
_KINDS = {str: "a string", float: "a number", list: "a list", dict: "an object"}


class JsonObject:
    """A JSON object and the place where it stands, for messages."""

    def __init__(self, value: dict[str, Any], where: str) -> None:
        self.value = value
        self.where = where

    def __contains__(self, key: str) -> bool:
        """Whether `key` has a value that is not null."""
        return self.value.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Return the string `key`."""
        return self._take(key, str, default)

    def number(self, key: str, default: float | None = None) -> float:
        """Return the number `key`."""
        return float(self._take(key, float, default))

    def number_or_none(self, key: str) -> float | None:
        """Return the number `key`, None if there is none."""
        return self.number(key) if key in self else None

    def seconds(self, key: str, default: float | None = None) -> float:
        """Return the number `key`, which is from 0 to 1e9."""
        value = self.number(key, default)
        if not 0 <= value <= _MAX_SECONDS:
            cure = f"it must be from 0 to {_MAX_SECONDS:g} seconds"
            raise AsrkitError(f"{shown(key)} is {value:g}", where=self.where, cure=cure)
        return value

    def name(self, key: str) -> str | None:
        """Return the string `key`, which may be written as a whole number; None if there is none."""
        value = self.value.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(key) if value is not None else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of strings `key`, empty if there is none."""
        values = self._take(key, list, [])
        if not all(isinstance(value, str) for value in values):
            what = f"{shown(key)} is not a list of strings"
            raise AsrkitError(what, where=self.where, cure="put quotes around each")
        return tuple(values)

    def objects(self, key: str) -> tuple[JsonObject, ...]:
        """Return the list of objects `key`, empty if there is none."""
        values = self._take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise AsrkitError(f"{shown(key)} is not a list of objects", where=self.where, cure='write [{"…": …}, …]')
        return tuple(JsonObject(value, self.where) for value in values)

    def object(self, key: str) -> JsonObject:
        """Return the object `key`."""
        return JsonObject(self._take(key, dict, None), self.where)

    def _take(self, key: str, kind: type, default: Any) -> Any:
        value = self.value.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, kind) and not (kind is float and _is_finite_integer(value)):
            found = "missing" if value is None else f"not {_KINDS[kind]}"
            raise AsrkitError(f"{shown(key)} is {found}", where=self.where, cure=f"write {_KINDS[kind]}")
        return value


def read_objects(path: str | os.PathLike[str]) -> Iterator[tuple[int, JsonObject]]:
    """Yield (line number, object) for each line of `path` (`-`: standard input).

    Raises:
        AsrkitError: as `reading.read_lines` and `reading.parse_json`; a line that is no object.
    """
    for line, where, text in filled_lines(path, max_bytes=_MAX_LINE_BYTES):
        try:
            value = parse_json(text, name_of(path), line)
        except AsrkitError as error:
            _refuse_one_value(text, name_of(path), error)
            raise
        if isinstance(value, list):
            _refuse_one_value(text, name_of(path), None)
        if not isinstance(value, dict):
            raise AsrkitError("this line is not a JSON object", where=where, cure='write {"…": …} on each line')
        yield line, JsonObject(value, where)


def _refuse_one_value(text: str, name: str, error: AsrkitError | None) -> None:
    """Refuse a file of one JSON value over many lines, if `text`, which is no object, looks like its beginning."""
    if text[1:].lstrip()[:1] in ("", "{") and text.startswith("["):
        what, turn = "this is a JSON array, where one object a line is needed", "jq -c '.[]'"
    elif text in ("{", "{}") or (text.startswith("{") and text.endswith((",", "{", "["))):
        what, turn = "this is a JSON object over many lines, where one object a line is needed", "jq -c '.'"
    else:
        return
    raise AsrkitError(what, where=name, cure=f"convert it with: {turn}") from error


def _is_finite_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def line_of(value: dict[str, Any]) -> str:
    """Return the line of `value`, without the keys that have no value.

    Bytes of a file name that are not UTF-8, and halves of surrogate pairs, become `%` and their hex.
    """
    line = json.dumps({k: v for k, v in value.items() if v is not None}, ensure_ascii=False, allow_nan=False)
    return without_surrogates(line)
