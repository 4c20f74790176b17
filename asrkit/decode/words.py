"""Which units each word of a path was said with, so that words get times; and names that no word of a graph spells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from asrkit.formats.lexicon import Lexicon
from asrkit.hotwords.graph import Match

Ways = Mapping[str, Sequence[tuple[str, ...]]]


def ways_to_say(lexicon: Lexicon, delimiter: str | None = None) -> dict[str, list[tuple[str, ...]]]:
    """Return word -> the units of each of its pronunciations, without the unit `delimiter` between words."""
    ways: dict[str, list[tuple[str, ...]]] = {}
    for entry in lexicon.entries:
        said = entry.units
        if delimiter is not None:
            said = tuple(unit for unit in said if unit != delimiter)
        if said and said not in (known := ways.setdefault(entry.word, [])):
            known.append(said)
    return ways


def spans(
    words: Sequence[str], units: Sequence[str], ways: Ways, delimiter: str | None = None
) -> list[tuple[int, int]] | None:
    """Return (first, last + 1) of the units of each word, or None if the words do not spell the units.

    A word that the lexicon lacks, `<unk>`, is one unit. Where two ways fit, earlier words get fewer units. The unit
    `delimiter` between words belongs to none of them.
    """
    units = tuple(units)
    if delimiter in units:
        places = [i for i, unit in enumerate(units) if unit != delimiter]
        found = spans(words, [units[i] for i in places], ways)
        return None if found is None else [(places[first], places[last - 1] + 1) for first, last in found]

    def lengths(word: str, at: int) -> set[int]:
        """How many units `word` may take from `at` on."""
        if word not in ways:
            return {1} if at < len(units) else set()
        return {len(way) for way in ways[word] if units[at : at + len(way)] == way}

    begins = [{0}]  # of each word: where it may begin after the words before it
    for word in words:
        begins.append({at + length for at in begins[-1] for length in lengths(word, at)})
    if len(units) not in begins[-1]:
        return None
    ends = [{len(units)}]  # of each word: where it may end so that the words behind it fit; the last word's first
    for number in range(len(words) - 1, 0, -1):
        fits = ends[-1]
        ends.append({at for at in begins[number] if any(at + length in fits for length in lengths(words[number], at))})
    found, at = [], 0
    for word, fits in zip(words, reversed(ends), strict=False):
        end = min(at + length for length in lengths(word, at) if at + length in fits)
        found.append((at, end))
        at = end
    return found


def unlisted_names(
    spelled: Sequence[tuple[int, int]], matches: Iterable[Match], is_word: Callable[[str], bool]
) -> dict[int, tuple[int, str]]:
    """Return the matches that are written as their phrase: number of the first word -> (the last + 1, phrase).

    A graph whose units are sounds writes a name that is none of its words as words, or units, that sound alike. Only
    the list of hotwords knows how it is written; among the graph's own words the language model chooses, as ever.
    Where such matches overlap, the longest counts, then the first.

    Args:
        spelled: the units [first, last) of each word, as `spans` gives them.
        matches: complete occurrences of hotwords; one counts if it begins and ends where words do.
        is_word: whether the graph has a word.
    """
    first_at = {first: number for number, (first, _) in enumerate(spelled)}
    last_at = {last: number + 1 for number, (_, last) in enumerate(spelled)}
    names: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    for match in sorted(matches, key=lambda match: (match.start - match.end, match.start)):
        unlisted = [phrase for phrase in match.phrases if not is_word(phrase)]
        if len(unlisted) < len(match.phrases) or match.start not in first_at or match.end not in last_at:
            continue
        first, last = first_at[match.start], last_at[match.end]
        if taken.isdisjoint(range(first, last)):
            taken.update(range(first, last))
            names[first] = last, unlisted[0]
    return names
