"""A hash table of words as kernels use it: bytes to ids.

`word_bytes` holds each word and one byte more, word i from word_starts[i] on. The table is an int64 array of a power of
two of rows, each one of HEAD, REST, ID and COUNT: 32 bytes, so that one look into memory is enough for a word of up to
14 bytes, of which HEAD and REST hold all. For a longer word REST holds a hash, and `word_bytes` decides.
"""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asrkit.compiled import kernel

HEAD, REST, ID, COUNT = range(4)
_FREE = -1  # as an ID
PIECE = 7  # bytes in HEAD, and as many in REST
_IS_HASH = 1 << 60
_LOW_60 = _IS_HASH - 1


def new_table(count: int) -> npt.NDArray[np.int64]:
    """Return an empty table with room for `count` words, which fill up to 0.7 of it."""
    table = np.zeros((1 << max(1, (count * 10 // 7).bit_length()), 4), np.int64)
    table[:, ID] = _FREE
    return table


def is_long(rests: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return for each REST whether it is but a hash of a long word."""
    return rests >= _IS_HASH


@kernel("int64(uint8[::1], int64, int64)")
def _packed(text, start, end):
    """Return the first bytes of text[start:end], zeros after them, as a number."""
    packed = 0
    stop = min(end, start + PIECE)
    for i in range(start, stop):
        packed = packed << 8 | int(text[i])
    return packed << 8 * (PIECE - max(0, stop - start))


@kernel("int64(uint8[::1], int64, int64)")
def hash_of(text, start, end):
    """Return what a table's row holds of the long word text[start:end] beyond the head."""
    h = end - start
    for i in range(start, end):
        h = ((h ^ int(text[i])) * 1099511628211) & _LOW_60
    return h | _IS_HASH


@kernel("int64(uint8[::1], int64, int64)")
def _rest(text, start, end):
    """Return what a table's row holds of text[start:end] beyond the head."""
    return _packed(text, start + PIECE, end) if end - start <= 2 * PIECE else hash_of(text, start, end)


@kernel("int64(int64, int64, int64)")
def _first_slot(head, rest, mask):
    h = ((head ^ (rest * 0x9E3779B97F4A7C1)) * 0x2545F4914F6CDD1D) & _LOW_60
    return (h ^ (h >> 31)) & mask


@kernel("int64(int64, int64, uint8[::1], int64, int64, uint8[::1], int64[::1], int64[:, ::1])")
def find_packed(head, rest, text, start, end, word_bytes, word_starts, table):
    """Return the row of `table` with the word text[start:end], packed as these, or where it belongs as -1 - row."""
    mask = table.shape[0] - 1
    slot = _first_slot(head, rest, mask)
    while table[slot, ID] != _FREE:
        if table[slot, HEAD] == head and table[slot, REST] == rest:
            if rest < _IS_HASH:
                return slot
            first = word_starts[table[slot, ID]]
            size = word_starts[table[slot, ID] + 1] - 1 - first
            if size == end - start:
                i = 0
                while i < size and word_bytes[first + i] == text[start + i]:
                    i += 1
                if i == size:
                    return slot
        slot = (slot + 1) & mask
    return -1 - slot


@kernel("int64(uint8[::1], int64, int64, uint8[::1], int64[::1], int64[:, ::1])")
def find_word(text, start, end, word_bytes, word_starts, table):
    """Return the row of `table` with the word text[start:end], or the one where it belongs as -1 - row."""
    head, rest = _packed(text, start, end), _rest(text, start, end)
    return find_packed(head, rest, text, start, end, word_bytes, word_starts, table)


@kernel("void(int64, int64, int64, int64[:, ::1], int64)")
def enter_word(head, rest, word, table, slot):
    """Let row `slot`, which is free, hold the word packed as these with the id `word`."""
    table[slot, HEAD], table[slot, REST] = head, rest
    table[slot, ID], table[slot, COUNT] = word, 0


@kernel("int64(uint8[::1], int64[::1], int64[:, ::1])")
def index_words(word_bytes, word_starts, table):
    """Enter every word into the empty `table`; return the first double one, or -1."""
    for word in range(word_starts.shape[0] - 1):
        start, end = word_starts[word], word_starts[word + 1] - 1
        head, rest = _packed(word_bytes, start, end), _rest(word_bytes, start, end)
        found = find_packed(head, rest, word_bytes, start, end, word_bytes, word_starts, table)
        if found >= 0:
            return word
        enter_word(head, rest, word, table, -1 - found)
    return -1


@kernel("void(int64[:, ::1], int64[:, ::1])")
def move(table, larger):
    """Enter all rows of `table`, with their counts, into the empty table `larger`."""
    mask = larger.shape[0] - 1
    for i in range(table.shape[0]):
        if table[i, ID] != _FREE:
            slot = _first_slot(table[i, HEAD], table[i, REST], mask)
            while larger[slot, ID] != _FREE:
                slot = (slot + 1) & mask
            for c in range(4):
                larger[slot, c] = table[i, c]
