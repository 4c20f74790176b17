"""Why a hotword was, or was not, recognised in an utterance: the search asked again and again.

The questions, in this order: did it win? can the graph say it at all? does it win with a wide beam? else, which is the
best path that holds it, and where does that path lose? The smallest word bias that makes the phrase win is found as
the zero of a concave function (Dinkelbach, 1967), then tried out with the beam that the user has set.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from asrkit.hotwords.graph import LARGEST_BIAS, HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.hotwords.table import HotwordTable
from asrkit.search.decoder import Decoding, decode
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options
from asrkit.search.path import Path, Scores

FAR = 500.0  # nats: a bias that outweighs any gap which could matter
_WIDE_BEAM, _WIDE_ACTIVE = 40.0, 50_000
_MARGIN = 0.01  # nats above a tie, so that the phrase surely wins
_BEAM_STEP = 0.1
_TRIES = 20


class Cause(StrEnum):
    """Why."""

    RECOGNISED = "recognised"
    NOT_LISTED = "not in the list"
    NOT_IN_GRAPH = "the graph cannot say it"
    BEAM = "dropped by the beam"
    ACOUSTICS = "lost by the acoustics"
    LANGUAGE_MODEL = "lost by the language model"
    FAR_AWAY = "too far from what was heard"


@dataclass(frozen=True)
class Gap:
    """How far a unit of the phrase lies behind the likeliest unit of its step; nats."""

    unit: int
    step: int
    behind: float
    likeliest: int


@dataclass(frozen=True)
class Explanation:
    """The answer.

    Attributes:
        phrase: the phrase.
        cause: why.
        best: the words that came out.
        rival: if it was recognised, the best path without it; else the best path with it, if there is one.
        margin: nats by which `best` is ahead of `rival`, under the biases of the list.
        parts: the same by acoustic, lm, hotword, words.
        gaps: of the units of the phrase, in `best` or `rival`, whichever holds it.
        beam_step: BEAM: the step at which the right path lay furthest behind the one that came out.
        beam_gap: BEAM: how far behind it lay there, in nats.
        beam: BEAM: a beam with which it is recognised (nats), tried out.
        smallest_bias: the word bias (nats, before the scale) with which it is recognised, tried out; None if it is
            recognised already or no bias helps.
        after: what comes out with that bias.
    """

    phrase: str
    cause: Cause
    best: Path
    rival: Path | None = None
    margin: float = 0.0
    parts: Scores | None = None
    gaps: tuple[Gap, ...] = ()
    beam_step: int | None = None
    beam_gap: float = 0.0
    beam: float | None = None
    smallest_bias: float | None = None
    after: Path | None = None


def explain(
    log_probs: NDArray[np.float32],
    graph: SearchGraph,
    hotwords: HotwordGraph,
    phrase: SpelledPhrase,
    options: Options,
) -> Explanation:
    """Return why `phrase` came out, or did not.

    Args:
        log_probs: (steps, units), natural log.
        graph: the decoding graph.
        hotwords: the list; it need not hold the phrase.
        phrase: spelled in the units of the graph; its weight counts if the list does not hold it.
        options: of the search, as the user sets them.

    Raises:
        AsrkitError: as `decode`.
    """
    return _Case(log_probs, graph, hotwords, phrase, options).explained()


class _Case:
    """One phrase in one utterance."""

    def __init__(
        self,
        log_probs: NDArray[np.float32],
        graph: SearchGraph,
        hotwords: HotwordGraph,
        phrase: SpelledPhrase,
        options: Options,
    ) -> None:
        self.log_probs, self.graph, self.options = log_probs, graph, options
        self.listed = phrase.phrase in hotwords.phrases
        self.weight = float(hotwords.weights[hotwords.phrases.index(phrase.phrase)]) if self.listed else phrase.weight
        self.phrase = replace(phrase, weight=self.weight)
        self.hotwords = hotwords.with_added([self.phrase])
        # with a weight of 0 or more the units earn the incremental bias, too
        self.boosted = hotwords.with_added([replace(self.phrase, weight=max(self.weight, 0.0))])
        self.found = self.decoded(self.hotwords.table if self.listed else hotwords.table)
        self.wide = replace(
            options, beam=max(options.beam, _WIDE_BEAM), max_active=max(options.max_active, _WIDE_ACTIVE), min_active=0
        )

    def explained(self) -> Explanation:
        best = self.found.best
        if self.holds(best):
            rival = self.decoded(self.table(-LARGEST_BIAS), self.wide).best
            answer = self.answer(Cause.RECOGNISED, None if self.holds(rival) else rival)
            return replace(answer, gaps=self.gaps(best))
        if not any(self.can_be_said(units) for units in self.phrase.spellings):
            return Explanation(self.phrase.phrase, Cause.NOT_IN_GRAPH, best)
        if not self.listed:
            with_it = self.decoded(self.hotwords.table).best
            if self.holds(with_it):
                return replace(self.answer(Cause.NOT_LISTED, with_it), smallest_bias=self.weight, after=with_it)
        unhurried = self.decoded(self.hotwords.table, self.wide).best
        if self.holds(unhurried):
            step, gap = self.furthest_behind(unhurried)
            answer = self.answer(Cause.BEAM, unhurried)
            answer = replace(answer, beam_step=step, beam_gap=gap, beam=self.wide_enough_beam())
        else:
            rival = self.best_with_phrase()
            if rival is None:
                return Explanation(self.phrase.phrase, Cause.FAR_AWAY, best)
            answer = self.answer(Cause.ACOUSTICS, rival)
            if answer.parts and answer.parts.lm + answer.parts.words > answer.parts.acoustic:
                answer = replace(answer, cause=Cause.LANGUAGE_MODEL)
        bias, after = self.smallest_bias(answer)
        return replace(answer, smallest_bias=bias, after=after)

    def decoded(self, table: HotwordTable, options: Options | None = None) -> Decoding:
        return decode(self.log_probs, self.graph, table, options or self.options)

    def table(self, weight: float) -> HotwordTable:
        """Return the automaton with another weight for the phrase; below 0 it stays out of the incremental bias."""
        return self.hotwords.with_added([replace(self.phrase, weight=weight)]).table

    def holds(self, path: Path) -> bool:
        return self.count(path) > 0

    def count(self, path: Path) -> int:
        """Return how often the phrase is in `path`."""
        return len(list(self.places(path)))

    def places(self, path: Path) -> Iterator[tuple[int, int]]:
        units = tuple(path.units.tolist())
        for spelling in self.phrase.spellings:
            for start in range(len(units) - len(spelling) + 1):
                if units[start : start + len(spelling)] == spelling:
                    yield start, start + len(spelling)

    def score(self, path: Path, hotwords: HotwordGraph) -> float:
        """Return the score of `path` under these biases."""
        return path.scores.acoustic + path.scores.lm + path.scores.words + hotwords.bonus(path.units.tolist())

    def answer(self, cause: Cause, rival: Path | None) -> Explanation:
        best = self.found.best
        if rival is None:
            return Explanation(self.phrase.phrase, cause, best)
        hotword = self.hotwords.bonus(best.units.tolist()) - self.hotwords.bonus(rival.units.tolist())
        a, b = best.scores, rival.scores
        parts = Scores(a.acoustic - b.acoustic, a.lm - b.lm, hotword, a.words - b.words)
        return Explanation(self.phrase.phrase, cause, best, rival, parts.total, parts, self.gaps(rival))

    def gaps(self, path: Path) -> tuple[Gap, ...]:
        start, end = next(self.places(path), (0, 0))
        gaps = []
        for unit, (step, _) in zip(path.units[start:end].tolist(), path.unit_steps[start:end].tolist(), strict=True):
            row = self.log_probs[step]
            likeliest = int(np.argmax(row))
            gaps.append(Gap(unit, step, float(row[likeliest] - row[unit]), likeliest))
        return tuple(gaps)

    def can_be_said(self, units: Sequence[int]) -> bool:
        """Whether the graph, from its start, reads these units."""
        blank = self.graph.special_units[0] if self.graph.topology == "ctc" else None
        read = [unit for i, unit in enumerate(units) for unit in ([blank, unit] if blank is not None and i else [unit])]
        certain = np.full((len(read), self.graph.units), -np.inf, np.float32)
        certain[np.arange(len(read)), read] = 0
        found = decode(certain, self.graph, None, replace(self.wide, beam=math.inf))
        return found.dead_end is None and found.best.units.tolist() == list(units)

    def furthest_behind(self, path: Path) -> tuple[int, float]:
        """Return where `path` lies furthest behind the path that came out, and how far, by what was heard till then."""
        ends = [unit_steps[1] for unit_steps in path.unit_steps.tolist()]
        behind = [(self.heard(self.found.best, end) - self.heard(path, end), end) for end in ends]
        gap, end = max(behind, default=(0.0, 0))
        return max(end - 1, 0), gap

    def wide_enough_beam(self) -> float:
        """Return about the smallest beam with which the phrase is recognised, without a limit on hypotheses."""
        low, high = self.options.beam, self.wide.beam
        while high - low > _BEAM_STEP:
            middle = (low + high) / 2
            if self.holds(self.decoded(self.hotwords.table, replace(self.wide, beam=middle)).best):
                high = middle
            else:
                low = middle
        return high

    def heard(self, path: Path, end: int) -> float:
        """Return the acoustic score of the units of `path` that begin before the step `end`."""
        return sum(
            float(self.log_probs[first, unit])
            for unit, (first, _) in zip(path.units.tolist(), path.unit_steps.tolist(), strict=True)
            if first < end
        )

    def best_with_phrase(self) -> Path | None:
        """Return the best path that holds the phrase, or None if there is none within reach."""
        path = self.decoded(self.table(FAR), self.wide).best
        if not self.holds(path):
            return None
        for _ in range(_TRIES):
            needed = self.needed(path)
            again = self.decoded(self.table(needed), self.wide).best
            if not self.holds(again) or self.score(again, self.boosted) <= self.score(path, self.boosted) + _MARGIN / 2:
                break
            path = again
        return path

    def needed(self, path: Path) -> float:
        """Return the weight with which `path`, which holds the phrase, passes what came out; not below 0."""
        behind = self.score(self.found.best, self.boosted) - self.score(path, self.boosted)
        return max(self.weight, 0.0) + (behind / self.count(path) + _MARGIN) / (self.hotwords.scale or 1.0)

    def smallest_bias(self, answer: Explanation) -> tuple[float | None, Path | None]:
        """Return the smallest weight with which the phrase is recognised under the user's own beam, and what comes."""
        if self.hotwords.scale == 0 or answer.rival is None:
            return None, None
        low = self.weight
        high = max(self.needed(answer.rival), low + _MARGIN)
        path = self.decoded(self.table(0.0)).best if low < 0 else None
        if path is not None and self.holds(path):
            high = 0.0
        else:
            path = self.decoded(self.table(high)).best
            if self.holds(path) and answer.cause != Cause.BEAM:
                return high, path
        while not self.holds(path):  # the beam wants more than a tie
            if high - self.weight > FAR:
                return None, None
            low, high = high, self.weight + 2 * (high - self.weight)
            path = self.decoded(self.table(high)).best
        while high - low > _MARGIN:
            middle = (low + high) / 2
            tried = self.decoded(self.table(middle)).best
            if self.holds(tried):
                high, path = middle, tried
            else:
                low = middle
        return high, path
