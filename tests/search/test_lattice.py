"""Lattices against the list of all paths, and n-best lists against their own paths."""

import heapq
import math

import numpy as np
import pytest

from asrkit.search.decoder import decode
from asrkit.search.determinize import determinize
from asrkit.search.nbest import best_paths
from asrkit.search.options import Options
from asrkit.search.word_lattice import Acyclic, backward
from tests.random_cases import random_cases
from tests.search.graphs import compiled, ctc_graph, identity_graph, random_posteriors, some_hotwords
from tests.search.reference import every_path, score_of

GRAPHS = {"identity": identity_graph, "ctc": ctc_graph}


def random_case(rng, topology, **options):
    graph = GRAPHS[topology](rng)
    log_probs = random_posteriors(rng, int(rng.integers(1, 4)), graph.units)
    hotwords = some_hotwords(rng, graph.units)
    options = Options(
        beam=math.inf,
        lm_scale=float(rng.choice([0.3, 1.0])),
        word_score=float(rng.choice([0.0, -0.7])),
        lattice_beam=float(rng.uniform(0.5, 6)),
        **options,
    )
    return log_probs, graph, hotwords, options


def paths_of(lattice):
    """Return (score, arcs) of every path of an acyclic lattice."""
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    scores, finals = lattice.scores.sum(axis=1), lattice.finals.sum(axis=1)

    def walk(state, score, arcs):
        if finals[state] > -np.inf:
            yield score + finals[state], arcs
        for a in range(first[state], first[state + 1]):
            yield from walk(int(lattice.targets[a]), score + scores[a], (*arcs, a))

    return list(walk(0, 0.0, ()))


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(200)
def test_the_raw_lattice_holds_every_path_within_its_beam_with_its_true_score(rng, topology):
    log_probs, graph, hotwords, options = random_case(rng, topology)
    scored = {arcs: score_of(arcs, log_probs, graph, hotwords, options)[0] for arcs in every_path(log_probs, graph)}
    found = decode(log_probs, graph, hotwords, options, lattice=True)
    if not found.complete:
        return
    lattice = found.lattice
    assert np.all(lattice.raw.sources < lattice.raw.targets)
    kept = {tuple(lattice.graph_arcs[list(arcs)].tolist()): score for score, arcs in paths_of(lattice.raw)}
    best = max(scored.values())
    for arcs, score in kept.items():
        assert score == pytest.approx(scored[arcs], abs=1e-6)
    assert {arcs for arcs, score in scored.items() if score > best - options.lattice_beam + 1e-9} <= set(kept)
    assert backward(lattice.raw)[0] == pytest.approx(found.best.scores.total, abs=1e-6)
    good = [arcs for score, arcs in paths_of(lattice.raw) if score > best - options.lattice_beam - 1e-6]
    assert {a for arcs in good for a in arcs} == set(range(len(lattice.graph_arcs)))


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(200)
def test_the_word_lattice_has_one_path_for_each_word_sequence_with_its_best_score(rng, topology):
    log_probs, graph, hotwords, options = random_case(rng, topology)
    found = decode(log_probs, graph, hotwords, options, lattice=True)
    if not found.complete:
        return
    best_of = {}
    for arcs in every_path(log_probs, graph):
        score, words = score_of(arcs, log_probs, graph, hotwords, options)
        best_of[tuple(words)] = max(score, best_of.get(tuple(words), -math.inf))
    words = found.lattice.words
    assert np.all(words.sources < words.targets) and np.all(words.words > 0)
    paths = [(tuple(words.words[list(arcs)].tolist()), score) for score, arcs in paths_of(words)]
    assert len({said for said, _ in paths}) == len(paths)
    least = max(best_of.values()) - options.lattice_beam
    wanted = {said: score for said, score in best_of.items() if score > least + 1e-6}
    assert wanted.keys() <= dict(paths).keys()
    for said, score in paths:
        assert score <= best_of[said] + 1e-5
        if said in wanted:
            assert score == pytest.approx(best_of[said], abs=1e-5)


def random_lattice(rng):
    """Return a lattice of few words and many ways to say the same: subsets have several members."""
    states = int(rng.integers(2, 9))
    sources = np.sort(rng.integers(0, states - 1, rng.integers(states, 3 * states))).astype(np.int32)
    targets = np.array([rng.integers(source + 1, states) for source in sources], np.int32)
    words = rng.choice([0, 0, 1, 2], len(sources)).astype(np.int32)
    finals = np.where(rng.random((states, 1)) < 0.3, rng.normal(0, 1, (states, 4)), [0, -np.inf, 0, 0])
    finals[-1] = 0
    return Acyclic(sources, targets, words, rng.normal(0, 1, (len(sources), 4)), finals)


