"""The alignment of a hypothesis with its reference: the fewest insertions, deletions and substitutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class Pair:
    """One step of an alignment; None stands for nothing on that side."""

    reference: str | None
    hypothesis: str | None

    @property
    def is_error(self) -> bool:
        """Whether the two sides differ."""
        return self.reference != self.hypothesis


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Pair]:
    """Return the steps of an alignment of least edit distance (each edit costs 1), in order."""
    pairs: list[Pair] = []
    for step in Levenshtein.opcodes(reference, hypothesis):
        left, right = reference[step.src_start : step.src_end], hypothesis[step.dest_start : step.dest_end]
        if step.tag == "delete":
            pairs.extend(Pair(unit, None) for unit in left)
        elif step.tag == "insert":
            pairs.extend(Pair(None, unit) for unit in right)
        else:
            pairs.extend(Pair(a, b) for a, b in zip(left, right, strict=True))
    return pairs
