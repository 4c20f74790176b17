"""The automaton against the law, word by word."""

import numpy as np
import pytest

from asrkit.hotwords.graph import occurrences
from tests.hotwords.law import (
    BREAK,
    graph_of,
    pending_credit,
    random_list,
    random_words,
    total_bonus,
    walked,
    with_breaks,
)
from tests.random_cases import random_cases

# CONTRACTS: totals at the end of the utterance with 20 a unit. FunASR's own, where it differs: 40 for (abcd, ab),
# 5 and 65 for (ab abcd, abcx and abc), 40 and 85 for (xbcd bc), 25 for (ab bcd, abx).
VECTORS = [
    ("abcd:5", "abcd", 85),
    ("abcd:5", "abx", 0),
    ("abcd:5", "ab", 0),
    ("ab:5 abcd:7", "abx", 45),
    ("ab:5 abcd:7", "abcx", 45),
    ("ab:5 abcd:7", "abcd", 92),
    ("ab:5 abcd:7", "abc", 45),
    ("xbcd:5 bc:7", "xbcz", 47),
    ("xbcd:5 bc:7", "xbcd", 92),
    ("ab:5 bcd:7", "abx", 45),
    ("ab:5 bcd:7", "abcd", 92),
]


def letters(text):
    return tuple(ord(c) - ord("a") for c in text)


def weights_of(phrases):
    return {letters(phrase): float(weight) for phrase, weight in (item.split(":") for item in phrases.split())}


@pytest.mark.parametrize(("phrases", "said", "total"), VECTORS)
def test_the_total_is_that_of_the_contract(phrases, said, total):
    assert graph_of(weights_of(phrases), 20.0, 26).bonus(letters(said)) == total


@random_cases(2500)
def test_the_bonus_of_forty_utterances_is_that_of_the_law(rng):
    units = int(rng.integers(2, 5))
    weights, incremental_bias = random_list(rng, units), float(rng.integers(0, 21))
    said = rng.integers(0, units, (40, int(rng.integers(1, 21))))
    total, _ = walked(graph_of(weights, incremental_bias, units), said)
    np.testing.assert_array_equal(total, total_bonus(weights, incremental_bias, said))


@random_cases(500)
def test_pending_credit_is_that_of_the_law(rng):
    units = int(rng.integers(2, 4))
    weights, incremental_bias = random_list(rng, units), float(rng.integers(1, 21))
    graph = graph_of(weights, incremental_bias, units)
    said = rng.integers(0, units, (6, int(rng.integers(1, 13))))
    _, states = walked(graph, said)
    pending = [pending_credit(weights, incremental_bias, row.tolist()) for row in said]
    assert graph.table.states["pending"][states].tolist() == pending


def random_utterances(rng, units, shape):
    """Return random units with some breaks among them."""
    said = rng.integers(0, units, shape)
    said[rng.random(shape) < rng.choice([0, 0.1, 0.3])] = BREAK
    return said


def random_phrases(rng, words):
    """Return random phrases without special units, of which no text is spelled."""
    text = np.flatnonzero(~words.special)
    return {tuple(text[list(phrase)].tolist()): weight for phrase, weight in random_list(rng, len(text)).items()}


@random_cases(2500)
def test_of_word_pieces_the_bonus_of_forty_utterances_is_that_of_the_law(rng):
    specials = int(rng.integers(0, 2))
    units = int(rng.integers(2, 6)) + specials
    words = random_words(rng, units, specials)
    weights, incremental_bias = random_phrases(rng, words), float(rng.integers(0, 21))
    said = random_utterances(rng, units, (40, int(rng.integers(1, 17))))
    graph = graph_of(weights, incremental_bias, units, words=words)
    total, _ = walked(graph, said)
    np.testing.assert_array_equal(total, total_bonus(weights, incremental_bias, said, words))
    row = said[0].tolist()
    text = [unit for unit in row if unit != BREAK]
    breaks = [sum(unit != BREAK for unit in row[:place]) for place, unit in enumerate(row) if unit == BREAK]
    assert graph.bonus(text, breaks) == total[0]


@random_cases(1000)
def test_of_word_pieces_pending_credit_is_that_of_the_law(rng):
    specials = int(rng.integers(0, 2))
    units = int(rng.integers(2, 4)) + specials
    words = random_words(rng, units, specials)
    weights, incremental_bias = random_phrases(rng, words), float(rng.integers(1, 21))
    graph = graph_of(weights, incremental_bias, units, words=words)
    said = random_utterances(rng, units, (6, int(rng.integers(1, 11))))
    _, states = walked(graph, said)
    pending = [pending_credit(weights, incremental_bias, row.tolist(), words) for row in said]
    assert graph.table.states["pending"][states].tolist() == pending


@random_cases(600)
def test_matches_add_up_to_the_bonus(rng):
    units = int(rng.integers(2, 5))
    words = random_words(rng, units, int(rng.integers(0, 2))) if rng.random() < 0.7 else None
    weights = random_list(rng, units) if words is None else random_phrases(rng, words)
    graph = graph_of(weights, 3.0, units, scale=0.5, words=words)
    said = rng.integers(0, units, 12).tolist()
    breaks = np.unique(rng.integers(0, 13, rng.integers(0, 4))).tolist()
    matches = graph.matches(said, breaks)
    assert sum(match.bonus for match in matches) == pytest.approx(graph.bonus(said, breaks))
    for match in matches:
        assert "-".join(map(str, said[match.start : match.end])) in match.phrases
    found = sorted((match.start, match.end) for match in matches)
    assert found == sorted(place for phrase in weights for place in occurrences(phrase, said, words, breaks))
    for phrase in weights:
        alone = total_bonus({phrase: 1.0}, 0.0, np.array([with_breaks(said, breaks)]), words)
        assert len(list(occurrences(phrase, said, words, breaks))) == alone[0]


def test_of_yangguang_baoxian_and_baoding_only_baoding_is_paid():
    yang, guang, bao, xian, ding = range(5)
    graph = graph_of({(yang, guang, bao, xian): 5.0, (bao, ding): 7.0}, 20.0, 5)
    said = (yang, guang, bao, ding)
    assert graph.bonus(said) == 2 * 20 + 7
    assert [(match.start, match.end) for match in graph.matches(said)] == [(2, 4)]


def test_a_unit_of_no_phrase_leads_to_the_root():
    graph = graph_of({(0, 1, 2): 1.0}, 2.0, 5)
    _, states = walked(graph, np.array([[0, 1, 3], [0, 1, 0], [4, 4, 4]]))
    assert states.tolist() == [0, 1, 0]


def test_an_empty_graph_gives_nothing():
    graph = graph_of({}, 2.0, 3)
    assert graph.bonus([0, 1, 2]) == 0 and graph.matches([0, 1, 2]) == ()
