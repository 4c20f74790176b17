"""The model's units: toned syllables, written with tone marks as a reader of pinyin expects them."""

from __future__ import annotations

import re
from functools import cache

from pypinyin import Style, lazy_pinyin, pinyin_dict
from pypinyin.contrib.tone_convert import tone3_to_tone

BLANK, START, END = "<blank>", "<s>", "</s>"
UNKNOWN = "<unk>"
BLANK_ID, START_ID, END_ID = 0, 1, 2

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_HUMMED = {"m", "n", "ng", "hm", "hng"}  # interjections without a vowel
_NEUTRAL = {"ge5"}  # said often and missing from the dictionary of single characters
_SYLLABLE = re.compile(r"[a-zü]+[1-5]")


def syllables_of(text: str) -> list[str] | None:
    """Return the toned syllables (`zhong1`, neutral tone 5, ü) of Chinese characters, or None if one has no reading."""
    found = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=True, errors="ignore")
    good = len(found) == len(text) and all(_SYLLABLE.fullmatch(s) for s in found)
    return found if good else None


def inventory() -> list[str]:
    """Return every toned syllable that a character of GB 2312 may have, and each base syllable with a neutral tone."""
    characters = [
        bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
    ]
    readings = {s for c in characters if c and ord(c) in pinyin_dict.pinyin_dict for s in _readings(c)}
    readings |= _NEUTRAL
    return sorted(s for s in readings if _SYLLABLE.fullmatch(s) and s[:-1] not in _HUMMED)


def tokens() -> list[str]:
    """Return the model's unit table in the order of its ids, syllables with tone marks."""
    return [BLANK, START, END, *(marked(s) for s in inventory()), UNKNOWN]


@cache
def marked(syllable: str) -> str:
    """Return `zhong1` as `zhōng`; the neutral tone 5 bears no mark."""
    return tone3_to_tone(syllable.replace("v", "ü"))


def initial_and_final(syllable: str) -> tuple[str, str]:
    """Return the two halves of a toned syllable: `zhong1` -> `zh`, `ong1`; the first may be empty."""
    initial = next((i for i in _INITIALS if syllable.startswith(i)), "")
    return initial, syllable[len(initial) :]


def _readings(character: str) -> list[str]:
    from pypinyin import pinyin

    return pinyin(character, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True, v_to_u=True)[0]
