"""Writing ARPA text, a section at a time: rows of n-grams in, bytes out, by several threads."""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import math
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from asrkit import store
from asrkit.compiled import kernel
from asrkit.errors import AsrkitError, shown
from asrkit.formats.arpa_scan import POWERS

Piece = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.float32] | None]
_PutSection = Callable[[int, Iterable[Piece]], None]
_THREADS = min(4, os.cpu_count() or 1)
_NUMBER_BYTES = 24  # no number takes more
_LOG10_OF_ZERO, _LARGEST = np.float32(-99), np.float32(1e9)


@contextmanager
def writing(
    path: str | os.PathLike[str], words: Sequence[str], counts: Sequence[int], threads: int = _THREADS
) -> Iterator[_PutSection]:
    """Yield `section(order, pieces)`, to be called for each order from 1 on, which writes that order's n-grams.

    `pieces` are (grams, log10_probs, log10_backoffs) as in `Arpa`, of some rows each, the whole of `counts[order - 1]`;
    they must not change afterwards.

    Raises:
        AsrkitError: as `write`.
    """
    joined = "\n".join(words) + "\n" if words else ""
    if joined.count("\n") != len(words) or re.search(r"[ \t\r\0]|^\n|\n\n", joined):
        bad = next(word for word in words if not word or re.search(r"[ \t\r\n\0]", word))
        raise AsrkitError(f"{shown(bad)} cannot stand in an ARPA file", cure="write words without spaces")
    raw = joined.encode("utf-8")
    word_bytes = np.frombuffer(raw, np.uint8).copy()
    word_starts = np.concatenate([[0], np.flatnonzero(word_bytes == ord("\n")) + 1]).astype(np.int64)
    with store.publish_file(path) as stream, ThreadPoolExecutor(threads) as pool:
        head = ["\\data\\", *(f"ngram {n}={count}" for n, count in enumerate(counts, 1)), "", ""]
        stream.write("\n".join(head).encode())

        def section(order: int, pieces: Iterable[Piece]) -> None:
            stream.write(f"\\{order}-grams:\n".encode())
            waiting: deque[Future[memoryview]] = deque()
            for grams, probs, backoffs in pieces:
                columns = _checked(grams, probs, backoffs if order < len(counts) else None)
                waiting.append(pool.submit(_lines, *columns, word_bytes, word_starts))
                if len(waiting) > threads:
                    stream.write(waiting.popleft().result())
            while waiting:
                stream.write(waiting.popleft().result())
            stream.write(b"\n")

        yield section
        stream.write(b"\\end\\\n")


def _checked(
    grams: npt.NDArray[np.int32], probs: npt.NDArray[np.float32], backoffs: npt.NDArray[np.float32] | None
) -> Piece:
    columns = [np.ascontiguousarray(grams, np.int32)]
    for what, values in (("probability", probs), ("backoff", backoffs)):
        if values is not None:
            finite = np.maximum(np.ascontiguousarray(values, np.float32), _LOG10_OF_ZERO)
            largest = finite.max(initial=_LOG10_OF_ZERO)  # NaN if one is
            if not largest <= (0.0 if what == "probability" else _LARGEST):
                raise AsrkitError(f"a log10 {what} of {largest} cannot be written", cure="report how it came about")
            columns.append(finite)
    return columns[0], columns[1], columns[2] if backoffs is not None else None


@kernel("int64(uint8[::1], int64, int64, int64)")
def _put_digits(out, at, value, count):
    """Write `value` at out[at] with `count` digits, or more if that is 1; return where it ends."""
    size = count
    if count == 1:
        left = value // 10
        while left > 0:
            left //= 10
            size += 1
    for i in range(at + size - 1, at - 1, -1):
        tens = value // 10
        out[i] = 48 + value - tens * 10
        value = tens
    return at + size


@kernel("int64(uint8[::1], int64, float32)")
def put_number(out, at, value):
    """Write the shortest decimal that reads back as the same float32, and of those the nearest; return where it ends.

    Below 1e-6 it takes the form 2.9e-8, as lmplz writes it. The value must be finite and below 1e9.
    """
    if value == 0:
        out[at] = 48
        return at + 1
    if value < 0:
        out[at] = 45
        at += 1
    size = abs(float(value))
    binary_exponent = math.frexp(size)[1]
    decimals = min(60, max(0, math.ceil((24 - binary_exponent) * 0.30103)))  # enough, whatever the value
    mantissa = int(np.rint(size * POWERS[decimals]))  # a tie goes to the even digit
    target = np.float32(size)
    while decimals > 0:
        fewer = int(np.rint(size * POWERS[decimals - 1]))
        if np.float32(fewer / POWERS[decimals - 1]) != target:
            break
        mantissa = fewer
        decimals -= 1
    if size < 1e-6:
        digits = 1
        while POWERS[digits] <= mantissa:
            digits += 1
        scale = int(POWERS[digits - 1])
        at = _put_digits(out, at, mantissa // scale, 1)
        if digits > 1:
            out[at] = 46
            at = _put_digits(out, at + 1, mantissa % scale, digits - 1)
        out[at] = 101
        out[at + 1] = 45
        return _put_digits(out, at + 2, decimals - digits + 1, 1)
    whole = int(mantissa / POWERS[decimals])
    at = _put_digits(out, at, whole, 1)
    if decimals > 0:
        out[at] = 46
        at = _put_digits(out, at + 1, mantissa - whole * int(POWERS[decimals]), decimals)
    return at


@kernel("int64(int32[:, ::1], int64[::1])")
def _room(grams, word_starts):
    room = grams.shape[0] * (2 * _NUMBER_BYTES + 2)
    for row in range(grams.shape[0]):
        for n in range(grams.shape[1]):
            word = grams[row, n]
            room += word_starts[word + 1] - word_starts[word]
    return room


@kernel("int64(uint8[::1], int32[:, ::1], float32[::1], float32[::1], boolean, uint8[::1], int64[::1])")
def _put_lines(out, grams, probs, backoffs, has_backoffs, word_bytes, word_starts):
    at = 0
    for row in range(grams.shape[0]):
        at = put_number(out, at, probs[row])
        out[at] = 9
        at += 1
        for n in range(grams.shape[1]):
            word = grams[row, n]
            for i in range(word_starts[word], word_starts[word + 1] - 1):
                out[at] = word_bytes[i]
                at += 1
            out[at] = 32
            at += 1
        at -= 1
        if has_backoffs:
            out[at] = 9
            at = put_number(out, at + 1, backoffs[row])
        out[at] = 10
        at += 1
    return at


def _lines(
    grams: npt.NDArray[np.int32],
    probs: npt.NDArray[np.float32],
    backoffs: npt.NDArray[np.float32] | None,
    word_bytes: npt.NDArray[np.uint8],
    word_starts: npt.NDArray[np.int64],
) -> memoryview:
    """Return the lines of these n-grams as bytes; threads may do this at the same time.

    `word_bytes` holds each word and one byte more; word i starts at word_starts[i].
    """
    out = np.empty(_room(grams, word_starts), np.uint8)
    size = _put_lines(
        out, grams, probs, probs if backoffs is None else backoffs, backoffs is not None, word_bytes, word_starts
    )
    return memoryview(out)[:size]
