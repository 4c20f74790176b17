"""Jelinek-Mercer: maximum-likelihood models of all orders, mixed by weights that held-out text decides.

    p(w | h) = λ c(hw) / c(h) + (1 − λ) p(w | h')                            (Chen & Goodman 1998, section 2.3)

λ depends on the order and on how often h was seen, for then it can be trusted more: contexts with the same ⌊log2 c(h)⌋
share one. Expectation maximisation finds the weights under which the held-out text is likeliest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from asrkit import progress
from asrkit.errors import AsrkitError, Status
from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.sentences import read_blocks
from asrkit.lm.smoothing.tables import Tables, ratio
from asrkit.lm.trie import ABSENT, picked

BUCKETS = 64
_ROUNDS = 1000
_ENOUGH = 1e-7  # nats a token; a round that gains less is the last
_SURE = 1e-4  # weights stay this far from 0 and 1, so that nothing becomes impossible


def estimate(counts: NgramCounts, *, heldout: Sequence[str | os.PathLike[str]] = ()) -> Arpa:
    """Return the model of `counts` with the weights that are best for the sentences of the files `heldout`.

    Raises:
        AsrkitError: there is no held-out text, or it cannot be read.
    """
    if not heldout:
        cure = "give --heldout with some sentences that are not in the training text"
        raise AsrkitError("jelinek-mercer needs held-out text for its weights", cure=cure, status=Status.WRONG_USAGE)
    tables = Tables.of(counts)
    weights = heldout_weights(tables, [sentence for block in read_blocks(heldout) for sentence in block])
    return with_weights(tables, weights)


def with_weights(tables: Tables, weights: np.ndarray) -> Arpa:
    """Return the model with the λ of `weights`, (orders, BUCKETS)."""
    own, left = [], []
    for n in tables.orders:
        context_counts = tables.context_counts(n)
        weight = weights[n - 1][_bucket(context_counts)]
        own.append(tables.shares(n, tables.counts[n - 1], context_counts) * weight[tables.trie.contexts[n - 1]])
        left.append(1.0 - weight)
    return tables.interpolated(own, left)


def heldout_weights(tables: Tables, sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Return λ by order and bucket, (orders, BUCKETS) float64, that make `sentences` likeliest.

    A bucket that the sentences do not meet has the weight of its whole order.
    """
    likelihood, bucket = _seen_in(tables, sentences)
    orders, tokens = likelihood.shape
    weights = np.full((orders, BUCKETS), 0.5)
    before = -np.inf
    for rounds in range(1, _ROUNDS + 1):  # noqa: B007
        # p[n] is the model of order n; the part of order n in the final p is what orders above let through.
        weight = np.where(bucket == ABSENT, 0.0, np.take_along_axis(weights, np.maximum(bucket, 0), 1))
        p = np.empty((orders + 1, tokens))
        p[0] = 1.0 / tables.predicted_words
        for n in range(orders):
            p[n + 1] = weight[n] * likelihood[n] + (1.0 - weight[n]) * p[n]
        through = np.ones(tokens)
        for n in reversed(range(orders)):
            met = bucket[n] != ABSENT
            here = through * weight[n] * likelihood[n] / p[orders]
            here_or_below = through * p[n + 1] / p[orders]
            part, whole = (np.bincount(bucket[n][met], x[met], BUCKETS) for x in (here, here_or_below))
            overall = part.sum() / whole.sum() if whole.sum() > 0 else 0.5
            weights[n] = np.clip(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), overall), _SURE, 1 - _SURE)
            through = through * (1.0 - weight[n])
        now = float(np.log(p[orders]).mean())
        if now - before < _ENOUGH:
            break
        before = now
    progress.say(f"weights after {rounds} rounds: {np.exp(-now):.2f} perplexity of the held-out text")
    return weights


def _seen_in(tables: Tables, sentences: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each order and held-out token c(hw)/c(h), and the bucket of h or ABSENT; (orders, tokens) both."""
    tokens, place = tables.vocabulary.tokens_of(sentences)
    predicted = place > 0
    likelihoods, buckets = [], []
    context = np.zeros(len(tokens), np.int64)
    for n in tables.orders:
        context_counts = tables.context_counts(n)
        rows = tables.trie.child(n, context, tokens)
        followed = picked(context_counts, context, 0.0)
        count = picked(tables.counts[n - 1], rows, 0.0)
        likelihoods.append(ratio(count, followed)[predicted])
        buckets.append(np.where(followed > 0, _bucket(followed), ABSENT)[predicted])
        context = np.concatenate([[ABSENT], rows[:-1]])
        context[place < n] = ABSENT
    return np.array(likelihoods), np.array(buckets)


def _bucket(context_counts: np.ndarray) -> np.ndarray:
    """Return ⌊log2 c(h)⌋, and 0 where c(h) is 0."""
    return np.frexp(np.maximum(context_counts, 1.0))[1] - 1
