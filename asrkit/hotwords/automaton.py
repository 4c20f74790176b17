"""The hotword automaton: Aho-Corasick nodes together with what is paid of their strings (laws 5 and 6).

A state is a node and the number n of units of its string that no completed phrase has paid. A phrase that ended inside
the string pays the same units in every history (`Trie.unpaid` is what it leaves); one that began before the string pays
its first units. So of the node's own unpaid units always the last n are unpaid, and (node, n) tells which. Reading a
unit (or, with 0 in place of 1, an edge symbol) that goes on to a child whose phrases leave `unpaid` units:

    deficit(state) = unpaid(node) - n                     units that only an earlier phrase has paid
    n'             = max(0, unpaid(child) - deficit(state))
    banked         = incremental_bias * (n + 1 - n') + bonus(child)

The failure of (node, n) is (failure(node), min(n, unpaid_of_failure(node))). A node without children acts as its
failure does, with the same pending credit, and is left out unless a picture wants it.

With word edges (`table` tells what borders are) the root comes twice if phrases begin with units that open no word, and
behind the states of nodes come those that remember what is due, one for each amount.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.hotwords.table import (
    HOTWORD_BORDER,
    HOTWORD_EDGE,
    HOTWORD_STATE,
    OPENS,
    SPECIAL,
    HotwordTable,
    make_table,
)
from asrkit.hotwords.trie import EDGE, ROOT, Trie
from asrkit.units.edges import WordEdges

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class _Nodes(NamedTuple):
    """What the states need of the trie; all arrays are (nodes,).

    `stays`: whether the node has states of its own. `failure` is the nearest such node along the failure links,
    `kept_by_failure` the most units of the node that can be unpaid there; `may_pend` is the most units that can be
    pending. `edge_child` is the child by an edge symbol, the last of the children, or ROOT.
    """

    unpaid: NDArray[np.int64]
    first_child: NDArray[np.int64]
    children: NDArray[np.int64]
    edge_child: NDArray[np.int64]
    stays: NDArray[np.bool_]
    failure: NDArray[np.int64]
    kept_by_failure: NDArray[np.int64]
    may_pend: NDArray[np.int64]


def make_automaton(
    trie: Trie, incremental_bias: float, units: int, words: WordEdges | None = None, *, whole: bool = False
) -> HotwordTable:
    """Return the automaton of `trie` for a model of `units` units.

    Args:
        trie: the phrases; `bonus` in nats.
        incremental_bias: nats for each covered unit, 0 or more.
        units: the size of the model's unit table.
        words: where words begin and end, as for the trie.
        whole: keep the nodes without children, too.
    """
    nodes = _nodes(trie, whole)
    keys = _states(nodes)
    node, unpaid = _unpacked(keys, nodes)
    roots = _roots(trie, words)
    source = np.repeat(np.arange(len(keys)), nodes.children[node])
    child, unpaid_after = _followed(node, unpaid, nodes)
    by_unit = trie.unit[child] != EDGE
    source, child, unpaid_after = source[by_unit], child[by_unit], unpaid_after[by_unit]
    counts = np.bincount(source, minlength=len(keys))
    target, unpaid_there = _resting(child, unpaid_after, nodes)
    failure = nodes.failure[node], np.minimum(unpaid, nodes.kept_by_failure[node])

    def numbers(of: NDArray[np.int64], left: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the numbers of states; `inside` tells which root one is, if it is one."""
        number = np.searchsorted(keys, _keys(of, left, nodes))
        return np.where(number == 0, inside & (roots > 1), number + (roots - 1))

    states = np.zeros(len(keys), HOTWORD_STATE)
    first = roots + np.cumsum(counts) - counts  # before them come the empty edges
    states["first"], states["end"] = first, first + counts
    states["failure"] = numbers(*failure, trie.inside[node])
    states["pending"] = incremental_bias * np.minimum(unpaid, nodes.may_pend[node])
    edges = np.zeros(roots + len(source), HOTWORD_EDGE)
    edges["next"][:roots] = np.arange(roots)
    edges["label"][roots:] = trie.unit[child] + 1
    edges["next"][roots:] = numbers(target, unpaid_there, trie.inside[child])
    edges["bank"][roots:] = incremental_bias * (unpaid[source] + 1 - unpaid_after) + trie.bonus[child]
    root_edge = np.zeros((roots, units + 1), np.uint32)
    of_root = np.arange(roots, roots + counts[ROOT])
    states["first"][ROOT] = states["end"][ROOT] = roots  # reached through root_edge instead
    states = np.concatenate([states[:1]] * roots + [states[1:]])
    if words is None:
        root_edge[ROOT, edges["label"][of_root]] = of_root
        return make_table(states, edges, root_edge)
    if roots > 1:
        leads_inside = 1 + np.flatnonzero(~words.closes & ~words.special)
        root_edge[:, leads_inside] = 1
        root_edge[1, 1 + np.flatnonzero(words.special)] = 1
    root_edge[ROOT, edges["label"][of_root]] = of_root
    root_edge[-1, 1:][words.opens] = root_edge[ROOT, 1:][words.opens]

    due, popped, lands = _after_edge(node, unpaid, trie, nodes, incremental_bias)
    borders = np.zeros(len(keys), HOTWORD_BORDER)
    inside = trie.inside[node]
    borders["root"] = inside & (roots > 1)
    borders["after_edge"] = np.where(inside, numbers(*lands, np.zeros_like(inside)), numbers(node, unpaid, inside))
    borders["due"] = due
    borders["after_break"] = borders["root"]
    waiting = np.flatnonzero((popped > 0) | (due != 0))
    amounts = due[waiting] + 1j * incremental_bias * popped[waiting]  # as numbers that can be sorted
    amounts, place = np.unique(amounts, return_inverse=True)
    memory = len(states) + np.arange(len(amounts))
    borders["after_break"][waiting] = memory[place]
    more_states, more_borders = np.zeros(len(amounts), HOTWORD_STATE), np.zeros(len(amounts), HOTWORD_BORDER)
    more_states["first"] = more_states["end"] = roots
    more_states["failure"] = more_borders["root"] = roots - 1
    more_borders["after_break"] = memory
    more_borders["due"], more_states["pending"] = amounts.real, amounts.imag
    second = np.zeros(roots - 1, HOTWORD_BORDER)
    second["root"] = second["after_break"] = 1
    borders = np.concatenate([borders[:1], second, borders[1:], more_borders])
    states = np.concatenate([states, more_states])
    reads = np.zeros(units + 1, np.uint8)
    reads[1:][words.opens], reads[1:][words.special] = OPENS, SPECIAL
    return make_table(states, edges, root_edge, borders, reads)


