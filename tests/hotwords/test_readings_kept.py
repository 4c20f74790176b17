"""A phrase never loses the reading that pypinyin's dictionary gives it, whatever the lexicon."""

import json

from pypinyin.constants import PHRASES_DICT

from asrkit.acoustic.folder import GENERAL_GRAPH, SHIPPED
from asrkit.formats import lexicon
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.spelling import Speller
from asrkit.text import pinyin

UNITS = UnitTable(tuple(json.loads((SHIPPED / "tokens.json").read_text("utf-8"))))
PHRASES = sorted(phrase for phrase in PHRASES_DICT if len(phrase) == len(PHRASES_DICT[phrase]) < 6)[::12]


def lost(speller):
    """Return the phrases of which no spelling is the dictionary's reading."""
    found = []
    for phrase in PHRASES:
        syllables = [pinyin.numbered(first) for first, *_ in PHRASES_DICT[phrase]]
        units = [pinyin.unit_of(syllable, c, UNITS.index) for syllable, c in zip(syllables, phrase, strict=True)]
        if None not in units and tuple(UNITS.index[unit] for unit in units) not in speller.spell(phrase):
            found.append(phrase)
    return found


def test_with_no_lexicon_and_with_the_general_graphs():
    assert len(PHRASES) > 3000
    assert lost(Speller(UNITS)) == []
    assert lost(Speller(UNITS, lexicon.parse(GENERAL_GRAPH / "lexicon.txt"))) == []


def test_with_a_lexicon_that_has_every_reading_that_ever_was():
    every = [
        Pronunciation(character, (unit,))
        for character in sorted(set("".join(PHRASES)))
        for syllable in sorted(pinyin._listed(character))
        if (unit := pinyin.unit_of(pinyin.numbered(syllable), character, UNITS.index))
    ]
    assert lost(Speller(UNITS, Lexicon(tuple(dict.fromkeys(every))))) == []
