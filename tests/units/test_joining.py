"""Units to words and words to text: one way for greedy, graph, hotwords and n-best."""

import itertools

import pytest

from asrkit.formats.tokens import UnitTable
from asrkit.units.joining import Joiner, text_of
from asrkit.units.special import is_special
from tests.random_cases import random_cases

PARAFORMER = ("<blank>", "<s>", "</s>", "<unk>", *"今天气打开窗口号", "hel@@", "lo", "world", *"15.%:")
ENGLISH = (
    *("<blank>", "▁", "▁hel", "lo", "▁world", "▁hi", "你", "好", ".", "▁한국", "어", "<|zh|>", "<|HAPPY|>", "▁3"),
    *("<0xE4>", "<0xBD>", "<0xA0>"),
)
LETTERS = (" ", *"abcdefghijklmnopqrstuvwxyz'", "")
WAV2VEC = ("<pad>", "<s>", "</s>", "<unk>", "|", *"EHLOWRD'")
WENET = ("<blank>", "<unk>", "手", "机", "A", "P", "1", "0", "<sos/eos>")
WORDS = ("<blank>", "windows", "10", "update", "3", "4", "i", "want", "to", "go")
TONES = ("<blank>", "zhōng", "guó", "de", "ê̄")


@pytest.mark.parametrize(
    ("table", "units", "text"),
    [
        (PARAFORMER, "今 天 天 气", "今天天气"),
        (PARAFORMER, "打 开 hel@@ lo world 窗 口", "打开hello world窗口"),
        (PARAFORMER, "1 5 号", "15号"),
        (PARAFORMER, "1 . 5 5 天", "1.55天"),
        (PARAFORMER, "今 天 1 5 % lo", "今天15% lo"),
        (PARAFORMER, "1 : 5 5 打 开", "1:55打开"),
        (PARAFORMER, "lo . 5", "lo . 5"),
        (PARAFORMER, "% 1", "% 1"),
        (PARAFORMER, "<s> 今 <unk> 天 </s> <blank>", "今天"),
        (PARAFORMER, "hel@@ <unk> lo", "hello"),
        (PARAFORMER, "hel@@", "hel"),
        (PARAFORMER, "", ""),
        (ENGLISH, "▁hel lo ▁world", "hello world"),
        (ENGLISH, "hel lo", "hello"),
        (ENGLISH, "lo lo", "lolo"),
        (ENGLISH, "▁ 你 好 ▁hi", "你好hi"),
        (ENGLISH, "▁ hi ▁ ▁ lo", "hi lo"),
        (ENGLISH, "<|zh|> <|HAPPY|> 你 好", "你好"),
        (ENGLISH, "▁한국 어 ▁한국 어", "한국어 한국어"),
        (ENGLISH, "▁hi . ▁3", "hi. 3"),
        (ENGLISH, "▁hi <0xE4> <0xBD> <0xA0> ▁hi", "hi你hi"),
        (ENGLISH, "<0xE4> <0xBD>", "�"),
        (WAV2VEC, "| H E L L O | W O R L D |", "HELLO WORLD"),
        (WAV2VEC, "H E | | <pad> L O", "HE LO"),
        (WENET, "手 机 A P P 1 0", "手机APP10"),
        (WORDS, "windows 10 update", "windows 10 update"),
        (WORDS, "3 4", "3 4"),
        (WORDS, "i want to go", "i want to go"),
        (TONES, "zhōng guó de", "中国的"),
    ],
)
def test_units_become_the_text_that_a_person_writes(table, units, text):
    assert Joiner(UnitTable(table)).text(units.split()) == text


def test_a_space_is_a_unit_that_stands_between_words():
    table = UnitTable(LETTERS)
    assert Joiner(table).text(list(" i have  a good ")) == "i have a good"
    assert [(w.text, w.first, w.end) for w in Joiner(table).words(list("i ha"))] == [("i", 0, 1), ("ha", 2, 4)]


def test_a_bar_is_a_word_of_a_table_of_words_and_a_delimiter_in_one_of_letters():
    assert Joiner(UnitTable(("a|", "|", "word"))).text(["word", "|"]) == "word |"
    assert Joiner(UnitTable(("|", "a"))).text(["a", "|"]) == "a"


def test_a_unit_with_white_space_in_it_is_several_words():
    units = ("New York", "x\u3000y", "\0")
    assert [word.text for word in Joiner(UnitTable(units)).words(units)] == ["New", "York", "x", "y"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["windows", "10", "update"], "windows 10 update"),
        (["U.S.", "army"], "U.S. army"),
        (["100%", "sure"], "100% sure"),
        (["3", "4"], "3 4"),
        (["한국어", "음성", "인식"], "한국어 음성 인식"),
        (["韩国", "한국"], "韩国 한국"),
        (["こんにちは", "世界"], "こんにちは世界"),
        (["我", "用", "windows", "10", "更新"], "我用windows 10更新"),
        (["你好", "，", "hi"], "你好，hi"),
        (["don't", "-", "you"], "don't - you"),
        (["", "a", ""], "a"),
        ([], ""),
    ],
)
def test_spaces_stand_between_words_but_not_beside_ideographs(words, text):
    assert text_of(words) == text


@pytest.mark.parametrize(
    "unit", ["<blank>", "<unk>", "</s>", "<sos/eos>", "<|zh|>", "<pad>", "[PAD]", "[UNK]", "<OOV>", "<noise>"]
)
def test_special_units_are_no_text(unit):
    assert is_special(unit)
    assert Joiner(UnitTable((unit, "你"))).text([unit, "你", unit]) == "你"


@pytest.mark.parametrize("unit", ["<", ">", "<>", "[", "|", "<space>", "<0xE4>", "你", "a", "▁<", "<a b>"])
def test_these_units_are_not_special(unit):
    assert not is_special(unit)


@random_cases(200)
def test_words_hold_every_unit_with_text_once_and_in_order(rng):
    table = UnitTable([PARAFORMER, ENGLISH, WAV2VEC, WENET, WORDS, TONES][int(rng.integers(6))])
    units = [str(unit) for unit in rng.choice(table.units, rng.integers(0, 12))]
    joiner = Joiner(table)
    words = joiner.words(units)
    assert all(word.text and " " not in word.text for word in words)
    assert all(one.end <= other.first for one, other in itertools.pairwise(words))
    inside = {place for word in words for place in range(word.first, word.end)}
    silent = {place for place, unit in enumerate(units) if not joiner.words([unit])}
    assert inside | silent == set(range(len(units)))
    assert joiner.text(units) == text_of(word.text for word in words)
