"""Where on a path a hotword is said, and the cheapest ways of the graph to say other words there.

A *middle* is an acceptor of the words between those before and behind the place, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from asrkit.decode.words import Ways
from asrkit.hotwords.graph import Match
from asrkit.search.constrained import Follow, Node, Way, cheapest_way
from asrkit.search.graph import SearchGraph
from asrkit.search.path import Path, says_new_unit
from asrkit.units.joining import text_of

CONTEXT = 8  # words before and after a place, in which the language model may forget what was written
_MOST_ALIKE = 3  # equal labels in a row that matter in a CTC graph


@dataclass(frozen=True)
class Middle:
    """An acceptor of the words between those before and behind a phrase."""

    first: Node
    follow: Follow
    is_last: Callable[[Node], bool]


class Track:
    """A path as arrays of its arcs, from which places are cut.

    Attributes:
        labels: (arcs,) the input label of each arc.
        sources: (arcs + 1,) the graph's state before each arc, and behind the last one.
        spoken: (units,) the arc that reads each unit first.
        out: (arcs + 1,) how many words have come out before each arc.
    """

    def __init__(self, graph: SearchGraph, path: Path) -> None:
        self.graph = graph
        self.words: list[int] = path.words.tolist()
        chosen = graph.fst.arcs[path.arcs]
        self.labels, nexts, words = chosen["ilabel"], chosen["next"], chosen["olabel"]
        self.sources = np.append(graph.fst.start, nexts)
        self.spoken = np.flatnonzero(says_new_unit(graph, self.sources[:-1], self.labels, words, nexts))
        self.out = np.cumsum(np.append(0, words != 0))


@dataclass(frozen=True)
class Place:
    """Where on a path a phrase is said; places of several paths are equal if the same can be said there.

    Attributes:
        graph: that of the path.
        start, end: the graph's states at both ends of a window around the phrase; end None: any final state.
        before, behind: labels of the words of the window that stay, those before and behind the phrase.
        head, inside, tail: the input labels of the window, those before, of and behind the phrase.
    """

    graph: SearchGraph = field(compare=False, repr=False)
    start: int
    end: int | None
    before: tuple[int, ...]
    behind: tuple[int, ...]
    head: tuple[int, ...]
    inside: tuple[int, ...]
    tail: tuple[int, ...]

    @classmethod
    def of(
        cls, track: Track, spelled: Sequence[tuple[int, int]], words: tuple[int, int], match: Match
    ) -> Place | None:
        """Return the place of `match`, the path's words [begin, end); None if words come out where they cannot."""
        begin, end = words
        labels, sources, spoken, out = track.labels, track.sources, track.spoken, track.out
        first = int(spoken[spelled[max(0, begin - CONTEXT)][0]]) if begin > CONTEXT else 0
        last, target = len(labels), None
        if end + CONTEXT < len(spelled):
            at = int(spoken[spelled[end + CONTEXT][0]])
            if out[at] >= end:
                last, target = at, int(sources[at])
        if target is None and not np.isfinite(track.graph.fst.states["final"][sources[-1]]):
            target = int(sources[-1])  # of a path that came to no end
        if out[first] > begin or out[last] < end:
            return None
        edges = int(spoken[match.start]), int(spoken[match.end]) if match.end < len(spoken) else last
        return cls(
            graph=track.graph,
            start=int(sources[first]),
            end=target,
            before=tuple(track.words[out[first] : begin]),
            behind=tuple(track.words[end : out[last]]),
            head=_short(labels[first : edges[0]]),
            inside=_short(labels[edges[0] : edges[1]]),
            tail=_short(labels[edges[1] : last]),
        )

    @property
    def labels(self) -> tuple[int, ...]:
        """All labels of the window."""
        return self.head + self.inside + self.tail

    def with_unit(self, label: int) -> tuple[int, ...]:
        """Return the labels with one unit in the place of the phrase; CTC's blanks keep it from being a repeat."""
        blank = (self.graph.special_units[0] + 1,) if self.graph.topology == "ctc" else ()
        return (*self.head, *blank, label, *blank, *self.tail)

    def way(self, middle: Middle, labels: Sequence[int], extra: float = 0.0) -> Way | None:
        """Return the cheapest way with the words before and behind the phrase, and those of `middle` in between."""
        before, behind = self.before, self.behind

        def follow(node: Node, word: int) -> Iterator[Node]:
            stage, at = node  # type: ignore[misc]
            if stage == 0:
                if before[at] == word:
                    yield (0, at + 1) if at + 1 < len(before) else (1, middle.first)
            elif stage == 1:
                yield from ((1, after) for after in middle.follow(at, word))
                if middle.is_last(at) and behind and behind[0] == word:
                    yield 2, 1
            elif at < len(behind) and behind[at] == word:
                yield 2, at + 1

        def is_last(node: Node) -> bool:
            stage, at = node  # type: ignore[misc]
            return at == len(behind) if stage == 2 else stage == 1 and not behind and middle.is_last(at)

        first = (0, 0) if before else (1, middle.first)
        way = cheapest_way(self.graph.fst, self.start, labels, first, follow, is_last, end=self.end)
        return None if way is None else way._replace(cost=way.cost + extra)

    def middle_words(self, way: Way) -> tuple[int, ...]:
        """Return the words of a way between those before and behind."""
        return way.words[len(self.before) : len(way.words) - len(self.behind)]


