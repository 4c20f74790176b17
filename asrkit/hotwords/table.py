"""The hotword automaton as flat arrays, the form in which the search follows it.

A state is a node of an Aho-Corasick automaton together with which units of its suffix are paid already (law 6). State
0 is the root: nothing is half matched and nothing is pending. A label is a model id + 1 (law 2). Reading `label` in
state h:

    the first state among h, failure(h), failure(failure(h)) … that has an edge with this label decides; the root
    always decides, through `root_edge[label]`; edge 0, "no phrase goes on", leads to the root and banks nothing.

The edge banks what is earned for good by this unit: the incremental bias of each position that a completed occurrence
covers for the first time, and the word bias of each phrase that ends here. What an edge banks does not depend on how
many failures came before it. `pending` of a state is the credit that its half-matched units would lose; it is never
part of a hypothesis's cost, only of what pruning compares (law 8).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Records, so that one cache line holds all of an edge; np.record, so that plain Python reads them as numba does.
HOTWORD_STATE = np.dtype((np.record, [("first", "<u4"), ("end", "<u4"), ("failure", "<u4"), ("pending", "<f4")]))
HOTWORD_EDGE = np.dtype((np.record, [("label", "<u4"), ("next", "<u4"), ("bank", "<f4"), ("pending", "<f4")]))


BREAK = 0  # stands for a break (law 5) among labels: ε, which is none of a unit


class HotwordTable(NamedTuple):
    """The automaton.

    Attributes:
        states: (states,) HOTWORD_STATE; edges[first:end] leave the state, in ascending order of label; pending in nats.
            The root's slice is empty: its edges are reached through `root_edge`.
        edges: (edges,) HOTWORD_EDGE; bank in nats (negative where a phrase is penalised); pending is that of the state
            to which the edge leads. Edge 0 is the empty edge.
        root_edge: (units + 1,) uint32, indexed by label: the edge that leaves the root, 0 where there is none.
        most_banked: (units + 1,) float32: the largest `bank` of the edges with this label and of the empty edge.
        most_gained: (units + 1,) float32: the same for `bank` + `pending`.
        root_gained: (units + 1,) float32: the same of the edges that leave the root alone.
        most_root_gained: the largest of them.
    """

    states: NDArray[np.record]
    edges: NDArray[np.record]
    root_edge: NDArray[np.uint32]
    most_banked: NDArray[np.float32]
    most_gained: NDArray[np.float32]
    root_gained: NDArray[np.float32]
    most_root_gained: np.float64


def make_table(states: NDArray[np.record], edges: NDArray[np.record], root_edge: NDArray[np.uint32]) -> HotwordTable:
    """Return the table of these arrays, `pending` of the edges and the bounds filled in, all of it read-only."""
    edges["pending"] = states["pending"][edges["next"]]
    exact = edges["bank"].astype(np.float64) + edges["pending"]
    gained = exact.astype(np.float32)
    gained[gained < exact] = np.nextafter(gained[gained < exact], np.float32(np.inf))  # a bound is rounded up
    most_banked = np.zeros(len(root_edge), np.float32)
    most_gained = np.zeros(len(root_edge), np.float32)
    np.maximum.at(most_banked, edges["label"], edges["bank"])
    np.maximum.at(most_gained, edges["label"], gained)
    root_gained = np.maximum(gained[root_edge], np.float32(0))
    for array in (states, edges, root_edge, most_banked, most_gained, root_gained):
        array.flags.writeable = False
    table = HotwordTable(
        states, edges, root_edge, most_banked, most_gained, root_gained, np.float64(root_gained.max())
    )
    return table


@lru_cache(maxsize=4)
def no_hotwords(units: int) -> HotwordTable:
    """Return the table that matches nothing, for a model of `units` units."""
    states = np.zeros(1, HOTWORD_STATE)
    return make_table(states, np.zeros(1, HOTWORD_EDGE), np.zeros(units + 1, np.uint32))


def after_break(table: HotwordTable, state: int) -> int:
    """Return the state after a break in `state`, which banks nothing."""
    return 0


def follow(table: HotwordTable, state: int, label: int) -> tuple[int, float]:
    """Return the state after reading `label` in `state`, and what that banks (nats)."""
    while state != 0:
        first, end = int(table.states["first"][state]), int(table.states["end"][state])
        edge = first + int(np.searchsorted(table.edges["label"][first:end], label))
        if edge < end and table.edges["label"][edge] == label:
            return int(table.edges["next"][edge]), float(table.edges["bank"][edge])
        state = int(table.states["failure"][state])
    edge = table.root_edge[label]
    return int(table.edges["next"][edge]), float(table.edges["bank"][edge])
