"""How the n-grams of a model hang together: each one's context and its longest suffix.

All n-grams of a model are numbered, the 1-grams first, in the order of the words, then the 2-grams, and so on.
"""

# ruff: noqa: ANN001, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import allocating_kernel, kernel
from asrkit.errors import AsrkitError
from asrkit.formats.arpa import Arpa

NONE = -1
_MIX, _SHIFT = 0x9E3779B97F4A7C15, 32


@dataclass(frozen=True, eq=False)
class NGrams:
    """The n-grams of all orders.

    Attributes:
        firsts: (orders + 1,) the number of the first n-gram of each order, and of all.
        words: (n-grams,) int32: the last word of each.
        contexts: (n-grams,) int32: the n-gram of all its words but the last; NONE for 1-grams.
        suffixes: (n-grams,) int32: the longest n-gram that ends it, itself excepted; NONE for 1-grams.
    """

    firsts: NDArray[np.int64]
    words: NDArray[np.int32]
    contexts: NDArray[np.int32]
    suffixes: NDArray[np.int32]


def ngrams_of(arpa: Arpa) -> NGrams:
    """Return how the n-grams of `arpa` hang together.

    Raises:
        AsrkitError: the context of an n-gram is not in the model.
    """
    counts = [len(grams) for grams in arpa.grams]
    firsts = np.concatenate([[0], np.cumsum(counts)])
    words = np.concatenate([grams[:, -1] for grams in arpa.grams])
    contexts = np.full(len(words), NONE, np.int32)
    suffixes = np.full(len(words), NONE, np.int32)
    width = _table_size(max(1, sum(counts[1:-1])))
    keys, numbers = np.full(width, NONE, np.int64), np.empty(width, np.int32)
    for n, grams in enumerate(arpa.grams[1:], 2):
        grams = np.ascontiguousarray(grams)  # noqa: PLW2901
        bad = _link(grams, firsts[n - 1], keys, numbers, contexts, suffixes, n < len(counts))
        if bad != NONE:
            text = " ".join(arpa.words[word] for word in grams[bad])
            cure = "the model is damaged or was pruned wrongly: make it anew"
            raise AsrkitError(f"the context of the {n}-gram '{text}' is not in the model", cure=cure)
    return NGrams(firsts, words, contexts, suffixes)


@kernel("int64(int64[::1], int64)")
def _slot_of(keys, key):
    mask = np.uint64(keys.shape[0] - 1)
    h = np.uint64(key) * np.uint64(_MIX)
    slot = (h ^ (h >> np.uint64(_SHIFT))) & mask
    while keys[slot] not in (NONE, key):
        slot = (slot + np.uint64(1)) & mask
    return np.int64(slot)


@allocating_kernel("int64(int32[:, ::1], int64, int64[::1], int32[::1], int32[::1], int32[::1], boolean)")
def _link(grams, first, keys, numbers, contexts, suffixes, enter):
    """Find contexts and suffixes of one order, given those of the orders below; `enter` it into the table too.

    The table maps the number of a context and a word to the number of their n-gram.

    Returns:
        The first row whose context is not in the table, or NONE.
    """
    rows, order = grams.shape
    prefixes = np.zeros(order, np.int64)  # numbers of the first 1, 2, … words of the n-gram before
    for row in range(rows):
        n = 0
        while row > 0 and n < order - 1 and grams[row, n] == grams[row - 1, n]:
            n += 1
        while n < order - 1:
            if n == 0:
                prefixes[0] = grams[row, 0]
            else:
                slot = _slot_of(keys, prefixes[n - 1] << 32 | grams[row, n])
                if keys[slot] == NONE:
                    return row
                prefixes[n] = numbers[slot]
            n += 1
        context, word = prefixes[order - 2], np.int64(grams[row, order - 1])
        contexts[first + row] = context
        suffixes[first + row] = word
        shorter = np.int64(suffixes[context])
        while shorter != NONE:
            slot = _slot_of(keys, shorter << 32 | word)
            if keys[slot] != NONE:
                suffixes[first + row] = numbers[slot]
                break
            shorter = np.int64(suffixes[shorter])
    if enter:
        for row in range(rows):
            key = np.int64(contexts[first + row]) << 32 | np.int64(grams[row, order - 1])
            slot = _slot_of(keys, key)
            keys[slot] = key
            numbers[slot] = first + row
    return np.int64(NONE)


def _table_size(count: int) -> int:
    """Return the least power of two that leaves a hash table of `count` entries half empty."""
    return 1 << (2 * count - 1).bit_length()
