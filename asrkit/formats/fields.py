"""What text formats share: lines of fields, numbers, names that stand only once, what can be written as a field."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Collection, Iterable, Iterator

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import MAX_LINE_BYTES, name_of, read_lines, split_fields

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MAX_DIGITS = 18  # fits into 64 bits
_GAP = re.compile("[ \t]+")
_UNWRITABLE = re.compile("[ \t\r\n\0\ud800-\udfff]|^\ufeff|^$")
_BREAKS_LINES = re.compile("[\r\n\0\ud800-\udfff]|^[ \t\ufeff]|[ \t]$")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\r\n\0\ud800-\udfff]+")
_LISTED = 10


def filled_lines(path: str | os.PathLike[str], *, max_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, str, str]]:
    """Yield (line number, "file:line", text) for each line of `path` that is not blank.

    The text has no spaces and tabs around it.

    Raises:
        AsrkitError: as `reading.read_lines`.
    """
    name = name_of(path)
    for line, text in read_lines(path, max_bytes=max_bytes):
        if stripped := text.strip(" \t"):
            yield line, f"{name}:{line}", stripped


def rows(path: str | os.PathLike[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (line number, "file:line", fields) for each line of `path` that is not blank.

    Raises:
        AsrkitError: as `reading.read_lines`.
    """
    for line, where, text in filled_lines(path):
        yield line, where, split_fields(text)


def entries(path: str | os.PathLike[str], key: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield (line number, "file:line", first field, rest) for each line of `path` that is not blank.

    The rest is what follows the first field, without the spaces and tabs around it; it may be empty.

    Raises:
        AsrkitError: as `reading.read_lines`; a first field, called `key` in the message, that stands on two lines.
    """
    once = Once(key, name_of(path))
    for line, where, text in filled_lines(path):
        first, *rest = _GAP.split(text, maxsplit=1)
        once.add(first, line)
        yield line, where, first, rest[0] if rest else ""


def refuse_empty(values: Collection[object], what: str, path: str | os.PathLike[str], cure: str) -> None:
    """Raise an AsrkitError if the file `path` gave no `values`, which `what` names."""
    if not values:
        raise AsrkitError(f"no {what} stands in this file", where=name_of(path), cure=cure)


def is_number(field: str) -> bool:
    """Return whether `field` is a finite decimal number in ASCII digits."""
    return _NUMBER.fullmatch(field) is not None and math.isfinite(float(field))


def number(field: str, what: str, where: str, *, low: float = -math.inf, high: float = math.inf) -> float:
    """Return the number that `field` holds; `what` names it in the message.

    Raises:
        AsrkitError: not a finite decimal number, or not from `low` to `high`.
    """
    if not is_number(field):
        raise AsrkitError(f"the {what} {shown(field)} is not a number", where=where, cure="write one such as 0.5")
    value = float(field)
    if not low <= value <= high:
        wanted = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
        raise AsrkitError(f"the {what} is {field}", where=where, cure=f"it must be {wanted}")
    return value


def whole_number(field: str, what: str, where: str) -> int:
    """Return the number of at most 18 digits that `field` holds; `what` names it in the message.

    Raises:
        AsrkitError: anything but digits.
    """
    if not (field.isascii() and field.isdigit() and len(field) <= _MAX_DIGITS):
        raise AsrkitError(f"the {what} {shown(field)} is not a whole number", where=where, cure="write one such as 12")
    return int(field)


class Once:
    """Holds that each key, a `what` of the input `name`, stands on one line only."""

    def __init__(self, what: str, name: str) -> None:
        self._what = what
        self._name = name
        self._lines: dict[str, int] = {}

    def add(self, key: str, line: int) -> None:
        """Note that `key` stands on `line`.

        Raises:
            AsrkitError: it stood on an earlier line.
        """
        first = self._lines.setdefault(key, line)
        if first != line:
            what = f"the {self._what} {shown(key)} stands on line {first} too"
            raise AsrkitError(what, where=f"{self._name}:{line}", cure="remove one of the two lines or rename it")


def written(field: str, what: str) -> str:
    """Return `field` if a reader that splits at spaces and tabs will find it again.

    Raises:
        AsrkitError: it is empty or holds a space, a tab, a line end, NUL or half of a surrogate pair.
    """
    if _UNWRITABLE.search(field):
        what = f"the {what} {shown(field)} cannot be written as one field of a line"
        raise AsrkitError(what, cure="rename it without spaces, tabs and line ends")
    return field


def written_rest(text: str, what: str) -> str:
    """Return `text` if a reader that strips spaces and tabs will find it again at the end of a line; it may be empty.

    Raises:
        AsrkitError: it begins or ends with a space or tab, begins with a byte order mark, or holds a line end, NUL or
            half of a surrogate pair.
    """
    if _BREAKS_LINES.search(text):
        raise AsrkitError(f"the {what} {shown(text)} cannot be written on one line", cure="write it without line ends")
    return text


def escaped(field: str) -> str:
    """Return an id as one field of a line: what `written` refuses is written as `%` and the hex of its UTF-8 bytes.

    Other ids stay as they are, a `%` in them too. A lone surrogate is the byte of a file name that it stands for.
    """
    if not field:
        return "%"
    return _UNWRITABLE.sub(lambda found: _as_hex(found[0]), field)


def one_line(text: str) -> str:
    """Return `text` without what no line can hold: white space around it, line ends, NUL, halves of surrogate pairs."""
    return _BREAKS_LINES.sub("", _CONTROLS.sub(" ", text)).strip(" \t\ufeff")


def without_surrogates(text: str) -> str:
    """Return `text` with the surrogates that UTF-8 cannot hold, bytes of file names, as `%` and their hex."""
    return _SURROGATES.sub(lambda found: _as_hex(found[0]), text)


def is_field(text: str) -> bool:
    """Return whether `text` can be one field of a line: `written` returns it as it is."""
    return _UNWRITABLE.search(text) is None


def _as_hex(character: str) -> str:
    how = "surrogateescape" if _is_byte(character) else "surrogatepass"
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", how))


def _is_byte(character: str) -> bool:
    """Whether this is a byte of a file name that is not UTF-8, as `os.fsdecode` gives it."""
    return "\udc80" <= character <= "\udcff"


def refuse_all(errors: Iterable[AsrkitError], what: str, name: str, most: int = _LISTED) -> None:
    """Raise one AsrkitError that tells up to `most` of `errors`, if there are any."""
    errors = list(errors)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        told = " | ".join(str(error).removesuffix(".") for error in errors[:most])
        more = f" | and {len(errors) - most} more" if len(errors) > most else ""
        raise AsrkitError(f"{len(errors)} {what} are wrong: {told}{more}", where=name)
