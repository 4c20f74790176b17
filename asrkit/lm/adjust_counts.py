"""Adjusted counts: the n-grams of every order, told from the sorted ones of the highest.

The adjusted count of an n-gram is the number of different words that stand before it (Kneser & Ney 1995). The highest
order, and n-grams that begin with `<s>`, which nothing stands before, keep their raw counts. An n-gram has no `<s>` but
as its first word: the others come only from the filling in front of a sentence.
"""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit.compiled import kernel
from asrkit.lm.packing import TOP, Packing
from asrkit.lm.pile import Pile
from asrkit.lm.sorting import Rows
from asrkit.lm.tokenise import BOS

_SEEN, _OPEN, _ADJUSTED, _RAW, _LOWER, _OPEN_LOWER = range(6)  # places in the state of `derive`


@dataclass(frozen=True)
class Block:
    """Some n-grams of one order, in suffix order.

    rows: (count, columns) int64, as `Packing` says.
    adjusted, raw: (count,) int64.
    lower: (count,) int64, the place of the n-gram without its first word among those of the order below; its id for
        2-grams.
    """

    count: int
    rows: Rows
    adjusted: npt.NDArray[np.int64]
    raw: npt.NDArray[np.int64]
    lower: npt.NDArray[np.int64]


@kernel("int64(int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1], int64)")
def _close(opened, state, rows, adjusted, raw, lower, filled):
    for c in range(opened.shape[0]):
        rows[filled, c] = opened[c]
    adjusted[filled], raw[filled], lower[filled] = state[_ADJUSTED], state[_RAW], state[_OPEN_LOWER]
    return filled + 1


@kernel(
    "int64(int64[:, ::1], boolean, int64[::1], int64[::1], int64[::1], int64, int64, int64,"
    " int64[:, ::1], int64[::1], int64[::1], int64[::1])"
)
def derive(full, is_last, before, opened, state, order, highest, bits, rows, adjusted, raw, lower):
    """Write the n-grams of `order` that the sorted n-grams `full` of the order `highest` hold.

    `before` is the row before the first one, `opened` and `state` are the n-gram that is not yet complete; all are kept
    from call to call, zeros at first. With `is_last`, no rows follow these. The n-grams go to `rows`,
    `adjusted`, `raw` and `lower`, which must have room for one more than there are rows in `full`.

    Returns:
        The number of n-grams written.
    """
    per_column = TOP // bits
    mask = (1 << bits) - 1
    columns = before.shape[0]
    count_column = full.shape[1] - 1
    own_columns = rows.shape[1]
    keep = 0  # mask of the words of this order in their last column
    for k in range((own_columns - 1) * per_column, order):
        keep |= mask << (TOP - bits * (k % per_column + 1))
    first_at, first_shift = (order - 1) // per_column, TOP - bits * ((order - 1) % per_column + 1)
    second_at, second_shift = 0, 0  # the word after the first one of this order
    if order >= 2:
        second_at, second_shift = (order - 2) // per_column, TOP - bits * ((order - 2) % per_column + 1)
    third_at, third_shift = 0, 0
    if order >= 3:
        third_at, third_shift = (order - 3) // per_column, TOP - bits * ((order - 3) % per_column + 1)
    filled = 0
    for i in range(full.shape[0]):
        same = 0  # words in which this row agrees with the one before
        if state[_SEEN] != 0:
            c = 0
            while c < columns and full[i, c] == before[c]:
                c += 1
            same = c * per_column
            if c < columns:
                difference = full[i, c] ^ before[c]
                shift = TOP - bits
                while difference >> shift == 0:
                    shift -= bits
                    same += 1
        state[_SEEN] = 1
        for c in range(columns):
            before[c] = full[i, c]
        count = full[i, count_column]
        if same < order:
            if state[_OPEN] != 0:
                filled = _close(opened, state, rows, adjusted, raw, lower, filled)
            if order == 2:
                state[_LOWER] = full[i, 0] >> (TOP - bits)
            elif same < order - 1 and (order < 3 or (full[i, third_at] >> third_shift) & mask != BOS):
                state[_LOWER] += 1
            state[_OPEN] = int(order < 2 or (full[i, second_at] >> second_shift) & mask != BOS)
            if state[_OPEN] != 0:
                for c in range(own_columns):
                    opened[c] = full[i, c]
                opened[own_columns - 1] &= keep
                state[_ADJUSTED], state[_RAW] = 0, 0
                state[_OPEN_LOWER] = state[_LOWER] - int(order > 2)
        if state[_OPEN] != 0:
            state[_RAW] += count
            if order == highest or (order > 1 and (full[i, first_at] >> first_shift) & mask == BOS):
                state[_ADJUSTED] += count
            elif same <= order:
                state[_ADJUSTED] += 1
    if is_last and state[_OPEN] != 0:
        filled = _close(opened, state, rows, adjusted, raw, lower, filled)
    return filled


def ngrams(full: Pile, order: int, highest: int, packing: Packing, block_rows: int) -> Iterator[Block]:
    """Yield the n-grams of `order` in the pile `full` of the sorted ones of the order `highest` and their counts."""
    deriving = Deriving(order, highest, packing)
    for start in range(0, full.rows, block_rows):
        stop = min(start + block_rows, full.rows)
        yield deriving.block(full.read(start, stop), is_last=stop == full.rows)


class Deriving:
    """`derive` with what it keeps from block to block."""

    def __init__(self, order: int, highest: int, packing: Packing) -> None:
        self._orders = (order, highest)
        self._packing = packing
        self._columns = packing.columns(order)
        self._before = np.zeros(packing.columns(highest), np.int64)
        self._opened = np.zeros(self._columns, np.int64)
        self._state = np.zeros(6, np.int64)

    def block(self, full: Rows, *, is_last: bool) -> Block:
        """Return the n-grams that are complete with these rows; with `is_last`, all."""
        room = len(full) + 1
        rows = np.empty((room, self._columns), np.int64)
        adjusted, raw, lower = (np.empty(room, np.int64) for _ in range(3))
        count = derive(
            full, is_last, self._before, self._opened, self._state, *self._orders, self._packing.bits,
            rows, adjusted, raw, lower,
        )  # fmt: skip
        return Block(count, rows[:count], adjusted[:count], raw[:count], lower[:count])
