"""A backoff model that answers: how probable is this word after these, and which n-gram says so?

    log10 p(w | h) = the entry of h·w, if the model has it, else backoff(h) + log10 p(w | h without its oldest word)

where backoff(h) is 0 for a context that the model does not have. Everything here is log10, as in ARPA files, and in
double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asrkit.formats.arpa import Arpa
from asrkit.lm.trie import ABSENT, Trie, picked
from asrkit.lm.word_ids import WordIds

NO_UNKNOWN_LOG10 = -100.0  # of a word outside a model without <unk>; as in KenLM
ZERO_LOG10 = -99.0  # how ARPA files write probability 0


@dataclass(frozen=True)
class Answers:
    """For each token: how it was scored. All arrays are (tokens,)."""

    log10: np.ndarray  # float64, log10 probability
    order: np.ndarray  # int64, of the n-gram that answered
    backoff: np.ndarray  # float64, log10, the part of `log10` that was paid for backing off


class Model:
    """An ARPA model ready to be asked; word ids are those of its vocabulary."""

    def __init__(self, vocabulary: WordIds, trie: Trie, log10: list[np.ndarray], backoffs: list[np.ndarray]) -> None:
        """`log10[n-1]` and `backoffs[n-1]` are (count,) float64 of the n-grams in the order of `trie.grams[n-1]`."""
        self.vocabulary = vocabulary
        self.trie = trie
        self.log10 = log10
        self.backoffs = backoffs

    @classmethod
    def of(cls, arpa: Arpa, name: str | None = None) -> Model:
        """Return the model of an ARPA file, which messages call `name`.

        Raises:
            AsrkitError: `<s>` or `</s>` is missing; an n-gram stands twice or has no context.
        """
        tables = [[table.astype(np.float64) for table in part] for part in (arpa.log10_probs, arpa.log10_backoffs)]
        return cls(WordIds(arpa.words, name), Trie(arpa.words, arpa.grams), *tables)

    def arpa(self) -> Arpa:
        """Return the model as the content of an ARPA file."""
        log10, backoffs = (tuple(t.astype(np.float32) for t in part) for part in (self.log10, self.backoffs))
        return Arpa(self.vocabulary.words, self.trie.grams, log10, backoffs)

    @property
    def order(self) -> int:
        return self.trie.order

    def answers(self, tokens: np.ndarray, place: np.ndarray) -> Answers:
        """Return how each token is scored after those before it.

        `tokens` (tokens,) int64 are ids, sentence after sentence; `place` (tokens,) int64 counts from 0 at the first
        token of each. A token sees only those of its own sentence.
        """
        rows = self.trie.child(1, np.zeros(len(tokens), np.int64), tokens)
        value = picked(self.log10[0], rows, NO_UNKNOWN_LOG10)
        order = np.ones(len(tokens), np.int64)
        backoff = np.zeros(len(tokens))
        for n in range(2, self.order + 1):
            context = np.concatenate([[ABSENT], rows[:-1]])
            context[place < n - 1] = ABSENT
            rows = self.trie.child(n, context, tokens)
            backoff += picked(self.backoffs[n - 2], context, 0.0)
            found = rows != ABSENT
            value[found] = self.log10[n - 1][rows[found]]
            order[found] = n
            backoff[found] = 0.0
        return Answers(value + backoff, order, backoff)

    def log10_of(self, grams: np.ndarray) -> np.ndarray:
        """Return log10 p(last word | the words before it), (count,) float64, for each of `grams`, (count, n) ids."""
        count, n = grams.shape
        place = np.tile(np.arange(n), count)
        return self.answers(grams.reshape(-1).astype(np.int64), place).log10[n - 1 :: n]

    def distribution(self, context: Sequence[int]) -> np.ndarray:
        """Return log10 p(w | context) for each word w of the model, (words,) float64; `<s>` has what the file says."""
        made = np.empty(len(self.vocabulary))
        made[self.trie.grams[0][:, 0]] = self.log10[0]
        history = list(context)[max(0, len(context) - self.order + 1) :]
        for n in range(1, len(history) + 1):
            row = int(self.trie.rows(np.array([history[len(history) - n :]]))[0])
            if row != ABSENT:
                children = self.trie.children(n, row)
                made += self.backoffs[n - 1][row]
                made[self.trie.grams[n][children, -1]] = self.log10[n][children]
        return made
