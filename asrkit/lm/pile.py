"""Long arrays that are written from front to end and read in order: in memory while there is room, then on disk."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from asrkit.errors import AsrkitError, Status, shown
from asrkit.store import ScratchFile

_UNITS = {"": 1 << 30, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SMALLEST = 256 << 20  # the interpreter, its libraries and the smallest buffers that work


def parse_size(text: str) -> int:
    """Return the bytes of "600M" or "2G" (K, M, G, T; without a letter, G).

    Raises:
        AsrkitError: not such a size, or less than this program needs.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise AsrkitError(f"{shown(text)} is not a size of memory", cure="write 600M or 2G", status=Status.WRONG_USAGE)
    size = int(float(match[1]) * _UNITS[match[2].upper()])
    if size < SMALLEST:
        what = f"{shown(text)} of memory is too little"
        raise AsrkitError(what, cure=f"give at least {SMALLEST >> 20}M", status=Status.WRONG_USAGE)
    return size


class Memory:
    """How many bytes may still be kept in memory by piles."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        """Return True, and count `size` bytes as taken, if they are there."""
        if size > self._left:
            return False
        self._left -= size
        return True

    def give(self, size: int) -> None:
        """Give `size` bytes back."""
        self._left += size


class Pile:
    """An array of rows of one shape and dtype that grows at its end."""

    def __init__(self, memory: Memory, dtype: npt.DTypeLike, width: int | None = None) -> None:
        """`width`: columns of a row; None for a flat array."""
        self._memory = memory
        self._dtype = np.dtype(dtype)
        self._row_shape = () if width is None else (width,)
        self._row_bytes = self._dtype.itemsize * (width or 1)
        self._blocks: list[npt.NDArray[Any]] = []
        self._starts = [0]  # of the blocks in memory, then their end
        self._file: ScratchFile | None = None
        self.rows = 0

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add `rows`, which must not change afterwards."""
        if self._file is None and self._memory.take(rows.nbytes):
            self._blocks.append(rows)
            self._starts.append(self._starts[-1] + len(rows))
        else:
            if self._file is None:
                self._file = ScratchFile()
            self._file.append(rows)
        self.rows += len(rows)

    def read(self, start: int, stop: int, into: npt.NDArray[Any] | None = None) -> npt.NDArray[Any]:
        """Return the rows from `start` to before `stop`, in `into` if that is given."""
        kept = self._starts[-1]
        first = int(np.searchsorted(self._starts, start, side="right")) - 1
        if into is None:
            if start < kept and stop <= self._starts[first + 1]:
                return self._blocks[first][start - self._starts[first] : stop - self._starts[first]]
            into = np.empty((stop - start, *self._row_shape), self._dtype)
        at = start
        while at < min(stop, kept):
            block, begin = self._blocks[first], self._starts[first]
            size = min(stop, begin + len(block)) - at
            into[at - start : at - start + size] = block[at - begin : at - begin + size]
            at += size
            first += 1
        if at < stop:
            assert self._file is not None
            self._file.read((at - kept) * self._row_bytes, into[at - start : stop - start])
        return into

    def clear(self) -> None:
        """Free memory and disk."""
        self._memory.give(self._starts[-1] * self._row_bytes)
        if self._file is not None:
            self._file.close()
        self._blocks, self._starts, self._file, self.rows = [], [0], None, 0
