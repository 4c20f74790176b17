import unicodedata

import pytest

from asrkit.text.normalise import JOINERS, Normaliser
from tests.random_cases import random_cases

_FORMS = [Normaliser(a, b, c) for a in (True, False) for b in (True, False) for c in (True, False)]
_LETTERS = [*list("aB1 ,.'-&’:。，３Ａé中国\n\t\u200b\u3000ﬁǅİßΣ́℃…ⅣḀ\u2028"), "\r\n", "1,000", "10-20"]


def one_space(text):
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("raw", "made"),
    [
        ("ＡＢＣ，３．１４！", "abc 3.14"),
        ("don't “worry” about it's '90s'", "don't worry about it's 90s"),
        ("在2010-2012年，covid-19、AT&T。", "在2010 2012年 covid-19 at&t"),
        ("1,000.5 1,00 3,4 12,345,678 1,0000", "1,000.5 1 00 3 4 12,345,678 1 0000"),
        ("零\u200b宽 空\u3000格\t制表", "零宽 空 格 制表"),
        ("...a.b.-c-", "a.b c"),
        ("ﬁne Ⅳ ℡", "fine iv tel"),
        ("50% + $3 = ?", "50 3"),
    ],
)
def test_text_gets_one_spelling(raw, made):
    assert one_space(Normaliser()(raw)) == made


def test_kept_punctuation_is_set_apart_only_where_it_joins_nothing():
    assert one_space(Normaliser(remove_punctuation=False)("a-b c. '1,000'，3-4")) == "a-b c . ' 1,000 ' , 3 - 4"


def test_steps_can_be_left_out():
    assert Normaliser(nfkc=False)("ＡB") == "ａb"
    assert Normaliser(fold_case=False)("ＡB") == "AB"


@random_cases(300)
def test_normalising_again_changes_nothing_and_lines_stay(rng):
    odd = [chr(code) for code in rng.integers(0, 0x30000, 20) if not 0xD800 <= code < 0xE000]
    raw = "".join(rng.choice(_LETTERS + odd, rng.integers(0, 60)))
    for normalise in _FORMS:
        made = normalise(raw)
        assert one_space(normalise(made)) == one_space(made)
        assert made.count("\n") == raw.count("\n")


@random_cases(100)
def test_no_punctuation_or_invisible_character_is_left(rng):
    codes = [code for code in rng.integers(0, 0x30000, 200) if not 0xD800 <= code < 0xE000]
    made = Normaliser()("".join(map(chr, codes)))
    for character in made:
        category = unicodedata.category(character)
        assert character in JOINERS + " \n" or category[0] not in "PSZ", repr(character)
        assert category not in ("Cf", "Cc") or character == "\n"
