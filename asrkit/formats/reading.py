"""How every text format is read: standard input by `-`, gzip by content, and the ways in which text files are broken.

A line ends with LF or CRLF; the last one may lack it. A byte order mark is dropped. NUL bytes, bytes that are not
UTF-8, UTF-16 files, lone carriage returns and endless lines are told with file and line.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import math
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

from asrkit.errors import AsrkitError, Status, from_os_error, shown

STDIN = "-"
_taken: object = None  # the standard input that has been read
MAX_LINE_BYTES = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKS = (codecs.BOM_UTF8, *UTF16_MARKS)
_MARK_BYTES = 3  # a byte order mark and a carriage return are not counted
_CHUNK_BYTES = 1 << 18


def name_of(path: str | os.PathLike[str]) -> str:
    """Return how messages call the input `path`."""
    return "standard input" if os.fspath(path) == STDIN else os.fspath(path)


@contextmanager
def open_binary(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield the bytes of `path` (`-`: standard input) as a stream, unpacked if they are gzip, whatever the name.

    Raises:
        AsrkitError: the file is missing, a folder, not readable, or a damaged gzip; also while the block reads.
    """
    name = name_of(path)
    try:
        if os.fspath(path) == STDIN and sys.stdin is None:
            raise AsrkitError("standard input is closed", cure="give a file or a pipe")
        if os.fspath(path) == STDIN:
            _take_stdin()
            yield _unpacked(cast(io.BufferedReader, sys.stdin.buffer))
        else:
            with open(path, "rb", buffering=1 << 20) as raw:
                yield _unpacked(raw)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise AsrkitError("this gzip is damaged or cut short", where=name, cure="make or copy it anew") from error
    except OSError as error:
        raise from_os_error(error, name) from error


def _take_stdin() -> None:
    """Refuse to read standard input a second time: nothing is left in it, which would pass for an empty file."""
    global _taken  # noqa: PLW0603
    if sys.stdin is _taken:
        what, cure = "it can be read only once, and has been", "name it for one input only"
        raise AsrkitError(what, where=name_of(STDIN), cure=cure, status=Status.WRONG_USAGE)
    _taken = sys.stdin


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Return whether the file `path`, which can be read, is gzip."""
    with open(path, "rb") as raw:
        return raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC


def _unpacked(raw: io.BufferedReader) -> IO[bytes]:
    if raw.peek(2)[:2] == _GZIP_MAGIC:
        return cast(IO[bytes], io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), 1 << 20))
    return raw


def read_lines(path: str | os.PathLike[str], *, max_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text without line end) for each line of `path`, blank ones too.

    Raises:
        AsrkitError: as `open_binary`; a line that is not clean UTF-8 text or has more than `max_bytes`.
    """
    name = name_of(path)
    with open_binary(path) as stream:
        number, pieces, size = 0, [], 0  # lines before, and the bytes of the line that is not at its end yet
        while chunk := stream.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
            block, newline, rest = chunk.rpartition(b"\n")
            if newline:
                for text in _texts(b"".join((*pieces, block)), name, number, max_bytes):
                    number += 1
                    yield number, text
                pieces, size = [], 0
            pieces.append(rest)
            size += len(rest)
            if size > max_bytes + _MARK_BYTES:
                break
        last = b"".join(pieces)
        if last:
            yield number + 1, decoded(last, name, number + 1, max_bytes=max_bytes)


def _texts(block: bytes, name: str, before: int, max_bytes: int) -> Iterator[str]:
    """Yield the lines of `block`, which lacks its last line end and has `before` lines before it."""
    if len(block) <= max_bytes and b"\0" not in block and b"\r" not in block and not block.startswith(_MARKS):
        text = None
        with suppress(UnicodeDecodeError):
            text = block.decode("utf-8")
        if text is not None:
            yield from text.split("\n")
            return
    for number, raw in enumerate(block.split(b"\n"), before + 1):
        yield decoded(raw, name, number, max_bytes=max_bytes)


