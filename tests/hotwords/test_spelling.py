"""From phrases to units: every kind of model, and no phrase ever shortened."""

from itertools import pairwise, product

import numpy as np
import pytest

from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.kbest import k_best
from asrkit.hotwords.spelling import MAX_SPELLINGS, MAX_SPLITS, MAX_UNITS, Speller, Unspellable, spell_all
from tests.random_cases import random_cases

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
        (JOINED, "阳光hello", ["阳 光 hel@@ lo", "阳 光 he@@ llo", "阳 光 he@@ l@@ lo"]),
        (JOINED, "Hello 阳", ["hel@@ lo 阳", "he@@ llo 阳", "he@@ l@@ lo 阳"]),
        (JOINED, "ＨＥＬＬＯ", ["hel@@ lo", "he@@ llo", "he@@ l@@ lo"]),
        (JOINED, "IBM", ["ib@@ m", "i@@ bm", "i b m"]),
        (JOINED, "ibm", ["ib@@ m", "i@@ bm"]),
        (MARKED, "New York", ["▁new ▁york", "▁new ▁yo rk", "▁n ew ▁york", "▁n ew ▁yo rk"]),
        (MARKED, "new 你好", ["▁new ▁你 好", "▁n ew ▁你 好"]),
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
    assert spelled(Speller(TONED, words), "保定行") == ["bǎo dìng xíng", "bǎo xíng xíng"]  # the likelier first


def test_the_phrases_own_reading_comes_first_though_no_word_of_the_lexicon_is_read_so():
    table = UnitTable(("zhōng", *["ā", "ē", "ǎ", "ě", "dōng", "jiāo", "zēng", "céng", "guó", "fān"]))
    words = lexicon("东 dōng", "阿 ā", "胶 jiāo")
    assert spelled(Speller(table, words), "东阿阿胶") == ["dōng ē ē jiāo", "dōng ā ā jiāo"]
    assert spelled(Speller(table), "曾国藩") == ["céng guó fān", "zēng guó fān"]


def test_readings_come_in_the_order_of_their_likelihood_whatever_the_order_of_the_lexicon():
    syllables = ("bēng", "pián", "píng", "gǔ", "lù", "yù", "qū", "ōu", "zhōng")
    table = UnitTable(syllables)
    absurd = lexicon("平 bēng", "平 pián", "平 píng", "谷 lù", "谷 yù", "谷 gǔ", "区 ōu", "区 qū")
    assert spelled(Speller(table, absurd), "平谷区")[0] == "píng gǔ qū"
    assert spelled(Speller(table), "平谷区") == ["píng gǔ qū"]


def test_a_phrase_of_the_dictionary_is_read_in_its_context_only():
    assert spelled(Speller(TONED), "银行") == ["yín háng"]


def test_a_surname_has_its_own_reading_at_the_head_of_a_name_only():
    table = UnitTable(("zhōng", "rèn", "rén", "jiā", "lún", "qū", "ōu"))
    assert spelled(Speller(table), "任嘉伦"[:2]) == ["rèn jiā", "rén jiā"]
    assert spelled(Speller(table), "嘉区") == ["jiā qū"]
    assert spelled(Speller(table), "区嘉") == ["qū jiā", "ōu jiā"]


def test_the_lexicons_probabilities_rank_its_pronunciations():
    words = Lexicon((Pronunciation("保", ("xíng",), 0.1), Pronunciation("保", ("bǎo",), 0.9)))
    assert spelled(Speller(TONED, words), "保银") == ["bǎo yín", "xíng yín"]


def test_every_split_of_a_word_counts_though_the_lexicon_has_but_one():
    table = UnitTable(("<blank>", "▁HELLO", "▁HE", "▁H", "LL", "L", "O", "E", "▁WORLD"))
    words = lexicon("HELLO ▁HELLO", "WORLD ▁WORLD")
    splits = ["▁HELLO", "▁HE LL O", "▁H E LL O", "▁HE L L O", "▁H E L L O"]
    for speller in (Speller(table, words), Speller(table)):
        assert spelled(speller, "hello")[:2] == splits[:2]
        assert sorted(spelled(speller, "hello")) == sorted(splits)
        assert sorted(spelled(speller, "hello world")) == sorted(f"{split} ▁WORLD" for split in splits)


def test_splits_are_bounded_and_those_of_the_fewest_units_are_kept():
    speller = Speller(UnitTable(("▁a", "a", "aa", "▁aa")))
    found = speller.spell("a" * 30)
    assert len(found) == len(set(found)) == MAX_SPLITS
    assert len(found[0]) == 15 and all(len(units) <= 16 for units in found)


@pytest.mark.parametrize(
    ("units", "phrase", "spellings"),
    [
        (("▁你好", "▁你", "你", "好", "▁x"), "你好", ["▁你好", "▁你 好", "你 好"]),  # pieces of several characters
        (("▁", "你", "好", "▁x"), "你好", ["你 好", "▁ 你 好"]),  # ▁ by itself
        (("▁4", "4", "g", "▁x"), "4G", ["▁4 g", "4 g"]),
        (("▁用", "用", "▁do", "do", "ck", "er"), "用docker", ["用 ▁do ck er", "用 do ck er", "▁用 ▁do ck er"]),
        (("h", "e", "|", "o"), "he eo", ["h e | e o"]),  # a unit between words
        (("don't", "▁x", "▁don't"), "don’t", ["▁don't"]),
    ],
)
def test_whatever_units_a_text_may_come_out_as_are_spellings_of_it(units, phrase, spellings):
    assert set(spellings) <= set(spelled(Speller(UnitTable(units)), phrase))


