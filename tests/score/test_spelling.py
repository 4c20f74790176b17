"""What is made alike or left out before texts are compared, and that the counts are those of jiwer."""

import re
import sys

import jiwer
import pytest

from asrkit.errors import AsrkitError
from asrkit.score.rates import score, total
from asrkit.score.spelling import PROFILES, Rules, Spelling, combined, read_fillers, told
from tests.random_cases import random_cases


def alike(first, second, **rules):
    spelling = Spelling(Rules(**rules))
    return spelling.units(first) == spelling.units(second)


@pytest.mark.parametrize("mark", "’‘ʼ＇`")
def test_every_apostrophe_is_the_same_unless_they_are_to_differ(mark):
    assert alike(f"don{mark}t", "don't")
    assert not alike("don’t", "don't", keep_apostrophes=True)
    assert not alike("dont", "don't")


@pytest.mark.parametrize(
    ("first", "second"),
    [("C++", "C"), ("C#", "C"), ("F# 语言", "F 语言"), ("-5 度", "5 度"), ("零下到−5度", "零下到5度"), ("(-5)", "5"),
     ("涨了 50%", "涨了 50"), ("$5", "5"), ("-.5", ".5"), ("１００％", "100")],
)  # fmt: skip
def test_marks_that_carry_meaning_are_no_punctuation(first, second):
    assert not alike(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("Ｃ＋＋", "c++"), ("－5", "-5"), ("−5", "-5"), ("3-5", "3 5"), ("5月-6月", "5月6月"), ("2010-2012", "2010 2012"),
     ("- 5", "5"), ("你好,世界!", "你好世界"), ("a+b", "a b"), ("Hello, World.", "hello world"),
     ("#1", "1"), ("--5", "5")],
)  # fmt: skip
def test_what_is_punctuation_still_makes_no_difference(first, second):
    assert alike(first, second)


def test_tags_go_with_what_is_in_them_and_only_when_asked():
    tagged = "[noise]你好<unk> {laugh}世界【笑】<SPK A>(真的) a < b and c > d"
    assert alike(tagged, "你好世界 (真的) a b and c d", drop_tags=True)
    assert not alike("[noise] 你好", "你好")


def test_fillers_are_whole_words_and_the_longest_counts():
    fillers = ("uh", "you know", "嗯", "那个")
    assert alike("uh 嗯我去那个保定 you know", "我去保定", fillers=fillers)
    assert not alike("uhura you", "ura", fillers=fillers)
    assert alike("Uh, UH 嗯", "", fillers=fillers)
    with pytest.raises(AsrkitError, match=r"the filler '\.\.' has no word in it"):
        Spelling(Rules(fillers=("..",)))


def test_traditional_characters_are_simplified_ones_when_asked():
    assert alike("漢語數據後天發財", "汉语数据后天发财", simplified=True)
    assert not alike("漢語", "汉语")


def test_without_the_package_the_refusal_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(AsrkitError, match="need the package opencc-python-reimplemented; install it with: pip install"):
        Spelling(Rules(simplified=True))


@pytest.mark.parametrize(
    ("first", "second", "are"),
    [("1,234.5", "1234.5", True), ("1,234,567", "1234567", True), ("1'234", "1234", True), ("１，２３４", "1234", True),
     ("12,34", "1234", False), ("1,2345", "12345", False), ("1,234.5", "1234", False)],
)  # fmt: skip
def test_separators_of_thousands_go_when_asked(first, second, are):
    assert alike(first, second, plain_numbers=True) == are
    assert not alike(first, second)


def test_what_was_changed_is_counted_on_each_side():
    reference, hypothesis = Spelling(PROFILES["mandarin"]), Spelling(PROFILES["mandarin"])
    reference("[noise] 嗯，漢語 don’t <x>")
    hypothesis("1,234 汉语")
    assert told(reference.counts, hypothesis.counts) == (
        "made alike or left out (reference and hypothesis): tags 2 and 0, fillers 1 and 0, "
        "traditional characters 2 and 0, numbers 0 and 1, apostrophes 1 and 0"
    )
    assert told(Spelling().counts, Spelling().counts) is None


