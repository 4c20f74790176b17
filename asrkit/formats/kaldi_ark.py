"""Kaldi's archives of matrices: a binary `.ark` and the `.scp` that says where each matrix stands in it.

    ark    :== { <utterance> ' ' NUL 'B' MATRIX }
    MATRIX :== ( 'FM ' | 'DM ' ) EOT <rows: int32> EOT <columns: int32> { <number> }     EOT is the byte 4, the number
               of bytes of an int32; FM has float32, DM float64; all little-endian, row after row
    scp    :== { <utterance> ' ' <path of the ark> ':' <byte where NUL stands> NEWLINE }

Kaldi's compressed matrices (CM …) and its text form are refused with a word on how to convert them.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError, from_os_error, shown
from asrkit.formats.kaldi_dir import parse_wav_scp
from asrkit.formats.paths import locate

_HEADER = struct.Struct("<2s3sbibi")
_MARK = b"\0B"
_INT32 = 4
_TYPES = {b"FM ": np.dtype("<f4"), b"DM ": np.dtype("<f8")}
_MAX_KEY = 4096
_CURE_COPY = "convert it with Kaldi's: copy-matrix --compress=false ark:OLD ark:NEW"
_CURE = "make or copy the archive anew"


@dataclass(frozen=True)
class Place:
    """Where a matrix stands: an archive's path and the byte at which its mark NUL 'B' begins."""

    path: str
    offset: int


def parse_ark(path: str | os.PathLike[str]) -> dict[str, Place]:
    """Return utterance id -> place, in the archive's order; the matrices are not read.

    Raises:
        AsrkitError: not a binary archive of uncompressed matrices, cut short, an id twice, nothing in it.
    """
    name = os.fspath(path)
    places: dict[str, Place] = {}
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            while key := _key(stream, name):
                if key in places:
                    raise AsrkitError(f"utterance id {shown(key)} stands in it twice", where=name, cure=_CURE)
                places[key] = Place(name, stream.tell())
                shape, dtype = _header(stream, name)
                end = stream.tell() + shape[0] * shape[1] * dtype.itemsize
                if end > size:
                    raise AsrkitError(f"the matrix of {shown(key)} is cut short", where=name, cure=_CURE)
                stream.seek(end)
    except OSError as error:
        raise from_os_error(error, path) from error
    if not places:
        raise AsrkitError("this archive is empty", where=name, cure=_CURE)
    return places


def parse_scp(path: str | os.PathLike[str]) -> dict[str, Place]:
    """Return utterance id -> place of a list of matrices, in its order; no archive is opened.

    Raises:
        AsrkitError: a line that is not an id, a path and an offset; an id twice; no line at all.
    """
    places = {}
    for item in parse_wav_scp(path):
        ark, _, offset = item.source.rpartition(":")
        if not (ark and offset.isascii() and offset.isdigit() and len(offset) < 19):
            cure = "write the utterance id, the path of an ark, a colon and the offset in bytes"
            what = f"{shown(item.source)} does not say where a matrix stands"
            raise AsrkitError(what, where=f"{os.fspath(path)}:{item.line}", cure=cure)
        places[item.recording] = Place(locate(ark, path), int(offset))
    return places


def read_matrix(place: Place) -> NDArray[np.float32]:
    """Return the matrix at `place`, (rows, columns) float32.

    Raises:
        AsrkitError: there is no uncompressed matrix at that place, or it is cut short.
    """
    where = f"{place.path}:{place.offset}"
    try:
        with open(place.path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(place.offset)
            (rows, columns), dtype = _header(stream, where)
            if stream.tell() + rows * columns * dtype.itemsize > size:
                raise AsrkitError("the matrix at this offset is cut short", where=where, cure=_CURE)
            content = stream.read(rows * columns * dtype.itemsize)
    except OSError as error:
        raise from_os_error(error, place.path) from error
    with np.errstate(over="ignore"):
        return np.frombuffer(content, dtype).reshape(rows, columns).astype(np.float32)


def serialize_matrix(utt: str, matrix: NDArray[np.float32]) -> tuple[bytes, int]:
    """Return the bytes of one entry of an archive, and at which of them its mark begins, for the scp.

    Raises:
        ValueError: the id is empty or has white space in it, which the format cannot hold.
    """
    if not utt or any(c.isspace() or c == "\0" for c in utt):
        raise ValueError(f"utterance id {utt!r} cannot stand in an archive")
    key = utt.encode() + b" "
    values = np.ascontiguousarray(matrix, "<f4")
    header = _HEADER.pack(_MARK, b"FM ", _INT32, values.shape[0], _INT32, values.shape[1])
    return key + header + values.tobytes(), len(key)


def serialize_place(utt: str, place: Place) -> str:
    """Return the line of the scp."""
    return f"{utt} {place.path}:{place.offset}"


def _key(stream: IO[bytes], name: str) -> str | None:
    """Return the id that begins here and read the space behind it; None at the end."""
    start = stream.tell()
    raw = stream.read(_MAX_KEY)
    if not raw:
        return None
    key, space, _ = raw.partition(b" ")
    try:
        text = key.decode()
    except UnicodeDecodeError:
        text = ""
    if not (space and text) or any(c.isspace() or not c.isprintable() for c in text):
        raise AsrkitError(f"no utterance id stands at byte {start}", where=name, cure=_CURE)
    stream.seek(start + len(key) + 1)
    return text


def _header(stream: IO[bytes], where: str) -> tuple[tuple[int, int], np.dtype]:
    raw = stream.read(_HEADER.size)
    if not raw.startswith(_MARK):
        what = f"no binary matrix stands at byte {stream.tell() - len(raw)}"
        raise AsrkitError(what, where=where, cure=f"if the archive is text or compressed, {_CURE_COPY}")
    if raw[2:4] == b"CM":
        raise AsrkitError("the matrices in this archive are compressed", where=where, cure=_CURE_COPY)
    if len(raw) < _HEADER.size:
        raise AsrkitError("a matrix is cut short", where=where, cure=_CURE)
    _, kind, width_of_rows, rows, width_of_columns, columns = _HEADER.unpack(raw)
    if kind not in _TYPES or (width_of_rows, width_of_columns) != (_INT32, _INT32) or min(rows, columns) < 0:
        raise AsrkitError("this archive does not hold matrices of numbers", where=where, cure=_CURE)
    return (rows, columns), _TYPES[kind]
