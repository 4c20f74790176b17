"""From the words of a path to the words that are written: their units, pieces joined, names as their list has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from asrkit.formats.lexicon import Lexicon
from asrkit.formats.specials import has_no_spaces
from asrkit.units.joining import Joiner, UnitWord

Ways = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A word of the text.

    Attributes:
        text: the word, without white space.
        first, end: its units, from the first up to (not including) the end.
        words: the places of the path's words that it was made from, likewise.
        named: whether a hotword list wrote it in the place of the path's own words.
    """

    text: str
    first: int
    end: int
    words: tuple[int, int]
    named: bool = False


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


def written_words(
    words: Sequence[str | None], spelled: Sequence[tuple[int, int]], units: Sequence[str], joiner: Joiner
) -> list[WrittenWord]:
    """Return what is written for the words of a path, in order.

    A word of the graph is written as it is. What the graph does not know comes out unit by unit; such units are joined
    as everywhere (`Joiner`), with each other and, where a mark of theirs says so, with the word beside them. Units
    without text are no word.

    Args:
        words: the words of the path; None for the unknown word, which was said as the units that it spans.
        spelled: the units [first, end) of each word, as `spans` gives them.
        units: all units of the path.
        joiner: of the model's unit table.
    """
    written: list[WrittenWord] = []
    joins_next = False  # the last unit, of an unknown word, ends in `@@`
    number = 0
    while number < len(words):
        first, end = spelled[number]
        word = words[number]
        if word is not None:
            parts = [WrittenWord(word, first, end, (number, number + 1))]
            inside = joins_next and not has_no_spaces(word[:1])
            joins_next = False
            number += 1
        else:
            begin = number
            while number < len(words) and words[number] is None:
                number += 1
            end = spelled[number - 1][1]
            found = joiner.words(units[first:end])
            parts = [_from_units(part, first, begin, spelled) for part in found]
            inside = bool(parts) and joiner.is_inside(units[parts[0].first])
            joins_next = joiner.goes_on(units[end - 1])
        inside = inside and bool(parts and written) and written[-1].end == parts[0].first
        if inside and not has_no_spaces(written[-1].text[-1:]):
            before, after = written.pop(), parts[0]
            parts[0] = WrittenWord(before.text + after.text, before.first, after.end, (before.words[0], after.words[1]))
        written += parts
    return written


def _from_units(part: UnitWord, first: int, begin: int, spelled: Sequence[tuple[int, int]]) -> WrittenWord:
    """Return a word of unknown units; `first` and `begin` are the unit and the word at which they start."""
    start, end = first + part.first, first + part.end
    inside = [n for n in range(begin, len(spelled)) if spelled[n][0] < end and spelled[n][1] > start]
    return WrittenWord(part.text, start, end, (inside[0], inside[-1] + 1))


def with_names(
    words: Sequence[WrittenWord], names: Iterable[tuple[int, int, Sequence[str]]], units: Sequence[str], joiner: Joiner
) -> list[WrittenWord]:
    """Return `words` with the names in their place.

    The words of a name share the units as the units' own word edges say, or else by how many characters each has.

    Args:
        words: as they are written without names.
        names: the words [first, last) and what is written in their place; none overlaps another.
        units: of the path.
        joiner: of the model's unit table.
    """
    written, at = [], 0
    for first, last, parts in sorted(names):
        written += words[at:first]
        replaced = words[first:last]
        start = replaced[0].first
        shares = _shares(parts, units[start : replaced[-1].end], joiner)
        for text, (begin, end) in zip(parts, shares, strict=True):
            inside = [word for word in replaced if word.first < start + end and word.end > start + begin]
            written.append(
                WrittenWord(text, start + begin, start + end, (inside[0].words[0], inside[-1].words[1]), named=True)
            )
        at = last
    return [*written, *words[at:]]


def _shares(parts: Sequence[str], units: Sequence[str], joiner: Joiner) -> list[tuple[int, int]]:
    """Return the units [first, end) of each part of a name; where parts outnumber units, some share one."""
    own = joiner.words(units)
    if len(own) == len(parts) > 1:
        return [(word.first, word.end) for word in own]
    total, before, shares = sum(map(len, parts)), 0, []
    for part in parts:
        start = min(before * len(units) // total, len(units) - 1)
        before += len(part)
        shares.append((start, max(start + 1, before * len(units) // total)))
    return shares
