"""Backoff weights that make a model's probabilities sum to one."""

from __future__ import annotations

import numpy as np

from asrkit.lm.model import ZERO_LOG10, Model
from asrkit.lm.trie import Trie
from asrkit.lm.word_ids import WordIds

_NOTHING = 1e-10  # what is left of 1 when only rounding is left


def log10_or_zero(probabilities: np.ndarray) -> np.ndarray:
    """Return log10 of `probabilities`, where 0 becomes ARPA's −99."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log10(probabilities), ZERO_LOG10)


def normalised(vocabulary: WordIds, trie: Trie, log10: list[np.ndarray]) -> Model:
    """Return the model of these n-grams with the backoff weights that make each context's probabilities sum to one.

    For a context h with the words w after it in the model, and h' = h without its oldest word,

        backoff(h) = (1 − Σ p(w | h)) / (1 − Σ p(w | h'))

    `log10[n-1]` is (count,) float64, log10 p of `trie.grams[n-1]`; 1-grams must sum to one without `<s>`. Where a
    context's words leave no others to back off to, their probabilities are scaled to sum to one.
    """
    log10 = list(log10)
    backoffs = [np.zeros(len(table)) for table in log10]
    model = Model(vocabulary, trie, log10, backoffs)
    for n in range(2, trie.order + 1):  # ascending: p(w | h') needs the backoffs of shorter contexts only
        contexts = trie.contexts[n - 1]
        number = len(log10[n - 2])
        lower = 10.0 ** model.log10_of(trie.grams[n - 1][:, 1:])
        left = 1.0 - np.bincount(contexts, 10.0 ** log10[n - 1], number)
        left_below = 1.0 - np.bincount(contexts, lower, number)
        left[left < _NOTHING] = 0.0
        nobody = left_below < _NOTHING
        log10[n - 1] = log10[n - 1] - np.log10(np.where(nobody, 1.0 - left, 1.0))[contexts]
        backoffs[n - 2] = log10_or_zero(np.where(nobody, 1.0, left / np.where(nobody, 1.0, left_below)))
        backoffs[n - 2][np.bincount(contexts, minlength=number) == 0] = 0.0
    return model