def nodes_of_states(trie: Trie, words: WordEdges | None = None) -> NDArray[np.int64]:
    """Return the node of each state of the whole automaton, (states,), without those that remember what is due."""
    nodes = (_states(_nodes(trie, True)) >> _HALF).astype(np.int64)
    return np.concatenate([np.full(_roots(trie, words) - 1, ROOT), nodes])


def _roots(trie: Trie, words: WordEdges | None) -> int:
    """Return how many roots there are: two if some phrase begins with a unit that opens no word."""
    if words is None:
        return 1
    of_root = np.flatnonzero(trie.parent == ROOT)[1:]
    return 1 if words.opens[trie.unit[of_root]].all() else 2


def _after_edge(
    node: NDArray[np.int64], unpaid: NDArray[np.int64], trie: Trie, nodes: _Nodes, incremental_bias: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return what an edge banks in each state, how many units it pays, and where it leads: (node, unpaid).

    Nothing and to the root from states that lie at an edge.
    """
    at, left = np.where(trie.inside[node], node, ROOT), unpaid.copy()
    while len(on := np.flatnonzero((nodes.edge_child[at] == ROOT) & (at != ROOT))):
        left[on] = np.minimum(left[on], nodes.kept_by_failure[at[on]])
        at[on] = nodes.failure[at[on]]
    child = nodes.edge_child[at]
    left[at == ROOT] = 0
    after = np.maximum(0, nodes.unpaid[child] - (nodes.unpaid[at] - left))
    popped = left - after
    due = np.where(child == ROOT, 0.0, incremental_bias * popped + trie.bonus[child])
    return due, popped, _resting(child, after, nodes)


def _nodes(trie: Trie, whole: bool) -> _Nodes:
    count = len(trie.edges)
    children = np.bincount(trie.parent[1:], minlength=count)
    first_child = 1 + np.cumsum(children) - children
    edge_child = np.full(count, ROOT)
    by_edge = np.flatnonzero(trie.unit == EDGE)
    edge_child[trie.parent[by_edge]] = by_edge
    stays = (children > 0) | whole
    stays[ROOT] = True
    failure, kept = trie.failure.copy(), trie.unpaid_of_failure.copy()
    may_pend = np.where(trie.leads_to_boosted, trie.depth, 0)
    for first, end in pairwise(trie.level_ends.tolist()):
        level = np.arange(first, end)
        leaf = level[~stays[failure[level]]]  # failure is shallower, so its own is settled
        kept[leaf] = np.minimum(kept[leaf], kept[failure[leaf]])
        failure[leaf] = failure[failure[leaf]]
        other = level[~trie.leads_to_boosted[level]]
        suffix = trie.failure[other]
        may_pend[other] = np.minimum(trie.unpaid_of_failure[other], may_pend[suffix])
    return _Nodes(trie.unpaid, first_child, children, edge_child, stays, failure, kept, may_pend)


def _states(nodes: _Nodes) -> NDArray[np.uint64]:
    """Return the keys, node << 32 | deficit, of all states that can be reached and their failures, ascending."""
    plain = np.flatnonzero(nodes.stays).astype(np.uint64) << _HALF  # those without deficit
    fresh, known = plain, np.zeros(0, np.uint64)
    while len(fresh):
        node, unpaid = _unpacked(fresh, nodes)
        after = _keys(*_resting(*_followed(node, unpaid, nodes), nodes), nodes)
        failure = _keys(nodes.failure[node], np.minimum(unpaid, nodes.kept_by_failure[node]), nodes)
        found = np.concatenate([after, failure])
        fresh = np.setdiff1d(_distinct(found[found & _LOW > 0]), known, assume_unique=True)
        known = np.sort(np.concatenate([known, fresh]))
    return np.sort(np.concatenate([plain, known]))


def _distinct(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As numpy.unique, which is much slower for it builds a hash table."""
    keys = np.sort(keys)
    return keys[np.diff(keys, prepend=keys[:1] - np.uint64(1)) > 0]


def _followed(
    node: NDArray[np.int64], unpaid: NDArray[np.int64], nodes: _Nodes
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all children of the states, state by state, and how many units are unpaid in each."""
    counts = nodes.children[node]
    source = np.repeat(np.arange(len(node)), counts)
    within = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
    child = nodes.first_child[node[source]] + within
    deficit = nodes.unpaid[node[source]] - unpaid[source]
    return child, np.maximum(0, nodes.unpaid[child] - deficit)


def _resting(
    node: NDArray[np.int64], unpaid: NDArray[np.int64], nodes: _Nodes
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the states as which these act: themselves, or the failure of those that do not stay."""
    stays = nodes.stays[node]
    kept = np.where(stays, unpaid, np.minimum(unpaid, nodes.kept_by_failure[node]))
    return np.where(stays, node, nodes.failure[node]), kept


def _keys(node: NDArray[np.int64], unpaid: NDArray[np.int64], nodes: _Nodes) -> NDArray[np.uint64]:
    return node.astype(np.uint64) << _HALF | (nodes.unpaid[node] - unpaid).astype(np.uint64)


def _unpacked(keys: NDArray[np.uint64], nodes: _Nodes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    node = (keys >> _HALF).astype(np.int64)
    return node, nodes.unpaid[node] - (keys & _LOW).astype(np.int64)
