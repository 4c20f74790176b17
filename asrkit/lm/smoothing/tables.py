"""What the smoothing methods share: sums over contexts, and models from shares of their mass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from asrkit.formats.arpa import Arpa
from asrkit.lm.backoff import log10_or_zero, normalised
from asrkit.lm.counts import NgramCounts
from asrkit.lm.model import Model
from asrkit.lm.trie import Trie
from asrkit.lm.word_ids import WordIds


@dataclass(frozen=True)
class Tables:
    """The n-grams of all orders with their counts, contexts (h) and suffixes (h'w) as rows of the order below."""

    vocabulary: WordIds
    trie: Trie
    counts: tuple[np.ndarray, ...]  # (count,) float64; that of <s> is 0, for nothing predicts it
    suffixes: tuple[np.ndarray, ...]  # (count,) int64

    @classmethod
    def of(cls, raw: NgramCounts) -> Tables:
        """Return the tables of raw counts; each word of the vocabulary has a row among the 1-grams."""
        vocabulary = WordIds(raw.words)
        unigrams = np.zeros(len(raw.words))
        unigrams[raw.grams[0][:, 0]] = raw.counts[0]
        unigrams[vocabulary.begin] = 0
        every_word = np.arange(len(raw.words), dtype=np.int32)[:, None]
        trie = Trie(raw.words, (every_word, *raw.grams[1:]))
        suffixes = tuple(trie.rows(table[:, 1:]) for table in trie.grams)
        return cls(vocabulary, trie, (unigrams, *(c.astype(np.float64) for c in raw.counts[1:])), suffixes)

    @property
    def orders(self) -> range:
        return range(1, self.trie.order + 1)

    @property
    def predicted_words(self) -> int:
        """V: how many words can be predicted, all but `<s>`."""
        return len(self.vocabulary) - 1

    def with_continuation_counts(self) -> Tables:
        """Return the tables with the counts of Kneser and Ney.

        Below the highest order an n-gram counts as often as there are different words before it; one that begins with
        `<s>`, before which nothing stands, keeps its raw count.
        """
        counts = list(self.counts)
        for n in self.orders[:-1]:
            different = np.bincount(self.suffixes[n], minlength=len(counts[n - 1])).astype(np.float64)
            begins = self.trie.grams[n - 1][:, 0] == self.vocabulary.begin
            counts[n - 1] = np.where(begins, counts[n - 1], different)
        return replace(self, counts=tuple(counts))

    def number_with_count(self, n: int, count: int) -> int:
        """Return n_count: how many n-grams were counted exactly `count` times."""
        return int((self.counts[n - 1] == count).sum())

    def sums(self, n: int, weights: np.ndarray) -> np.ndarray:
        """Return Σ_w weight(hw) for each context h of the n-grams, (rows of order n − 1,) float64."""
        contexts = 1 if n == 1 else len(self.counts[n - 2])
        return np.bincount(self.trie.contexts[n - 1], weights, contexts)

    def context_counts(self, n: int) -> np.ndarray:
        """Return c(h) for each context of the n-grams."""
        return self.sums(n, self.counts[n - 1])

    def context_types(self, n: int) -> np.ndarray:
        """Return N1+(h·) for each context of the n-grams."""
        return self.sums(n, self.counts[n - 1] > 0)

    def shares(self, n: int, numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
        """Return numerator(hw) / denominator(h) for each n-gram; 0 where the denominator is 0."""
        return ratio(numerators, denominators[self.trie.contexts[n - 1]])

    def interpolated(self, own: list[np.ndarray], left: list[np.ndarray]) -> Arpa:
        """Return the model p(w | h) = own(hw) + left(h) · p(w | h').

        `own[n-1]` is (count,), `left[n-1]` (contexts of the n-grams,); together they sum to one for each context that
        was seen.
        """
        probabilities = [own[0] + left[0] / self.predicted_words]
        for n in self.orders[1:]:
            lower = probabilities[-1][self.suffixes[n - 1]]
            probabilities.append(own[n - 1] + left[n - 1][self.trie.contexts[n - 1]] * lower)
        backoffs = []
        for n in self.orders[1:]:
            seen = self.context_counts(n) > 0
            backoffs.append(log10_or_zero(np.where(seen, left[n - 1], 1.0)))
        backoffs.append(np.zeros(len(own[-1])))
        return Model(self.vocabulary, self.trie, self._log10(probabilities), backoffs).arpa()

    def backed_off(self, own: list[np.ndarray], left_of_words: float) -> Arpa:
        """Return the model p(w | h) = own(hw) if hw was seen, else backoff(h) · p(w | h').

        `own[n-1]` is (count,). What the 1-grams leave, `left_of_words`, is spread evenly over the vocabulary, so that
        words without count have a probability.
        """
        words = own[0] + left_of_words / self.predicted_words
        return normalised(self.vocabulary, self.trie, self._log10([words, *own[1:]])).arpa()

    def _log10(self, probabilities: list[np.ndarray]) -> list[np.ndarray]:
        made = [log10_or_zero(table) for table in probabilities]
        made[0][self.vocabulary.begin] = 0.0  # as KenLM writes it; <s> is never predicted
        return made


def ratio(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    """Return numerators / denominators, 0 where the denominator is 0."""
    return np.divide(numerators, denominators, out=np.zeros(len(numerators)), where=denominators > 0)
