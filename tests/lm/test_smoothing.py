"""Each smoothing against a slow twin written from its formula, and the law that probabilities sum to one."""

import functools
import math

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.lm.model import Model
from asrkit.lm.smoothing import (
    absolute,
    add_k,
    jelinek_mercer,
    katz,
    kneser_ney,
    kneser_ney_backoff,
    mle,
    witten_bell,
)
from asrkit.lm.smoothing.tables import Tables
from tests.lm.small import assert_sums_to_one, count, ngram_counts, probability, random_corpus
from tests.random_cases import random_cases


class Twin:
    """The counts of a corpus as functions of context and word, and the formulas on top of them."""

    def __init__(self, sentences, order, extra=(), continuation=False):
        self.order = order
        raw = count(sentences, order)
        self.vocabulary = sorted({g[0] for g in raw if len(g) == 1} - {"<s>"} | {"<unk>", "</s>"} | set(extra))
        self.counts = dict(raw)
        if continuation:
            for gram in raw:
                if len(gram) < order and gram[0] != "<s>":
                    self.counts[gram] = len({longer[0] for longer in raw if longer[1:] == gram})
        del self.counts["<s>",]
        self.after = {}
        for *h, w in self.counts:
            self.after.setdefault(tuple(h), []).append(w)
        for name in ("counted", "total", "discount", "katz_discounts", "katz_own", "left", "left_below", "backed_off"):
            setattr(self, name, functools.cache(getattr(self, name)))

    def c(self, h, w):
        return self.counts.get((*h, w), 0)

    def words_after(self, h):
        return self.after.get(h, [])

    def total(self, h):
        return sum(self.c(h, w) for w in self.words_after(h))

    def counted(self, n, times):
        return sum(1 for gram, c in self.counts.items() if len(gram) == n and c == times)

    def discount(self, n, fallback):
        once, twice = self.counted(n, 1), self.counted(n, 2)
        return once / (once + 2 * twice) if once and twice else fallback

    def lower(self, p, w, h):
        """p of the next shorter context, or 1/V."""
        return p(w, h[1:]) if h else 1 / len(self.vocabulary)

    def witten_bell(self, w, h):
        types = len(self.words_after(h))
        if not types:
            return self.lower(self.witten_bell, w, h)
        return (self.c(h, w) + types * self.lower(self.witten_bell, w, h)) / (self.total(h) + types)

    def absolute(self, w, h):
        if not self.total(h):
            return self.lower(self.absolute, w, h)
        d = self.discount(len(h) + 1, 0.5)
        left = d * len(self.words_after(h)) / self.total(h)
        return max(self.c(h, w) - d, 0) / self.total(h) + left * self.lower(self.absolute, w, h)

    def mle(self, w, h):
        return self.c(h, w) / self.total(h)

    def left(self, own, h):
        return 1 - sum(own(v, h) for v in self.words_after(h))

    def backed_off(self, own, w, h):
        """own(w, h) where hw was seen, the rest by backing off; what 1-grams leave is spread evenly."""
        if not h:
            return (own(w, h) if self.c(h, w) else 0) + self.left(own, h) / len(self.vocabulary)
        if not self.words_after(h):
            return self.backed_off(own, w, h[1:])
        if self.c(h, w):
            return own(w, h)
        return self.left(own, h) / self.left_below(own, h) * self.backed_off(own, w, h[1:])

    def left_below(self, own, h):
        return 1 - sum(self.backed_off(own, v, h[1:]) for v in self.words_after(h))

    def kneser_ney_backoff(self, w, h):
        return self.backed_off(self.kneser_ney_own, w, h)

    def kneser_ney_own(self, w, h):
        return (self.c(h, w) - self.discount(len(h) + 1, 0.5)) / self.total(h)

    def add_k(self, k, w, h):
        def own(v, g):
            return (self.c(g, v) + k) / (self.total(g) + k * len(self.vocabulary))

        if not h:
            return own(w, h)
        seen = self.words_after(h)
        below = 1 - sum(self.add_k(k, v, h[1:]) for v in seen)
        if w in seen or below < 1e-10:
            return own(w, h)
        return (1 - sum(own(v, h) for v in seen)) / below * self.add_k(k, w, h[1:])

    def katz(self, w, h):
        return self.backed_off(self.katz_own, w, h)

    def katz_discounts(self, n, h):
        r = [self.counted(n, times) for times in range(7)]
        a = 6 * r[6] / r[1]
        d = [((i + 1) * r[i + 1] / (i * r[i]) - a) / (1 - a) for i in range(1, 6)]
        d = [1, *(each if 0 < each <= 1 else 1 for each in d), 1]
        return d, all(d[min(self.c(h, u), 6)] == 1 for u in self.words_after(h))

    def katz_own(self, w, h):
        d, all_whole = self.katz_discounts(len(h) + 1, h)
        return d[min(self.c(h, w), 6)] * self.c(h, w) / (self.total(h) + all_whole)

    def jelinek_mercer(self, weights, w, h):
        total = self.total(h)
        if not total:
            return self.lower(lambda v, g: self.jelinek_mercer(weights, v, g), w, h)
        weight = weights[len(h)][int(math.log2(total))]
        below = self.lower(lambda v, g: self.jelinek_mercer(weights, v, g), w, h)
        return weight * self.c(h, w) / total + (1 - weight) * below


