"""Hotwords through the whole search: what comes out is the best of all paths under acoustic + LM + law 5."""

import math

import numpy as np
import pytest

from asrkit.search.decoder import decode
from asrkit.search.options import Options
from asrkit.units.edges import WordEdges
from tests.hotwords.law import BREAK, graph_of, random_words, total_bonus, with_breaks
from tests.random_cases import random_cases
from tests.search.graphs import BLANK, compiled, ctc_graph, identity_graph, random_posteriors
from tests.search.reference import every_path

GRAPHS = {"identity": identity_graph, "ctc": ctc_graph}


def random_phrases(rng, units):
    """Return random phrases of units that are spoken: not the special unit 0."""
    phrases = [tuple(rng.integers(1, units, rng.integers(1, 4)).tolist()) for _ in range(rng.integers(1, 5))]
    return {phrase: float(rng.integers(-3, 4)) for phrase in phrases}


def units_of(arcs, graph):
    """Return the units that a path says and breaks, arc by arc; CTC's blank and repeats are left out."""
    state, said = graph.fst.start, []
    for a in arcs:
        _, label, word, _, following = (a, *graph.fst.arcs[a].item())
        again = graph.topology == "ctc" and following == state and word == 0
        if label and label - 1 not in graph.special_units and not again:
            said.append(label - 1)
        elif label and label - 1 in graph.special_units and (graph.topology == "identity" or label - 1 != BLANK):
            said.append(BREAK)
        state = following
    return said


def without_special(weights, edges):
    """Return the phrases without those that have a special unit, which no step says as one of a phrase's."""
    if edges is None:
        return weights
    return {phrase: weight for phrase, weight in weights.items() if not edges.special[list(phrase)].any()}


def random_edges(rng, units):
    """Return random word edges, or None in half of the cases; unit 0 is special, and perhaps another one."""
    if rng.random() < 0.5:
        return None
    words, special = random_words(rng, units), np.zeros(units, bool)
    special[[0, *rng.integers(1, units, rng.integers(0, 2))]] = True
    return WordEdges(words.opens & ~special, words.closes & ~special, special)


def score_by_the_law(arcs, log_probs, graph, weights, incremental_bias, options, edges=None):
    rows = graph.fst.arcs[list(arcs)]
    read = rows["ilabel"][rows["ilabel"] > 0]
    acoustic = sum(float(log_probs[t, label - 1]) for t, label in enumerate(read))
    end = int(rows["next"][-1]) if len(rows) else graph.fst.start
    lm = -float(rows["weight"].astype(float).sum()) - float(graph.fst.states["final"][end])
    words = options.word_score * np.count_nonzero(rows["olabel"])
    bonus = total_bonus(weights, incremental_bias, np.array([units_of(arcs, graph)], np.int64), edges)[0]
    return acoustic + options.lm_scale * lm + words + bonus


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(1000)
def test_the_best_of_all_paths_is_found_and_its_bonus_is_that_of_the_law(rng, topology):
    graph = GRAPHS[topology](rng)
    log_probs = random_posteriors(rng, int(rng.integers(1, 5)), graph.units)
    weights, incremental_bias = random_phrases(rng, graph.units), float(rng.integers(0, 4))
    lm_scale, word_score = float(rng.choice([0.0, 0.3, 1.0])), float(rng.choice([0.0, 1.5]))
    options = Options(beam=math.inf, lm_scale=lm_scale, word_score=word_score)
    edges = random_edges(rng, graph.units)
    hotwords = graph_of(weights, incremental_bias, graph.units, words=edges)
    weights = without_special(weights, edges)
    found = decode(log_probs, graph, hotwords.table, options)
    paths = every_path(log_probs, graph)
    scores = [score_by_the_law(path, log_probs, graph, weights, incremental_bias, options, edges) for path in paths]
    assert found.complete == bool(scores)
    if scores:
        assert found.best.scores.total == pytest.approx(max(scores), abs=1e-5)
        said = found.best.units.tolist(), found.best.breaks.tolist()
        by_the_law = total_bonus(weights, incremental_bias, np.array([with_breaks(*said)], np.int64), edges)[0]
        assert found.best.scores.hotword == pytest.approx(by_the_law, abs=1e-5)
        assert hotwords.bonus(*said) == pytest.approx(by_the_law, abs=1e-5)
        assert sum(match.bonus for match in hotwords.matches(*said)) == pytest.approx(by_the_law, abs=1e-5)


