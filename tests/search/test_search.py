"""What a user of the search may rely on beside exactness: reports, limits, repeatability, refusals."""

import os
import subprocess
import sys

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats.openfst import ARC, Fst
from asrkit.hotwords.table import no_hotwords
from asrkit.search import posteriors, run
from asrkit.search.decoder import decode, decode_all
from asrkit.search.graph import search_graph
from asrkit.search.options import Options
from tests.search.graphs import compiled, ctc_graph, identity_graph, random_hotwords, random_posteriors
from tests.search.reference import beam_search


def log_probs_of(*rows):
    with np.errstate(divide="ignore"):
        return np.log(np.array(rows, np.float32))


def spelled(units, *, topology="identity"):
    """Return a graph that reads unit 1, then unit 2, then ends; it puts out word 5, then word 6."""
    return compiled([(0, 2, 5, 0.5, 1), (1, 3, 6, 0.25, 2)], [np.inf, np.inf, 1.0], units, topology, [0])


def test_scores_are_told_in_parts_that_add_up():
    options = Options(lm_scale=0.5, word_score=-0.1)
    best = decode(log_probs_of([0.1, 0.8, 0.1], [0.2, 0.3, 0.5]), spelled(3), None, options).best
    assert best.scores.acoustic == pytest.approx(np.log(0.8) + np.log(0.5))
    assert best.scores.lm == pytest.approx(-0.5 * (0.5 + 0.25 + 1.0))
    assert best.scores.words == pytest.approx(-0.2)
    assert best.scores.total == pytest.approx(sum(best.scores))
    assert best.words.tolist() == [5, 6] and best.word_steps.tolist() == [0, 1]
    assert best.units.tolist() == [1, 2] and best.unit_steps.tolist() == [[0, 1], [1, 2]]


def test_ctc_units_span_their_repeats_and_blanks_part_equal_units():
    one_word = [(0, 1, 0, 0, 0), (0, 2, 7, 0, 1), (1, 2, 0, 0, 1), (1, 1, 0, 0, 0)]
    graph = compiled(one_word, [0, 0], 2, "ctc", [0])
    sure = np.log(np.array([[0.01, 0.99], [0.99, 0.01]], np.float32))
    best = decode(sure[[1, 0, 0, 1, 0]], graph).best
    assert best.units.tolist() == [1, 1]
    assert best.unit_steps.tolist() == [[1, 3], [4, 5]]


def test_runs_of_sure_blanks_may_be_skipped_without_touching_scores_or_times():
    rng = np.random.default_rng(1)
    graph = ctc_graph(rng, epsilons=False)
    log_probs = np.full((9, graph.units), np.log(0.001 / (graph.units - 1)), np.float32)
    log_probs[:, 0] = np.log(0.999)
    log_probs[4] = random_posteriors(rng, 1, graph.units)
    whole, skipped = (decode(log_probs, graph, None, Options(beam=100, blank_skip=p)) for p in (None, 0.99))
    assert skipped.candidates < whole.candidates
    assert skipped.best.scores == pytest.approx(whole.best.scores, abs=1e-5)
    assert np.array_equal(skipped.best.unit_steps, whole.best.unit_steps)
    assert np.array_equal(skipped.best.words, whole.best.words)


def test_no_steps_give_an_empty_path():
    found = decode(np.zeros((0, 3)), spelled(3), lattice=True)
    assert len(found.best.words) == len(found.best.units) == 0 and not found.complete
    assert [len(path.words) for path in found.lattice.nbest(3)] == [0]


def test_a_path_that_cannot_end_is_returned_and_marked():
    found = decode(log_probs_of([0.1, 0.8, 0.1]), spelled(3))
    assert found.best.words.tolist() == [5] and not found.complete and found.dead_end is None


def test_where_nothing_can_go_on_the_path_so_far_is_returned_and_the_step_named():
    found = decode(log_probs_of(*[[0.1, 0.8, 0.1]] * 4), spelled(3), lattice=True)
    assert found.best.words.tolist() == [5, 6] and not found.complete and found.dead_end == 2
    assert found.lattice.nbest(1)[0].words.tolist() == [5, 6]


