"""The hotword automaton: Aho-Corasick nodes together with what is paid of their strings (laws 5 and 6).

A state is a node and the number n of units of its string that no completed phrase has paid. A phrase that ended inside
the string pays the same units in every history (`Trie.unpaid` is what it leaves); one that began before the string pays
its first units. So of the node's own unpaid units always the last n are unpaid, and (node, n) tells which. Reading a
unit that goes on to a child whose phrases leave `unpaid` units:

    deficit(state) = unpaid(node) - n                     units that only an earlier phrase has paid
    n'             = max(0, unpaid(child) - deficit(state))
    banked         = incremental_bias * (n + 1 - n') + bonus(child)

The failure of (node, n) is (failure(node), min(n, unpaid_of_failure(node))). A node without children acts as its
failure does, with the same pending credit, and is left out unless a picture wants it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.hotwords.table import HOTWORD_EDGE, HOTWORD_STATE, HotwordTable, make_table
from asrkit.hotwords.trie import ROOT, Trie

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


class _Nodes(NamedTuple):
    """What the states need of the trie; all arrays are (nodes,).

    `stays`: whether the node has states of its own. `failure` is the nearest such node along the failure links,
    `kept_by_failure` the most units of the node that can be unpaid there; `may_pend` is the most units that can be
    pending.
    """

    unpaid: NDArray[np.int64]
    first_child: NDArray[np.int64]
    children: NDArray[np.int64]
    stays: NDArray[np.bool_]
    failure: NDArray[np.int64]
    kept_by_failure: NDArray[np.int64]
    may_pend: NDArray[np.int64]


def make_automaton(trie: Trie, incremental_bias: float, units: int, *, whole: bool = False) -> HotwordTable:
    """Return the automaton of `trie` for a model of `units` units.

    Args:
        trie: the phrases; `bonus` in nats.
        incremental_bias: nats for each covered unit, 0 or more.
        units: the size of the model's unit table.
        whole: keep the nodes without children, too.
    """
    nodes = _nodes(trie, whole)
    keys = _states(nodes)
    node, unpaid = _unpacked(keys, nodes)
    source = np.repeat(np.arange(len(keys)), nodes.children[node])
    child, unpaid_after = _followed(node, unpaid, nodes)
    target, unpaid_there = _resting(child, unpaid_after, nodes)
    failure = _keys(nodes.failure[node], np.minimum(unpaid, nodes.kept_by_failure[node]), nodes)

    states = np.zeros(len(keys), HOTWORD_STATE)
    first = 1 + np.cumsum(nodes.children[node]) - nodes.children[node]  # edge 0 is the empty edge
    states["first"], states["end"] = first, first + nodes.children[node]
    states["failure"] = np.searchsorted(keys, failure)
    states["pending"] = incremental_bias * np.minimum(unpaid, nodes.may_pend[node])
    edges = np.zeros(1 + len(source), HOTWORD_EDGE)
    edges["label"][1:] = trie.unit[child] + 1
    edges["next"][1:] = np.searchsorted(keys, _keys(target, unpaid_there, nodes))
    edges["bank"][1:] = incremental_bias * (unpaid[source] + 1 - unpaid_after) + trie.bonus[child]
    root_edge = np.zeros(units + 1, np.uint32)
    of_root = np.arange(1, 1 + nodes.children[ROOT])
    root_edge[edges["label"][of_root]] = of_root
    states["first"][ROOT] = states["end"][ROOT] = 1  # reached through root_edge instead
    return make_table(states, edges, root_edge)


def nodes_of_states(trie: Trie) -> NDArray[np.int64]:
    """Return the node of each state of the whole automaton, (states,)."""
    return (_states(_nodes(trie, True)) >> _HALF).astype(np.int64)


def _nodes(trie: Trie, whole: bool) -> _Nodes:
    count = len(trie.edges)
    children = np.bincount(trie.parent[1:], minlength=count)
    first_child = 1 + np.cumsum(children) - children
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
    return _Nodes(trie.unpaid, first_child, children, stays, failure, kept, may_pend)


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
