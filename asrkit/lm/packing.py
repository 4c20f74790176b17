"""n-grams as rows of int64: some words of equal width in each column, the last word of the n-gram first.

Rows in ascending order are so in *suffix order*: n-grams with the same last words stand together, and the n-grams of
all lower orders can be told from the rows of the highest (KenLM's lm/builder works in the same order). The words of
column c stand at the bits 63 - bits, 63 - 2 · bits, … of it: the sign bit is never used.
"""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from asrkit.compiled import kernel
from asrkit.lm.tokenise import BOS, EOS

TOP = 63


@dataclass(frozen=True)
class Packing:
    """How wide a word is."""

    bits: int

    @classmethod
    def of(cls, words: int) -> Packing:
        """Return the packing of a vocabulary of `words` words."""
        return cls(max(2, (words - 1).bit_length()))

    @property
    def per_column(self) -> int:
        """How many words a column holds."""
        return TOP // self.bits

    def columns(self, order: int) -> int:
        """Return how many columns an n-gram of this order takes."""
        return -(-order // self.per_column)

    def lows(self, order: int) -> list[int]:
        """Return for each column the lowest bit that such n-grams use."""
        last = order - (self.columns(order) - 1) * self.per_column
        full = TOP - self.per_column * self.bits
        return [full] * (self.columns(order) - 1) + [TOP - last * self.bits]


@kernel("void(int32[::1], int64, int64, int64, int64[:, ::1])")
def pack_positions(ids, first, order, bits, out):
    """Write the n-gram that ends at each place of `ids` from `first` on as a row of `out`.

    Before a sentence stands `<s>`, as often as is needed; ids[:first] holds enough words for that.
    """
    for i in range(first, ids.shape[0]):
        row = i - first
        column, shift, packed = 0, TOP, 0
        begun = False
        for k in range(order):
            begun = begun or (k > 0 and (i < k or ids[i - k] == EOS))
            word = BOS if begun else np.int64(ids[i - k])
            if shift < bits:
                out[row, column] = packed
                column, shift, packed = column + 1, TOP, 0
            shift -= bits
            packed |= word << shift
        out[row, column] = packed


@kernel("void(int64[:, ::1], int64, int64, int32[:, ::1])")
def unpack(rows, count, bits, out):
    """Write the words of the first `count` n-grams in `rows` to `out`, the oldest one first."""
    order = out.shape[1]
    mask = (1 << bits) - 1
    for i in range(count):
        column, shift = 0, TOP
        for k in range(order):
            if shift < bits:
                column, shift = column + 1, TOP
            shift -= bits
            out[i, order - 1 - k] = (rows[i, column] >> shift) & mask


@kernel("void(int64[:, ::1], int64, int64, int64, int64[:, ::1])")
def pack_contexts(rows, count, order, bits, out):
    """Write the context (all words but the last) of the first `count` n-grams of this order in `rows` to `out`."""
    mask = (1 << bits) - 1
    for i in range(count):
        column, shift = 0, TOP - bits
        to, to_shift, packed = 0, TOP, 0
        for _ in range(order - 1):
            if shift < bits:
                column, shift = column + 1, TOP
            shift -= bits
            if to_shift < bits:
                out[i, to] = packed
                to, to_shift, packed = to + 1, TOP, 0
            to_shift -= bits
            packed |= ((rows[i, column] >> shift) & mask) << to_shift
        out[i, to] = packed
