import itertools

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.lm import generate
from asrkit.lm.model import Model
from asrkit.lm.smoothing import mle
from tests.lm.small import ngram_counts, probability
from tests.lm.test_model import random_model
from tests.random_cases import random_cases


def choices(model, words):
    """p of each word that may come after `words`, as a dict."""
    may = [w for w in model.vocabulary.words if w not in ("<s>", "<unk>")]
    return dict(zip(may, probability(model, may, ["<s>", *words]), strict=True))


def texts(model, ids):
    return [model.vocabulary.words[i] for i in ids]


@random_cases(10)
def test_greedy_takes_the_likeliest_word_each_time(rng):
    model = Model.of(random_model(rng))
    words = []
    while len(words) < 20 and "</s>" not in words:
        after = choices(model, words)
        words.append(max(after, key=after.get))
    assert texts(model, generate.greedy(model, [], max_words=20)) == words


@random_cases(5)
def test_samples_come_as_often_as_they_are_probable(rng):
    model = Model.of(random_model(rng, order=2))
    begin = ["a"]
    drawn = [
        texts(model, generate.sample(model, generate.ids_of_prefix(model, begin), rng, max_words=2, temperature=0.7))
        for _ in range(3000)
    ]
    after = choices(model, begin)
    total = sum(p ** (1 / 0.7) for p in after.values())
    for word, p in after.items():
        share = p ** (1 / 0.7) / total
        seen = sum(words[1] == word for words in drawn) / len(drawn)
        assert abs(seen - share) < 5 * np.sqrt(share * (1 - share) / len(drawn)) + 1e-9, word


@random_cases(10)
def test_samples_are_among_the_top_k_and_the_coldest_are_greedy(rng):
    model = Model.of(random_model(rng))
    for _ in range(5):
        words = texts(model, generate.sample(model, [], rng, max_words=12, top_k=2))
        for i, word in enumerate(words):
            after = choices(model, words[:i])
            assert after[word] >= sorted(after.values())[-2]
    coldest = texts(model, generate.sample(model, [], rng, max_words=12, temperature=1e-6))
    for i, word in enumerate(coldest):
        after = choices(model, coldest[:i])
        assert after[word] == pytest.approx(max(after.values()), rel=1e-4)
    assert generate.sample(model, [], rng, max_words=12, top_k=1) == generate.greedy(model, [], max_words=12)


@random_cases(8)
def test_a_wide_beam_finds_the_likeliest_sentences_of_all(rng):
    model = Model.of(random_model(rng, order=int(rng.integers(1, 4)), letters=3))
    words = [w for w in model.vocabulary.words if w not in ("<s>", "<unk>", "</s>")]
    every = []
    for length in range(4):
        for sentence in itertools.product(words, repeat=length):
            ids = model.vocabulary.ids_of(["<s>", *sentence, "</s>"])
            score = model.answers(np.array(ids), np.arange(len(ids))).log10[1:].sum()
            every.append((score, sentence))
    found = generate.beam(model, [], max_words=4, width=1000)
    scores = sorted((score for score, _ in every), reverse=True)
    by_text = {sentence: score for score, sentence in every}
    assert len(found) == len(every)
    np.testing.assert_allclose([by_text[tuple(texts(model, ids)[:-1])] for ids in found], scores)


@random_cases(15)
def test_ending_the_search_early_loses_nothing(rng):
    model = Model.of(random_model(rng, order=int(rng.integers(1, 4)), letters=5))
    width = int(rng.integers(1, 5))
    beginnings, ended = [(0.0, [])], []
    for _ in range(12):
        grown = []
        for total, words in beginnings:
            after = choices(model, words)
            for word in sorted(after, key=after.get, reverse=True)[:width]:
                grown.append((total + np.log10(after[word]), [*words, word]))
        grown.sort(key=lambda each: -each[0])
        ended += [each for each in grown if each[1][-1] == "</s>"]
        beginnings = [each for each in grown if each[1][-1] != "</s>"][:width]
    expected = [total for total, _ in sorted(ended, key=lambda each: -each[0])[:width]]
    found = [texts(model, ids) for ids in generate.beam(model, [], max_words=12, width=width)]
    scores = [sum(np.log10(choices(model, words[:i])[word]) for i, word in enumerate(words)) for words in found]
    if expected:
        np.testing.assert_allclose(scores, expected)


def test_a_beginning_likelier_than_the_worst_sentence_found_goes_on():
    model = Model.of(mle.estimate(ngram_counts([[]] * 5 + [["a", "b"]] * 4 + [["a"]], 2)))
    assert [texts(model, ids) for ids in generate.beam(model, [], max_words=9, width=2)] == [
        ["</s>"],  # 0.5
        ["a", "b", "</s>"],  # 0.4; after "a </s>", 0.1, has been found
    ]


@random_cases(10)
def test_sentences_begin_with_the_prefix_and_end_where_they_must(rng):
    model = Model.of(random_model(rng))
    prefix = generate.ids_of_prefix(model, ["a"])
    made = [generate.greedy(model, prefix, max_words=9), *generate.beam(model, prefix, max_words=9, width=4)]
    made += [generate.sample(model, prefix, rng, max_words=9) for _ in range(10)]
    for ids in made:
        words = texts(model, ids)
        assert words[0] == "a"
        assert "<s>" not in words
        assert "<unk>" not in words
        assert "</s>" not in words[:-1]
        assert words[-1] == "</s>" or len(words) == 9


def test_a_prefix_of_unknown_words_is_told():
    model = Model.of(random_model(np.random.default_rng(1)))
    for word in ("zzz", "<s>", "</s>", "<unk>"):
        with pytest.raises(AsrkitError, match="of the prefix"):
            generate.ids_of_prefix(model, [word])
