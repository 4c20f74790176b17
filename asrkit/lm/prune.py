"""A smaller model that says nearly the same: relative-entropy pruning.

Taking the n-gram hw out of a model p makes it p', in which w is reached by backing off from h, and backoff(h) is
renewed. The divergence of the two is

    D = −P(h) { p(w|h) [ln p(w|h') + ln α'(h) − ln p(w|h)] + (1 − Σ_v p(v|h)) [ln α'(h) − ln α(h)] }

where the sum is over the words after h in the model, α is backoff(h) before, α' after, and P(h) is the model's own
probability of h, that of `<s>` being that of `</s>`. The perplexity on text like the model's grows by the factor e^D.
hw goes where e^D − 1 is below the threshold, unless a longer n-gram that stays begins with it. 1-grams stay.

A. Stolcke, "Entropy-based pruning of backoff language models", DARPA workshop, 1998.
"""

from __future__ import annotations

import numpy as np

from asrkit import progress
from asrkit.errors import AsrkitError, Status
from asrkit.formats.arpa import Arpa
from asrkit.lm.backoff import normalised
from asrkit.lm.model import Model
from asrkit.lm.trie import Trie

_LN10 = float(np.log(10.0))
_NOTHING = 1e-10


def prune(arpa: Arpa, *, threshold: float, name: str | None = None) -> Arpa:
    """Return `arpa` without the n-grams whose loss raises the perplexity by a factor of less than 1 + `threshold`.

    Raises:
        AsrkitError: the threshold is negative or no number; the model is broken.
    """
    if not threshold >= 0:
        cure = "take a small number such as 1e-8"
        raise AsrkitError(f"{threshold} is no threshold", cure=cure, status=Status.WRONG_USAGE)
    model = Model.of(arpa, name)
    return _only(model, [each >= threshold for each in growth_of_perplexity(model)])


def prune_to_size(arpa: Arpa, *, max_ngrams: int, name: str | None = None) -> Arpa:
    """Return `arpa` without the n-grams that matter least, so that at most `max_ngrams` of all orders stay.

    Raises:
        AsrkitError: there are more 1-grams than that; the model is broken.
    """
    model = Model.of(arpa, name)
    words = len(model.vocabulary)
    if max_ngrams < words:
        what = f"{max_ngrams:,} n-grams are too few: the model has {words:,} words, whose 1-grams stay"
        cure = f"take {words:,} or more, or train with fewer words"
        raise AsrkitError(what, cure=cure, status=Status.WRONG_USAGE)
    growth = growth_of_perplexity(model)
    all_of_them = np.sort(np.concatenate([np.empty(0), *growth]))
    too_many = len(all_of_them) - (max_ngrams - words)
    if too_many <= 0:
        return _only(model, [each >= 0 for each in growth])
    highest_to_go = all_of_them[too_many - 1]
    return _only(model, [each > highest_to_go for each in growth])


def tell(before: Arpa, after: Arpa) -> None:
    """Tell how many n-grams of each order there were and are."""
    for n, table in enumerate(before.grams, 1):
        stayed = len(after.grams[n - 1]) if n <= len(after.grams) else 0
        progress.say(f"{n}-grams: {stayed:,} of {len(table):,}", order=n, stayed=stayed, before=len(table))


def growth_of_perplexity(model: Model) -> list[np.ndarray]:
    """Return for the n-grams of each order from 2 on how much of the perplexity's growth, e^D − 1, they hold up.

    Each is (count,) float64; an n-gram that longer ones begin with counts as much as the largest of them.
    """
    trie = model.trie
    history = model.log10[0].copy()
    history[model.vocabulary.begin] = history[model.vocabulary.end]
    growth = []
    for n in range(2, trie.order + 1):
        contexts = trie.contexts[n - 1]
        own, lower = model.log10[n - 1], model.log10_of(trie.grams[n - 1][:, 1:])
        growth.append(np.expm1(_divergence(own, lower, history, contexts)))
        history = history[contexts] + own
    for n in range(trie.order - 1, 1, -1):
        np.maximum.at(growth[n - 2], trie.contexts[n], growth[n - 1])
    return growth


def _divergence(own: np.ndarray, lower: np.ndarray, history: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Return D of each n-gram; `own` is log10 p(w|h), `lower` log10 p(w|h'), `history` log10 P by context."""
    p, p_lower = 10.0**own, 10.0**lower
    left = np.maximum(1.0 - np.bincount(contexts, p, len(history)), 0.0)[contexts]
    left_below = np.maximum(1.0 - np.bincount(contexts, p_lower, len(history)), _NOTHING)[contexts]
    after = np.log((left + p) / (left_below + p_lower))
    before = np.log(np.where(left > _NOTHING, left, left_below) / left_below)
    of_others = np.where(left > _NOTHING, left * (after - before), 0.0)
    divergence = -(10.0 ** history[contexts]) * (p * (_LN10 * (lower - own) + after) + of_others)
    return np.maximum(divergence, 0.0)  # it is, but for rounding


def _only(model: Model, stays: list[np.ndarray]) -> Arpa:
    """Return the model with those n-grams of orders from 2 on that stay."""
    every = [np.ones(len(model.vocabulary), np.bool_), *stays]
    while len(every) > 1 and not every[-1].any():
        every.pop()
    grams = [table[keep] for table, keep in zip(model.trie.grams, every, strict=False)]
    log10 = [table[keep] for table, keep in zip(model.log10, every, strict=False)]
    return normalised(model.vocabulary, Trie(model.vocabulary.words, grams), log10).arpa()
