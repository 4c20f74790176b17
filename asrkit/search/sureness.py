"""How sure each word of a path is, and each unit of the parts of it that are written by their sound alone.

A name that a list of hotwords writes in the place of the path's words is right wherever its units are, whichever words
of equal sound a path has there. In its steps the paths of the lattice are therefore compared unit by unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.search.confidence import word_confidences
from asrkit.search.lattice import Lattice
from asrkit.search.path import Path, says_new_unit


@dataclass(frozen=True, eq=False)
class Sureness:
    """Probabilities along a path.

    Attributes:
        words: (words,) float64, of each of its words; NaN for those inside a part that is compared unit by unit.
        units: (units,) float64, of each of its units; NaN outside such parts.
    """

    words: NDArray[np.float64]
    units: NDArray[np.float64]


def sureness(lattice: Lattice, path: Path, by_sound: Iterable[tuple[int, int, int, int]] = ()) -> Sureness:
    """Return how sure the words of `path` are, and the units of its parts `by_sound`.

    Args:
        lattice: all paths, this one among them.
        path: of the search.
        by_sound: parts that do not overlap, as (first unit, end of the units, first word, end of the words).
    """
    words = np.full(len(path.words), np.nan)
    units = np.full(len(path.units), np.nan)
    raw, parts = lattice.raw, sorted(by_sound)
    sequence: list[int] = path.words.tolist()
    places = np.arange(len(words))
    if parts:
        fst = lattice.graph.fst
        chosen = fst.arcs[lattice.graph_arcs]
        sources = np.searchsorted(fst.states["pos"], lattice.graph_arcs, side="right") - 1
        spoken = says_new_unit(lattice.graph, sources, chosen["ilabel"], chosen["olabel"], chosen["next"])
        offset = np.int32(1 + max(int(raw.words.max(initial=0)), int(path.words.max(initial=0))))
        as_units = np.where(spoken, offset + chosen["ilabel"], 0).astype(np.int32)
        steps, said = lattice.steps[raw.sources], raw.words.copy()
        sequence, where, at = [], [], 0
        for first, end, first_word, end_word in parts:
            inside = (path.unit_steps[first, 0] <= steps) & (steps < path.unit_steps[end - 1, 1])
            said[inside] = as_units[inside]
            sequence += path.words[at:first_word].tolist()
            where += range(at, first_word)
            sequence += (path.units[first:end] + 1 + offset).tolist()
            where += [-1 - unit for unit in range(first, end)]
            at = end_word
        sequence += path.words[at:].tolist()
        where += range(at, len(words))
        raw, places = raw._replace(words=said), np.array(where, np.int64)
    found = word_confidences(raw, np.array(sequence, np.int32))
    words[places[places >= 0]] = found[places >= 0]
    units[-1 - places[places < 0]] = found[places < 0]
    return Sureness(words, units)
