"""The unit between words, in models of letters: it ends the spelling of each word, and LG forgives where it is.

Between two words it must be read, so that `so|me|` and `some|` are not the same. At the end of an utterance it may be
missing, as the network has no reason to say it there; before the first word and between words there may be more of it.

Leaving it out at the end costs few arcs. Where the word is known before the delimiter, the state before it becomes
final; where the word is put out with the delimiter, since longer words begin like it, an ε arc puts it out and leads to
one final state. Both cost what the ending costs in the state behind the delimiter, backing off included.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.graph.arrays import pauses, sorted_by_input


def forgiving(lg: Fst, roots: int, delimiter: int) -> Fst:
    """Return `lg`, whose first `roots` states are those between words, with the delimiter as the module says."""
    arcs, sources = lg.arcs, lg.sources
    which = np.flatnonzero(arcs["ilabel"] == delimiter)
    which, following = which[arcs["next"][which] < roots], which[arcs["next"][which] >= roots]
    before, words = sources[which], arcs["olabel"][which]
    costs, nexts = arcs["weight"][which].astype(np.float64), arcs["next"][which]
    if len(following):  # an ε arc, once the mark of a homophone, puts out the word behind the delimiter
        behind, of = _epsilon_arcs(lg, arcs["next"][following])
        before = np.append(before, sources[following][of])
        words = np.append(words, np.maximum(arcs["olabel"][following][of], arcs["olabel"][behind]))
        costs = np.append(costs, arcs["weight"][following].astype(np.float64)[of] + arcs["weight"][behind])
        nexts = np.append(nexts, arcs["next"][behind])
    costs = costs + np.append(_ending(lg, roots), np.inf)[np.minimum(nexts, roots)]
    can_end = np.isfinite(costs)
    finals = lg.states["final"].astype(np.float64)
    known = can_end & (words == EPSILON)
    np.minimum.at(finals, before[known], costs[known])
    late = can_end & (words != EPSILON)
    ends = np.zeros(int(late.sum()), ARC)
    ends["olabel"], ends["weight"], ends["next"] = words[late], costs[late], len(finals)
    if len(ends):
        finals = np.append(finals, 0.0)
    between = np.flatnonzero(pauses(lg)[:roots])
    loops = np.zeros(len(between), ARC)
    loops["ilabel"], loops["next"] = delimiter, between
    return sorted_by_input(
        lg.start,
        np.concatenate([sources, before[late], between]),
        np.concatenate([arcs, ends, loops]),
        finals.astype(np.float32),
    )


def _epsilon_arcs(lg: Fst, states: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ε arcs that leave each of `states`, and for each arc the place in `states`."""
    table = lg.states[states]
    counts = table["nieps"].astype(np.int64)
    which = np.repeat(np.arange(len(states)), counts)
    within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return table["pos"].astype(np.int64)[which] + within, which


def _ending(lg: Fst, roots: int) -> NDArray[np.float64]:
    """Return (roots,) the least cost of ending in each root without reading, infinite where that cannot be."""
    least = lg.states["final"][:roots].astype(np.float64)
    least[lg.states["final"][:roots] == NOT_FINAL] = np.inf
    is_backoff = (lg.arcs["ilabel"] == EPSILON) & (lg.arcs["olabel"] == EPSILON)
    is_backoff &= (lg.sources < roots) & (lg.arcs["next"] < roots)
    source, arcs = lg.sources[is_backoff], lg.arcs[is_backoff]
    while True:
        before = least.copy()
        np.minimum.at(least, source, arcs["weight"] + least[arcs["next"]])
        if np.array_equal(before, least):
            return least
