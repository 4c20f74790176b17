"""Where each n-gram of a model stands, and which n-gram is its context.

The *row* of an n-gram is its place in the table of its order. The children of a row of order n are the (n+1)-grams that
begin with it; sorted by context and last word, those of one context lie together, and a word among them is found by
binary search, for as many n-grams at once as asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asrkit.compiled import kernel
from asrkit.errors import AsrkitError

ABSENT = -1


@kernel("void(int64[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def _find(
    first: np.ndarray,
    words: np.ndarray,
    rows: np.ndarray,
    contexts: np.ndarray,
    wanted: np.ndarray,
    found: np.ndarray,
) -> None:
    """Set each of `found` to the row of the wanted word after its context, or to ABSENT."""
    for i in range(len(contexts)):
        found[i] = ABSENT
        if contexts[i] == ABSENT:
            continue
        low, end = first[contexts[i]], first[contexts[i] + 1]
        high = end
        while low < high:
            middle = (low + high) >> 1
            if words[middle] < wanted[i]:
                low = middle + 1
            else:
                high = middle
        if low < end and words[low] == wanted[i]:
            found[i] = rows[low]


class Trie:
    """The n-grams of all orders. Word ids are 0 to len(words) − 1; the id len(words) is a word that is in no n-gram."""

    def __init__(self, words: Sequence[str], grams: Sequence[np.ndarray]) -> None:
        """`grams[n-1]` is (count, n) int32, oldest word first; the context of each n-gram must be one too.

        Raises:
            AsrkitError: an n-gram stands twice, or its context (all but its last word) is not in the table below.
        """
        self.words = words
        self.grams = tuple(grams)
        self.order = len(self.grams)
        self._first: list[np.ndarray] = []  # for each context, where its children begin in the next two
        self._words: list[np.ndarray] = []  # last words, sorted by context and word
        self._rows: list[np.ndarray] = []
        self.contexts: list[np.ndarray] = []
        for n, table in enumerate(self.grams, 1):
            context = self.rows(table[:, :-1])
            if n > 1 and len(context) and context.min() == ABSENT:
                missing = table[int(np.argmin(context))]
                what = f"{n}-gram '{self._text(missing)}' has a context that is no {n - 1}-gram of the model"
                cure = f"write the {n - 1}-gram '{self._text(missing[:-1])}' too, or make the model anew"
                raise AsrkitError(what, cure=cure)
            self.contexts.append(context)
            keys = context * len(words) + table[:, -1]
            sorted_rows = np.argsort(keys, kind="stable")
            keys = keys[sorted_rows]
            twice = np.flatnonzero(keys[1:] == keys[:-1])
            if len(twice):
                what = f"{n}-gram '{self._text(table[sorted_rows[twice[0]]])}' stands twice in the model"
                raise AsrkitError(what, cure="remove one of the two lines, or make the model anew")
            contexts = 1 if n == 1 else len(self.grams[n - 2])
            first = np.zeros(contexts + 1, np.int64)
            np.cumsum(np.bincount(context, minlength=contexts), out=first[1:])
            self._first.append(first)
            self._words.append(np.ascontiguousarray(table[sorted_rows, -1], np.int32))
            self._rows.append(sorted_rows)

    def child(self, n: int, contexts: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return the rows, int64, of the n-grams made of a context, a row of order n − 1, and a word; or ABSENT.

        An ABSENT context has no children. For n = 1 the contexts are 0.
        """
        found = np.empty(len(words), np.int64)
        asked = (np.ascontiguousarray(contexts, np.int64), np.ascontiguousarray(words, np.int64))
        _find(self._first[n - 1], self._words[n - 1], self._rows[n - 1], *asked, found)
        return found

    def rows(self, grams: np.ndarray) -> np.ndarray:
        """Return the row, int64, of each of `grams`, (count, n) integer ids; or ABSENT. The empty n-gram has row 0."""
        rows = np.zeros(len(grams), np.int64)
        for n in range(1, grams.shape[1] + 1):
            rows = self.child(n, rows, grams[:, n - 1])
        return rows

    def children(self, n: int, row: int) -> np.ndarray:
        """Return the rows, int64, of the (n+1)-grams that begin with row `row` of order n, sorted by last word.

        n = 0: all words.
        """
        if n >= self.order:
            return np.empty(0, np.int64)
        return self._rows[n][self._first[n][row] : self._first[n][row + 1]]

    def _text(self, gram: np.ndarray) -> str:
        return " ".join(self.words[word] for word in gram)


def picked(table: np.ndarray, rows: np.ndarray, otherwise: float) -> np.ndarray:
    """Return table[rows], and `otherwise` where a row is ABSENT, (rows,) float64."""
    made = np.full(len(rows), otherwise)
    found = rows != ABSENT
    made[found] = table[rows[found]]
    return made
