"""Lattices of long recordings: gone through in pieces that have the paths of the whole, each as probable as there."""

import math

import numpy as np
import pytest

from asrkit.search import pieces
from asrkit.search.confidence import confidences, least_expected_errors, word_confidences
from asrkit.search.word_lattice import Acyclic, best_arcs
from tests.random_cases import random_cases
from tests.search.test_confidence import chain
from tests.search.test_lattice import paths_of


@pytest.fixture
def small_pieces(monkeypatch):
    for name, words in (("LONG", 4), ("_LEAST", 1), ("_MOST", 3)):
        monkeypatch.setattr(pieces, name, words)


def random_lattice(rng, length):
    """Return a lattice whose arcs go one, two or three states on, so that cuts go through arcs, and its best words."""
    rows = [(s, s + n, int(rng.integers(0, 4)), float(rng.normal(-1, 1)))
            for s in range(length) for n in (1, 2, 3) for _ in range(2) if s + n <= length]  # fmt: skip
    scores = np.zeros((len(rows), 4))
    scores[:, 1] = [row[3] for row in rows]
    finals = np.zeros((length + 1, 4))
    finals[:, 1] = np.where(rng.random(length + 1) < 0.2, -1.5, -np.inf)
    finals[-1] = 0
    lattice = Acyclic(*(np.array([row[i] for row in rows], np.int32) for i in range(3)), scores, finals)
    arcs = list(max(paths_of(lattice))[1])
    return lattice, lattice.words[arcs][lattice.words[arcs] > 0]


def weight_of(piece):
    reached = np.full(piece.state_count, -np.inf)
    reached[0] = 0
    for source, target, score in zip(piece.sources, piece.targets, piece.scores, strict=True):
        assert source < target
        reached[target] = np.logaddexp(reached[target], reached[source] + score)
    return reached[-1]


@pytest.mark.usefixtures("small_pieces")
@random_cases(60)
def test_each_piece_weighs_what_the_whole_lattice_weighs_and_the_words_are_shared_out(rng):
    lattice, words = random_lattice(rng, 8)
    scale = float(rng.choice([0.3, 1.0]))
    whole = math.log(sum(math.exp(scale * score) for score, _ in paths_of(lattice)))
    found = list(pieces.pieces(lattice, words, scale))
    assert (len(found) > 1) == (len(words) >= 4)
    np.testing.assert_allclose([weight_of(piece) for piece in found], whole)
    assert np.concatenate([piece.sequence for piece in found]).tolist() == words.tolist()


@pytest.mark.usefixtures("small_pieces")
@random_cases(60)
def test_the_slots_of_pieces_are_joined_to_those_of_the_whole_sequence(rng):
    lattice, words = random_lattice(rng, 8)
    network = confidences(lattice, words)
    np.testing.assert_array_equal(word_confidences(lattice, words), network.of_words)
    assert len(network.slots) == 2 * len(words) + 1
    for slot in network.slots:
        assert sum(p for _, p in slot) == pytest.approx(1.0)


@random_cases(20)
def test_independent_places_are_as_sure_in_pieces_as_in_the_whole(rng):
    places = [[(1 + 2 * (i % 3), p), (2 + 2 * (i % 3), 1 - p)] for i, p in enumerate(rng.uniform(0.1, 0.9, 300))]
    best = np.array([max(place, key=lambda pair: pair[1])[0] for place in places], np.int32)
    lattice = chain(*places)
    assert len(list(pieces.pieces(lattice, best, 1.0))) > 1
    sure = [max(p for _, p in place) for place in places]
    np.testing.assert_allclose(word_confidences(lattice, best), sure)
    other = best.copy()
    other[[7, 150]] = [sum(word for word, _ in places[i]) - best[i] for i in (7, 150)]
    assert least_expected_errors(lattice, other).words.tolist() == best.tolist()


def test_what_a_long_lattice_takes_grows_with_its_length_only():
    lattice = chain(*[[(1 + i % 5, 0.7), (6, 0.3)] for i in range(20_000)])
    words = np.array([1 + i % 5 for i in range(20_000)], np.int32)
    assert max(piece.state_count * len(piece.sequence) for piece in pieces.pieces(lattice, words, 1.0)) < 100_000
    assert best_arcs(lattice, words).tolist() == list(range(0, 40_000, 2))


def test_a_sequence_that_no_path_says_is_taken_as_it_is():
    lattice = chain(*[[(1, 0.7), (2, 0.3)]] * 300)
    (piece,) = pieces.pieces(lattice, np.full(299, 1, np.int32), 1.0)
    assert len(piece.sequence) == 299
