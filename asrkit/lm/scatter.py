"""Pairs of float32 that come in any order of their places and are read in ascending order.

In memory if they have room there; else each part of the places has a pile of (place, pair) rows, and is put in order
when it is read.
"""

# ruff: noqa: ANN001, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asrkit.compiled import kernel
from asrkit.lm.pile import Memory, Pile

_PART = 1 << 21  # places in a part on disk
_PAIR_BYTES = 8

Pairs = npt.NDArray[np.float32]


@kernel("void(int64[::1], float32[:, ::1], int64, float32[:, ::1])")
def _put(places, pairs, first, target):
    for i in range(places.shape[0]):
        target[places[i] - first, 0] = pairs[i, 0]
        target[places[i] - first, 1] = pairs[i, 1]


class Scatter:
    """`count` pairs; each place is put once, then they are read from the first to the last."""

    def __init__(self, memory: Memory, count: int) -> None:
        self._memory = memory
        self._count = count
        self._in_memory = memory.take(count * _PAIR_BYTES)
        self._first = 0  # place of the first pair of `_pairs`
        self._pairs: Pairs = np.empty((count if self._in_memory else 0, 2), np.float32)
        parts = 0 if self._in_memory else -(-count // _PART)
        nothing = Memory(0)
        self._piles = [(Pile(nothing, np.int64), Pile(nothing, np.float32, 2)) for _ in range(parts)]

    def put(self, places: npt.NDArray[np.int64], pairs: Pairs) -> None:
        """Put pairs[i] to places[i]."""
        if self._in_memory:
            _put(places, pairs, 0, self._pairs)
            return
        parts = (places // _PART).astype(np.uint16)
        order = np.argsort(parts, kind="stable")
        ends = np.cumsum(np.bincount(parts, minlength=len(self._piles)))
        for (pile, pair_pile), start, end in zip(self._piles, [0, *ends[:-1]], ends, strict=True):
            pile.append(places[order[start:end]])
            pair_pile.append(pairs[order[start:end]])

    def read(self, start: int, stop: int) -> Pairs:
        """Return the pairs from `start` to before `stop`; later calls must not go back."""
        while stop > self._first + len(self._pairs):
            self._load_part(start)
        return self._pairs[start - self._first : stop - self._first]

    def _load_part(self, start: int) -> None:
        kept = self._pairs[start - self._first :]
        end = self._first + len(self._pairs)
        places, pairs = self._piles[end // _PART]
        part = np.empty((min(_PART, self._count - end), 2), np.float32)
        _put(places.read(0, places.rows), pairs.read(0, pairs.rows), end, part)
        self._pairs = np.concatenate([kept, part])
        self._first = start
        places.clear()
        pairs.clear()

    def clear(self) -> None:
        """Free the memory."""
        if self._in_memory:
            self._memory.give(self._count * _PAIR_BYTES)
        self._pairs = np.empty((0, 2), np.float32)
