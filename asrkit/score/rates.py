"""Error rates over utterances, with their confidence intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asrkit.score.align import Pair, align
from asrkit.score.units import Unit, split

BOOTSTRAP_SAMPLES = 1000
_SEED = 0


@dataclass(frozen=True)
class Tally:
    """Counts of units: right ones and the three kinds of error."""

    correct: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def errors(self) -> int:
        """All errors."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def reference(self) -> int:
        """Units in the reference."""
        return self.correct + self.substitutions + self.deletions

    @property
    def rate(self) -> float:
        """Errors per unit of the reference; NaN where the reference is empty."""
        return self.errors / self.reference if self.reference else float("nan")

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.correct + other.correct,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


@dataclass(frozen=True)
class ScoredUtterance:
    """One utterance's alignment. An utterance that one side lacks is aligned with nothing."""

    utt: str
    pairs: tuple[Pair, ...]
    tally: Tally
    missing: str | None = None  # "reference" or "hypothesis", if that side lacks the utterance


def score(references: Mapping[str, str], hypotheses: Mapping[str, str], unit: Unit) -> list[ScoredUtterance]:
    """Return every utterance of either side, aligned: those of `references` in their order, then the others.

    An id without a hypothesis counts as all deleted, one without a reference as all inserted.
    """
    utterances = [*references, *(utt for utt in hypotheses if utt not in references)]
    scored = []
    for utt in utterances:
        pairs = align(split(references.get(utt, ""), unit), split(hypotheses.get(utt, ""), unit))
        missing = "hypothesis" if utt not in hypotheses else "reference" if utt not in references else None
        scored.append(ScoredUtterance(utt, tuple(pairs), tally(pairs), missing))
    return scored


def tally(pairs: Iterable[Pair]) -> Tally:
    """Return the counts of an alignment."""
    correct = substitutions = deletions = insertions = 0
    for pair in pairs:
        if not pair.is_error:
            correct += 1
        elif pair.reference is None:
            insertions += 1
        elif pair.hypothesis is None:
            deletions += 1
        else:
            substitutions += 1
    return Tally(correct, substitutions, deletions, insertions)


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of `tallies`."""
    return sum(tallies, Tally())


def interval(tallies: Sequence[Tally], level: float = 0.95) -> tuple[float, float]:
    """Return the bootstrap confidence interval of the error rate: utterances drawn with replacement, seeded.

    NaN where there is none: of one utterance, which is all that can be drawn, or where nothing was said. Bisani and
    Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", 2004.
    """
    rates = bootstrap_rates(tallies)
    rates = rates[np.isfinite(rates)]
    if len(tallies) < 2 or not len(rates):
        return float("nan"), float("nan")
    low, high = np.quantile(rates, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_rates(tallies: Sequence[Tally]) -> np.ndarray:
    """Return the error rate of each bootstrap sample, (BOOTSTRAP_SAMPLES,) float64, NaN where nothing was said.

    The draws depend on the number of utterances only, so that two systems' rates may be compared sample by sample.
    """
    errors = np.array([t.errors for t in tallies], np.float64)
    references = np.array([t.reference for t in tallies], np.float64)
    rng = np.random.default_rng(_SEED)
    rates = np.full(BOOTSTRAP_SAMPLES, np.nan)
    for sample in range(BOOTSTRAP_SAMPLES if len(tallies) else 0):
        drawn = rng.integers(0, len(tallies), len(tallies))
        length = references[drawn].sum()
        rates[sample] = errors[drawn].sum() / length if length else np.nan
    return rates
