"""Why a hotword was, or was not, recognised in an utterance: the search asked again and again.

The questions, in this order: did it win, and is it written so? can the graph say it at all? does it win with a wide
beam? else, which is the best path that holds it, and where does that path lose? The smallest word bias that makes the
phrase win is found as the zero of a concave function (Dinkelbach, 1967), then tried out with the beam that the user
has set.

A wide search is free around the few places where the phrase is likeliest, and elsewhere bound to what came out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asrkit.decode.explanation import Cause, Explanation, Gap
from asrkit.decode.places import Place, bound_elsewhere, likely_places, spoken_steps, windows
from asrkit.hotwords.graph import LARGEST_BIAS, HotwordGraph, occurrences
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.hotwords.table import HotwordTable
from asrkit.search.decoder import Decoding, decode
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options
from asrkit.search.path import Path, Scores
from asrkit.search.trace import where_dropped

FAR = 500.0  # nats: a bias that outweighs any gap which could matter
_WIDE_BEAM, WIDE_ACTIVE = 40.0, 50_000
_MARGIN = 0.01  # nats above a tie, so that the phrase surely wins
_BEAM_STEP, _FURTHER = 0.1, 1.0
_TRIES = 20
_PLACES = 3  # where the phrase is looked for with a wide beam: there its units lie least far behind


Writes = Callable[[Path, HotwordGraph], bool]


def explain(
    log_probs: NDArray[np.float32],
    graph: SearchGraph,
    hotwords: HotwordGraph,
    phrase: SpelledPhrase,
    options: Options,
    *,
    writes: Writes = lambda path, hotwords: True,
) -> Explanation:
    """Return why `phrase` came out, or did not.

    Args:
        log_probs: (steps, units), natural log.
        graph: the decoding graph.
        hotwords: the list; it need not hold the phrase.
        phrase: spelled in the units of the graph; its weight counts if the list does not hold it.
        options: of the search, as the user sets them.
        writes: whether the text of a path under a list of hotwords has the phrase as it is written.

    Raises:
        AsrkitError: as `decode`.
    """
    return _Case(log_probs, graph, hotwords, phrase, options, writes).explained()


class _Case:
    """One phrase in one utterance."""

    def __init__(
        self,
        log_probs: NDArray[np.float32],
        graph: SearchGraph,
        hotwords: HotwordGraph,
        phrase: SpelledPhrase,
        options: Options,
        writes: Writes,
    ) -> None:
        self.log_probs, self.graph, self.options, self.writes = log_probs, graph, options, writes
        self.listed = phrase.phrase in hotwords.phrases
        self.weight = float(hotwords.weights[hotwords.phrases.index(phrase.phrase)]) if self.listed else phrase.weight
        self.phrase = replace(phrase, weight=self.weight)
        self.hotwords = hotwords.with_added([self.phrase])
        # with a weight of 0 or more the units earn the incremental bias, too
        self.boosted = hotwords.with_added([replace(self.phrase, weight=max(self.weight, 0.0))])
        self.in_use = self.hotwords if self.listed else hotwords
        self.found = self.decoded(self.in_use.table)
        self.wide = replace(
            options, beam=max(options.beam, _WIDE_BEAM), max_active=max(options.max_active, WIDE_ACTIVE), min_active=0
        )

    def explained(self) -> Explanation:
        best = self.found.best
        if self.holds(best) and not self.writes(best, self.in_use):
            if not self.listed and self.writes(best, self.hotwords):
                return self.only_listed()
            bias, after = self.smallest_bias(None)
            return replace(self.answer(Cause.WRITTEN_OTHERWISE, None), smallest_bias=bias, after=after)
        if self.holds(best):
            rival = self.searched_widely(self.unwanted()).best
            answer = self.answer(Cause.RECOGNISED, None if self.holds(rival) else rival, self.in_use)
            return replace(answer, gaps=self.gaps(best))
        if self.is_inside_a_word(best):
            return self.answer(Cause.INSIDE_A_WORD, None)
        if not any(map(self.can_be_said, self.phrase.spellings)) and not self.holds(self.wanted_by_far().best):
            return self.answer(Cause.NOT_IN_GRAPH, None)
        if not self.listed and self.holds(self.decoded(self.hotwords.table).best):
            return self.only_listed()
        unhurried = self.searched_widely(self.hotwords.table)
        if self.holds(unhurried.best):
            answer = self.answer(Cause.BEAM, unhurried.best)
        else:
            rival = self.best_with_phrase(unhurried.best)
            if rival is None:
                gaps, heard = self.nearest()
                return replace(self.answer(Cause.FAR_AWAY, None), gaps=gaps, heard=heard)
            answer = self.answer(Cause.ACOUSTICS, rival)
            answer = replace(answer, cause=self.lost_by(answer))
        bias, after = self.smallest_bias(answer)
        answer = replace(answer, smallest_bias=bias, after=after)
        if answer.cause == Cause.BEAM:
            return self.with_beam(answer, None)
        if bias is None and self.hotwords.scale > 0:
            return self.with_beam(answer, self.needed(rival, unhurried.best))
        return answer

    def lost_by(self, answer: Explanation) -> Cause:
        """Return the largest part of the margin between what came out and the best path with the phrase."""
        parts, rival = answer.parts, answer.rival
        assert parts is not None and rival is not None
        others = _bonus(self.hotwords, answer.best)
        own = min(_bonus(self.hotwords, rival), 0.0)
        of_hotwords = Cause.OTHER_HOTWORDS if others >= -own else Cause.OWN_WEIGHT
        lost = {
            Cause.ACOUSTICS: parts.acoustic,
            Cause.LANGUAGE_MODEL: parts.lm + parts.words,
            of_hotwords: parts.hotword,
        }
        return max(lost, key=lost.__getitem__)

    def only_listed(self) -> Explanation:
        """Return the answer where the phrase comes out as soon as it is listed."""
        with_it = self.decoded(self.hotwords.table).best
        bias, after = self.weight, with_it
        if not self.writes(with_it, self.hotwords):
            bias, after = self.smallest_bias(None)
        return replace(self.answer(Cause.NOT_LISTED, with_it), smallest_bias=bias, after=after)

    def decoded(self, table: HotwordTable, options: Options | None = None) -> Decoding:
        return decode(self.log_probs, self.graph, table, options or self.options)

    def searched_widely(self, table: HotwordTable, beam: float | None = None) -> Decoding:
        """Search with a wide beam around the places where the phrase may be."""
        log_probs, elsewhere = self.around_places
        found = decode(log_probs, self.graph, table, self.wide if beam is None else replace(self.wide, beam=beam))
        scores = found.best.scores
        whole = scores._replace(acoustic=scores.acoustic + elsewhere)
        return replace(found, best=replace(found.best, scores=whole))

    @cached_property
    def around_places(self) -> tuple[NDArray[np.floating], float]:
        """The posteriors of a search that is free around the places of the phrase, and what is bound, summed."""
        steps, places = self.spoken, self.likely
        if self.holds(self.found.best):
            steps, places = self.found.best.unit_steps[:, 0].tolist(), list(self.places(self.found.best))[:_PLACES]
        labels = self.graph.fst.arcs["ilabel"][self.found.arcs]
        read = labels[labels > 0].astype(np.int64) - 1
        return bound_elsewhere(self.log_probs, read, windows(places, steps, len(self.log_probs)))

    @cached_property
    def spoken(self) -> list[int]:
        return spoken_steps(self.log_probs, self.graph)

    @cached_property
    def likely(self) -> list[Place]:
        return likely_places(self.log_probs[self.spoken], self.phrase.spellings, _PLACES)

    def wanted_by_far(self) -> Decoding:
        return self.searched_widely(self.table(FAR))

    def table(self, weight: float) -> HotwordTable:
        return self.weighted(weight).table

    def tried(self, weight: float) -> tuple[Path, bool]:
        """Return what comes out with another weight for the phrase, and whether that is the phrase, written so."""
        hotwords = self.weighted(weight)
        path = self.decoded(hotwords.table).best
        return path, self.holds(path) and self.writes(path, hotwords)

    def weighted(self, weight: float) -> HotwordGraph:
        """Return the list with another weight for the phrase; below 0 it stays out of the incremental bias.

        If the scale makes nothing of all biases, this one counts alone: a way to ask for the best path with the phrase.
        """
        if self.hotwords.scale == 0:
            alone = [replace(self.phrase, weight=weight)]
            return HotwordGraph.build(alone, self.hotwords.units, incremental_bias=0.0, words=self.hotwords.words)
        return self.hotwords.with_added([replace(self.phrase, weight=weight)])

    def unwanted(self) -> HotwordTable:
        """Return the automaton that keeps the phrase away, without those that sound like it, which would lift it."""
        if self.hotwords.scale == 0:
            return self.table(-LARGEST_BIAS)
        alike = {
            name
            for units in self.phrase.spellings
            for match in self.hotwords.matches(units)
            if match.end - match.start == len(units)
            for name in match.phrases
        }
        return self.hotwords.without(alike).with_added([replace(self.phrase, weight=-LARGEST_BIAS)]).table

    def holds(self, path: Path) -> bool:
        return self.count(path) > 0

    def is_inside_a_word(self, path: Path) -> bool:
        """Whether the units of the phrase are in `path`, but not as whole words."""
        units, breaks = path.units.tolist(), path.breaks.tolist()
        return any(any(occurrences(spelling, units, None, breaks)) for spelling in self.phrase.spellings)

    def count(self, path: Path) -> int:
        """Return how often the phrase is in `path`."""
        return len(list(self.places(path)))

    def places(self, path: Path) -> Iterator[tuple[int, int]]:
        for spelling in self.phrase.spellings:
            yield from occurrences(spelling, path.units.tolist(), self.hotwords.words, path.breaks.tolist())

    def score(self, path: Path, hotwords: HotwordGraph) -> float:
        """Return the score of `path` under these biases."""
        return path.scores.acoustic + path.scores.lm + path.scores.words + _bonus(hotwords, path)

    def answer(self, cause: Cause, rival: Path | None, hotwords: HotwordGraph | None = None) -> Explanation:
        """Return the answer with the margin under `hotwords`, by default those with the phrase among them."""
        best, hotwords = self.found.best, hotwords or self.hotwords
        lists = {"in_use": self.in_use, "with_phrase": self.hotwords}
        if rival is None:
            return Explanation(self.phrase.phrase, cause, best, self.listed, **lists)
        hotword = _bonus(hotwords, best) - _bonus(hotwords, rival)
        a, b = best.scores, rival.scores
        parts = Scores(a.acoustic - b.acoustic, a.lm - b.lm, hotword, a.words - b.words)
        gaps = self.gaps(rival)
        return Explanation(self.phrase.phrase, cause, best, self.listed, rival, parts.total, parts, gaps, **lists)

    def gaps(self, path: Path) -> tuple[Gap, ...]:
        start, end = next(self.places(path), (0, 0))
        return self.gaps_at(path.units[start:end].tolist(), path.unit_steps[start:end, 0].tolist())

    def gaps_at(self, units: Sequence[int], steps: Sequence[int]) -> tuple[Gap, ...]:
        gaps = []
        for unit, step in zip(units, steps, strict=True):
            row = self.log_probs[step]
            likeliest = int(np.argmax(row))
            gaps.append(Gap(unit, step, float(row[likeliest] - row[unit]), likeliest))
        return tuple(gaps)

    def nearest(self) -> tuple[tuple[Gap, ...], int]:
        """Return the gaps of the units of the phrase where, in all, they are least, and how many units were heard."""
        laid = [
            self.gaps_at(units, self.spoken[start:end])
            for start, end in self.likely[:1]
            for units in self.phrase.spellings
            if len(units) == end - start
        ]
        return min(laid, key=lambda gaps: sum(gap.behind for gap in gaps), default=()), len(self.spoken)

    def can_be_said(self, units: Sequence[int]) -> bool:
        """Whether the graph reads these units from its start on; within other words it may read more."""
        blank = self.graph.special_units[0] if self.graph.topology == "ctc" else None
        read = [unit for i, unit in enumerate(units) for unit in ([blank, unit] if blank is not None and i else [unit])]
        certain = np.full((len(read), self.graph.units), -np.inf, np.float32)
        certain[np.arange(len(read)), read] = 0
        found = decode(certain, self.graph, None, replace(self.wide, beam=math.inf))
        return found.dead_end is None and found.best.units.tolist() == list(units)

    def with_beam(self, answer: Explanation, bias: float | None) -> Explanation:
        """Return `answer` with where the beam drops the phrase, and what beam, with the word bias, would keep it."""
        table = self.hotwords.table if bias is None else self.table(bias)
        found = self.searched_widely(table)
        if not self.holds(found.best):
            return answer
        dropped = where_dropped(self.log_probs, self.graph, table, self.options, found.arcs)
        return replace(answer, dropped=dropped, beam=self.wide_enough_beam(table), bias=bias)

    def wide_enough_beam(self, table: HotwordTable) -> float | None:
        """Return about the smallest beam with which the phrase is recognised, with WIDE_ACTIVE hypotheses.

        It is looked for around the places and tried out on all of the utterance; None if no beam that is tried will do.
        """
        low, high = self.options.beam, self.wide.beam
        while high - low > _BEAM_STEP:
            middle = (low + high) / 2
            if self.holds(self.searched_widely(table, middle).best):
                high = middle
            else:
                low = middle
        while not self.holds(self.decoded(table, replace(self.wide, beam=high)).best):
            if high >= self.wide.beam:
                return None
            high = min(high + _FURTHER, self.wide.beam)
        return high

    def best_with_phrase(self, winner: Path) -> Path | None:
        """Return the best path that holds the phrase, or None if there is none within reach.

        `winner` is the best path of a wide beam, which does not hold it.
        """
        path = self.wanted_by_far().best
        if not self.holds(path):
            return None
        for _ in range(_TRIES):
            needed = self.needed(path, winner)
            again = self.searched_widely(self.table(needed)).best
            if not self.holds(again) or self.score(again, self.boosted) <= self.score(path, self.boosted) + _MARGIN / 2:
                break
            path = again
        return path

    def needed(self, path: Path, winner: Path) -> float:
        """Return the weight with which `path`, which holds the phrase, passes `winner`; not below 0."""
        behind = self.score(winner, self.boosted) - self.score(path, self.boosted)
        return max(self.weight, 0.0) + (behind / self.count(path) + _MARGIN) / (self.hotwords.scale or 1.0)

    def smallest_bias(self, answer: Explanation | None) -> tuple[float | None, Path | None]:
        """Return the smallest weight with which the phrase comes out, and is written so, and what comes out then.

        Under the user's own beam. `answer` tells the rival that it has to pass; None: its sound comes out already.
        """
        rival = None if answer is None else answer.rival
        if self.hotwords.scale == 0 or (answer is not None and rival is None):
            return None, None
        low = self.weight
        high = max(low, 0.0) + _MARGIN if rival is None else max(self.needed(rival, self.found.best), low + _MARGIN)
        path, wins = self.tried(0.0) if low < 0 else (self.found.best, False)
        if wins:
            high = 0.0
        else:
            path, wins = self.tried(high)
            if wins and answer is not None and answer.cause != Cause.BEAM:
                # Mostly it takes a tie; but a phrase that is ahead half-way may drive its rival out of the beam.
                less = max(high - 2 * _MARGIN, low)
                nearly, wins_too = self.tried(less)
                if not wins_too:
                    return high, path
                high, path = less, nearly
        while not wins:  # the beam, or the words of the graph, want more than a tie
            if high - self.weight > FAR:
                return None, None
            low, high = high, self.weight + 2 * (high - self.weight)
            path, wins = self.tried(high)
        while high - low > _MARGIN:
            middle = (low + high) / 2
            between, wins = self.tried(middle)
            if wins:
                high, path = middle, between
            else:
                low = middle
        return high, path


def _bonus(hotwords: HotwordGraph, path: Path) -> float:
    return hotwords.bonus(path.units.tolist(), path.breaks.tolist())