def exactly(words: Sequence[int]) -> Middle:
    """Return the acceptor of these words."""
    return Middle(
        0, lambda at, word: [at + 1] if at < len(words) and words[at] == word else [], lambda at: at == len(words)
    )


def spelling(phrase: str, word_of: Mapping[int, str]) -> Middle:
    """Return the acceptor of the words that are written like `phrase`, in whatever way they cut it."""
    text = "".join(phrase.split())
    cuts, at = {0, len(text)}, 0
    for part in phrase.split():
        cuts.add(at)
        cuts.update(at + i for i in range(1, len(part)) if text_of((part[i - 1], part[i])) == part[i - 1 : i + 1])
        at += len(part)

    def follow(at: Node, word: int) -> list[Node]:
        name = word_of[word]
        end = at + len(name)
        return [end] if text.startswith(name, at) and end in cuts else []

    return Middle(0, follow, lambda at: at == len(text))


def otherwise(text: str, word_of: Mapping[int, str], unknown: int) -> Middle:
    """Return the acceptor of all known words but those that are written `text`.

    Its nodes tell how much is alike, -1 no more.
    """
    text = "".join(text.split())

    def follow(at: Node, word: int) -> list[Node]:
        if word == unknown:
            return []
        name = word_of[word]
        return [at + len(name) if at >= 0 and text.startswith(name, at) else -1]

    return Middle(0, follow, lambda at: at == -1 or 0 < at < len(text))


def between(
    left: Sequence[str], middle: Middle, right: Sequence[str], ways: Ways, word_of: Mapping[int, str]
) -> Middle:
    """Return the acceptor of words said as the units `left`, then those of `middle`, then words said as `right`."""
    if not left and not right:
        return middle
    sides = tuple(left), tuple(right)

    def follow(node: Node, word: int) -> Iterator[Node]:
        stage, at = node  # type: ignore[misc]
        if stage == 1:
            yield from ((1, after) for after in middle.follow(at, word))
            if not middle.is_last(at):
                return
            stage, at = 2, 0
        units = sides[stage // 2]
        for way in ways.get(word_of[word], ()):
            end = at + len(way)
            if units[at:end] == tuple(way):
                yield (1, middle.first) if stage == 0 and end == len(units) else (stage, end)

    def is_last(node: Node) -> bool:
        stage, at = node  # type: ignore[misc]
        return at == len(right) if stage == 2 else stage == 1 and not right and middle.is_last(at)

    return Middle((0, 0) if left else (1, middle.first), follow, is_last)


def _short(labels: NDArray[np.integer]) -> tuple[int, ...]:
    """Return the labels read, runs of equal ones cut short: more of them stay in the same state of a CTC graph."""
    found: list[int] = []
    for label in labels[labels != 0].tolist():
        if len(found) < _MOST_ALIKE or any(label != before for before in found[-_MOST_ALIKE:]):
            found.append(label)
    return tuple(found)
