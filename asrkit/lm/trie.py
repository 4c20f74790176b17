"""Where each n-gram of a model stands, and which n-gram is its context.

The *row* of an n-gram is its place in the table of its order. The children of a row of order n are the (n+1)-grams that
begin with it. In each table, `row of the context · (words + 1) + last word` is one whole number for each n-gram; these
keys, sorted, answer every question by binary search, for as many n-grams at once as asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from asrkit.errors import AsrkitError

ABSENT = -1


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
        self._width = len(words) + 1
        self._keys: list[np.ndarray] = []
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
            keys = context * self._width + table[:, -1]
            sorted_rows = np.argsort(keys, kind="stable")
            keys = keys[sorted_rows]
            twice = np.flatnonzero(keys[1:] == keys[:-1])
            if len(twice):
                what = f"{n}-gram '{self._text(table[sorted_rows[twice[0]]])}' stands twice in the model"
                raise AsrkitError(what, cure="remove one of the two lines, or make the model anew")
            self._keys.append(keys)
            self._rows.append(sorted_rows)

    def child(self, n: int, contexts: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return the rows, int64, of the n-grams made of a context, a row of order n − 1, and a word; or ABSENT.

        An ABSENT context has no children. For n = 1 the contexts are 0.
        """
        keys = self._keys[n - 1]
        if not len(keys):
            return np.full(len(words), ABSENT)
        wanted = contexts * self._width + words
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, self._rows[n - 1][place], ABSENT)

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
        begin, end = np.searchsorted(self._keys[n], [row * self._width, (row + 1) * self._width])
        return self._rows[n][begin:end]

    def _text(self, gram: np.ndarray) -> str:
        return " ".join(self.words[word] for word in gram)


def picked(table: np.ndarray, rows: np.ndarray, otherwise: float) -> np.ndarray:
    """Return table[rows], and `otherwise` where a row is ABSENT, (rows,) float64."""
    made = np.full(len(rows), otherwise)
    found = rows != ABSENT
    made[found] = table[rows[found]]
    return made
