"""The kernels against the slow twins: every path with an infinite beam, the same pruning rule with a finite one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from asrkit.hotwords.table import no_hotwords
from asrkit.search.decoder import decode
from asrkit.search.options import Options
from asrkit.search.run import run
from asrkit.units.edges import WordEdges
from tests.hotwords.law import graph_of
from tests.random_cases import random_cases
from tests.search.graphs import (
    BLANK,
    compiled,
    ctc_graph,
    identity_graph,
    random_posteriors,
    some_hotwords,
    word_hotwords,
)
from tests.search.reference import beam_search, every_path, score_of

GRAPHS = {"identity": identity_graph, "ctc": ctc_graph}


def random_options(rng, **more):
    return Options(lm_scale=float(rng.choice([0.0, 0.3, 1.0])), word_score=float(rng.choice([0.0, -0.7, 1.5])), **more)


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(2500)
def test_without_a_beam_the_best_of_all_paths_is_found(rng, topology):
    coarse = rng.random() < 0.3
    graph = GRAPHS[topology](rng, coarse=coarse)
    log_probs = random_posteriors(rng, int(rng.integers(0, 4)), graph.units, coarse=coarse)
    hotwords = some_hotwords(rng, graph.units)
    options = random_options(rng, beam=math.inf)
    paths = [score_of(arcs, log_probs, graph, hotwords, options) for arcs in every_path(log_probs, graph)]
    found = decode(log_probs, graph, hotwords, options)
    assert found.complete == bool(paths)
    if paths:
        best = max(score for score, _ in paths)
        assert found.best.scores.total == pytest.approx(best, abs=1e-9)
        assert found.best.words.tolist() in [words for score, words in paths if score > best - 1e-9]


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(500)
def test_with_a_beam_the_slow_twin_finds_the_same(rng, topology):
    graph = GRAPHS[topology](rng, states=int(rng.integers(2, 12)), units=6)
    log_probs = random_posteriors(rng, int(rng.integers(0, 9)), graph.units)
    hotwords = some_hotwords(rng, graph.units)
    active = sorted(int(n) for n in rng.integers(1, 12, 2))
    options = random_options(rng, beam=float(rng.uniform(0.5, 6)), max_active=active[1],
                             min_active=active[0] if rng.random() < 0.5 else 0)
    cost, arcs, complete, dead_end = beam_search(log_probs, graph, hotwords, options)
    found = decode(log_probs, graph, hotwords, options)
    assert (found.complete, found.dead_end) == (complete and dead_end is None, dead_end)
    assert found.best.scores.total == pytest.approx(-cost, abs=1e-9)
    assert found.best.words.tolist() == [w for a in arcs if (w := int(graph.fst.arcs["olabel"][a]))]


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(150)
def test_of_equal_costs_the_way_that_the_slow_twin_found_first_is_taken(rng, topology):
    """Costs are small whole numbers here, so that ties abound: the rule for them is in the docstring of beam.py."""
    graph = GRAPHS[topology](rng, states=int(rng.integers(2, 9)), units=4, coarse=True)
    log_probs = random_posteriors(rng, int(rng.integers(0, 7)), graph.units, coarse=True)
    log_probs.flags.writeable = False  # as `checked` makes them
    hotwords = some_hotwords(rng, graph.units)
    options = Options(beam=float(rng.choice([2.5, 4, math.inf])))
    _, arcs, complete, dead_end = beam_search(log_probs, graph, hotwords, options)
    with np.errstate(over="ignore"):
        found = run(graph, hotwords, log_probs, options, lattice=bool(rng.random() < 0.5))
    assert found.arcs.tolist() == list(arcs)
    assert (found.complete, found.dead_end) == (complete, dead_end)


def test_epsilon_arcs_are_followed_in_the_order_in_which_their_states_were_reached():
    arcs = [(0, 2, 1, 0.0, 1), (0, 2, 2, 0.0, 2), (1, 0, 0, 0.0, 3), (2, 0, 0, 0.0, 4)]
    graph = compiled(arcs, [np.inf, np.inf, np.inf, 0.0, 0.0], 2, "identity", [BLANK])
    log_probs = np.log(np.array([[0.5, 0.5]], np.float32))
    assert decode(log_probs, graph).best.words.tolist() == [1]


def case_with_hubs(rng, topology):
    """Return posteriors, a graph with two hubs, hotwords and options: only a few units are ever probable."""
    units, common = 700, np.sort(1 + rng.choice(699, 9, replace=False))
    arcs = [(s, BLANK + 1, 0, 0.0, s) for s in range(4)]
    for source in range(4):
        labels = rng.choice(np.arange(2, units + 1), 650) if source < 2 else 1 + rng.choice(common, 3)
        for label in sorted(labels.tolist()):
            following, word = int(rng.integers(0, 4)), int(rng.integers(0, 3))
            if source == following == 0:  # nothing has been said in the start state that could be said once more
                word = max(word, 1)
            arcs.append((source, label, word, float(np.float32(rng.normal(1, 1))), following))
    graph = compiled(arcs, np.zeros(4), units, topology, [BLANK])
    assert len(graph.arrays.hub_states) == 2
    logits = rng.normal(rng.uniform(-16, -8), 3, (int(rng.integers(1, 7)), units))
    logits[:, [BLANK, *common]] += rng.normal(10, 4, (len(logits), 1 + len(common)))
    log_probs = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    likely = np.append(common, rng.integers(1, units, 3))
    whole = bool(rng.random() < 0.6)
    hotwords = word_hotwords(rng, units, likely, whole=whole) if rng.random() < 0.8 else no_hotwords(units)
    beams = {"beam": float(rng.uniform(0.5, 8)), "lattice_beam": float(rng.choice([0.5, 3, 100]))}
    return log_probs, graph, hotwords, random_options(rng, **beams)


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(40)
def test_states_with_an_arc_for_each_unit_are_searched_like_others(rng, topology):
    log_probs, graph, hotwords, options = case_with_hubs(rng, topology)
    cost, arcs, complete, _ = beam_search(log_probs, graph, hotwords, options)
    found = decode(log_probs, graph, hotwords, options)
    assert found.complete == complete
    assert found.best.scores.total == pytest.approx(-cost, abs=1e-9)
    assert found.best.words.tolist() == [w for a in arcs if (w := int(graph.fst.arcs["olabel"][a]))]


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(150)
def test_the_index_of_hubs_changes_nothing_that_survives(rng, topology):
    log_probs, graph, hotwords, options = case_with_hubs(rng, topology)
    no_hubs = graph.arrays.hub_states[:0]
    plain = replace(graph, arrays=graph.arrays._replace(hub_states=no_hubs))
    lattices = [decode(log_probs, g, hotwords, options, lattice=True).lattice for g in (graph, plain)]
    kept = [
        sorted(zip(lattice.graph_arcs.tolist(), lattice.raw.scores.tolist(), strict=True)) for lattice in lattices
    ]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("lattice", [False, True])
def test_a_dearer_hypothesis_at_a_hub_goes_where_a_cheaper_one_is_penalised(lattice):
    units, first, second, last = 700, 3, 4, 5
    graph = compiled([(0, unit + 1, unit, 0.0, 0) for unit in range(1, units)], np.zeros(1), units, "identity", [BLANK])
    assert len(graph.arrays.hub_states) == 1
    log_probs = np.full((2, units), -30.0, np.float32)
    log_probs[0, [first, second]], log_probs[1, last] = np.log([0.6, 0.4]), 0.0
    hotwords = graph_of({(first, last): -5.0}, 1.5, units).table
    found = decode(log_probs, graph, hotwords, Options(lattice_beam=0.1), lattice=lattice)
    assert found.best.words.tolist() == [second, last]


@pytest.mark.parametrize("lattice", [False, True])
@pytest.mark.parametrize(("topology", "passed"), [("ctc", True), ("identity", False)])
def test_a_dearer_hypothesis_at_a_hub_goes_on_through_blank_and_not_through_a_break(lattice, topology, passed):
    """The penalised phrase is said if CTC's blank stands inside it, but not if another special unit does."""
    units, first, second, last = 700, 3, 4, 5
    arcs = [(0, unit + 1, unit, 0.0, 0) for unit in range(1, units)] + [(0, BLANK + 1, 0, 0.0, 0)]
    graph = compiled(arcs, np.zeros(1), units, topology, [BLANK])
    log_probs = np.full((3, units), -30.0, np.float32)
    log_probs[0, [first, second]], log_probs[1, BLANK], log_probs[2, last] = np.log([0.6, 0.4]), 0.0, 0.0
    hotwords = graph_of({(first, last): -5.0}, 1.5, units).table
    found = decode(log_probs, graph, hotwords, Options(lattice_beam=0.1), lattice=lattice)
    assert found.best.words.tolist() == [second if passed else first, last]


