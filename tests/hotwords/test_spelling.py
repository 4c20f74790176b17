"""From phrases to units: every kind of model, and no phrase ever shortened."""

import pytest

from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.spelling import MAX_SPELLINGS, MAX_UNITS, Speller, Unspellable, spell_all

CHARACTERS = UnitTable(("<blank>", "<s>", "</s>", *"阳光保险定公司二零", "<unk>"))
JOINED = UnitTable(("<blank>", *"阳光", "hel@@", "he@@", "l@@", "lo", "llo", *"ibm", "i@@", "bm", "ib@@", "<unk>"))
MARKED = UnitTable(("<blank>", "▁new", "▁york", "▁n", "ew", "▁yo", "rk", "▁你", "好"))
TONED = UnitTable(("<blank>", "bǎo", "dìng", "yín", "háng", "xíng", "zhōng", "de", "lǜ", "<unk>"))
NUMBERED = UnitTable(("bao3", "ding4", "zhong1", "lv4", "de5", "hang2", "xing2", "yin2"))


def lexicon(*lines):
    entries = [line.split() for line in lines]
    return Lexicon(tuple(Pronunciation(word, tuple(units)) for word, *units in entries))


def spelled(speller, phrase):
    return [" ".join(speller.units.units[unit] for unit in units) for units in speller.spell(phrase)]


@pytest.mark.parametrize(
    ("table", "phrase", "spellings"),
    [
        (CHARACTERS, "阳光保险", ["阳 光 保 险"]),
        (CHARACTERS, "阳光 保险", ["阳 光 保 险"]),
        (JOINED, "阳光hello", ["阳 光 hel@@ lo", "阳 光 he@@ llo"]),
        (JOINED, "Hello 阳", ["hel@@ lo 阳", "he@@ llo 阳"]),
        (JOINED, "ＨＥＬＬＯ", ["hel@@ lo", "he@@ llo"]),
        (JOINED, "IBM", ["ib@@ m", "i@@ bm", "i b m"]),
        (JOINED, "ibm", ["ib@@ m", "i@@ bm"]),
        (MARKED, "New York", ["▁new ▁york"]),
        (MARKED, "new 你好", ["▁new ▁你 好"]),
        (TONED, "保定", ["bǎo dìng"]),
        (TONED, "银行", ["yín háng"]),
        (TONED, "绿", ["lǜ"]),
        (TONED, "的", ["de"]),
        (NUMBERED, "保定", ["bao3 ding4"]),
        (NUMBERED, "绿的", ["lv4 de5"]),
    ],
)
def test_a_phrase_is_spelled_in_the_units_of_the_model(table, phrase, spellings):
    assert sorted(spelled(Speller(table), phrase)) == sorted(spellings)


def test_a_polyphone_out_of_context_has_several_spellings():
    assert spelled(Speller(TONED), "行") == ["xíng", "háng"]


def test_the_lexicon_decides_where_it_knows_the_phrase():
    words = lexicon("保定 bǎo xíng", "保定 bǎo dìng", "行 xíng")
    assert spelled(Speller(TONED, words), "保定") == ["bǎo xíng", "bǎo dìng"]
    assert spelled(Speller(TONED, words), "保定行") == ["bǎo xíng xíng", "bǎo dìng xíng"]


def test_the_fewest_words_of_the_lexicon_are_taken():
    words = lexicon("银 yín", "行 xíng", "银行 yín háng")
    assert spelled(Speller(TONED, words), "银行行") == ["yín háng xíng"]


def test_lexicon_words_and_units_mix():
    words = lexicon("IBM bǎo", "保 dìng")
    assert spelled(Speller(TONED, words), "ibm银保") == ["bǎo yín dìng"]


def test_a_word_of_the_lexicon_never_ends_inside_a_run_of_letters():
    words = lexicon("new yín", "newer háng", "er xíng")
    with pytest.raises(Unspellable, match="no unit for 'news'"):
        Speller(TONED, words).spell("news")
    assert spelled(Speller(TONED, words), "new er") == ["yín xíng"]


def test_case_and_width_count_where_they_are_not_folded():
    assert spelled(Speller(JOINED, fold_case=False), "阳hello") != []
    with pytest.raises(Unspellable):
        Speller(JOINED, fold_case=False).spell("Hello")
    with pytest.raises(Unspellable):
        Speller(JOINED, fold_width=False).spell("ｈello")


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("阳光é", "no unit for 'é'"),
        ("阳光X险", "no unit for 'X'"),
        ("阳\x1f光", "no unit for"),
        ("阳\x07光", "no unit for"),
        ("保险2", "write digits as they are spoken"),
        ("保险，", "no unit for '，'|no unit for ','"),
        ("   ", "nothing of it"),
        ("<unk>", "no unit for '<'"),
        ("阳" * (MAX_UNITS + 1), "line ends"),
        ("阳 " * 10_000, "line ends"),
    ],
)
def test_a_phrase_that_cannot_be_spelled_whole_is_refused_whole(phrase, reason):
    with pytest.raises(Unspellable, match=reason):
        Speller(CHARACTERS).spell(phrase)


def test_a_lexicon_made_for_another_model_is_told():
    with pytest.raises(Unspellable, match="the lexicon spells '保' by 'bao3', which the model lacks"):
        Speller(MARKED, lexicon("保 bao3")).spell("保")


def test_there_are_never_too_many_spellings():
    words = lexicon(*(f"保 {unit}" for unit in TONED.units[1:6]))
    found = Speller(TONED, words).spell("保保保保保")
    assert len(found) == len(set(found)) == MAX_SPELLINGS


def test_the_refused_are_reported_and_the_others_kept():
    listed = [Phrase("阳光", 1.0, line=1), Phrase("阳é", 2.0, line=2), Phrase("保险", -1.0, line=3)]
    phrases, refused = spell_all(listed, Speller(CHARACTERS))
    assert [(p.phrase, p.weight, p.line) for p in phrases] == [("阳光", 1.0, 1), ("保险", -1.0, 3)]
    assert [(r.phrase, r.line) for r in refused] == [("阳é", 2)]


def test_a_very_long_run_of_letters_is_looked_up_by_pieces_no_longer_than_a_unit():
    asked = []

    class Table(dict):
        def get(self, key, default=None):
            asked.append(key)
            return super().get(key, default)

    speller = Speller(UnitTable(("<blank>", *"ab", "a@@", "b@@", "ab@@")))
    speller._unit = Table(speller._unit)
    with pytest.raises(Unspellable, match="999 units"):
        speller.spell("ba" * 500 + "b" * 499)
    assert len(asked) < 5 * 1500
