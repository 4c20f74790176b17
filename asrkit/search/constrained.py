"""The cheapest way through a graph that reads given labels and puts out words that an acceptor allows.

Viterbi over pairs (state of the graph, node of the acceptor): a step for each label, epsilon arcs in between. It is for
a few dozen labels around a hotword, where the acceptor leaves few pairs alive; nothing is pruned.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from asrkit.formats.openfst import EPSILON, Fst

Node = Hashable
Follow = Callable[[Node, int], Iterable[Node]]


class Way(NamedTuple):
    """What the cheapest way costs (nats of the language model, unscaled), and the words that it puts out."""

    cost: float
    words: tuple[int, ...]


def cheapest_way(
    fst: Fst,
    start: int,
    labels: Sequence[int],
    first: Node,
    follow: Follow,
    is_last: Callable[[Node], bool],
    *,
    end: int | None = None,
    word_cost: float = 0.0,
) -> Way | None:
    """Return the cheapest way, None if there is none.

    Args:
        fst: arcs sorted by input label, without cycles of epsilon arcs.
        start: the state where it begins.
        labels: the input labels that it reads, in order.
        first: the acceptor's node at the beginning.
        follow: the nodes after a node and a word; none if the word is not allowed there.
        is_last: whether the acceptor may end in a node.
        end: the state where it ends; None: any final state, whose cost counts.
        word_cost: what each word costs besides.
    """
    alive: dict[tuple[int, Node], Way] = {(start, first): Way(0.0, ())}
    _close(fst, alive, follow, word_cost)
    for label in labels:
        before, alive = alive, {}
        for (state, node), way in before.items():
            for arc in _reading(fst, state, label):
                _go(arc, node, way, alive, follow, word_cost)
        _close(fst, alive, follow, word_cost)
    found = None
    for (state, node), way in alive.items():
        last_cost = float(fst.states["final"][state]) if end is None else 0.0 if state == end else np.inf
        if is_last(node) and last_cost < np.inf and (found is None or way.cost + last_cost < found.cost):
            found = Way(way.cost + last_cost, way.words)
    return found


def _reading(fst: Fst, state: int, label: int) -> np.ndarray:
    """Return the arcs of `state` that read `label`."""
    row = fst.states[state]
    arcs = fst.arcs[int(row["pos"]) : int(row["pos"]) + int(row["narcs"])]
    if label == EPSILON:
        return arcs[: int(row["nieps"])]
    return arcs[np.searchsorted(arcs["ilabel"], label) : np.searchsorted(arcs["ilabel"], label, side="right")]


def _close(fst: Fst, alive: dict[tuple[int, Node], Way], follow: Follow, word_cost: float) -> None:
    """Follow epsilon arcs until no pair gets cheaper."""
    waiting = list(alive)
    while waiting:
        pair = waiting.pop()
        for arc in _reading(fst, pair[0], EPSILON):
            waiting += _go(arc, pair[1], alive[pair], alive, follow, word_cost)


def _go(
    arc: np.void, node: Node, way: Way, alive: dict[tuple[int, Node], Way], follow: Follow, word_cost: float
) -> list[tuple[int, Node]]:
    """Follow one arc; return the pairs that are reached, or reached more cheaply than before."""
    word, cost = int(arc["olabel"]), way.cost + float(arc["weight"])
    words = way.words
    nodes: Iterable[Node] = (node,)
    if word:
        nodes, words, cost = follow(node, word), (*words, word), cost + word_cost
    better = []
    for after in nodes:
        pair = int(arc["next"]), after
        if pair not in alive or cost < alive[pair].cost:
            alive[pair] = Way(cost, words)
            better.append(pair)
    return better
