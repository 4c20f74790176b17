"""The most frequent character of each toned syllable, by which a model of syllables is written where no word is known.

The table `syllables_zh.txt` has a line `<syllable> <character>` for each syllable, such as `zhong1 中`; it is made by
lexicons/make_syllables_zh.py from the counts of the Chinese words that come with asrkit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from asrkit.formats.fields import rows
from asrkit.formats.tokens import UnitTable
from asrkit.text.pinyin import is_syllabic, spellings

TABLE = Path(__file__).with_name("syllables_zh.txt")


def characters_of(units: UnitTable) -> Mapping[str, str]:
    """Return unit -> character for the units of a model that writes Chinese as toned syllables; else nothing."""
    if not is_syllabic(units.index):
        return {}
    return {unit: character for unit, character in _characters().items() if unit in units.index}


@cache
def _characters() -> Mapping[str, str]:
    """Return syllable, as any model may write it -> character."""
    characters: dict[str, str] = {}
    for _, _, (syllable, character) in rows(TABLE):
        for unit in spellings(syllable):
            characters.setdefault(unit, character)
    return characters
