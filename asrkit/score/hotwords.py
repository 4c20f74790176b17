"""Did the hotwords come out, and only where they were said?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asrkit.score.rates import ScoredUtterance, Tally, tally


@dataclass(frozen=True)
class HotwordTally:
    """Counts of occurrences of phrases."""

    said: int = 0  # in the references
    found: int = 0  # in the hypotheses, as often as they were said
    false: int = 0  # in the hypotheses beyond that

    @property
    def recall(self) -> float:
        """Found per said; NaN where none was said."""
        return self.found / self.said if self.said else float("nan")

    @property
    def precision(self) -> float:
        """Found per occurrence in the hypotheses; NaN where there is none."""
        return self.found / (self.found + self.false) if self.found + self.false else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision."""
        twice = 2 * self.found
        return twice / (twice + self.false + self.said - self.found) if self.said + self.false else float("nan")

    def __add__(self, other: HotwordTally) -> HotwordTally:
        return HotwordTally(self.said + other.said, self.found + other.found, self.false + other.false)


def count_hotwords(
    utterances: Iterable[ScoredUtterance], phrases: Sequence[tuple[str, ...]]
) -> dict[str, HotwordTally]:
    """Return each phrase's counts over all utterances, keyed by the phrase's units joined by spaces.

    In one utterance min(said, recognised) occurrences are found and the excess of the recognised ones is false;
    occurrences of a phrase may overlap those of another phrase, and themselves.
    """
    counts = {" ".join(phrase): HotwordTally() for phrase in phrases}
    for utterance in utterances:
        reference = [p.reference for p in utterance.pairs if p.reference is not None]
        hypothesis = [p.hypothesis for p in utterance.pairs if p.hypothesis is not None]
        said, heard = _occurrences(reference, phrases), _occurrences(hypothesis, phrases)
        for phrase in said.keys() | heard.keys():
            both = min(len(said.get(phrase, ())), len(heard.get(phrase, ())))
            false = len(heard.get(phrase, ())) - both
            counts[" ".join(phrase)] += HotwordTally(len(said.get(phrase, ())), both, false)
    return counts


def inside_and_outside(
    utterances: Iterable[ScoredUtterance], phrases: Sequence[tuple[str, ...]]
) -> tuple[Tally, Tally]:
    """Return the error counts at the reference units that a phrase covers, and at all others.

    An insertion belongs inside if the reference units on both sides of it are covered by one occurrence.
    """
    inside, outside = Tally(), Tally()
    for utterance in utterances:
        reference = [p.reference for p in utterance.pairs if p.reference is not None]
        occurrences = _occurrences(reference, phrases)
        covered = [False] * len(reference)
        joined = [False] * (len(reference) + 1)  # joined[i]: one occurrence covers units i-1 and i
        for phrase, starts in occurrences.items():
            for start in starts:
                covered[start : start + len(phrase)] = [True] * len(phrase)
                joined[start + 1 : start + len(phrase)] = [True] * (len(phrase) - 1)
        at = 0
        for pair in utterance.pairs:
            is_inside = joined[at] if pair.reference is None else covered[at]
            at += pair.reference is not None
            if is_inside:
                inside += tally([pair])
            else:
                outside += tally([pair])
    return inside, outside


def _occurrences(units: Sequence[str], phrases: Sequence[tuple[str, ...]]) -> dict[tuple[str, ...], list[int]]:
    """Return where each phrase that occurs in `units` begins."""
    wanted = set(phrases)
    found: dict[tuple[str, ...], list[int]] = {}
    for length in {len(phrase) for phrase in wanted if phrase}:
        for start in range(len(units) - length + 1):
            piece = tuple(units[start : start + length])
            if piece in wanted:
                found.setdefault(piece, []).append(start)
    return found
