"""Which readings Chinese characters and words have."""

import gzip
from importlib.resources import files

import pytest
from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import tone3_to_tone

from asrkit.acoustic.folder import GENERAL_GRAPH
from asrkit.formats import lexicon
from asrkit.text import pinyin

DEAD = {
    "平": "bēng",
    "市": "fú",
    "团": "qiú",
    "石": "dàn",
    "太": "tā",
    "登": "dé",
    "有": "wěi",
    "是": "tí",
    "说": "yuè",
}
ALIVE = {
    "行": ["xíng", "háng"], "的": ["de"], "地": ["dì", "de"], "得": ["dé", "de", "děi"], "长": ["zhǎng", "cháng"],
    "一": ["yī", "yì", "yí"], "不": ["bù", "bú"], "谁": ["shuí", "shéi"], "还": ["hái", "huán"], "了": ["le", "liǎo"],
}  # fmt: skip


def forms(readings):
    return [" ".join(tone3_to_tone(syllable) for syllable in reading) for reading in readings]


@pytest.mark.parametrize("character", DEAD)
def test_a_reading_that_only_dictionaries_list_is_none(character):
    assert DEAD[character] not in forms(pinyin.readings(character))


@pytest.mark.parametrize("character", ALIVE)
def test_what_is_said_stays_the_likeliest_first(character):
    assert sorted(forms(pinyin.readings(character))) == sorted(ALIVE[character])
    assert forms(pinyin.readings(character))[0] == ALIVE[character][0]


def test_a_word_is_read_as_its_dictionary_says_or_by_what_is_likely():
    assert forms(pinyin.readings("登录")) == ["dēng lù"]
    assert forms(pinyin.readings("东阿阿胶")) == ["dōng ē ē jiāo"]
    assert forms(pinyin.readings("曾志伟")) == ["céng zhì wěi", "zēng zhì wěi"]
    assert forms(pinyin.readings("朝阳")) == ["zhāo yáng", "cháo yáng"]  # the dictionary has both
    assert len(pinyin.readings("行长重" * 30)) <= pinyin.MAX_READINGS
    assert pinyin.readings("a保") is None


def test_no_word_of_the_shipped_graph_has_a_dead_reading():
    said = {(entry.word, entry.units) for entry in lexicon.parse(GENERAL_GRAPH / "lexicon.txt").entries}
    assert not said & {(character, (syllable,)) for character, syllable in DEAD.items()}
    assert ("登录", ("dé", "lù")) not in said and ("登录", ("dēng", "lù")) in said
    singles = {(word, units) for word, units in said if len(word) == 1}
    assert len(singles) < 1.15 * len({word for word, _ in singles})


def test_texts_are_read_as_pypinyin_reads_them():
    packed = files("asrkit.text").joinpath("words_zh.txt.gz").read_bytes()
    words = [line.split()[0] for line in gzip.decompress(packed).decode().splitlines()[::150]]
    for word in words:
        found, _ = pinyin.likely_reading(word)
        theirs = lazy_pinyin(word, Style.TONE3, errors=list, neutral_tone_with_five=True, v_to_u=True)
        assert [syllable or c for syllable, c in zip(found, word, strict=True)] == theirs


@pytest.mark.parametrize(
    ("syllable", "unit"), [("de5", "de0"), ("de5", "de"), ("nüe4", "nue4"), ("nüe4", "nve4"), ("nüe4", "nüè")]
)
def test_tables_write_a_syllable_in_many_ways(syllable, unit):
    assert unit in pinyin.spellings(syllable)


def test_a_character_said_in_the_neutral_tone_only_has_a_unit_where_the_model_lacks_that_tone():
    assert pinyin.unit_of("ma5", "吗", {"ma3": 0}) == "ma3"
    assert pinyin.unit_of("ma5", "吗", {"ma5": 0, "ma3": 1}) == "ma5"
