"""What a HotwordGraph promises: the same bytes in any order, nothing left behind, bounds on odd numbers."""

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.hotwords.graph import LARGEST_BIAS, HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from tests.hotwords.law import graph_of, random_list
from tests.random_cases import random_cases


def contents(graph):
    arrays = (*graph.table, *graph.spellings, graph.weights, graph.phrase_of, graph._edges, graph._end)
    return graph.phrases, [(array.dtype, array.tobytes()) for array in arrays]


def phrase(text, weight=0.0, *spellings):
    return SpelledPhrase(text, weight, spellings or (tuple(map(ord, text)),))


@random_cases(200)
def test_a_shuffled_list_gives_the_same_bytes(rng):
    weights = random_list(rng, 4)
    shuffled = dict(rng.permutation(np.array(list(weights.items()), object)).tolist())
    assert contents(graph_of(weights, 2.5, 4)) == contents(graph_of(shuffled, 2.5, 4))


@random_cases(200)
def test_what_was_added_and_removed_leaves_no_trace(rng):
    weights, more = random_list(rng, 3), random_list(rng, 3)
    graph = graph_of(weights, 2.5, 3)
    added = [phrase("+" + "-".join(map(str, units)), weight, units) for units, weight in more.items()]
    bigger = graph.with_added(added)
    assert contents(bigger.without([p.phrase for p in added])) == contents(graph)
    assert contents(bigger) != contents(graph)


def test_an_added_phrase_takes_its_new_weight():
    graph = HotwordGraph.build([phrase("ab", 1.0)], 200, incremental_bias=2)
    assert graph.with_added([phrase("ab", 3.0)]).bonus([97, 98]) == 7
    assert graph.bonus([97, 98]) == 5


def test_a_graph_cannot_be_changed():
    graph = HotwordGraph.build([phrase("ab", 1.0)], 200)
    with pytest.raises(ValueError, match="read-only"):
        graph.table.edges["bank"][1] = 9
    with pytest.raises(AttributeError):
        graph.scale = 2


def test_removing_a_phrase_that_is_not_there_is_refused():
    with pytest.raises(AsrkitError, match="'cd' is not in the list"):
        HotwordGraph.build([phrase("ab")], 200).without(["cd"])


def test_the_spellings_of_a_phrase_share_one_word_bias():
    graph = HotwordGraph.build([phrase("x", 5.0, (1, 2), (1, 3))], 9, incremental_bias=1)
    assert graph.bonus([1, 2]) == graph.bonus([1, 3]) == 7


def test_a_spelling_inside_another_one_of_the_same_phrase_is_paid_once():
    graph = HotwordGraph.build([phrase("hua", 5.0, (1, 2), (1,))], 9, incremental_bias=1)
    assert graph.bonus([1]) == 6
    assert graph.bonus([1, 2]) == 7
    assert graph.with_added([phrase("y", 1.0, (7,))]).bonus([1, 2]) == 7


def test_phrases_that_sound_the_same_share_the_larger_bias():
    graph = HotwordGraph.build([phrase("zhang", 5.0, (1, 2)), phrase("chapter", 3.0, (1, 2))], 9, incremental_bias=1)
    assert graph.bonus([1, 2]) == 7
    assert [match.phrases for match in graph.matches([0, 1, 2])] == [("chapter", "zhang")]


def test_the_scale_multiplies_everything():
    spelled = [phrase("ab", 5.0), phrase("c", -3.0)]
    plain = HotwordGraph.build(spelled, 200, incremental_bias=2)
    double = HotwordGraph.build(spelled, 200, incremental_bias=2, scale=2)
    said = [97, 98, 99]
    assert double.bonus(said) == 2 * plain.bonus(said) == 12
    assert HotwordGraph.build(spelled, 200, incremental_bias=2, scale=0).bonus(said) == 0


def test_an_enormous_weight_is_bounded():
    graph = HotwordGraph.build([phrase("ab", 1e300), phrase("c", -1e300)], 200, incremental_bias=0)
    assert graph.bonus([97, 98]) == LARGEST_BIAS
    assert np.isfinite(graph.table.edges["bank"]).all()


@pytest.mark.filterwarnings("error")
def test_an_endless_weight_is_bounded_or_nothing_as_the_scale_is():
    for scale, bonus in ((1e300, 3 * LARGEST_BIAS), (1.0, LARGEST_BIAS + 4), (0.0, 0.0)):
        for weight in (1e300, float("inf")):
            graph = HotwordGraph.build([phrase("ab", weight)], 200, incremental_bias=2, scale=scale)
            assert graph.bonus([97, 98]) == bonus


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_bias_that_is_no_amount_is_refused(wrong):
    for name in ("incremental_bias", "scale"):
        with pytest.raises(AsrkitError, match="must be 0 or more"):
            HotwordGraph.build([phrase("ab")], 200, **{name: wrong})


def test_a_phrase_with_two_weights_is_refused():
    with pytest.raises(AsrkitError, match="two weights, 1 and 2"):
        HotwordGraph.build([phrase("ab", 1.0), phrase("ab", 2.0)], 200)


def test_what_cannot_be_built_cannot_be_added_either():
    graph = HotwordGraph.build([phrase("ab", 1.0)], 200)
    wrong = {
        "a weight that is not a number": [phrase("c", float("nan"))],
        "two weights, 1 and 2": [phrase("c", 1.0), phrase("c", 2.0)],
        "'c' is not spelled in the 200 units of this model": [phrase("c", 0.0, (1, 200))],
        "'d' is not spelled in the 200": [phrase("d", 0.0, ())],
    }
    for told, phrases in wrong.items():
        for build in (graph.with_added, lambda phrases: HotwordGraph.build(phrases, 200)):
            with pytest.raises(AsrkitError, match=told):
                build(phrases)


def test_one_state_in_many_bytes_stays_small():
    """A hundred thousand phrases: the arrays of graph and automaton together stay under 20 MB."""
    rng = np.random.default_rng(1)
    codes = rng.choice(3000**2 * 40, 100_000, replace=False)
    units = [(int(c % 3000), int(c // 3000 % 3000), int(c // 9_000_000)) for c in codes]
    graph = HotwordGraph.build([SpelledPhrase(str(u), 0.0, (u,)) for u in units], 3000)
    assert len(graph.phrases) == 100_000
    assert graph.bytes < 20e6


def test_a_scale_of_zero_makes_no_negative_zero_of_a_penalty():
    graph = HotwordGraph.build([phrase("ab", -5.0)], 200, scale=0)
    (match,) = graph.matches([ord("a"), ord("b")])
    assert f"{match.bonus} {match.biases[0]} {graph.bonus([ord('a'), ord('b')])}" == "0.0 0.0 0.0"