def decoded(raw: bytes, name: str, number: int, *, max_bytes: int = MAX_LINE_BYTES) -> str:
    """Return the text of line `number` of the input `name`, without its line end.

    Raises:
        AsrkitError: the line is not clean UTF-8 text or too long.
    """
    where = f"{name}:{number}"
    if number == 1:
        if raw.startswith(UTF16_MARKS):
            cure = "convert it with: iconv -f UTF-16 -t UTF-8"
            raise AsrkitError("this file is UTF-16, UTF-8 is needed", where=name, cure=cure)
        raw = raw.removeprefix(codecs.BOM_UTF8)
    raw = raw.removesuffix(b"\n").removesuffix(b"\r")
    if len(raw) > max_bytes:
        what = f"a line of more than {max_bytes:,} bytes"
        raise AsrkitError(what, where=where, cure="check that this is the text file you meant")
    if b"\0" in raw:
        cure = "check that this is a text file, or remove the byte"
        raise AsrkitError("a NUL byte stands in this line", where=where, cure=cure)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"byte 0x{raw[error.start]:02x} at byte {error.start + 1} of the line is not UTF-8"
        cure = "convert the file, often with: iconv -f GB18030 -t UTF-8 (Chinese text), or -f ISO-8859-1 (CMUdict)"
        raise AsrkitError(what, where=where, cure=cure) from error
    if "\r" in text:
        cure = "convert the line ends to LF"
        raise AsrkitError("a carriage return stands inside this line", where=where, cure=cure)
    return text


def split_fields(text: str) -> list[str]:
    """Return the fields of a line, which spaces and tabs separate (no other white space: U+3000 may be in a word)."""
    fields = text.replace("\t", " ").split(" ")
    return [field for field in fields if field] if "" in fields else fields


def read_json(path: str | os.PathLike[str], *, max_bytes: int = 64 << 20) -> Any:
    """Return the JSON value that is the whole content of `path`.

    Raises:
        AsrkitError: as `open_binary`; too large; not UTF-8; not JSON (with the line).
    """
    name = name_of(path)
    with open_binary(path) as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise AsrkitError(f"more than {max_bytes:,} bytes", where=name, cure="check that this is the file you meant")
    lines = content.split(b"\n")
    text = "\n".join(decoded(raw, name, i, max_bytes=max_bytes) for i, raw in enumerate(lines, 1))
    return parse_json(text, name)


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the JSON object of the pairs (key, value).

    Raises:
        ValueError: a key stands twice.
    """
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {shown(key)} stands twice in one object")
    return value


def parse_json(
    text: str, name: str, first_line: int = 1, *, to_object: Callable[[list[tuple[str, Any]]], Any] = unrepeated
) -> Any:
    """Return the JSON value `text`, which stands in the input `name` from line `first_line` on.

    `to_object` makes an object of its pairs (key, value), in order.

    Raises:
        AsrkitError: not JSON; nested too deep; a key that stands twice in an object; a number that is not finite; half
            of a surrogate pair, which no UTF-8 file can hold.
    """
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite, object_pairs_hook=to_object)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except json.JSONDecodeError as error:
        where = f"{name}:{first_line + error.lineno - 1}"
        what = f"not JSON at column {error.colno}: {error.msg}"
        raise AsrkitError(what, where=where, cure="mend it there") from error
    except UnicodeEncodeError as error:
        what = "a \\u escape in this JSON is half of a surrogate pair"
        raise AsrkitError(what, where=f"{name}:{first_line}", cure="write the character itself") from error
    except (ValueError, RecursionError) as error:
        where = f"{name}:{first_line}"
        raise AsrkitError(f"not JSON that can be used ({error})", where=where, cure="mend it") from error


def _finite(number: str) -> float:
    value = float(number.replace("Infinity", "inf"))
    if not math.isfinite(value):
        raise ValueError(f"{number} is not a finite number")
    return value
