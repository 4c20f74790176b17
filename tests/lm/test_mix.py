import math

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.lm.mix import Mixer
from asrkit.lm.model import Model
from asrkit.lm.smoothing import witten_bell
from tests.lm.small import assert_sums_to_one, ngram_counts, probability, random_corpus
from tests.random_cases import random_cases


def random_models(rng, number):
    made = []
    for _ in range(number):
        letters = int(rng.integers(2, 10))
        corpus = [[chr(ord(w) + letters % 3) for w in line] for line in random_corpus(rng, letters=letters)]
        made.append(witten_bell.estimate(ngram_counts(corpus, int(rng.integers(1, 5)))))
    return made


def in_model(model, word):
    return word in model.vocabulary.ids


def mixed_probability(models, weights, word, context):
    """Σ λ_i p_i(word | context), where a word outside a model has probability 0."""
    return sum(
        weight * probability(model, [word], context)[0]
        for weight, model in zip(weights, models, strict=True)
        if in_model(model, word)
    )


@random_cases(20)
def test_each_n_gram_of_any_model_has_the_mean_of_the_probabilities(rng):
    arpas = random_models(rng, int(rng.integers(2, 4)))
    models = [Model.of(arpa) for arpa in arpas]
    weights = rng.dirichlet(np.ones(len(arpas)))
    mixed = Mixer(arpas).mixed(weights)
    union = {tuple(a.words[i] for i in gram) for a in arpas for table in a.grams for gram in table.tolist()}
    found = set()
    for table, log10 in zip(mixed.grams, mixed.log10_probs, strict=True):
        for gram, each in zip(table.tolist(), log10.tolist(), strict=True):
            *context, word = (mixed.words[i] for i in gram)
            found.add((*context, word))
            if word != "<s>":
                p = mixed_probability(models, weights, word, context)
                assert each == pytest.approx(max(-99.0, math.log10(p)) if p else -99.0, abs=2e-6)
    assert found == union
    assert_sums_to_one(mixed, rng)


@random_cases(10)
def test_all_weight_on_one_model_is_that_model(rng):
    one, other = random_models(rng, 2)
    mixed, before = Model.of(Mixer([one, other]).mixed([1.0, 0.0])), Model.of(one)
    words = [w for w in one.words if w != "<s>"]
    for _ in range(20):
        context = ["<s>", *rng.choice(mixed.vocabulary.words[3:], rng.integers(0, 5)).tolist()]
        np.testing.assert_allclose(
            probability(mixed, words, context), probability(before, words, context), rtol=1e-4, atol=1e-6
        )


def test_the_order_of_models_does_not_change_the_probabilities():
    rng = np.random.default_rng(3)
    one, other = random_models(rng, 2)
    ab, ba = Model.of(Mixer([one, other]).mixed([0.3, 0.7])), Model.of(Mixer([other, one]).mixed([0.7, 0.3]))
    words = [w for w in ab.vocabulary.words if w != "<s>"]
    for context in ([], ["<s>"], ["a"], ["b", "a"], ["<s>", "a", "a"]):
        np.testing.assert_allclose(probability(ab, words, context), probability(ba, words, context), rtol=1e-5)


@random_cases(10)
def test_no_other_weights_make_the_text_likelier(rng, tmp_path):
    arpas = random_models(rng, int(rng.integers(2, 4)))
    models = [Model.of(arpa) for arpa in arpas]
    sentences = [["a", *map(str, words)] for words in random_corpus(rng, sentences=20)]
    (tmp_path / "heldout.txt").write_text("\n".join(" ".join(words) for words in sentences))
    weights = Mixer(arpas).tuned([tmp_path / "heldout.txt"])
    assert sum(weights) == pytest.approx(1.0)

    columns = []
    for words in sentences:
        padded = ["<s>", *words, "</s>"]
        for i in range(1, len(padded)):
            p = [probability(m, [padded[i]], padded[:i])[0] if in_model(m, padded[i]) else 0.0 for m in models]
            if sum(p):
                columns.append(p)

    def log_likelihood(of):
        return np.log(np.array(columns) @ np.asarray(of)).sum()

    for _ in range(20):
        other = np.abs(np.array(weights) + rng.normal(0, 0.05, len(weights)))
        assert log_likelihood(other / other.sum()) < log_likelihood(weights) + 1e-3


@pytest.mark.parametrize("weights", [[0.5], [0.5, 0.6], [1.5, -0.5], [math.nan, 1.0], [0.2, 0.3, 0.5]])
def test_wrong_weights_are_told(weights):
    with pytest.raises(AsrkitError, match=r"--weights 0\.7,0.3"):
        Mixer(random_models(np.random.default_rng(1), 2)).mixed(weights)


def test_one_model_cannot_be_mixed():
    with pytest.raises(AsrkitError, match="two or more"):
        Mixer(random_models(np.random.default_rng(1), 1))
