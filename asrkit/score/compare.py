"""Two systems on the same utterances: what changed, for better or worse, and whether it is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from asrkit.score.rates import ScoredUtterance, bootstrap_rates


@dataclass(frozen=True)
class Change:
    """An utterance whose transcripts differ; `errors` is B's minus A's (below 0: B is better)."""

    utt: str
    errors: int
    a: ScoredUtterance
    b: ScoredUtterance


def changes(a: Sequence[ScoredUtterance], b: Sequence[ScoredUtterance]) -> list[Change]:
    """Return the utterances whose hypotheses differ, the ones that B mends most first, ties by id."""
    by_utt = {scored.utt: scored for scored in b}
    found = [
        Change(left.utt, by_utt[left.utt].tally.errors - left.tally.errors, left, by_utt[left.utt])
        for left in a
        if left.utt in by_utt and _units(left) != _units(by_utt[left.utt])
    ]
    return sorted(found, key=lambda change: (change.errors, change.utt))


def chance_of_no_gain(a: Sequence[ScoredUtterance], b: Sequence[ScoredUtterance]) -> float:
    """Return the share of paired bootstrap samples in which the better system over all is not the better one.

    Below 0.05 the difference is usually called significant. Bisani and Ney 2004; the same utterances are drawn for
    both systems. Both lists hold the same utterances in the same order.

    Of few utterances a bootstrap is too sure: if all of them gain, so does every sample, though it were one. So the
    chance is at least that of n fair coins which all fall alike, where n utterances have more or fewer errors.
    """
    difference = bootstrap_rates([s.tally for s in b]) - bootstrap_rates([s.tally for s in a])
    difference = difference[np.isfinite(difference)]
    if not len(difference):
        return 1.0
    direction = np.sign(sum(s.tally.errors for s in b) - sum(s.tally.errors for s in a))
    differing = sum(left.tally.errors != right.tally.errors for left, right in zip(a, b, strict=True))
    return max(float(np.mean(difference * direction <= 0)), 0.5**differing)


def _units(scored: ScoredUtterance) -> list[str]:
    return [pair.hypothesis for pair in scored.pairs if pair.hypothesis is not None]