def _agree(arpa, twin, p, rng, contexts=12):
    """Check every word of the vocabulary after some contexts, seen ones and others."""
    model = Model.of(arpa)
    seen = [gram for gram in twin.counts if len(gram) < twin.order] + [()]
    for _ in range(contexts):
        h = seen[rng.integers(len(seen))]
        if rng.random() < 0.3:
            h = tuple(rng.choice(["<s>", *twin.vocabulary], rng.integers(0, twin.order)).tolist())
        ours = probability(model, twin.vocabulary, h)
        theirs = np.array([p(w, h) for w in twin.vocabulary])
        np.testing.assert_allclose(ours, theirs, rtol=3e-6, atol=1e-12, err_msg=str(h))


@random_cases(25)
def test_witten_bell(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 5))
    arpa = witten_bell.estimate(ngram_counts(corpus, order, ["zz"]))
    _agree(arpa, twin := Twin(corpus, order, ["zz"]), twin.witten_bell, rng)
    assert_sums_to_one(arpa, rng)


@random_cases(25)
def test_absolute(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 5))
    arpa = absolute.estimate(ngram_counts(corpus, order), discount_fallback=0.5)
    _agree(arpa, twin := Twin(corpus, order), twin.absolute, rng)
    assert_sums_to_one(arpa, rng)


@random_cases(25)
def test_kneser_ney(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 5))
    arpa = kneser_ney.estimate(ngram_counts(corpus, order), discount_fallback=0.5)
    _agree(arpa, twin := Twin(corpus, order, continuation=True), twin.absolute, rng)
    assert_sums_to_one(arpa, rng)


@random_cases(25)
def test_kneser_ney_backoff(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 4))
    arpa = kneser_ney_backoff.estimate(ngram_counts(corpus, order), discount_fallback=0.5)
    _agree(arpa, twin := Twin(corpus, order, continuation=True), twin.kneser_ney_backoff, rng, contexts=6)
    assert_sums_to_one(arpa, rng)


@random_cases(8)
def test_katz(rng):
    order = int(rng.integers(1, 4))
    share = 1 / np.arange(3, 303)
    corpus = [[f"w{i}" for i in rng.choice(300, 6, p=share / share.sum())] for _ in range(200)]
    for words in corpus[:80]:  # so that some pairs and triples are frequent
        corpus += [words] * int(rng.geometric(0.4))
    arpa = katz.estimate(ngram_counts(corpus, order))
    _agree(arpa, twin := Twin(corpus, order), twin.katz, rng, contexts=6)
    assert_sums_to_one(arpa, rng)