def results(found):
    best = found.best
    return (best.words.tobytes(), best.units.tobytes(), best.unit_steps.tobytes(), best.scores, found.dead_end)


def test_threads_change_nothing():
    rng = np.random.default_rng(7)
    graph = identity_graph(rng, states=200, units=40)
    utterances = [(f"u{i}", random_posteriors(rng, int(rng.integers(0, 30)), 40)) for i in range(40)]
    runs = [list(decode_all(utterances, graph, None, Options(beam=6), lattice=True, jobs=n)) for n in (1, 2, 4, 1)]
    assert len({tuple(results(found) for found in one) for one in runs}) == 1
    lattices = [[found.lattice.raw.scores.tobytes() for found in one] for one in runs]
    assert lattices[0] == lattices[1] == lattices[2] == lattices[3]


def test_an_utterance_that_fails_keeps_its_place():
    good, bad = log_probs_of([0.1, 0.8, 0.1]), log_probs_of([np.nan, 0.8, 0.1])
    found = list(decode_all([("a", good), ("b", bad), ("c", good)], spelled(3), jobs=2))
    assert isinstance(found[1], AsrkitError) and "b" in str(found[1])
    assert results(found[0]) == results(found[2])


@pytest.mark.parametrize("lattice", [False, True])
def test_growing_and_sweeping_the_workspace_changes_nothing(lattice, monkeypatch):
    rng = np.random.default_rng(3)
    graph = identity_graph(rng, states=600, units=5)
    hotwords = random_hotwords(rng, 5)
    log_probs = random_posteriors(rng, 60, 5)
    options = Options(beam=7, lattice_beam=2)
    roomy = decode(log_probs, graph, hotwords, options, lattice=lattice)
    small = {"_HYPOTHESES": 4, "_CANDIDATES": 8, "_TOKENS": 16, "_LINKS": 8}
    for name, size in small.items():
        monkeypatch.setattr(f"asrkit.search.workspace.{name}", size)
    run.forget_workspace()
    tight = decode(log_probs, graph, hotwords, options, lattice=lattice)
    run.forget_workspace()
    assert results(tight) == results(roomy)
    if lattice:
        assert tight.lattice.raw.scores.tobytes() == roomy.lattice.raw.scores.tobytes()
        assert tight.lattice.graph_arcs.tobytes() == roomy.lattice.graph_arcs.tobytes()


def test_a_state_with_very_many_arcs_is_searched_as_the_slow_twin_does():
    rng = np.random.default_rng(5)
    units = 300
    costs, nexts = rng.uniform(0, 3, units + 1).tolist(), rng.integers(0, 3, units + 1).tolist()
    arcs = [(0, label, 1 + label % 7, costs[label], nexts[label]) for label in range(2, units + 1)]
    arcs += [(s, label, 0, float(rng.uniform(0, 1)), 0) for s in (1, 2) for label in (2, 3, 4)]
    graph = compiled(arcs, [0, 1, 2], units, "identity", [0])
    log_probs = random_posteriors(rng, 6, units)
    for hotwords in (no_hotwords(units), random_hotwords(rng, units, states=40)):
        cost, twin_arcs, _, _ = beam_search(log_probs, graph, hotwords, Options(beam=4))
        found = decode(log_probs, graph, hotwords, Options(beam=4))
        assert found.best.scores.total == pytest.approx(-cost)
        labels = graph.fst.arcs["ilabel"][list(twin_arcs)]
        assert found.best.units.tolist() == (labels[labels > 1] - 1).tolist()


def test_a_long_utterance_does_not_need_more_room_than_a_short_one():
    graph = identity_graph(np.random.default_rng(0), states=50, units=5)
    run.forget_workspace()
    decode(random_posteriors(np.random.default_rng(1), 100, 5), graph, None, Options(beam=5))
    before = run.workspace_bytes()
    found = decode(random_posteriors(np.random.default_rng(1), 20_000, 5), graph, None, Options(beam=5))
    assert run.workspace_bytes() == before
    assert len(found.best.unit_steps) and found.best.unit_steps[-1, 1] <= 20_000


