"""Every cause why a hotword was not recognised, and the bias that mends it, tried out."""

from dataclasses import replace

import numpy as np
import pytest

from asrkit.decode.explain import WIDE_ACTIVE, explain
from asrkit.decode.explain_report import sentences
from asrkit.decode.explanation import Cause
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.search.decoder import decode
from asrkit.search.options import Options
from tests.hotwords.test_in_search import posteriors
from tests.search.graphs import BLANK, compiled

UNITS = 7
A, B, C, D, E, F = range(1, UNITS)
NAMES = ["<blank>", *"abcdef"]
OPTIONS = Options(beam=8.0)


def graph_with_costs(costs, units=UNITS, topology="identity"):
    """Return a graph in which each word is one unit, at the cost given; units without a cost cannot be said."""
    arcs = [(0, unit + 1, unit, cost, 0) for unit, cost in costs.items()]
    return compiled([*arcs, (0, BLANK + 1, 0, 0.0, 0)], np.zeros(1), units, topology, [BLANK])


def everything(topology):
    return graph_with_costs(dict.fromkeys(range(1, UNITS), 0.0), topology=topology)


EVERYTHING = everything("identity")


def hotwords(*phrases, incremental_bias=1.0):
    return HotwordGraph.build(phrases, UNITS, incremental_bias=incremental_bias)


def phrase(text, weight=0.0):
    return SpelledPhrase(text, weight, (tuple(NAMES.index(c) for c in text),))


def said(answer):
    return list(sentences(answer, lambda path, hotwords: [NAMES[word] for word in path.words], NAMES))


def check_bias(log_probs, graph, listed, wanted, answer, options=OPTIONS):
    """The stated bias makes the phrase win; a little less does not."""

    def wins(weight):
        table = listed.with_added([replace(wanted, weight=weight)]).table
        return "".join(NAMES[u] for u in decode(log_probs, graph, table, options).best.units).find(wanted.phrase) >= 0

    assert wins(answer.smallest_bias) and not wins(answer.smallest_bias - 0.05)


def test_a_phrase_that_was_recognised_is_told_with_its_margin():
    log_probs = posteriors({A: 0.9}, {B: 0.3, C: 0.6})
    answer = explain(log_probs, EVERYTHING, hotwords(phrase("ab")), phrase("ab"), OPTIONS)
    assert answer.cause == Cause.RECOGNISED and answer.smallest_bias is None
    assert answer.rival.units.tolist() == [A, C]
    assert answer.margin == pytest.approx(2 - np.log(2), abs=1e-3)
    assert said(answer)[0] == "'ab': recognised; what came out: a b"


def test_a_scale_of_nothing_does_not_make_what_was_nearly_heard_far_away():
    log_probs, wanted = posteriors({A: 0.9}, {B: 0.3, C: 0.6}), phrase("ab")
    listed = HotwordGraph.build([wanted], UNITS, incremental_bias=2.0, scale=0.0)
    answer = explain(log_probs, EVERYTHING, listed, wanted, OPTIONS)
    assert answer.cause == Cause.ACOUSTICS and answer.smallest_bias is None
    assert answer.margin == pytest.approx(np.log(2), abs=1e-3)
    recognised = explain(log_probs, EVERYTHING, listed, phrase("ac"), OPTIONS)
    assert recognised.cause == Cause.RECOGNISED and recognised.rival.units.tolist() == [A, B]


def test_the_margin_of_a_phrase_is_told_though_another_in_the_list_sounds_the_same():
    log_probs, wanted = posteriors({A: 0.9}, {B: 0.3, C: 0.6}), phrase("ab")
    listed = hotwords(wanted, SpelledPhrase("AB", 1.0, wanted.spellings))
    answer = explain(log_probs, EVERYTHING, listed, wanted, OPTIONS)
    assert answer.cause == Cause.RECOGNISED and answer.rival.units.tolist() == [A, C]
    assert answer.margin == pytest.approx(3 - np.log(2), abs=1e-3)


