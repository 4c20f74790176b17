"""What is written where a hotword is said: the graph's own words, or a phrase of the list (the law of written phrases).

Where units are sounds, several texts share one sequence of units, and the search, which matches units, lifts them all.
The text is chosen when the path is written: for each occurrence, the lowest of

    lm_scale · LM(own words)  − word_score · words − own bonus, if the own words are a phrase of the list
    lm_scale · LM(phrase)     − word_score · words − the phrase's own bonus

in the context of the words around it. LM(phrase) is the cost of its cheapest spelling: words of the graph that are
written like it, or else one unknown word. Where a word of the path lies across an edge of the phrase (去冬 in
去|东阿阿胶), the units that are left of it are said as other words of the graph, whose cost belongs to the phrase's. A
phrase whose own bonus is not above 0 takes nobody's place. In a closed vocabulary a phrase without spelling costs as
much as the words that it takes the place of, if it has the edges of words.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from asrkit.decode.phrase_place import Place, Track, between, exactly, otherwise, spelling
from asrkit.decode.words import Ways, WrittenWord, spans
from asrkit.graph.folder import GraphFolder
from asrkit.hotwords.graph import Match
from asrkit.search.constrained import Way
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options
from asrkit.search.path import Path
from asrkit.units.joining import Joiner, text_of

_REMEMBERED = 4096  # ways that are kept for the next reading


@dataclass(frozen=True, slots=True)
class Name:
    """A part of a text that is written otherwise.

    Attributes:
        first, last: the written words [first, last) that it takes the place of.
        parts: the words in their place.
        lm_cost: what that adds to the path's LM cost (nats, unscaled), if it is known.
        word_count: how many more words of the language model it counts for.
    """

    first: int
    last: int
    parts: tuple[str, ...]
    lm_cost: float = 0.0
    word_count: int = 0


@dataclass(frozen=True, slots=True)
class _Choice:
    total: float
    lm_cost: float
    word_count: int
    parts: tuple[str, ...]


class Namer:
    """Chooses the texts of hotwords on paths through one graph."""

    def __init__(self, folder: GraphFolder, graph: SearchGraph, ways: Ways, joiner: Joiner) -> None:
        """Make a namer of the graph in `folder`, opened as `graph`, whose words are said in these `ways`."""
        self._folder, self._graph, self._ways, self._joiner = folder, graph, ways, joiner
        self._unknown_name = folder.words.symbols[folder.unknown] if folder.unknown else None
        self._word_of: Mapping[int, str] = folder.words.symbols
        # The readings of an utterance are alike but for a place or two: what was found for one is found for all.
        self._cheapest = lru_cache(_REMEMBERED)(self._cheapest_way)
        self._exactly = lru_cache(_REMEMBERED)(lambda place, words: place.way(exactly(words), place.labels))

    @cached_property
    def _unknown_unit(self) -> int | None:
        """The label of a unit that the graph reads as the unknown word, None if there is none."""
        if not self._folder.unknown:
            return None
        index = self._folder.units.index
        said = self._ways.get(self._word_of[self._folder.unknown], ())
        return next((index[way[0]] + 1 for way in said if len(way) == 1 and way[0] in index), None)

    def names(
        self,
        path: Path,
        spelled: Sequence[tuple[int, int]],
        written: Sequence[WrittenWord],
        matches: Sequence[Match],
        options: Options,
    ) -> list[Name]:
        """Return what is written otherwise than the path has it, in order. Of overlapping phrases the longest counts.

        Args:
            path: of the search.
            spelled: the units [first, end) of each of its words.
            written: its words as they are written without a list.
            matches: complete occurrences of hotwords in its units.
            options: of the search; they tell lm_scale and word_score.
        """
        track = Track(self._graph, path) if matches else None
        firsts, ends = [word.first for word in written], [word.end for word in written]
        taken: set[int] = set()
        found = []
        for match in sorted(matches, key=lambda match: (match.start - match.end, match.start)):
            first, last = bisect_right(ends, match.start), bisect_left(firsts, match.end)
            if first >= last or not taken.isdisjoint(range(first, last)):
                continue
            words = written[first].words[0], written[last - 1].words[1]
            own_text = text_of(word.text for word in written[first:last])
            choice = self._chosen(track, path, spelled, words, own_text, match, options)
            if choice is not None:
                taken.update(range(first, last))
                if choice.parts:
                    found.append(Name(first, last, choice.parts, choice.lm_cost, choice.word_count))
        return sorted(found, key=lambda name: name.first)

    def _chosen(
        self,
        track: Track,
        path: Path,
        spelled: Sequence[tuple[int, int]],
        words: tuple[int, int],
        own_text: str,
        match: Match,
        options: Options,
    ) -> _Choice | None:
        """Return what is written for `match`, said as the path's words [begin, end); without parts: as it is.

        None if the list has nothing to say: it is written as the graph has it.
        """
        units = spelled[words[0]][0], spelled[words[1] - 1][1]  # of the words; the phrase may have fewer of them
        has_edges = units == (match.start, match.end)
        own = _listed_as(own_text, match) if has_edges else None
        rivals = [phrase for phrase in match.phrases if phrase != own and match.own_bonus(phrase) > 0]
        own_bonus = 0.0 if own is None else match.own_bonus(own)
        as_listed = () if own is None or own == own_text or own_bonus <= 0 else tuple(own.split())
        if not rivals and own_bonus >= 0:
            return None if own is None else _Choice(0.0, 0.0, 0, as_listed)
        place = Place.of(track, spelled, words, match)
        if place is None:
            return None
        count = words[1] - words[0]
        mine = self._exactly(place, tuple(track.words[words[0] : words[1]]))
        if mine is None:
            return None
        names = tuple(self._folder.units.units[unit] for unit in path.units[units[0] : units[1]].tolist())
        left, right = names[: match.start - units[0]], names[len(names) - (units[1] - match.end) :]

        def choice(way: Way, bonus: float, parts: tuple[str, ...], number: int) -> _Choice:
            total = options.lm_scale * way.cost - options.word_score * number - bonus
            return _Choice(total, way.cost - mine.cost, number - count, parts)

        choices = [choice(mine, own_bonus, as_listed, count)]
        if own_bonus < 0:
            other = place.way(otherwise(own_text, self._word_of, self._folder.unknown), place.labels)
            if other is not None:
                parts = tuple(self._word_of[word] for word in place.middle_words(other))
                choices.append(choice(other, 0.0, parts, len(parts)))
        for phrase in sorted(rivals, key=lambda phrase: (-match.own_bonus(phrase), phrase)):
            cheapest = self._cheapest(phrase, place, match.end - match.start, left, right)
            if cheapest is not None:
                way, before, behind = cheapest
                parts = (*before, *phrase.split(), *behind)
                choices.append(choice(way, match.own_bonus(phrase), parts, len(place.middle_words(way))))
            elif has_edges:
                choices.append(choice(mine, match.own_bonus(phrase), tuple(phrase.split()), count))
        best = min(choices, key=lambda one: one.total)
        if best is choices[0] and own is None:
            return None
        return best

    def _cheapest_way(
        self, phrase: str, place: Place, length: int, left: tuple[str, ...], right: tuple[str, ...]
    ) -> tuple[Way, list[str], list[str]] | None:
        """Return the cheapest spelling of a phrase of `length` units, and the words said as those on its sides."""
        in_words = between(left, spelling(phrase, self._word_of), right, self._ways, self._word_of)
        ways = [place.way(in_words, place.labels)]
        if self._unknown_unit is not None:
            extra = self._folder.unknown_cost * (length - 1)
            unknown = between(left, exactly([self._folder.unknown]), right, self._ways, self._word_of)
            ways.append(place.way(unknown, place.with_unit(self._unknown_unit), extra))
        best = min((way for way in ways if way is not None), key=lambda way: way.cost, default=None)
        if best is None:
            return None
        names = [self._word_of[word] for word in place.middle_words(best)]
        return best, self._beside(names, left), self._beside(names, right, at_end=True)

    def _beside(self, names: Sequence[str], units: Sequence[str], *, at_end: bool = False) -> list[str]:
        """Return how the first (or last) of the names, those that are said as the units, are written."""
        for count in range(1, len(names) + 1) if units else ():
            some = names[len(names) - count :] if at_end else names[:count]
            places = spans(some, units, self._ways)
            if places is not None:
                return [
                    text
                    for name, (first, end) in zip(some, places, strict=True)
                    for text in ([name] if name != self._unknown_name else self._texts(units[first:end]))
                ]
        return []

    def _texts(self, units: Sequence[str]) -> list[str]:
        return [word.text for word in self._joiner.words(units)]


def _listed_as(text: str, match: Match) -> str | None:
    """Return the phrase that `text` is, whatever its case, width and spaces; the same to the letter comes first."""
    if text in match.phrases:
        return text
    alike = [phrase for phrase in match.phrases if folded(phrase) == folded(text)]
    return max(alike, key=match.own_bonus, default=None)


def folded(text: str) -> str:
    """Return `text` as it is compared with a hotword: without spaces, case and width."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
