"""Chinese in a model of toned syllables: how characters, words and whole phrases are read, and how likely that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log

from asrkit.hotwords.kbest import Labels, Way
from asrkit.text import pinyin

LEAST_RATIO = 0.01  # a reading that no text or phrase supports is this likely, measured by the likeliest
_OF_SURNAME = 0.3  # likewise, how a surname is read at the head of a name
_LONGEST_NAME = 4


class Syllables:
    """Reads Chinese in the units of a model; costs are −ln of how likely a reading is, measured by the likeliest."""

    def __init__(self, units: Mapping[str, int]) -> None:
        """`units`: syllables, as the model writes them, and their ids."""
        self._units = units
        self._unit: dict[tuple[str, str], int | None] = {}
        self._ways: dict[str, list[Way]] = {}
        self._ratios: dict[str, dict[int, float]] = {}

    def called(self, name: str) -> int | None:
        """Return the unit of the syllable `name`, which is written in any way, as in `hù` or `hu4`."""
        forms = pinyin.spellings(pinyin.numbered(name))
        return next((self._units[form] for form in forms if form in self._units), None)

    def read(self, text: str) -> list[tuple[int | None, bool]]:
        """Return for each character of `text` the unit as which pypinyin reads it there, and whether a phrase of its
        dictionary says so; None where the model or pypinyin has none.
        """
        syllables, is_known = pinyin.likely_reading(text)
        units = [s and self._of(s, c) for s, c in zip(syllables, text, strict=True)]
        return list(zip(units, is_known, strict=True))  # type: ignore[arg-type]

    def ways(self, character: str) -> list[Way]:
        """Return the living readings of `character`, the likeliest first."""
        if character not in self._ways:
            ratios = self._ratios_of(character)
            self._ways[character] = sorted((-log(max(ratio, LEAST_RATIO)), (unit,)) for unit, ratio in ratios.items())
        return self._ways[character]

    def of_word(self, word: str, readings: Iterable[Labels]) -> list[Way]:
        """Return `readings` of `word`, which a lexicon gives, with their costs, the likeliest first."""
        ways = []
        for reading in readings:
            pairs = zip(word, reading, strict=True) if len(word) == len(reading) else ()
            ways.append((-sum(log(max(self._ratios_of(c).get(u, 0.0), LEAST_RATIO)) for c, u in pairs), reading))
        least = min(cost for cost, _ in ways)
        return sorted(((cost - least, reading) for cost, reading in ways), key=lambda way: way[0])

    def of_surname(self, name: str) -> list[Way]:
        """Return how the first character of `name` may be read if it is a surname, [] unless that is another way."""
        syllable = pinyin.of_surname(name[0]) if 1 < len(name) <= _LONGEST_NAME else None
        unit = None if syllable is None else self._of(syllable, name[0])
        return [] if unit is None else [(-log(_OF_SURNAME), (unit,))]

    def _of(self, syllable: str, character: str) -> int | None:
        key = syllable, character
        if key not in self._unit:
            unit = pinyin.unit_of(syllable, character, self._units)
            self._unit[key] = None if unit is None else self._units[unit]
        return self._unit[key]

    def _ratios_of(self, character: str) -> dict[int, float]:
        if character not in self._ratios:
            ratios: dict[int, float] = {}
            shares = pinyin.likelihoods(character)
            most = max(shares.values(), default=1.0)
            for syllable, share in shares.items():
                unit = self._of(syllable, character)
                if unit is not None:
                    ratios[unit] = max(ratios.get(unit, 0.0), share / most)
            self._ratios[character] = ratios
        return self._ratios[character]