def test_a_phrase_that_lost_by_its_sound_is_told_with_unit_competitor_and_bias():
    log_probs = posteriors({A: 0.9}, {B: 0.01, C: 0.98})
    listed, wanted = hotwords(phrase("ab")), phrase("ab")
    answer = explain(log_probs, EVERYTHING, listed, wanted, OPTIONS)
    assert answer.cause == Cause.ACOUSTICS
    assert answer.margin == pytest.approx(np.log(98) - 2, abs=1e-3)
    worst = max(answer.gaps, key=lambda gap: gap.behind)
    assert (worst.unit, worst.step, worst.likeliest) == (B, 1, C)
    assert answer.smallest_bias == pytest.approx(answer.margin + 0.01)
    assert said(answer)[-1] == "    c -> b"
    check_bias(log_probs, EVERYTHING, listed, wanted, answer)
    assert "  its least likely unit is b, at step 1 4.58 nats behind c" in said(answer)
    assert said(answer)[-1] == "    c -> b"


def test_a_phrase_that_lost_by_the_language_model_is_told():
    graph = graph_with_costs({A: 0.0, B: 5.0, C: 0.0, D: 0.0})
    log_probs = posteriors({A: 0.9}, {B: 0.6, C: 0.3})
    listed, wanted = hotwords(phrase("ab")), phrase("ab")
    answer = explain(log_probs, graph, listed, wanted, OPTIONS)
    assert answer.cause == Cause.LANGUAGE_MODEL
    assert answer.parts.lm == pytest.approx(5.0)
    check_bias(log_probs, graph, listed, wanted, answer)


@pytest.mark.parametrize("probability", [0.3, 0.1, 0.01])
def test_the_smallest_bias_of_a_penalised_phrase_counts_what_its_units_then_earn(probability):
    log_probs = posteriors({A: 0.9}, {B: probability, C: 0.98 - probability})
    listed, wanted = hotwords(phrase("ab", -3.0)), phrase("ab", -3.0)
    answer = explain(log_probs, EVERYTHING, listed, wanted, OPTIONS)
    assert answer.margin == pytest.approx(3 + np.log(0.98 / probability - 1), abs=1e-3)
    check_bias(log_probs, EVERYTHING, listed, wanted, answer)


def test_the_smallest_bias_is_less_than_the_margin_where_the_phrase_drives_its_rival_out_of_the_beam():
    """After the phrase the path pays 3 nats; with a lead of 2 before that, nothing else is left in the beam."""
    arcs = [(0, A + 1, A, 0.0, 1), (1, B + 1, B, 0.0, 3), (3, E + 1, E, 3.0, 5)]
    arcs += [(0, C + 1, C, 0.0, 2), (2, D + 1, D, 0.0, 4), (4, F + 1, F, 0.0, 5)]
    graph = compiled(arcs, np.array([*[np.inf] * 5, 0]), UNITS, "identity", [BLANK])
    log_probs = posteriors({A: 0.5, C: 0.5}, {B: 0.5, D: 0.5}, {E: 0.5, F: 0.5})
    listed, wanted, options = hotwords(phrase("ab"), incremental_bias=0.2), phrase("ab"), Options(beam=2.0)
    answer = explain(log_probs, graph, listed, wanted, options)
    assert answer.margin == pytest.approx(3 - 0.4) and answer.smallest_bias == pytest.approx(2 - 0.4, abs=0.02)
    check_bias(log_probs, graph, listed, wanted, answer, options)


def test_a_phrase_dropped_by_the_beam_is_told_with_the_step():
    log_probs = posteriors({A: 0.03, C: 0.95}, {B: 0.98, D: 1e-6, E: 1e-6, F: 1e-6, C: 1e-6, A: 1e-6})
    graph = two_ways()
    options, listed, wanted = Options(beam=2.0), hotwords(phrase("ab"), incremental_bias=0.2), phrase("ab")
    answer = explain(log_probs, graph, listed, wanted, options)
    assert answer.cause == Cause.BEAM
    assert answer.dropped.step == 0 and not answer.dropped.crowded
    assert answer.dropped.behind == pytest.approx(np.log(0.95 / 0.03) - 0.2, abs=1e-3)  # with its pending credit
    assert answer.margin < 0
    assert answer.smallest_bias is None  # a word bias comes at the last unit, too late for the beam
    for beam, wins in ((answer.beam, True), (answer.beam - 0.2, False)):
        found = decode(log_probs, graph, listed.table, Options(beam=beam))
        assert (found.best.units.tolist() == [A, B]) == wins
    assert f"  with a beam of {answer.beam:.1f} it is recognised (tried out)" in said(answer)


