"""Sorting more rows than memory holds: chunks are sorted by several threads, kept as runs, and merged.

What comes out does not depend on the size of the chunks, nor on the number of threads.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit.lm import sort_kernels
from asrkit.lm.pile import Memory, Pile

Rows = npt.NDArray[np.int64]

_BLOCK_BYTES = 4 << 20


@dataclass(frozen=True)
class Workshop:
    """What the stages share: threads, memory for piles, and the size of a buffer to work in."""

    pool: ThreadPoolExecutor
    jobs: int
    memory: Memory
    chunk_bytes: int


class Sorter:
    """Sorts rows of int64 by their first columns.

    Either the rows are all key (`counting`), and each distinct one comes out once, with its count as one more column;
    or the last column is not part of the radix sort, but ascends from row to row as they are added, and comes out
    in that order among rows with the same key.
    """

    def __init__(self, workshop: Workshop, width: int, lows: list[int], high: int, *, counting: bool) -> None:
        """Rows have `width` columns; of the column c of the key, only the bits lows[c] to high - 1 are not 0."""
        self._shop = workshop
        self._width = width
        self._lows = np.array(lows, np.int64)
        self._high = high
        self._counting = counting
        self._room = max(1024, workshop.chunk_bytes // (8 * width))
        self._chunk: Rows | None = None
        self._filled = 0
        self._idle: list[Rows] = []  # buffers to use again: memory that was never touched is dear
        self._sorting: deque[Future[Rows]] = deque()
        self._runs: list[Pile] = []
        self._out_width = width + counting

    def add(self, rows: Rows) -> None:
        """Add `rows`."""
        at = 0
        while at < len(rows):
            if self._chunk is None:
                self._chunk = self._buffer()
            size = min(len(rows) - at, self._room - self._filled)
            self._chunk[self._filled : self._filled + size] = rows[at : at + size]
            at += size
            self._filled += size
            if self._filled == self._room:
                self._start_sorting()

    def _start_sorting(self) -> None:
        if self._chunk is None:
            return
        if len(self._sorting) == self._shop.jobs:
            self._keep(self._sorting.popleft().result())
        self._sorting.append(self._shop.pool.submit(self._sorted, self._chunk, self._filled))
        self._chunk, self._filled = None, 0

    def _buffer(self) -> Rows:
        with contextlib.suppress(IndexError):  # several threads take from the list
            return self._idle.pop()
        return np.empty((self._room, self._width), np.int64)

    def _sorted(self, chunk: Rows, count: int) -> Rows:
        result, other = chunk, self._buffer()
        if sort_kernels.radix_sort(chunk[:count], other[:count], self._lows, self._high):
            result, other = other, chunk
        self._idle.append(other)
        if not self._counting:
            return result[:count]
        counted = np.empty((count, self._out_width), np.int64)
        distinct = sort_kernels.count_equal(result[:count], counted)
        self._idle.append(result)
        counted.resize((distinct, self._out_width), refcheck=False)
        return counted

    def _keep(self, rows: Rows) -> None:
        run = Pile(self._shop.memory, np.int64, self._out_width)
        run.append(rows)
        self._runs.append(run)

    def merged(self) -> Iterator[Rows]:
        """Yield all rows in order, a block at a time; nothing can be added any more."""
        self._start_sorting()
        while self._sorting:
            self._keep(self._sorting.popleft().result())
        self._idle.clear()
        if len(self._runs) == 1:
            yield from self._single_run()
        else:
            yield from self._merged_runs()
        for run in self._runs:
            run.clear()

    def _single_run(self) -> Iterator[Rows]:
        run = self._runs[0]
        size = self._block_rows()
        for start in range(0, run.rows, size):
            yield run.read(start, min(start + size, run.rows))

    def _block_rows(self) -> int:
        """Return how many rows to hand on at once: what is done with them then stays in the processor's caches."""
        return max(1, min(self._shop.chunk_bytes, _BLOCK_BYTES) // (2 * 8 * self._out_width))

    def _merged_runs(self) -> Iterator[Rows]:
        runs = self._runs
        keys = len(self._lows) if self._counting else self._out_width
        room = max(64, self._block_rows() // max(1, len(runs)))
        rows = np.empty((room * len(runs), self._out_width), np.int64)
        firsts = np.arange(len(runs)) * room
        heads, ends = firsts.copy(), firsts.copy()
        used = np.zeros(len(runs), np.int64)  # rows that were read from each run
        sizes = np.array([run.rows for run in runs])
        last: Rows = np.empty((0, self._out_width), np.int64)
        while True:
            for r, run in enumerate(runs):
                left = int(ends[r] - heads[r])
                rows[firsts[r] : firsts[r] + left] = rows[heads[r] : ends[r]]
                size = int(min(room - left, sizes[r] - used[r]))
                begin = int(firsts[r]) + left
                run.read(int(used[r]), int(used[r]) + size, into=rows[begin : begin + size])
                heads[r], ends[r] = firsts[r], begin + size
                used[r] += size
            out = np.empty((len(rows) + len(last), self._out_width), np.int64)
            out[: len(last)] = last
            lasting = used < sizes
            filled = sort_kernels.merge(rows, heads, ends, lasting, keys, self._counting, out, len(last))
            if not lasting.any() and (heads == ends).all():
                yield out[:filled]
                return
            keep = max(0, filled - 1) if self._counting else filled  # the last row may grow yet
            last = out[keep:filled].copy()
            if keep:
                yield out[:keep]
