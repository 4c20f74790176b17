"""From the words of a path to the words that are written: their units, pieces joined, names as their list has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from asrkit.formats.lexicon import Lexicon
from asrkit.hotwords.graph import Match
from asrkit.units.joining import Joiner, UnitWord, is_cjk

Ways = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A word of the text.

    Attributes:
        text: the word, without white space.
        first, end: its units, from the first up to (not including) the end.
        words: the places of the path's words that it was made from, likewise.
    """

    text: str
    first: int
    end: int
    words: tuple[int, int]


def ways_to_say(lexicon: Lexicon) -> dict[str, list[tuple[str, ...]]]:
    """Return word -> the units of each of its pronunciations."""
    ways: dict[str, list[tuple[str, ...]]] = {}
    for entry in lexicon.entries:
        ways.setdefault(entry.word, []).append(entry.units)
    return ways


def spans(words: Sequence[str], units: Sequence[str], ways: Ways) -> list[tuple[int, int]] | None:
    """Return (first, last + 1) of the units of each word, or None if the words do not spell the units.

    A word that the lexicon lacks, `<unk>`, is one unit. Where two ways fit, earlier words get fewer units.
    """
    units = tuple(units)

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
            inside = joins_next and not is_cjk(word[:1])
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
        if inside and parts and written and not is_cjk(written[-1].text[-1:]) and written[-1].end == parts[0].first:
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
    words: Sequence[WrittenWord], names: Mapping[int, tuple[int, str]], units: Sequence[str], joiner: Joiner
) -> list[WrittenWord]:
    """Return `words` with each of the `names`, as `unlisted_names` finds them, in their place.

    A name with spaces in it is several words. They share the units as the units' own word edges say, or else by how
    many characters each has.
    """
    written: list[WrittenWord] = []
    at = 0
    while at < len(words):
        if at not in names:
            written.append(words[at])
            at += 1
            continue
        last, name = names[at]
        replaced = words[at:last]
        first, end = replaced[0].first, replaced[-1].end
        for text, (start, stop) in zip(name.split(), _shares(name.split(), units[first:end], joiner), strict=True):
            inside = [word for word in replaced if word.first < first + stop and word.end > first + start]
            covered = (inside[0].words[0], inside[-1].words[1]) if inside else replaced[0].words
            written.append(WrittenWord(text, first + start, first + stop, covered))
        at = last
    return written


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
