"""The hotword automaton as flat arrays, the form in which the search follows it.

A state is a node of an Aho-Corasick automaton together with which units of its suffix are paid already (law 6). State
0 is the root: nothing is half matched and nothing is pending. A label is a model id + 1 (law 2). Reading `label` in
state h:

    the first state among h, failure(h), failure(failure(h)) … that has an edge with this label decides; a root always
    decides, through `root_edge[root, label]`; edge 0, "no phrase goes on", leads to the root and banks nothing.

The edge banks what is earned for good by this unit: the incremental bias of each position that a completed occurrence
covers for the first time, and the word bias of each phrase that ends here. What an edge banks does not depend on how
many failures came before it. `pending` of a state is the credit that its half-matched units would lose; it is never
part of a hypothesis's cost, only of what pruning compares (law 8).

Where units are parts of words, phrases begin and end at word edges (`units.edges`), and each state has a *border*:

    A state lies at an edge, or inside a word. If a phrase begins with a unit that opens no word, there is a second
    root, 1, that of the states inside words: edge 1 leads there, and no such unit begins a phrase there.
    Before reading a unit that opens a word, h goes to `after_edge`, and `due` is banked: what the phrases earn whose
    last unit was read and that end here if a word does. So does the end of an utterance.
    At a break, or a special unit, h goes to `after_break`: a root, or a state that only remembers what is due, since
    specials are seen through. Nothing is banked.

In a table without borders each position is an edge, and a break leads to the root.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Records, so that one cache line holds all of an edge; np.record, so that plain Python reads them as numba does.
HOTWORD_STATE = np.dtype((np.record, [("first", "<u4"), ("end", "<u4"), ("failure", "<u4"), ("pending", "<f4")]))
HOTWORD_EDGE = np.dtype((np.record, [("label", "<u4"), ("next", "<u4"), ("bank", "<f4"), ("pending", "<f4")]))
HOTWORD_BORDER = np.dtype(
    (np.record, [("after_edge", "<u4"), ("after_break", "<u4"), ("root", "<u4"), ("due", "<f4")])
)

BREAK = 0  # stands for a break (law 5) among labels: ε, which is none of a unit
PLAIN, OPENS, SPECIAL = range(3)  # what a label is to a table with borders


class HotwordTable(NamedTuple):
    """The automaton.

    Attributes:
        states: (states,) HOTWORD_STATE; edges[first:end] leave the state, in ascending order of label; pending in nats.
            The roots' slices are empty: their edges are reached through `root_edge`.
        edges: (edges,) HOTWORD_EDGE; bank in nats (negative where a phrase is penalised); pending is that of the state
            to which the edge leads. Edge 0 is the empty edge; with two roots edge 1 is the one to root 1.
        root_edge: (roots, units + 1) uint32, indexed by root and label: the edge that leaves the root, an empty edge
            where no phrase begins with the label.
        borders: (states,) HOTWORD_BORDER; due in nats. Empty: each position is an edge.
        reads: (units + 1,) uint8: PLAIN, OPENS or SPECIAL for each label; of no meaning without borders.
        most_banked: (units + 1,) float32: the largest `bank` of the edges with this label and of the empty edge.
        most_gained: (units + 1,) float32: the same for `bank` + `pending`.
        root_gained: (units + 1,) float32: the same of the edges that leave the roots alone.
        most_root_gained: the largest of them.
    """

    states: NDArray[np.record]
    edges: NDArray[np.record]
    root_edge: NDArray[np.uint32]
    borders: NDArray[np.record]
    reads: NDArray[np.uint8]
    most_banked: NDArray[np.float32]
    most_gained: NDArray[np.float32]
    root_gained: NDArray[np.float32]
    most_root_gained: np.float64


def make_table(
    states: NDArray[np.record],
    edges: NDArray[np.record],
    root_edge: NDArray[np.uint32],
    borders: NDArray[np.record] | None = None,
    reads: NDArray[np.uint8] | None = None,
) -> HotwordTable:
    """Return the table of these arrays, `pending` of the edges and the bounds filled in, all of it read-only.

    `root_edge` may be (units + 1,) where there is one root. Without `borders` each position is an edge.
    """
    root_edge = root_edge.reshape(-1, root_edge.shape[-1])
    labels = root_edge.shape[1]
    borders = np.zeros(0, HOTWORD_BORDER) if borders is None else borders
    reads = np.zeros(labels, np.uint8) if reads is None else reads
    edges["pending"] = states["pending"][edges["next"]]
    exact = edges["bank"].astype(np.float64) + edges["pending"]
    gained = exact.astype(np.float32)
    gained[gained < exact] = np.nextafter(gained[gained < exact], np.float32(np.inf))  # a bound is rounded up
    most_banked = np.zeros(labels, np.float32)
    most_gained = np.zeros(labels, np.float32)
    np.maximum.at(most_banked, edges["label"], edges["bank"])
    np.maximum.at(most_gained, edges["label"], gained)
    root_gained = np.maximum(gained[root_edge].max(axis=0), np.float32(0))
    for array in (states, edges, root_edge, borders, reads, most_banked, most_gained, root_gained):
        array.flags.writeable = False
    return HotwordTable(
        states, edges, root_edge, borders, reads, most_banked, most_gained, root_gained, np.float64(root_gained.max())
    )


@lru_cache(maxsize=4)
def no_hotwords(units: int) -> HotwordTable:
    """Return the table that matches nothing, for a model of `units` units."""
    states = np.zeros(1, HOTWORD_STATE)
    return make_table(states, np.zeros(1, HOTWORD_EDGE), np.zeros(units + 1, np.uint32))


def after_break(table: HotwordTable, state: int) -> int:
    """Return the state after a break in `state`, which banks nothing."""
    return int(table.borders["after_break"][state]) if len(table.borders) else 0


def at_end(table: HotwordTable, state: int) -> float:
    """Return what the end of an utterance banks in `state` (nats)."""
    return float(table.borders["due"][state]) if len(table.borders) else 0.0


def follow(table: HotwordTable, state: int, label: int) -> tuple[int, float]:
    """Return the state after reading `label` in `state`, and what that banks (nats)."""
    due = 0.0
    if len(table.borders):
        if table.reads[label] == SPECIAL:
            return after_break(table, state), 0.0
        if table.reads[label] == OPENS:
            due, state = at_end(table, state), int(table.borders["after_edge"][state])
    while state >= len(table.root_edge):
        first, end = int(table.states["first"][state]), int(table.states["end"][state])
        edge = first + int(np.searchsorted(table.edges["label"][first:end], label))
        if edge < end and table.edges["label"][edge] == label:
            return int(table.edges["next"][edge]), float(table.edges["bank"][edge]) + due
        state = int(table.states["failure"][state])
    edge = table.root_edge[state, label]
    return int(table.edges["next"][edge]), float(table.edges["bank"][edge]) + due