def test_the_rules_are_stated():
    assert str(Rules()) == "counted: mixed; differences that count besides words: none"
    assert "word; " in str(PROFILES["english"]) and "12 fillers left out" in str(PROFILES["english"])
    assert "width, case, punctuation, apostrophes" in str(PROFILES["strict"])


def test_options_add_to_a_profile():
    rules = combined("english", "char", ("x",), keep_case=True, drop_tags=False)
    assert rules == Rules("char", keep_case=True, drop_tags=True, fillers=("x",), plain_numbers=True)
    assert combined(None, None, None) == Rules()


def test_a_list_without_fillers_is_refused(tmp_path):
    (tmp_path / "f").write_text("\n")
    with pytest.raises(AsrkitError, match="no filler stands in this file"):
        read_fillers(tmp_path / "f")


_LATIN = ["the", "cat", "don’t", "don't", "DON'T", "C++", "C", "[noise]", "<unk>", "uh", "um", "end.", "end"]
_WORDS = [*_LATIN, "-5", "5", "1,234.5", "1234.5", "50%", "50", "你", "好", "漢", "汉"]


@random_cases(100)
def test_what_was_made_alike_stays_so(rng):
    text = " ".join(rng.choice(_WORDS, 12))
    for rules in PROFILES.values():
        spelling = Spelling(rules)
        assert spelling(spelling(text)) == spelling(text)


def _of_jiwer(references, hypotheses):
    found = jiwer.process_words(references, hypotheses)
    return found.hits, found.substitutions, found.deletions, found.insertions


def _ours(references, hypotheses, rules):
    spelling = Spelling(rules)
    sides = ({str(n): spelling(text) for n, text in enumerate(texts)} for texts in (references, hypotheses))
    tally = total(one.tally for one in score(*sides, rules.unit))
    return tally.correct, tally.substitutions, tally.deletions, tally.insertions


def _spoilt(rng, words, vocabulary):
    """Return `words` with some left out, some others in their place and some more."""
    made = []
    for word in words:
        kind = rng.random()
        made += [] if kind < 0.1 else [rng.choice(vocabulary)] if kind < 0.3 else [word]
        made += [rng.choice(vocabulary)] if rng.random() < 0.1 else []
    return made or [vocabulary[0]]


@random_cases(1)
def test_the_errors_of_300_utterances_are_those_of_jiwer(rng):
    vocabulary = [f"w{number}" for number in range(30)]
    references = [list(rng.choice(vocabulary, rng.integers(1, 12))) for _ in range(300)]
    hypotheses = [_spoilt(rng, words, vocabulary) for words in references]
    sides = [[" ".join(words) for words in texts] for texts in (references, hypotheses)]
    ours = _ours(*sides, Rules(unit="word"))
    assert ours == _of_jiwer(*sides) and sum(ours[1:]) > 300


def _by_hand(text):
    """The rules `english`, with the profile's fillers, as somebody writes them for jiwer."""
    text = re.sub(r"\[.*?\]|<\S.*?>|\{.*?\}|【.*?】", " ", text.lower().replace("’", "'"))
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text).replace("end.", "end")
    return " ".join(word for word in text.split() if word not in ("uh", "um")) or "w"


@random_cases(20)
def test_the_rules_on_mixed_text_give_the_counts_of_jiwer_on_what_they_leave(rng):
    references = [list(rng.choice(_WORDS, rng.integers(2, 15))) for _ in range(20)]
    hypotheses = [_spoilt(rng, words, _WORDS) for words in references]
    sides = [["w " + " ".join(words) for words in texts] for texts in (references, hypotheses)]
    assert _ours(*sides, PROFILES["english"]) == _of_jiwer(*([_by_hand(text) for text in texts] for texts in sides))
