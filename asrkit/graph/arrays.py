"""Small operations on whole transducers as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import EPSILON, NOT_FINAL, Fst


def sorted_by_input(
    start: int, sources: NDArray[np.integer], arcs: NDArray[np.void], finals: NDArray[np.float32]
) -> Fst:
    """Return the transducer of these arcs, those of a state sorted by input label, equal ones in the given order."""
    order = np.argsort(sources.astype(np.int64) << 32 | arcs["ilabel"], kind="stable")
    return Fst.from_arcs(start, sources[order], arcs[order], finals)


def without_marks(fst: Fst, first_mark: int) -> Fst:
    """Return `fst` with ε in place of input labels from `first_mark` on, arcs sorted by input label."""
    arcs = fst.arcs.copy()
    arcs["ilabel"][arcs["ilabel"] >= first_mark] = EPSILON
    return sorted_by_input(fst.start, fst.sources, arcs, fst.states["final"])


def pauses(fst: Fst) -> NDArray[np.bool_]:
    """Return (states,) whether a path may stay in a state between two steps: it can read there, or end."""
    states = fst.states
    return (states["narcs"] > states["nieps"]) | (states["final"] < NOT_FINAL)
