import kenlm
import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.formats.arpa import Arpa
from asrkit.lm.model import NO_UNKNOWN_LOG10, Model
from asrkit.lm.scorers import ArpaScorer, KenlmScorer
from asrkit.lm.smoothing import witten_bell
from asrkit.lm.trie import ABSENT, Trie
from tests.lm.small import ngram_counts, random_corpus
from tests.random_cases import random_cases


def random_model(rng, order=None, *, suffixes=False, **kwargs):
    """A model with some n-grams missing, as after pruning; with `suffixes`, none that a longer one ends with."""
    order = order or int(rng.integers(1, 6))
    full = witten_bell.estimate(ngram_counts(random_corpus(rng, **kwargs), order))
    grams, log10, backoffs = [full.grams[0]], [full.log10_probs[0]], [full.log10_backoffs[0]]
    for n in range(2, order + 1):
        table, below = full.grams[n - 1], Trie(full.words, grams)
        stays = (below.rows(table[:, :-1]) != ABSENT) & (rng.random(len(table)) < 0.8)
        if suffixes:
            stays &= below.rows(table[:, 1:]) != ABSENT
        grams.append(table[stays])
        log10.append(full.log10_probs[n - 1][stays])
        backoffs.append(full.log10_backoffs[n - 1][stays])
    return Arpa(full.words, tuple(grams), tuple(log10), tuple(backoffs))


def random_sentences(rng, words, number):
    words = [word for word in words if word not in ("<s>", "</s>")]
    return [rng.choice([*words, "zzz"], rng.integers(0, 12)).tolist() for _ in range(number)]


def twin(model, context, word):
    """log10 probability, order and backoff paid, from dicts of n-grams."""
    log10, backoff = {}, {}
    for table, p, b in zip(model.grams, model.log10_probs, model.log10_backoffs, strict=True):
        for gram, each_p, each_b in zip(table.tolist(), p.tolist(), b.tolist(), strict=True):
            log10[tuple(model.words[i] for i in gram)] = each_p
            backoff[tuple(model.words[i] for i in gram)] = each_b
    context = [w if (w,) in log10 else "<unk>" for w in context]
    word = word if (word,) in log10 else "<unk>"
    context, paid = context[max(0, len(context) - len(model.grams) + 1) :], 0.0
    while (*context, word) not in log10:
        paid += backoff.get(tuple(context), 0.0)
        context = context[1:]
    return log10[(*context, word)] + paid, len(context) + 1, paid


@random_cases(15)
def test_scores_are_those_of_the_definition(rng):
    model = random_model(rng)
    scored = ArpaScorer(Model.of(model)).score(sentences := random_sentences(rng, model.words, 5))
    for words, each in zip(sentences, scored, strict=True):
        assert each.words == (*words, "</s>")
        for i, word in enumerate(each.words):
            log10, order, paid = twin(model, ["<s>", *words[:i]], word)
            assert each.log10[i] == pytest.approx(log10, abs=1e-9)
            assert each.backoff[i] == pytest.approx(paid, abs=1e-9)
            assert (each.order[i], each.unknown[i]) == (order, word in ("zzz", "<unk>"))


def test_scores_agree_with_kenlm_on_ten_thousand_sentences(tmp_path):
    rng = np.random.default_rng(7)
    model = random_model(rng, order=4, suffixes=True, sentences=300, letters=20)
    arpa.write(tmp_path / "lm.arpa", model)
    theirs = kenlm.Model(str(tmp_path / "lm.arpa"))
    sentences = random_sentences(rng, model.words, 10_000)
    for words, ours in zip(sentences, ArpaScorer(Model.of(model)).score(sentences), strict=True):
        log10, order, unknown = zip(*theirs.full_scores(" ".join(words)), strict=True)
        np.testing.assert_allclose(ours.log10, log10, atol=5e-6)
        assert list(ours.order) == list(order)
        assert list(ours.unknown) == list(unknown)


@random_cases(2)
def test_kenlm_scorer_tells_the_same_order_and_backoff(rng, tmp_path):
    model = random_model(rng, int(rng.integers(2, 6)), suffixes=True)  # KenLM wants 2-grams
    arpa.write(tmp_path / "lm.arpa", model)
    sentences = random_sentences(rng, model.words, 20)
    by_kenlm = KenlmScorer(tmp_path / "lm.arpa").score(sentences)
    for ours, theirs in zip(ArpaScorer(Model.of(model)).score(sentences), by_kenlm, strict=True):
        assert ours.words == theirs.words
        for name in ("log10", "order", "backoff", "unknown"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=5e-6, err_msg=name)


@random_cases(10)
def test_a_distribution_holds_what_each_word_scores(rng):
    model = Model.of(random_model(rng))
    size = len(model.vocabulary)
    for _ in range(10):
        context = rng.integers(0, size + 1, rng.integers(0, 7)).tolist()
        grams = np.array([[*context, word] for word in range(size)])
        np.testing.assert_allclose(model.distribution(context), model.log10_of(grams), atol=1e-9)


def test_a_model_without_unknown_words_scores_them_as_kenlm_does():
    words = ("<s>", "</s>", "a")
    tables = (np.arange(3, dtype=np.int32)[:, None], np.array([[0, 2]], np.int32))
    log10 = (np.array([-99, -0.5, -0.5], np.float32), np.array([-0.1], np.float32))
    backoffs = (np.array([-0.2, 0, -0.3], np.float32), np.zeros(1, np.float32))
    (scored,) = ArpaScorer(Model.of(Arpa(words, tables, log10, backoffs))).score([["zzz", "a"]])
    np.testing.assert_allclose(scored.log10, [NO_UNKNOWN_LOG10 - 0.2, -0.5, -0.8], atol=1e-6)
    assert scored.unknown.tolist() == [True, False, False]


def test_a_word_outside_a_model_without_unknown_words_is_no_other_word():
    words = ("a", "<s>", "</s>")  # the id of unknown words is 3: after "<s>" as one number what "a" is after "</s>"
    tables = (np.arange(3, dtype=np.int32)[:, None], np.array([[0, 0], [1, 0], [2, 0]], np.int32))
    zeros = np.zeros(3, np.float32)
    model = Model.of(Arpa(words, tables, (zeros - 0.5, zeros - 0.1), (zeros - 0.2, zeros)))
    (scored,) = ArpaScorer(model).score([["zzz"]])
    np.testing.assert_allclose(scored.log10, [NO_UNKNOWN_LOG10 - 0.2, -0.5], atol=1e-6)


def test_broken_models_are_told():
    one, two = np.array([[0], [1], [2]], np.int32), np.array([[0, 2], [2, 1]], np.int32)
    words = ("<s>", "</s>", "a")
    with pytest.raises(AsrkitError, match=r"3-gram '</s> a a' has a context that is no 2-gram"):
        Trie(words, (one, two, np.array([[0, 2, 2], [1, 2, 2]], np.int32)))
    with pytest.raises(AsrkitError, match=r"2-gram '<s> a' stands twice"):
        Trie(words, (one, np.array([[0, 2], [2, 1], [0, 2]], np.int32)))
    with pytest.raises(AsrkitError, match="no </s>"):
        zeros = np.zeros(1, np.float32)
        Model.of(Arpa(("<s>",), (np.zeros((1, 1), np.int32),), (zeros,), (zeros,)))
