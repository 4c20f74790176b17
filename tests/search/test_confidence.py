"""Confusion networks: distributions, against the list of all paths where that is easy."""

import math

import numpy as np
import pytest

from asrkit.search.confidence import NO_WORD, confidences, least_expected_errors, word_confidences
from asrkit.search.decoder import decode
from asrkit.search.word_lattice import Acyclic
from tests.random_cases import random_cases
from tests.search.test_lattice import GRAPHS, paths_of, random_case


def chain(*choices):
    """Return a lattice that chooses at each place one of some (word, probability)."""
    rows = [(i, i + 1, word, math.log(p)) for i, places in enumerate(choices) for word, p in places]
    scores = np.zeros((len(rows), 4))
    scores[:, 0] = [row[3] for row in rows]
    finals = np.zeros((len(choices) + 1, 4))
    finals[:-1, 1] = -np.inf
    sources, targets, words = (np.array([row[i] for row in rows], np.int32) for i in range(3))
    return Acyclic(sources, targets, words, scores, finals)


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row, before = [i], row
        for j, y in enumerate(b, 1):
            row.append(min(before[j - 1] + (x != y), before[j] + 1, row[j - 1] + 1))
    return row[-1]


def test_confidences_of_independent_places_are_their_probabilities():
    lattice = chain([(1, 0.7), (2, 0.3)], [(3, 1.0)], [(4, 0.4), (5, 0.6)])
    network = confidences(lattice, np.array([1, 3, 5]))
    assert network.of_words == pytest.approx([0.7, 1.0, 0.6])
    assert network.slots[5] == [(5, pytest.approx(0.6)), (4, pytest.approx(0.4))]


def test_a_word_that_only_some_paths_have_competes_with_no_word():
    rows = [(0, 1, 1, math.log(0.6)), (0, 2, 1, math.log(0.4)), (1, 2, 7, 0.0)]
    scores = np.zeros((3, 4))
    scores[:, 0] = [row[3] for row in rows]
    finals = np.array([[0, -np.inf, 0, 0], [0, -np.inf, 0, 0], [0, 0, 0, 0.0]])
    lattice = Acyclic(*(np.array([row[i] for row in rows], np.int32) for i in range(3)), scores, finals)
    network = confidences(lattice, np.array([1, 7]))
    assert network.of_words == pytest.approx([1.0, 0.6])
    assert dict(network.slots[3])[NO_WORD] == pytest.approx(0.4)


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(100)
def test_the_probabilities_of_each_slot_sum_to_one(rng, topology):
    found = decode(*random_case(rng, topology), lattice=True)
    if found.complete:
        lattice = found.lattice.words if rng.random() < 0.5 else found.lattice.raw
        scale = float(rng.choice([0.1, 1.0]))
        network = confidences(lattice, found.best.words, scale)
        np.testing.assert_array_equal(word_confidences(lattice, found.best.words, scale), network.of_words)
        assert len(network.slots) == 2 * len(found.best.words) + 1
        for slot in network.slots:
            assert sum(p for _, p in slot) == pytest.approx(1.0)


@random_cases(100)
def test_the_mbr_sequence_has_no_more_expected_errors_than_the_best_path(rng):
    places = [[(int(w), float(rng.uniform(0.1, 1))) for w in rng.choice(3, 2, replace=False) + 1] for _ in range(3)]
    lattice = chain(*places)
    paths = [(lattice.words[list(arcs)].tolist(), math.exp(score)) for score, arcs in paths_of(lattice)]
    total = sum(p for _, p in paths)

    def risk(words):
        return sum(p / total * distance(words, said) for said, p in paths)

    best = max(paths, key=lambda path: path[1])[0]
    chosen = least_expected_errors(lattice, np.array(best, np.int32)).words.tolist()
    assert risk(chosen) <= risk(best) + 1e-9