@random_cases(500)
def test_each_word_sequence_has_the_parts_of_its_best_way_and_its_arcs_lie_on_paths_within_the_beam(rng):
    raw, beam = random_lattice(rng), float(rng.uniform(0.2, 8))
    best_of = {}
    for score, arcs in paths_of(raw):
        end = raw.targets[arcs[-1]] if arcs else 0
        parts = raw.scores[list(arcs)].sum(axis=0) + raw.finals[end]
        said = tuple(word for word in raw.words[list(arcs)].tolist() if word)
        best_of[said] = max(best_of.get(said, (-math.inf,)), (score, *parts))
    if not best_of:
        return
    lattice = determinize(raw, beam)
    assert np.all(lattice.sources < lattice.targets)
    assert np.all(np.lexsort((lattice.words, lattice.sources)) == np.arange(len(lattice.sources)))
    paths = {}
    for score, arcs in paths_of(lattice):
        end = lattice.targets[arcs[-1]] if arcs else 0
        parts = lattice.scores[list(arcs)].sum(axis=0) + lattice.finals[end]
        assert tuple(lattice.words[list(arcs)].tolist()) not in paths
        paths[tuple(lattice.words[list(arcs)].tolist())] = (score, *parts), arcs
    least = max(best_of.values())[0] - beam
    within = [said for said, (score, *_) in best_of.items() if score >= least]
    for said in within:
        assert paths[said][0] == pytest.approx(best_of[said], abs=1e-5)
    assert {a for said in within for a in paths[said][1]} == set(range(len(lattice.sources)))


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(200)
def test_nbest_paths_are_distinct_in_order_and_truly_scored(rng, topology):
    log_probs, graph, hotwords, options = random_case(rng, topology)
    found = decode(log_probs, graph, hotwords, options, lattice=True)
    if not found.complete:
        return
    nbest = found.lattice.nbest(10)
    totals = [path.scores.total for path in nbest]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] == pytest.approx(found.best.scores.total, abs=1e-6)
    assert len({tuple(path.words.tolist()) for path in nbest}) == len(nbest)
    ways = [score_of(arcs, log_probs, graph, hotwords, options) for arcs in every_path(log_probs, graph)]
    scores = [score for score, _ in paths_of(found.lattice.words)]
    assert len(nbest) == min(10, sum(score > max(scores) - options.lattice_beam for score in scores))
    for path in nbest:
        assert found.lattice.path_of(path.words).scores == pytest.approx(path.scores)
        best = max(score for score, words in ways if words == path.words.tolist())
        assert path.scores.total == pytest.approx(best, abs=1e-6)


def test_equally_likely_words_are_not_tried_in_all_combinations(monkeypatch):
    places, taken = 12, []
    sources = np.repeat(np.arange(places, dtype=np.int32), 2)
    scores, finals = np.zeros((2 * places, 4)), np.zeros((places + 1, 4))
    scores[:, 0] = -np.repeat(np.random.default_rng(0).uniform(0, 3, places), 2)
    finals[:-1, 1] = -np.inf
    lattice = Acyclic(sources, sources + np.int32(1), np.tile(np.int32([1, 2]), places), scores, finals)
    pop = heapq.heappop
    monkeypatch.setattr(heapq, "heappop", lambda heap: taken.append(1) or pop(heap))
    said = {tuple(lattice.words[arcs].tolist()) for arcs in best_paths(lattice, 10, 6.0)}
    assert len(said) == 10 and len(taken) < 10 * (places + 2)


def of_pairs(**probability):
    """Return a lattice of pairs of words, named by their digits, each as probable as said."""
    arcs, middle = [], {first: 1 + n for n, first in enumerate(sorted({name[1] for name in probability}))}
    for first, state in middle.items():
        arcs.append((0, int(first) + 1, int(first), 0.0, state))
    for name, p in probability.items():
        arcs.append((middle[name[1]], int(name[2]) + 1, int(name[2]), -math.log(p), len(middle) + 1))
    graph = compiled(arcs, [np.inf] * (len(middle) + 1) + [0.0], 7, "identity", [])
    return decode(np.full((2, 7), -math.log(7), np.float32), graph, lattice=True).lattice


def test_the_reading_of_least_expected_errors_is_not_always_the_best_path():
    lattice = of_pairs(w13=0.4, w23=0.25, w24=0.35)
    assert lattice.nbest(1)[0].words.tolist() == [1, 3]
    path = lattice.least_expected_errors()
    assert path.words.tolist() == [2, 3]
    assert path.scores.lm == pytest.approx(math.log(0.25))


def test_where_no_path_has_the_fewest_expected_errors_the_reading_most_like_it_is_given():
    lattice = of_pairs(w13=0.34, w25=0.33, w26=0.33)
    assert lattice.least_expected_errors().words.tolist() == [1, 3]


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(50)
def test_the_reading_of_least_expected_errors_is_one_of_the_lattice_with_its_true_score(rng, topology):
    found = decode(*random_case(rng, topology), lattice=True)
    if found.complete:
        path = found.lattice.least_expected_errors()
        assert path.scores == pytest.approx(found.lattice.path_of(path.words).scores)
        assert path.scores.total <= found.best.scores.total + 1e-6
