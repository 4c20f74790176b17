"""The cheapest path of the graph is the best segmentation, at the cost that KenLM gives it."""

import kenlm
import numpy as np
import pytest

from tests.graph.small import (
    PASSING,
    SPOKEN,
    UNITS,
    cheapest,
    ctc_collapsed,
    early_leaving,
    make_graph,
    random_lexicon,
    random_model,
    twin,
    ways_to_say,
    written,
)
from tests.random_cases import random_cases

SENTENCES = 10
AGREES = 1e-4  # nats


def scorer(path):
    model = kenlm.Model(str(path))

    def log10_of(words):  # word by word, since `score` would cut at odd white space
        state, after, total = kenlm.State(), kenlm.State(), 0.0
        model.BeginSentenceWrite(state)
        for word in (*words, "</s>"):
            total += model.BaseScore(state, word, after)
            state, after = after, kenlm.State()
        return total

    return log10_of


def random_problem(rng, path=None):
    lexicon = random_lexicon(rng)
    words = sorted({entry.word for entry in lexicon.entries})
    in_model = [word for word in words if rng.random() < 0.75] or words[:1]
    in_model += ["nowhere"] if rng.random() < 0.3 else []
    model = random_model(rng, in_model, int(rng.integers(2 if path else 1, 5)), steep=path is not None)
    options = {"closed": bool(rng.random() < 0.25), "unknown_cost": float(rng.choice([0.0, 1.5]))}
    return lexicon, model, options, scorer(written(model, path)) if path else early_leaving(model)


def check(graph, chosen, frames, units, ways, log10_of):
    cost, labels = cheapest(graph, [frame + 1 for frame in frames])
    wanted, sequences = twin(tuple(UNITS.units[unit] for unit in units), ways, log10_of)
    if np.isinf(wanted):
        assert np.isinf(cost)
        return
    assert cost == pytest.approx(wanted, abs=AGREES)
    assert tuple(chosen.words[label - 1] for label in labels) in sequences


@random_cases(200)
def test_identity_graph_gives_the_best_segmentation_at_kenlms_cost(tmp_path, rng):
    lexicon, model, options, log10_of = random_problem(rng, tmp_path / "lm.arpa")
    chosen, graph = make_graph(lexicon, model, "identity", **options)
    ways = ways_to_say(lexicon, model, **options)
    for _ in range(SENTENCES):
        units = rng.integers(len(PASSING), len(UNITS.units), rng.integers(0, 7)).tolist()
        frames = list(units)
        for _ in range(rng.integers(0, 3)):
            frames.insert(int(rng.integers(0, len(frames) + 1)), int(rng.choice(PASSING)))
        check(graph, chosen, frames, units, ways, log10_of)


@random_cases(200)
def test_ctc_graph_gives_the_best_segmentation_of_the_collapsed_frames(tmp_path, rng):
    lexicon, model, options, log10_of = random_problem(rng, tmp_path / "lm.arpa")
    chosen, graph = make_graph(lexicon, model, "ctc", **options)
    ways = ways_to_say(lexicon, model, **options)
    for _ in range(SENTENCES):
        frames = rng.choice(len(UNITS.units), rng.integers(0, 10), p=[0.25, 0.02, 0.02, 0.3, 0.3, 0.08, 0.03]).tolist()
        check(graph, chosen, frames, ctc_collapsed(frames), ways, log10_of)


@random_cases(100)
def test_any_model_is_followed_as_backoff_arcs_follow_it(rng):
    lexicon, model, options, log10_of = random_problem(rng)
    chosen, graph = make_graph(lexicon, model, "identity", **options)
    ways = ways_to_say(lexicon, model, **options)
    for _ in range(SENTENCES):
        units = rng.integers(len(PASSING), len(UNITS.units), rng.integers(0, 7)).tolist()
        check(graph, chosen, units, units, ways, log10_of)


def test_an_open_vocabulary_lets_every_sequence_of_units_through(tmp_path):
    rng = np.random.default_rng(5)
    lexicon, model, _, _ = random_problem(rng, tmp_path / "lm.arpa")
    _, graph = make_graph(lexicon, model, "identity")
    for _ in range(200):
        units = rng.integers(len(PASSING), len(UNITS.units), rng.integers(0, 12))
        assert np.isfinite(cheapest(graph, (units + 1).tolist())[0])
    assert len(SPOKEN) == 4
