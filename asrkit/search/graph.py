"""A decoding graph as the search reads it: checked once, then trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError
from asrkit.formats import openfst
from asrkit.formats.openfst import EPSILON, Fst
from asrkit.search.live_labels import HUB_ARCS
from asrkit.search.workspace import MOST_HUBS

Topology = Literal["identity", "ctc"]

# The files' records with unsigned labels and states (none is negative), which index faster.
_STATE = np.dtype((np.record, openfst.STATE))
_ARC = np.dtype((np.record, [("ilabel", "<u4"), ("olabel", "<u4"), ("weight", "<f4"), ("next", "<u4")]))


class GraphArrays(NamedTuple):
    """What the kernels read; all of it read-only.

    Attributes:
        states, arcs: as in `formats.openfst`, mapped from the file.
        start: the start state.
        hub_states: (hubs,) uint32, ascending: the states with very many arcs.
        hub_arcs: (hubs, units + 2) uint32: for each label, the first arc of the hub with at least this label.
        hub_least: (hubs,) float64: the least weight of the arcs of each hub.
        label_least: (hubs, units + 1) float32: the same of its arcs with each label; inf where there are none.
        hub_keeps: (hubs, most) uint32: the labels of the arcs of each hub that say no new unit, filled up with 0.
        passes: (units + 1,) bool, indexed by label: units that stand for no sound (blank, <s>, </s>).
        breaks: (units + 1,) bool: those of them at which a hotword's match breaks (law 5): all but ε and CTC's blank.
        repeats: whether an arc back to its own state that puts out nothing says the last unit once more (CTC).
    """

    states: NDArray[np.record]
    arcs: NDArray[np.record]
    start: np.int64
    hub_states: NDArray[np.uint32]
    hub_arcs: NDArray[np.uint32]
    hub_least: NDArray[np.float64]
    label_least: NDArray[np.float32]
    hub_keeps: NDArray[np.uint32]
    passes: NDArray[np.bool_]
    breaks: NDArray[np.bool_]
    repeats: np.bool_


@dataclass(frozen=True, eq=False)
class SearchGraph:
    """A decoding graph for a model of `units` units; input labels are unit ids + 1, output labels are words (law 2)."""

    fst: Fst
    units: int
    topology: Topology
    special_units: tuple[int, ...]
    arrays: GraphArrays


def search_graph(
    fst: Fst, units: int, topology: Topology, special_units: Sequence[int] = (), name: str = "the graph"
) -> SearchGraph:
    """Return `fst` made ready for the search.

    Args:
        fst: a graph whose arcs are sorted by input label.
        units: the size of the model's unit table.
        topology: "identity": each step reads one arc that bears a unit; "ctc": a unit may last several steps and
            equal units are parted by blank.
        special_units: ids of the units that pass as epsilon: blank (the first, for CTC), <s>, </s>. A hotword's match
            breaks at all of them but CTC's blank, which stands between any two units (law 5).
        name: what to call the graph in messages.

    Raises:
        AsrkitError: the graph is empty, has no final state, unsorted arcs, labels beyond `units`, or a cycle of
            epsilon arcs.
    """
    if fst.start < 0 or not len(fst.states):
        raise AsrkitError("the graph is empty", where=name, cure="build it anew")
    if not np.any(np.isfinite(fst.states["final"])):
        raise AsrkitError("the graph has no final state", where=name, cure="build it anew")
    if not fst.is_ilabel_sorted():
        cure = "sort them (fstarcsort) or build the graph with asrkit build-graph"
        raise AsrkitError("the arcs of the graph are not sorted by input label", where=name, cure=cure)
    largest = int(fst.arcs["ilabel"].max()) if len(fst.arcs) else 0
    if largest > units:
        what = f"the graph reads unit {largest - 1}, but the model has only {units} units"
        raise AsrkitError(what, where=name, cure="build the graph with the unit table of this model")
    if any(not 0 <= unit < units for unit in special_units):
        raise AsrkitError(f"special units {list(special_units)} are not all among {units} units", where=name)
    if topology == "ctc" and not special_units:
        raise AsrkitError("a CTC graph needs a blank unit", where=name, cure="name it as the first special unit")
    state = _on_epsilon_cycle(fst)
    if state is not None:
        what = f"state {state} of the graph lies on a cycle of arcs without input"
        raise AsrkitError(what, where=name, cure="look for empty pronunciations in the lexicon")
    passes = np.zeros(units + 1, np.bool_)
    passes[[EPSILON, *(unit + 1 for unit in special_units)]] = True
    breaks = passes.copy()
    breaks[EPSILON] = False
    if topology == "ctc":
        breaks[special_units[0] + 1] = False
    arrays = GraphArrays(
        fst.states.view(_STATE),
        fst.arcs.view(_ARC),
        np.int64(fst.start),
        *_hubs(fst, passes, topology == "ctc"),
        passes,
        breaks,
        np.bool_(topology == "ctc"),
    )
    for array in arrays:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return SearchGraph(fst, units, topology, tuple(special_units), arrays)


def _hubs(
    fst: Fst, passes: NDArray[np.bool_], repeats: bool
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float64], NDArray[np.float32], NDArray[np.uint32]]:
    """Return the fields of `GraphArrays` that tell of the hubs."""
    counts = fst.states["narcs"]
    hubs = np.flatnonzero(counts >= HUB_ARCS)
    hubs = np.sort(hubs[np.argsort(counts[hubs], kind="stable")[-MOST_HUBS:]])
    labels = np.arange(len(passes) + 1)
    index, keeps = np.zeros((len(hubs), len(labels)), np.uint32), []
    least = np.full((len(hubs), len(passes)), np.inf, np.float32)
    for hub, state in enumerate(fst.states[hubs]):
        first, end = int(state["pos"]), int(state["pos"]) + int(state["narcs"])
        arcs = fst.arcs[first:end]
        index[hub] = first + np.searchsorted(arcs["ilabel"], labels)
        np.fmin.at(least[hub], arcs["ilabel"], arcs["weight"])
        kept = passes[arcs["ilabel"]] | (repeats & (arcs["olabel"] == 0) & (arcs["next"] == hubs[hub]))
        keeps.append(np.unique(arcs["ilabel"][kept]))
    hub_keeps = np.zeros((len(hubs), max(map(len, keeps), default=0)), np.uint32)
    for row, kept in zip(hub_keeps, keeps, strict=True):
        row[: len(kept)] = kept
    return hubs.astype(np.uint32), index, least.min(axis=1).astype(np.float64), least, hub_keeps


def example() -> SearchGraph:
    """Return the smallest graph, from which kernels learn the types of their arguments."""
    arcs = np.array([(1, 1, 0, 0)], openfst.ARC)
    return search_graph(Fst.from_arcs(0, np.zeros(1, np.int32), arcs, np.zeros(1, np.float32)), 1, "identity")


def _on_epsilon_cycle(fst: Fst) -> int | None:
    """Return a state on a cycle of epsilon arcs, or None: peel off, again and again, what no epsilon arc enters."""
    epsilon = np.flatnonzero(fst.arcs["ilabel"] == EPSILON)
    nexts = fst.arcs["next"][epsilon]
    with_epsilon = np.flatnonzero(fst.states["nieps"])
    counts = fst.states["nieps"][with_epsilon]
    sources = np.repeat(with_epsilon, counts)
    while len(sources):
        entered = np.zeros(len(fst.states), np.bool_)
        entered[nexts] = True
        kept = entered[sources]
        if kept.all():
            return _cycle_through(sources, nexts)
        sources, nexts = sources[kept], nexts[kept]
    return None


def _cycle_through(sources: NDArray[np.integer], nexts: NDArray[np.integer]) -> int:
    """Return a state on a cycle, given arcs of which each source is entered: go backwards until a state comes again."""
    entered_from = dict(zip(nexts.tolist(), sources.tolist(), strict=True))
    state, seen = int(sources[0]), set()
    while state not in seen:
        seen.add(state)
        state = entered_from[state]
    return state