def test_the_step_at_which_the_beam_drops_a_phrase_counts_the_language_model():
    """By its sound the phrase is furthest behind at step 0; it is the cost of its second unit that the beam refuses."""
    arcs = [(0, A + 1, A, 0.0, 1), (1, B + 1, B, 3.0, 3), (3, E + 1, E, 0.0, 5)]
    arcs += [(0, C + 1, C, 0.0, 2), (2, D + 1, D, 0.0, 4), (4, F + 1, F, 0.0, 5)]
    graph = compiled(arcs, np.array([*[np.inf] * 5, 0]), UNITS, "identity", [BLANK])
    log_probs = posteriors({A: 0.15, C: 0.8}, {B: 0.5, D: 0.5}, {E: 0.99, F: 1e-5})
    listed, wanted = hotwords(phrase("ab"), incremental_bias=0.2), phrase("ab")
    answer = explain(log_probs, graph, listed, wanted, Options(beam=3.0))
    assert answer.cause == Cause.BEAM and answer.dropped.step == 1
    assert answer.dropped.behind == pytest.approx(np.log(0.8 / 0.15) + 3 - 0.4, abs=1e-3)
    assert f"  it was dropped at step 1, where it lay {answer.dropped.behind:.2f} nats behind the best" in said(answer)


def test_a_phrase_that_too_many_others_crowd_out_is_told():
    log_probs = posteriors({A: 0.2, C: 0.5, D: 0.3}, {B: 0.999, E: 1e-6})
    arcs = [(0, A + 1, A, 0.0, 1), (1, B + 1, B, 0.0, 4), (0, C + 1, C, 0.0, 2), (2, E + 1, E, 0.0, 4)]
    arcs += [(0, D + 1, D, 0.0, 3), (3, E + 1, E, 0.0, 4)]
    graph = compiled(arcs, np.array([*[np.inf] * 4, 0]), UNITS, "identity", [BLANK])
    listed, wanted = hotwords(phrase("ab"), incremental_bias=0.1), phrase("ab")
    answer = explain(log_probs, graph, listed, wanted, Options(max_active=2))
    assert answer.cause == Cause.BEAM and answer.dropped.crowded and answer.dropped.step == 0
    assert "within the beam, but as many as --max-active were better" in "".join(said(answer))
    found = decode(log_probs, graph, listed.table, Options(beam=answer.beam, max_active=WIDE_ACTIVE))
    assert found.best.units.tolist() == [A, B]


def test_where_no_bias_helps_a_beam_and_a_bias_that_do_are_told():
    """The first unit is dropped before the word bias of the second can come."""
    log_probs = posteriors({A: 0.03, C: 0.95}, {B: 0.01, C: 0.95})
    options, listed, wanted = Options(beam=2.0), hotwords(phrase("ab"), incremental_bias=0.2), phrase("ab")
    answer = explain(log_probs, EVERYTHING, listed, wanted, options)
    assert answer.cause == Cause.ACOUSTICS and answer.smallest_bias is None and answer.dropped.step == 0
    assert answer.bias == pytest.approx(np.log(0.95 / 0.03) + np.log(0.95 / 0.01) - 0.4 + 0.01, abs=1e-3)
    table = listed.with_added([replace(wanted, weight=answer.bias)]).table
    for beam, wins in ((answer.beam, True), (answer.beam - 0.2, False)):
        assert (decode(log_probs, EVERYTHING, table, Options(beam=beam)).best.units.tolist() == [A, B]) == wins
    assert any(line.startswith("  no word bias helps with this beam") for line in said(answer))