@pytest.mark.parametrize("topology", GRAPHS)
@random_cases(150)
def test_lattice_and_nbest_carry_the_bonus_of_the_law(rng, topology):
    graph = GRAPHS[topology](rng)
    log_probs = random_posteriors(rng, int(rng.integers(1, 5)), graph.units)
    weights, edges = random_phrases(rng, graph.units), random_edges(rng, graph.units)
    options = Options(beam=math.inf, lattice_beam=8.0)
    hotwords = graph_of(weights, 2.0, graph.units, words=edges)
    weights = without_special(weights, edges)
    found = decode(log_probs, graph, hotwords.table, options, lattice=True)
    if not found.complete:
        return
    lattice = found.lattice
    for path in lattice.nbest(5):
        said = with_breaks(path.units.tolist(), path.breaks.tolist())
        by_the_law = total_bonus(weights, 2.0, np.array([said], np.int64), edges)[0]
        assert path.scores.hotword == pytest.approx(by_the_law, abs=1e-5)
    raw = lattice.raw
    state, arcs = 0, []
    for _ in range(50):  # a random way through the raw lattice
        leaving = np.flatnonzero(raw.sources == state)
        if not len(leaving):
            break
        arcs.append(int(rng.choice(leaving)))
        state = int(raw.targets[arcs[-1]])
    said = units_of(lattice.graph_arcs[arcs].tolist(), graph)
    by_the_law = total_bonus(weights, 2.0, np.array([said], np.int64), edges)[0]
    assert raw.scores[arcs, 2].sum() + raw.finals[state, 2] == pytest.approx(by_the_law, abs=1e-5)


def open_graph(units):
    """Return a graph that takes any sequence of units; each puts out the word of its own number."""
    arcs = [(0, unit + 1, unit, 0.0, 0) for unit in range(1, units)]
    return compiled([*arcs, (0, BLANK + 1, 0, 0.0, 0)], np.zeros(1), units, "identity", [BLANK])


def posteriors(*steps, units=7):
    """Return log-probabilities in which each step has the given ones, {unit: probability}, and the rest shares."""
    rows = np.full((len(steps), units), 1e-4)
    for row, step in zip(rows, steps, strict=True):
        for unit, probability in step.items():
            row[unit] = probability
    with np.errstate(divide="ignore"):
        return np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("units", [7, 50, 700])  # few arcs; enough to mark labels that are read along failures; a hub
def test_yangguang_baoding_is_heard_as_it_is_said(units):
    """阳光保险 and 保定 are hotwords; 阳光保定 is said, its last unit unclear. Nothing is paid for 阳光."""
    yang, guang, bao, xian, ding, ting = range(1, 7)
    hotwords = graph_of({(yang, guang, bao, xian): 0.0, (bao, ding): 0.0}, 2.0, units)
    said = posteriors({yang: 0.9}, {guang: 0.9}, {bao: 0.9}, {ding: 0.3, ting: 0.6, xian: 0.001}, units=units)
    plain = decode(said, open_graph(units))
    found = decode(said, open_graph(units), hotwords.table)
    assert plain.best.units.tolist() == [yang, guang, bao, ting]
    assert found.best.units.tolist() == [yang, guang, bao, ding]
    assert found.best.scores.hotword == 4.0
    assert [(match.start, match.end) for match in hotwords.matches(found.best.units.tolist())] == [(2, 4)]


def test_a_phrase_cut_off_by_the_end_keeps_nothing():
    """FunASR would pay 40 for the half phrase and mishear the last unit."""
    a, b, c, d, other = range(1, 6)
    hotwords = graph_of({(a, b, c, d): 5.0}, 20.0, 7)
    said = posteriors({a: 0.9}, {other: 0.6, b: 0.4})
    found = decode(said, open_graph(7), hotwords.table)
    assert found.best.units.tolist() == [a, other]
    assert found.best.scores.hotword == 0


def test_pending_credit_never_drops_what_is_right():
    """Thirty units of a phrase are lifted, far beyond the beam, before the phrase fails: what is said survives."""
    units = 40
    phrase = tuple(range(1, 32))
    hotwords = graph_of({phrase: 0.0}, 3.0, units)
    steps = [{unit: 0.4, 35: 0.6} for unit in phrase[:-1]] + [{36: 0.999, phrase[-1]: 0.0}]
    found = decode(posteriors(*steps, units=units), open_graph(units), hotwords.table, Options(beam=4.0))
    assert found.best.units.tolist() == [35] * 30 + [36]
    assert found.best.scores.hotword == 0


