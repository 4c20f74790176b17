"""Operations on whole transducers as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import NOT_FINAL, Fst


def sorted_by_input(
    start: int, sources: NDArray[np.integer], arcs: NDArray[np.void], finals: NDArray[np.float32]
) -> Fst:
    """Return the transducer of these arcs, those of a state sorted by input label, equal ones in the given order."""
    from asrkit.graph.kernels import order_by

    sources, labels = sources.astype(np.int32), arcs["ilabel"].copy()
    by_label, order = np.empty((2, len(arcs)), np.int32)
    order_by(labels, int(labels.max(initial=0)) + 1, np.arange(len(arcs), dtype=np.int32), by_label)
    order_by(sources, len(finals), by_label, order)
    return Fst.from_arcs(start, sources[order], arcs[order], finals)


Columns = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]


def columns(arcs: NDArray[np.void]) -> Columns:
    """Return copies of ilabel, olabel, weight and next of `arcs`, as kernels take them."""
    return tuple(arcs[name].copy() for name in ("ilabel", "olabel", "weight", "next"))  # type: ignore[return-value]


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `values` in ascending order, each once. (np.unique hashes, which is slow where most are different.)"""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]


def merged(fst: Fst) -> Fst:
    """Return `fst` with states of equal final cost and arcs made one, again and again, without what is not reached."""
    from asrkit.graph.kernels import merge_equal_states

    states = len(fst.states)
    first = np.append(fst.states["pos"].astype(np.int64), len(fst.arcs))
    same_as = np.arange(states, dtype=np.int32)
    ilabels, olabels, weights, nexts = columns(fst.arcs)
    merge_equal_states(first, fst.states["final"].copy(), ilabels, olabels, weights, nexts, same_as)
    arcs = fst.arcs.copy()
    arcs["next"] = nexts
    return reachable(Fst(int(same_as[fst.start]), fst.states.copy(), arcs))


def reachable(fst: Fst) -> Fst:
    """Return `fst` without the states that no path from the start reaches, the others in their order."""
    reached = np.zeros(len(fst.states), np.bool_)
    reached[fst.start] = True
    new = np.array([fst.start])
    while len(new):
        states = fst.states[new]
        counts = states["narcs"].astype(np.int64)
        begin = states["pos"].astype(np.int64) - (np.cumsum(counts) - counts)
        index = np.repeat(begin, counts) + np.arange(counts.sum())
        before = reached.copy()
        reached[fst.arcs["next"][index]] = True
        new = np.flatnonzero(reached & ~before)
    return only(fst, reached)


def only(fst: Fst, kept: NDArray[np.bool_]) -> Fst:
    """Return `fst` with the states that are `kept`, which includes the start, and the arcs between them."""
    number = np.cumsum(kept) - 1
    sources = fst.sources
    of_arc = kept[sources] & kept[fst.arcs["next"]]
    arcs = fst.arcs[of_arc].copy()
    arcs["next"] = number[arcs["next"]]
    return Fst.from_arcs(int(number[fst.start]), number[sources[of_arc]], arcs, fst.states["final"][kept])


def pauses(fst: Fst) -> NDArray[np.bool_]:
    """Return (states,) whether a path may stay in a state between two steps: it can read there, or end."""
    states = fst.states
    return (states["narcs"] > states["nieps"]) | (states["final"] < NOT_FINAL)