def test_a_phrase_whose_sound_came_out_as_other_words_is_told_with_the_bias_that_writes_it():
    """Units a b are the word `ab` or, dearer, the word `AB`, which is written from a word bias of 1.5 on."""
    arcs = [(0, A + 1, 1, 0.0, 1), (1, B + 1, 0, 0.0, 3), (0, A + 1, 2, 1.5, 2), (2, B + 1, 0, 0.0, 3)]
    graph = compiled(arcs, np.array([np.inf, np.inf, np.inf, 0]), UNITS, "identity", [BLANK])
    log_probs, wanted = posteriors({A: 0.5}, {B: 0.9}), phrase("ab")

    def writes(path, hotwords):
        return dict(zip(hotwords.phrases, hotwords.weights, strict=True)).get("ab", 0) > 1.5

    answer = explain(log_probs, graph, hotwords(wanted), wanted, OPTIONS, writes=writes)
    assert answer.cause == Cause.WRITTEN_OTHERWISE and answer.rival is None
    assert answer.smallest_bias == pytest.approx(1.5, abs=0.011) and answer.smallest_bias > 1.5
    assert any("with a word bias of 1.5" in line and "it is written so" in line for line in said(answer))
    nowhere = explain(log_probs, graph, hotwords(wanted), wanted, OPTIONS, writes=lambda path, hotwords: False)
    assert nowhere.cause == Cause.WRITTEN_OTHERWISE and nowhere.smallest_bias is None


def test_a_phrase_that_lost_to_other_hotwords_is_told():
    log_probs, wanted = posteriors({A: 0.9}, {B: 0.6, C: 0.3}), phrase("ab")
    listed = hotwords(wanted, phrase("ac", 9.0))
    answer = explain(log_probs, EVERYTHING, listed, wanted, OPTIONS)
    assert answer.cause == Cause.OTHER_HOTWORDS and answer.parts.hotword == pytest.approx(9.0)
    check_bias(log_probs, EVERYTHING, listed, wanted, answer)


def test_a_phrase_that_lost_by_its_own_negative_weight_is_told():
    log_probs, wanted = posteriors({A: 0.9}, {B: 0.6, C: 0.3}), phrase("ab", -5.0)
    answer = explain(log_probs, EVERYTHING, hotwords(wanted, phrase("ef")), wanted, OPTIONS)
    assert answer.cause == Cause.OWN_WEIGHT and answer.parts.hotword == pytest.approx(5.0)


def test_a_phrase_that_the_graph_says_only_within_other_words_is_not_called_unsayable():
    arcs = [(0, F + 1, 1, 0.0, 1), (1, A + 1, 0, 0.0, 2), (2, B + 1, 0, 0.0, 3)]
    arcs += [(0, E + 1, 2, 0.0, 4), (4, C + 1, 0, 0.0, 5), (5, D + 1, 0, 0.0, 3)]
    graph = compiled(arcs, np.array([np.inf, np.inf, np.inf, 0, np.inf, np.inf]), UNITS, "identity", [BLANK])
    log_probs, wanted = posteriors({F: 0.01, E: 0.9}, {A: 0.4, C: 0.5}, {B: 0.4, D: 0.5}), phrase("ab")
    answer = explain(log_probs, graph, hotwords(wanted), wanted, OPTIONS)
    assert answer.cause == Cause.ACOUSTICS and answer.rival.units.tolist() == [F, A, B]


def test_a_phrase_that_only_a_list_would_write_so_has_to_be_listed():
    answer = explain(posteriors({A: 0.9}, {B: 0.9}), EVERYTHING, hotwords(phrase("ef")), phrase("ab"), OPTIONS,
                     writes=lambda path, hotwords: "ab" in hotwords.phrases)  # fmt: skip
    assert answer.cause == Cause.NOT_LISTED and answer.smallest_bias == 0


def test_the_margin_of_a_phrase_recognised_without_the_list_counts_no_bonus_of_it():
    log_probs = posteriors({A: 0.9}, {B: 0.6, C: 0.3})
    answer = explain(log_probs, EVERYTHING, hotwords(phrase("ef")), phrase("ab"), OPTIONS)
    assert answer.cause == Cause.RECOGNISED and not answer.listed
    assert answer.parts.hotword == 0 and answer.margin == pytest.approx(np.log(2), abs=1e-3)


def two_ways():
    """Return a graph that says `ab` or `cd` and nothing else."""
    arcs = [(0, A + 1, A, 0.0, 1), (1, B + 1, B, 0.0, 3), (0, C + 1, C, 0.0, 2), (2, D + 1, D, 0.0, 3)]
    return compiled(arcs, np.array([np.inf, np.inf, np.inf, 0]), UNITS, "identity", [BLANK])