def test_a_phrase_is_completed_though_another_one_holds_much_pending_credit():
    """What its last unit banks brings it within the beam of what is settled; with pending credit it is far behind."""
    units, other, first, second, last = 30, 20, 10, 11, 21
    long_phrase = tuple(range(1, 9))
    hotwords = graph_of({long_phrase: 0.0, (first, second): 1.0}, 3.0, units)
    steps = [{unit: 0.45, other: 0.55} for unit in long_phrase[:5]]
    steps += [{long_phrase[5]: 0.25, other: 0.25, first: 0.01}, {long_phrase[6]: 0.25, other: 0.25, second: 0.01}]
    steps += [{last: 0.99, long_phrase[7]: 0.0}]
    found = decode(posteriors(*steps, units=units), open_graph(units), hotwords.table, Options(beam=4.0))
    assert found.best.units.tolist() == [*[other] * 5, first, second, last]
    assert found.best.scores.hotword == 7.0


def test_the_lattice_keeps_what_lives_by_pending_credit_alone_over_an_arc_that_reads_nothing():
    """Half-way, a phrase is within the beam with its credit only, and an epsilon arc lies between its two units."""
    a, b, c, d = range(1, 5)
    arcs = [(0, a + 1, a, 0.0, 1), (1, 0, 0, 0.0, 2), (2, b + 1, b, 0.0, 4)]
    arcs += [(0, c + 1, c, 0.0, 3), (3, d + 1, d, 0.0, 4)]
    graph = compiled(arcs, np.array([*[np.inf] * 4, 0]), 7, "identity", [BLANK])
    said = posteriors({a: 0.006, c: 0.9}, {b: 0.5, d: 0.5})
    found = decode(said, graph, graph_of({(a, b): 0.0}, 3.0, 7).table, Options(beam=3.0), lattice=True)
    assert found.best.units.tolist() == [a, b]
    assert [path.units.tolist() for path in found.lattice.nbest(2)] == [[a, b], [c, d]]


def test_a_list_for_another_model_is_refused():
    from asrkit.errors import AsrkitError

    with pytest.raises(AsrkitError, match="the hotwords are for 5 units, the graph for 7"):
        decode(posteriors({1: 0.9}), open_graph(7), graph_of({(1,): 0.0}, 2.0, 5).table)


def swallowing(topology, *special_units):
    """Return what is found of `a b c`, clearly said, with the hotword `a c`, and of what special units may pass."""
    a, b, c = 4, 5, 6
    arcs = [(0, unit + 1, unit if unit > 3 else 0, 0.0, 0) for unit in range(7)]
    graph = compiled(arcs, np.zeros(1), 7, topology, special_units)
    hotwords = graph_of({(a, c): 0.0}, 4.0, 7)
    return decode(posteriors({a: 0.9}, {b: 0.9, 1: 0.001}, {c: 0.9}), graph, hotwords.table).best, hotwords


@pytest.mark.parametrize("topology", GRAPHS)
def test_no_hotword_swallows_a_unit_by_a_special_one_in_its_place(topology):
    """Two units of the phrase bring 8 nats, and to say </s> (1) in place of the unit between them costs 7."""
    best, hotwords = swallowing(topology, 0, 1, 2, 3)
    assert best.units.tolist() == [4, 5, 6] and not best.breaks.size
    assert best.scores.hotword == 0 and hotwords.matches(best.units.tolist(), best.breaks.tolist()) == ()


def test_blank_of_ctc_stands_between_the_units_of_a_phrase():
    best, hotwords = swallowing("ctc", 1, 2, 3)
    assert best.units.tolist() == [4, 6] and not best.breaks.size
    assert [(m.start, m.end) for m in hotwords.matches(best.units.tolist(), best.breaks.tolist())] == [(0, 2)]


def test_a_path_tells_where_a_match_breaks():
    a, b = 1, 2
    said = posteriors({BLANK: 0.9}, {a: 0.9}, {BLANK: 0.9}, {BLANK: 0.9}, {b: 0.9}, {a: 0.9}, {b: 0.9}, {BLANK: 0.9})
    hotwords = graph_of({(a, b): 1.0, (b, a): 0.0}, 2.0, 7)
    best = decode(said, open_graph(7), hotwords.table).best
    assert best.units.tolist() == [a, b, a, b] and best.breaks.tolist() == [0, 1, 4]
    found = hotwords.matches(best.units.tolist(), best.breaks.tolist())
    assert [(match.start, match.end, match.bonus) for match in found] == [(1, 3, 4.0), (2, 4, 3.0)]
    assert best.scores.hotword == hotwords.bonus(best.units.tolist(), best.breaks.tolist()) == 7.0
