"""Readings of Chinese words as toned syllables, and how a model writes such syllables.

Readings come from pypinyin, the likeliest first: of a single character all of them, of a word that its dictionary of
phrases knows that phrase's, of other words the likeliest combinations. The neutral tone is 5: `de5`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

MAX_READINGS = 2  # of a word of several characters

_PROBES = ("zhōng", "zhong1", "shì", "shi4")


def is_syllabic(units: Mapping[str, int]) -> bool:
    """Return whether a model with these `units` writes Chinese as toned syllables."""
    return any(probe in units for probe in _PROBES)


def readings(word: str) -> list[tuple[str, ...]] | None:
    """Return the readings of `word`, such as ("bao3", "ding4"), distinct; None if a character has none."""
    from pypinyin import Style, pinyin

    style = {"style": Style.TONE3, "errors": "ignore", "neutral_tone_with_five": True, "v_to_u": True}
    likely = [first for first, *_ in pinyin(word, **style)]
    every = pinyin(word, heteronym=True, **style)
    if len(likely) != len(word) or len(every) != len(word):
        return None
    choices = [list(dict.fromkeys([first, *others])) for first, others in zip(likely, every, strict=True)]
    if len(word) == 1:
        return [(syllable,) for syllable in choices[0]]
    ranked: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for choice in choices:
        ranked = sorted(
            ((rank + i, (*head, syllable)) for rank, head in ranked for i, syllable in enumerate(choice)),
            key=lambda ranked_reading: ranked_reading[0],
        )[:MAX_READINGS]
    return [reading for _, reading in ranked]


@cache
def spellings(syllable: str) -> tuple[str, ...]:
    """Return how models write `syllable`, which is as in `readings`: `lü4`, `lv4`, `lǜ`; `de5`, `de`."""
    from pypinyin.contrib.tone_convert import tone3_to_tone

    plain = syllable.replace("ü", "v")
    forms = (syllable, plain, syllable.replace("ü", "u:"), tone3_to_tone(syllable))
    neutral = tuple(form.removesuffix("5") for form in (syllable, plain))
    return tuple(dict.fromkeys((*forms, *(neutral if syllable.endswith("5") else ()))))


def unit_of(syllable: str, character: str, units: Mapping[str, int]) -> str | None:
    """Return the unit that `syllable`, a reading of `character`, is in a model, or None.

    Where the model lacks a syllable in the neutral tone, the likeliest other reading of the character is taken.
    """
    unit = next((form for form in spellings(syllable) if form in units), None)
    if unit is None and syllable.endswith("5"):
        others = (other for (other,) in readings(character) or () if not other.endswith("5"))
        return next((found for other in others if (found := unit_of(other, character, units))), None)
    return unit
