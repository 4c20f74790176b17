import itertools
import math

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.lm import prune
from asrkit.lm.backoff import normalised
from asrkit.lm.kenlm_binary import KenlmScorer
from asrkit.lm.model import Model
from asrkit.lm.scorers import ArpaScorer
from asrkit.lm.smoothing import witten_bell
from tests.lm.small import assert_sums_to_one, ngram_counts, probability, random_corpus
from tests.random_cases import random_cases


def random_model(rng, order=None):
    """A model whose probabilities sum to one in double precision."""
    model = Model.of(witten_bell.estimate(ngram_counts(random_corpus(rng), order or int(rng.integers(1, 5)))))
    words = 10.0 ** model.log10[0]
    words[model.vocabulary.begin] = 0.0
    log10 = [np.log10(np.where(words > 0, words / words.sum(), 1.0)), *model.log10[1:]]
    return normalised(model.vocabulary, model.trie, log10)


def grams_of(arpa):
    return {tuple(arpa.words[i] for i in gram) for table in arpa.grams for gram in table.tolist()}


def twin(model):
    """How much the perplexity grows when an n-gram alone goes, summed over the whole vocabulary."""
    predicted = [w for w in model.vocabulary.words if w != "<s>"]
    growth = {}
    for table in model.trie.grams[1:]:
        for gram in table.tolist():
            *h, w = (model.vocabulary.words[i] for i in gram)
            before = dict(zip(predicted, probability(model, predicted, h), strict=True))
            lower = dict(zip(predicted, probability(model, predicted, h[1:]), strict=True))
            stay = {v for v in predicted if v != w and (*h, v) in twin.grams}
            backoff = (1 - sum(before[v] for v in stay)) / (1 - sum(lower[v] for v in stay))
            after = {v: before[v] if v in stay else backoff * lower[v] for v in predicted}
            history = 1.0
            for i, v in enumerate(h):
                history *= probability(model, ["</s>" if v == "<s>" else v], h[:i])[0]
            divergence = history * sum(before[v] * math.log(before[v] / after[v]) for v in predicted if before[v] > 0)
            growth[(*h, w)] = math.expm1(divergence)
    for gram in sorted(growth, key=len, reverse=True):
        if len(gram) > 2:
            growth[gram[:-1]] = max(growth[gram[:-1]], growth[gram])
    return growth


@random_cases(10)
def test_growth_of_perplexity_is_what_the_whole_vocabulary_says(rng):
    model = random_model(rng)
    twin.grams = grams_of(model.arpa())
    expected = twin(model)
    for table, growth in zip(model.trie.grams[1:], prune.growth_of_perplexity(model), strict=True):
        for gram, each in zip(table.tolist(), growth, strict=True):
            words = tuple(model.vocabulary.words[i] for i in gram)
            assert each == pytest.approx(expected[words], rel=1e-5, abs=1e-9), words


@random_cases(15)
def test_pruning_keeps_the_sum_and_the_probabilities_that_stay(rng):
    full = random_model(rng).arpa()
    threshold = float(10.0 ** rng.uniform(-5, -1))
    small = prune.prune(full, threshold=threshold)
    assert grams_of(small) <= grams_of(full)
    assert_sums_to_one(small, rng)
    model, before = Model.of(small), Model.of(full)
    for table in model.trie.grams:
        np.testing.assert_allclose(model.log10_of(table), before.log10_of(table), atol=1e-6)


@random_cases(10)
def test_a_higher_threshold_keeps_fewer_and_none_keeps_all(rng):
    full = random_model(rng).arpa()
    kept = [grams_of(prune.prune(full, threshold=t)) for t in (0.0, 1e-4, 1e-3, 1e-2, math.inf)]
    assert kept[0] == grams_of(full)
    for more, fewer in itertools.pairwise(kept):
        assert fewer <= more
    assert kept[-1] == {(word,) for word in full.words}


@random_cases(10)
def test_a_size_keeps_the_n_grams_that_matter_most(rng):
    model = random_model(rng, order=3)
    full = model.arpa()
    everything = len(grams_of(full))
    for size in (len(full.words), everything, everything + 5, int(rng.integers(len(full.words), everything + 1))):
        small = prune.prune_to_size(full, max_ngrams=size)
        kept = grams_of(small)
        assert len(kept) <= size
        assert_sums_to_one(small, rng)
        if size >= everything:
            assert kept == grams_of(full)
        growth = np.concatenate(prune.growth_of_perplexity(Model.of(full)))
        gone = sorted(growth)[: everything - len(kept)]
        stayed = sorted(growth)[everything - len(kept) :]
        assert not gone or not stayed or gone[-1] < stayed[0]


@random_cases(5)
def test_kenlm_loads_what_was_pruned_and_scores_it_the_same(rng, tmp_path):
    """Pruning may leave an n-gram whose last words are none: KenLM then puts these in, so only orders could differ."""
    text = random_corpus(rng, sentences=300, letters=12)
    whole = witten_bell.estimate(ngram_counts(text, int(rng.integers(2, 5))))
    some = prune.prune(whole, threshold=float(rng.choice([1e-6, 1e-4, 1e-3])))
    arpa.write(tmp_path / "lm.arpa", some)
    sentences = [[str(word) for word in words] for words in random_corpus(rng, letters=14)]
    by_kenlm = KenlmScorer(tmp_path / "lm.arpa").score(sentences)
    for ours, theirs in zip(ArpaScorer(Model.of(some)).score(sentences), by_kenlm, strict=True):
        np.testing.assert_allclose(ours.log10, theirs.log10, atol=5e-6)


def test_wrong_sizes_are_told():
    full = random_model(np.random.default_rng(1)).arpa()
    with pytest.raises(AsrkitError, match="too few"):
        prune.prune_to_size(full, max_ngrams=2)
    for threshold in (-1.0, math.nan):
        with pytest.raises(AsrkitError, match="no threshold"):
            prune.prune(full, threshold=threshold)