def test_a_phrase_that_the_graph_cannot_say_is_told():
    graph = graph_with_costs({A: 0.0, C: 0.0})
    answer = explain(posteriors({A: 0.9}, {B: 0.9}), graph, hotwords(phrase("ab")), phrase("ab"), OPTIONS)
    assert answer.cause == Cause.NOT_IN_GRAPH and answer.smallest_bias is None
    assert "no bias helps: add its words to the lexicon" in said(answer)[1]


def test_a_phrase_longer_than_the_utterance_is_far_away():
    answer = explain(posteriors({A: 0.9}), EVERYTHING, hotwords(phrase("ab")), phrase("ab"), OPTIONS)
    assert answer.cause == Cause.FAR_AWAY and answer.smallest_bias is None
    assert said(answer)[1] == "  fewer units were heard than it has: 1"


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_a_phrase_far_from_what_was_heard_is_told_with_the_place_and_the_unit(topology):
    graph = everything(topology)
    sounds = [C, D, E, C] if topology == "identity" else [C, C, BLANK, D, E, C]
    log_probs = np.full((len(sounds), UNITS), -100.0, np.float32)
    log_probs[np.arange(len(sounds)), sounds] = 0
    log_probs[-2, A], log_probs[-1, B] = -60.0, -70.0
    answer = explain(log_probs, graph, hotwords(phrase("ab")), phrase("ab"), OPTIONS)
    last = len(sounds) - 1
    assert answer.cause == Cause.FAR_AWAY and [gap.step for gap in answer.gaps] == [last - 1, last]
    assert said(answer)[1:3] == [
        f"  it comes nearest at steps {last - 1} to {last}, 130.00 nats behind the likeliest units",
        f"  its least likely unit is b, at step {last} 70.00 nats behind c",
    ]


def test_a_phrase_that_only_has_to_be_listed_is_told():
    log_probs = posteriors({A: 0.9}, {B: 0.3, C: 0.6})
    answer = explain(log_probs, EVERYTHING, hotwords(phrase("ef")), phrase("ab"), OPTIONS)
    assert answer.cause == Cause.NOT_LISTED and answer.smallest_bias == 0
    assert said(answer)[-1] == "    c -> b"


def test_of_a_long_utterance_the_words_around_the_phrase_are_told():
    steps = [{D: 0.9}] * 30 + [{A: 0.9}, {B: 0.3, C: 0.6}] + [{E: 0.9}] * 30
    answer = explain(posteriors(*steps), EVERYTHING, hotwords(phrase("ab")), phrase("ab"), OPTIONS)
    assert said(answer)[0] == "'ab': recognised; what came out: … d d d a b e e e e …"
    assert "the best path without it, … d d d a c e e e e … (" in said(answer)[1]


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_a_long_utterance_is_explained_as_its_part_with_the_phrase_is(topology):
    """What lies far from the phrase changes neither cause, margin, nor bias, whatever the seed."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        part = [{C: 0.6, D: 0.3}, {A: 0.2, C: 0.7}, {B: 0.3, D: 0.6}, {C: 0.5, E: 0.4}]
        around = [{int(a): 0.7, int(b): 0.2} for a, b in (rng.permutation([C, D, E, F])[:2] for _ in range(60))]
        if topology == "ctc":
            part, around = ([step for one in some for step in ({BLANK: 0.99}, one)] for some in (part, around))
        graph = everything(topology)
        listed, wanted = hotwords(phrase("ab"), incremental_bias=0.2), phrase("ab")
        half = len(around) // 2
        short, long = (
            explain(posteriors(*steps), graph, listed, wanted, Options(beam=6.0))
            for steps in (part, [*around[:half], *part, *around[half:]])
        )
        assert short.cause == long.cause == Cause.ACOUSTICS, seed
        assert long.margin == pytest.approx(short.margin, abs=1e-3), seed
        assert long.smallest_bias == pytest.approx(short.smallest_bias, abs=0.02), seed
        assert long.parts == pytest.approx(short.parts, abs=1e-3), seed