@random_cases(200)
def test_splits_are_those_that_trying_all_of_them_finds(rng):
    letters = "abc"
    words = {"".join(rng.choice(list(letters), rng.integers(1, 4))) for _ in range(rng.integers(3, 9))}
    mark = rng.choice(["", "▁", "@@"])
    units = sorted(
        words | {f"▁{w}" if mark == "▁" else f"{w}{mark}" for w in words} | ({"▁x"} if mark == "▁" else set())
    )
    text = "".join(rng.choice(list(letters), rng.integers(1, 6)))
    table = UnitTable(tuple(units))
    obvious = set()
    for cuts in product([False, True], repeat=len(text) - 1):
        edges = [0, *(i for i, cut in enumerate(cuts, 1) if cut), len(text)]
        pieces = [text[a:b] for a, b in pairwise(edges)]
        if mark == "▁":
            pieces[0] = "▁" + pieces[0]
        if mark == "@@":
            pieces[:-1] = [piece + "@@" for piece in pieces[:-1]]
        if mark == "" and 1 < len(pieces) < len(text):
            continue
        if all(piece in table.index for piece in pieces):
            obvious.add(tuple(table.index[piece] for piece in pieces))
    try:
        found = set(Speller(table).spell(text))
    except Unspellable:
        found = set()
    assert found == obvious


@random_cases(200)
def test_the_k_best_ways_are_those_of_all_ways(rng):
    ends, most = int(rng.integers(1, 6)), int(rng.integers(1, 9))
    arcs = {}
    for end in range(1, ends + 1):
        for begin in range(end):
            if rng.random() < 0.7:
                sizes = rng.integers(1, 3, rng.integers(1, 4))
                ways = [(40 * rng.random(), tuple(rng.integers(0, 3, size).tolist())) for size in sizes]
                arcs.setdefault(end, []).append((begin, ways))

    def every(end):
        if end == 0:
            return [(0.0, ())]
        return [
            (cost + more, head + tail)
            for begin, ways in arcs.get(end, ())
            for cost, head in every(begin)
            for more, tail in ways
        ]

    least = {}
    for cost, units in every(ends):
        least[units] = min(cost, least.get(units, np.inf))
    ranked = sorted((cost, units) for units, cost in least.items())
    within = float(rng.choice([np.inf, 10.0]))
    ranked = [way for way in ranked if way[0] <= ranked[0][0] + within][:most]
    found = k_best(ends, lambda end: arcs.get(end, ()), most, within)[-1]
    assert [units for _, units in found] == [units for _, units in ranked]
    assert np.allclose([cost for cost, _ in found], [cost for cost, _ in ranked])


def test_the_units_that_a_list_gives_are_a_spelling_of_what_is_written():
    listed = [
        Phrase("阳 光 保 险", 2.0),
        Phrase("bǎo yín", label="户晨"),
        Phrase("HEL LO", label="HELLO_WORLD"),
    ]
    table = UnitTable((*TONED.units, *"阳光保险"))
    (first, second), (third,) = spell_all(listed, Speller(table))
    assert first.phrase == "阳光保险" and first.spellings[0] == tuple(table.index[c] for c in "阳光保险")
    assert second.phrase == "户晨" and second.spellings == ((table.index["bǎo"], table.index["yín"]),)
    assert third.phrase == "HEL LO"


def test_the_pieces_that_a_list_gives_are_one_split_of_their_word():
    pieces = UnitTable(("▁PER", "C", "ENT", "▁PERC", "▁HEL", "LO"))
    listed = [Phrase("▁PER C ENT"), Phrase("▁HEL LO ▁PERC ENT")]
    (percent, words), _ = spell_all(listed, Speller(pieces))
    splits = [[pieces.units[unit] for unit in units] for units in percent.spellings]
    assert percent.phrase == "PERCENT" and splits == [["▁PER", "C", "ENT"], ["▁PERC", "ENT"]]
    assert words.phrase == "HELLO PERCENT" and len(words.spellings) == 2
    ((hello,), _) = spell_all([Phrase("hel@@ lo 阳")], Speller(UnitTable(("hel@@", "lo", "阳"))))
    assert hello.phrase == "hello阳"


def test_one_name_said_in_two_ways_is_one_phrase():
    listed = [Phrase("bǎo", 1.0, label="保"), Phrase("yín", 3.0, label="保")]
    ((phrase,), _) = spell_all(listed, Speller(TONED))
    assert phrase.weight == 3.0 and len(phrase.spellings) == 2


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


def test_chinese_in_a_model_of_characters_takes_no_lattice_though_its_latin_words_have_pieces(monkeypatch):
    speller = Speller(JOINED)
    monkeypatch.setattr("asrkit.hotwords.wordpieces.k_best", None)
    monkeypatch.setattr("asrkit.hotwords.spelling.k_best", None)
    assert speller.spell("阳光") == ((JOINED.index["阳"], JOINED.index["光"]),)


@pytest.mark.parametrize("phrase", ["阳·光", "阳・光", "阳\u200b光", "\ufeff阳光"])
def test_dots_of_foreign_names_and_what_nobody_sees_are_not_spoken(phrase):
    assert spelled(Speller(CHARACTERS), phrase) == ["阳 光"]


def test_a_dot_that_is_a_unit_is_spoken():
    assert spelled(Speller(UnitTable(("阳", "·", "光"))), "阳·光") == ["阳 · 光"]


def test_letters_with_marks_of_their_own_are_the_letters_that_have_them():
    assert spelled(Speller(UnitTable(("é", "t"))), "e\u0301te\u0301") == ["é t é"]
    ((phrase,), _) = spell_all([Phrase("ba\u030co di\u0300ng", label="保定")], Speller(TONED))
    assert phrase.spellings == ((TONED.index["bǎo"], TONED.index["dìng"]),)
