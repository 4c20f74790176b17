import math

import numpy as np

from asrkit.score.align import align
from asrkit.score.compare import chance_of_no_gain, changes
from asrkit.score.hotwords import HotwordTally, count_hotwords, inside_and_outside
from asrkit.score.rates import BOOTSTRAP_SAMPLES, Tally, bootstrap_rates, interval, score, tally, total
from asrkit.score.units import split
from tests.random_cases import random_cases


def slow_distance(reference, hypothesis):
    """The textbook recursion over prefixes."""
    table = np.zeros((len(reference) + 1, len(hypothesis) + 1), int)
    table[:, 0], table[0] = np.arange(len(reference) + 1), np.arange(len(hypothesis) + 1)
    for i, a in enumerate(reference, 1):
        for j, b in enumerate(hypothesis, 1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a != b))
    return table[-1, -1]


@random_cases(300)
def test_an_alignment_has_the_least_errors_and_spells_both_sides(rng):
    reference, hypothesis = (list(rng.choice(list("abc"), rng.integers(0, 12))) for _ in range(2))
    pairs = align(reference, hypothesis)
    assert [p.reference for p in pairs if p.reference is not None] == reference
    assert [p.hypothesis for p in pairs if p.hypothesis is not None] == hypothesis
    assert tally(pairs).errors == slow_distance(reference, hypothesis)
    assert tally(pairs).reference == len(reference)


def test_one_wrong_character_is_one_error_not_none():
    (utterance,) = score({"u": "好"}, {"u": "坏"}, "char")
    assert utterance.tally == Tally(substitutions=1)
    assert utterance.tally.rate == 1


def test_mixed_counts_chinese_characters_and_latin_words():
    assert split("我用iPhone 15 打电话ok", "mixed") == ("我", "用", "iPhone", "15", "打", "电", "话", "ok")
    assert split("我用 iPhone", "char") == tuple("我用iPhone")
    assert split("我用 iPhone", "word") == ("我用", "iPhone")


def test_ids_that_one_side_lacks_are_counted_and_named():
    scored = {s.utt: s for s in score({"a": "一二", "b": "三"}, {"b": "三", "c": "四"}, "char")}
    assert scored["a"].missing == "hypothesis" and scored["a"].tally.deletions == 2
    assert scored["c"].missing == "reference" and scored["c"].tally.insertions == 1
    assert total(s.tally for s in scored.values()) == Tally(correct=1, deletions=2, insertions=1)


def test_the_rate_of_nothing_is_not_a_number():
    assert math.isnan(Tally(insertions=3).rate)
    assert all(math.isnan(bound) for bound in interval([]))


def test_the_interval_holds_the_rate_and_is_the_same_every_time():
    rng = np.random.default_rng(3)
    tallies = [Tally(correct=10 - e, substitutions=e) for e in rng.integers(0, 5, 200)]
    low, high = interval(tallies)
    assert low < total(tallies).rate < high
    assert (low, high) == interval(tallies)
    assert bootstrap_rates(tallies).shape == (BOOTSTRAP_SAMPLES,)


def test_one_utterance_has_no_interval():
    assert all(map(math.isnan, interval([Tally(correct=3, substitutions=1)])))


def test_the_interval_of_independent_errors_is_as_wide_as_theory_says():
    rng = np.random.default_rng(4)
    tallies = [Tally(correct=1 - e, substitutions=e) for e in rng.integers(0, 2, 1000)]
    low, high = interval(tallies)
    assert abs((high - low) - 2 * 1.96 * 0.5 / math.sqrt(1000)) < 0.01


def test_hotwords_are_found_as_often_as_they_were_said_and_no_more():
    utterances = score({"u": "阳光保定", "v": "保定保定"}, {"u": "阳光保险", "v": "保定保定保定"}, "char")
    counts = count_hotwords(utterances, [tuple("保定"), tuple("保险")])
    assert counts["保 定"] == HotwordTally(said=3, found=2, false=1)
    assert counts["保 险"] == HotwordTally(said=0, found=0, false=1)
    assert sum(counts.values(), HotwordTally()).recall == 2 / 3


@random_cases(200)
def test_hotword_counts_equal_looking_everywhere(rng):
    texts = ["".join(rng.choice(list("ab"), rng.integers(0, 10))) for _ in range(2)]
    phrase = "".join(rng.choice(list("ab"), rng.integers(1, 4)))
    counts = count_hotwords(score({"u": texts[0]}, {"u": texts[1]}, "char"), [tuple(phrase)])
    said, heard = (sum(text.startswith(phrase, i) for i in range(len(text))) for text in texts)
    assert counts[" ".join(phrase)] == HotwordTally(said, min(said, heard), max(0, heard - said))


@random_cases(200)
def test_errors_inside_and_outside_hotwords_add_up_to_all(rng):
    reference, hypothesis = ("".join(rng.choice(list("abc"), rng.integers(0, 12))) for _ in range(2))
    utterances = score({"u": reference}, {"u": hypothesis}, "char")
    inside, outside = inside_and_outside(utterances, [("a", "b"), ("b", "c", "a")])
    assert inside + outside == utterances[0].tally


def test_an_insertion_in_the_middle_of_a_hotword_is_inside_and_one_beside_it_is_outside():
    inside, outside = inside_and_outside(score({"u": "xaby"}, {"u": "xaqbwy"}, "char"), [("a", "b")])
    assert inside == Tally(correct=2, insertions=1)
    assert outside == Tally(correct=2, insertions=1)


def test_a_clear_gain_is_more_than_chance_and_no_change_is_not():
    references = {f"u{i}": "一二三四五" for i in range(100)}
    bad = score(references, dict.fromkeys(references, "一二三四七"), "char")
    good = score(references, references, "char")
    assert chance_of_no_gain(bad, good) < 1e-9
    assert chance_of_no_gain(good, good) == 1
    assert [c.errors for c in changes(bad, good)] == [-1] * 100
    assert changes(good, good) == []


def test_a_gain_in_few_utterances_may_be_chance_even_if_all_of_them_gain():
    for count, chance in ((1, 0.5), (3, 0.125), (5, 0.03125)):
        references = {f"u{i}": "一二三四五" for i in range(count)}
        bad = score(references, dict.fromkeys(references, "一二三四七"), "char")
        assert chance_of_no_gain(bad, score(references, references, "char")) == chance