FIRST, SECOND, LAST = 3, 4, 5  # of the next test: FIRST is likelier than SECOND, which a hotword makes the better one


@pytest.mark.parametrize("lattice", [False, True])
@pytest.mark.parametrize(
    ("phrases", "per_unit", "opens", "closes"),
    [
        ({(SECOND,): 5.0}, 0.0, {SECOND, LAST}, set()),  # what is due with SECOND comes with LAST, which opens a word
        ({(FIRST,): -5.0}, 0.0, {FIRST, LAST}, set()),  # and so does the penalty of FIRST
        ({(LAST,): 5.0}, 1.5, set(), {SECOND, LAST}),  # LAST opens no word, and only SECOND closes one
        ({(SECOND, LAST): 9.0}, 0.0, {SECOND, LAST}, set()),  # LAST goes on behind the edge that it opens
        ({(FIRST, LAST): 7.0, (SECOND,): 20.0}, 0.0, {SECOND, LAST}, {LAST}),  # far ahead until something is due
        ({(SECOND,): 4.0, (SECOND, FIRST): 9.0}, 1.5, {SECOND, LAST}, set()),  # what is pending is partly due
    ],
)
def test_a_dearer_hypothesis_at_a_hub_goes_where_word_edges_make_it_the_better_one(
    phrases, per_unit, opens, closes, lattice
):
    units = 700
    graph = compiled([(0, unit + 1, unit, 0.0, 0) for unit in range(1, units)], np.zeros(1), units, "identity", [BLANK])
    log_probs = np.full((2, units), -30.0, np.float32)
    log_probs[0, [FIRST, SECOND]], log_probs[1, LAST] = np.log([0.95, 0.05]), 0.0
    flags = [np.isin(np.arange(units), list(chosen)) for chosen in (opens, closes, {BLANK})]
    hotwords = graph_of(phrases, per_unit, units, words=WordEdges(*flags)).table
    found = decode(log_probs, graph, hotwords, Options(lattice_beam=0.1), lattice=lattice)
    assert found.best.words.tolist() == [SECOND, LAST]
    cost, *_ = beam_search(log_probs, graph, hotwords, Options())
    assert found.best.scores.total == pytest.approx(-cost, abs=1e-9)