@pytest.mark.parametrize(
    ("log_probs", "told"),
    [
        (np.full((2, 3), np.nan), "step 0 has nan"),
        (log_probs_of([0.1, 0.8, 0.1], [0.1, np.inf, 0.1]), "step 1 has inf as the log-probability of unit 1"),
        (np.zeros((2, 4)), "4 units, but the graph was built for 3"),
        (np.zeros(3), "1 dimensions"),
        (np.array([["a"] * 3]), "not numbers"),
    ],
)
def test_bad_posteriors_are_refused_with_utterance_and_step(log_probs, told):
    with pytest.raises(AsrkitError, match=told) as caught:
        decode(log_probs, spelled(3), name="utt-17")
    assert str(caught.value).startswith("utt-17: ")


def test_rows_that_do_not_sum_to_one_are_told_once(capsys, monkeypatch):
    monkeypatch.setattr(posteriors, "_warned", False)
    for _ in range(2):
        decode(np.zeros((2, 3)), spelled(3), name="u1")
    assert capsys.readouterr().err.count("sum to 3, not 1") == 1


@pytest.mark.parametrize(
    ("arcs", "finals", "told"),
    [
        ([(0, 0, 0, 1, 1), (1, 0, 0, 1, 2), (2, 0, 0, -3, 1)], [0, 0, 0], "state [12] of the graph lies on a cycle"),
        ([(0, 0, 0, 0.0, 0)], [0], "state 0 of the graph lies on a cycle"),
        ([(0, 1, 0, 1.0, 1)], [np.inf, np.inf], "no final state"),
        ([(0, 9, 0, 1.0, 0)], [0], "reads unit 8, but the model has only 3 units"),
    ],
)
def test_bad_graphs_are_refused(arcs, finals, told):
    with pytest.raises(AsrkitError, match=told):
        compiled(arcs, finals, 3, "identity", [])


def test_an_empty_graph_and_unsorted_arcs_are_refused():
    none = np.zeros(0, np.int32)
    with pytest.raises(AsrkitError, match="empty"):
        search_graph(Fst.from_arcs(-1, none, np.zeros(0, ARC), np.zeros(0, np.float32)), 3, "identity")
    arcs = np.array([(2, 0, 0, 0), (1, 0, 0, 0)], ARC)
    with pytest.raises(AsrkitError, match="not sorted"):
        search_graph(Fst.from_arcs(0, np.zeros(2, np.int32), arcs, np.zeros(1, np.float32)), 3, "identity")


@pytest.mark.parametrize(
    ("name", "value"),
    [("beam", 0), ("beam", -1), ("beam", float("nan")), ("lattice_beam", 0), ("max_active", 0), ("min_active", -1),
     ("min_active", 10**9), ("lm_scale", -0.1), ("lm_scale", float("inf")), ("word_score", float("inf")),
     ("blank_skip", 0.0), ("blank_skip", 1.5)],
)
def test_options_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(AsrkitError, match=name):
        Options(**{name: value})


SMALL = """
import numpy as np
from tests.search.graphs import ctc_graph, random_hotwords, random_posteriors
from asrkit.search.decoder import decode
from asrkit.search.options import Options
rng = np.random.default_rng(2)
for _ in range(5):
    graph = ctc_graph(rng)
    found = decode(random_posteriors(rng, 4, 4), graph, random_hotwords(rng, 4), Options(beam=5), lattice=True)
    print(found.best.words, found.best.scores, [path.scores for path in found.lattice.nbest(3)])
    print([column.tolist() for column in found.lattice.words])
"""


def test_without_compilation_the_kernels_give_the_same():
    printed = [
        subprocess.run([sys.executable, "-c", SMALL], env=os.environ | {"NUMBA_DISABLE_JIT": off}, text=True,
                       capture_output=True, check=True).stdout
        for off in ("0", "1")
    ]
    assert printed[0] == printed[1] != ""


def test_an_unwritable_cache_is_told_and_worked_around(tmp_path):
    code = "from asrkit.compiled import kernel; print(kernel(lambda x: x + 1)(1))"
    blocked = tmp_path / "file"
    blocked.write_text("")
    env = os.environ | {"NUMBA_CACHE_DIR": str(blocked)}
    done = subprocess.run([sys.executable, "-c", code], env=env, text=True, capture_output=True, check=True)
    assert done.stdout == "2\n" and "no folder for compiled code can be written" in done.stderr