@random_cases(25)
def test_add_k(rng):
    corpus, order, k = random_corpus(rng), int(rng.integers(1, 4)), float(rng.choice([0.01, 0.5, 1, 3]))
    arpa = add_k.estimate(ngram_counts(corpus, order), k=k)
    _agree(arpa, twin := Twin(corpus, order), lambda w, h: twin.add_k(k, w, h), rng, contexts=6)
    assert_sums_to_one(arpa, rng)


@random_cases(25)
def test_mle_is_the_relative_frequency_of_what_was_seen_and_nothing_else(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 5))
    twin = Twin(corpus, order)
    model = Model.of(mle.estimate(ngram_counts(corpus, order)))
    for h in [gram for gram in twin.counts if len(gram) < order and gram[-1] != "</s>"]:
        expected = [twin.mle(w, h) for w in twin.vocabulary]
        np.testing.assert_allclose(probability(model, twin.vocabulary, h), expected, rtol=1e-6, atol=1e-30)
    assert_sums_to_one(model.arpa(), rng)


@random_cases(20)
def test_jelinek_mercer_mixes_by_the_held_out_weights(rng):
    corpus, order = random_corpus(rng), int(rng.integers(1, 4))
    heldout = [[*map(str, words)] for words in random_corpus(rng, letters=10)]
    counts = ngram_counts(corpus, order)
    twin = Twin(corpus, order)
    weights = jelinek_mercer.heldout_weights(Tables.of(counts), heldout)
    arpa = jelinek_mercer.with_weights(Tables.of(counts), weights)
    _agree(arpa, twin, lambda w, h: twin.jelinek_mercer(weights, w, h), rng)
    assert_sums_to_one(arpa, rng)


@random_cases(10)
def test_no_other_weight_makes_the_held_out_text_likelier(rng):
    corpus, heldout = random_corpus(rng), [[*map(str, words)] for words in random_corpus(rng)]
    order = 3
    tables = Tables.of(ngram_counts(corpus, order))

    def log_likelihood(weights):
        model = Model.of(jelinek_mercer.with_weights(tables, weights))
        tokens, place = model.vocabulary.tokens_of(heldout)
        return model.answers(tokens, place).log10[place > 0].sum()

    weights = jelinek_mercer.heldout_weights(tables, heldout)
    best = log_likelihood(weights)
    for at in np.ndindex(order, 8):
        for change in (-0.04, 0.04):
            other = weights.copy()
            other[at] = np.clip(other[at] + change, 1e-4, 1 - 1e-4)
            assert log_likelihood(other) < best + 2e-3


@random_cases(10)
def test_a_context_that_every_word_follows_sums_to_one(rng):
    corpus = [[str(rng.choice(["a", "<unk>"])) for _ in range(rng.integers(0, 4))] for _ in range(60)]
    counts = ngram_counts(corpus, 3)
    assert_sums_to_one(kneser_ney_backoff.estimate(counts, discount_fallback=0.5), rng)
    assert_sums_to_one(add_k.estimate(counts, k=0.3), rng)


@pytest.mark.parametrize("method", [absolute, kneser_ney, kneser_ney_backoff])
def test_a_discount_that_cannot_be_estimated_says_which_counts_are_missing(method):
    with pytest.raises(AsrkitError, match=r"2-grams .* none was counted twice; .*--discount-fallback"):
        method.estimate(ngram_counts([list("ab"), list("bc")], 2))
    with pytest.raises(AsrkitError, match="discount"):
        method.estimate(ngram_counts([list("ab")], 2), discount_fallback=1.5)


def test_katz_says_which_counts_are_missing():
    with pytest.raises(AsrkitError, match=r"none was counted 2 or 3 or 4 or 5 or 6 times; .*witten-bell"):
        katz.estimate(ngram_counts([list("ab")], 2))


def test_wrong_options_are_told():
    counts = ngram_counts([list("ab")], 2)
    for k in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(AsrkitError, match="cannot be added"):
            add_k.estimate(counts, k=k)
    with pytest.raises(AsrkitError, match="--heldout"):
        jelinek_mercer.estimate(counts)
