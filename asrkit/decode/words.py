"""Which units each word of a path was said with, so that words get times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from asrkit.formats.lexicon import Lexicon

Ways = Mapping[str, frozenset[tuple[int, ...]]]


def ways_to_say(lexicon: Lexicon, unit_index: Mapping[str, int]) -> dict[str, frozenset[tuple[int, ...]]]:
    """Return word -> its pronunciations as model ids."""
    ways: dict[str, set[tuple[int, ...]]] = {}
    for entry in lexicon.entries:
        ways.setdefault(entry.word, set()).add(tuple(unit_index[unit] for unit in entry.units))
    return {word: frozenset(found) for word, found in ways.items()}


def spans(words: Sequence[str], units: Sequence[int], ways: Ways) -> list[tuple[int, int]] | None:
    """Return (first, last + 1) of the units of each word, or None if the words do not spell the units.

    A word that the lexicon lacks, `<unk>`, is one unit. Where two ways fit, earlier words get fewer units.
    """

    @cache
    def ends_from(word: int, at: int) -> tuple[int, ...] | None:
        """The ends of the words from number `word` on, if they spell the units from `at` on."""
        if word == len(words):
            return () if at == len(units) else None
        lengths = {len(way) for way in ways.get(words[word], ()) if tuple(units[at : at + len(way)]) == way}
        if words[word] not in ways:
            lengths = {1} if at < len(units) else set()
        for length in sorted(lengths):
            rest = ends_from(word + 1, at + length)
            if rest is not None:
                return (at + length, *rest)
        return None

    ends = ends_from(0, 0)
    return None if ends is None else list(zip((0, *ends), ends, strict=False))
