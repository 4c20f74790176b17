"""Phrases as a trie with failure links (Aho & Corasick, 1975), and what each node says about paid units.

Nodes are numbered breadth first, siblings by unit, so that the numbers do not depend on the order of the phrases. The
string of a node is the path to it. Its *unpaid units* are those that no boosted phrase inside the string covers; a
phrase that ends at a node pays the last units of its string. So the unpaid units of a node form a stack: reading a unit
pushes it, a completed phrase pops the units that it covers. The stack of a node is its top node and what lies below:

    stack(node) = top(node) : stack(parent(top(node)))

Where units are parts of words (`units.edges`), phrases are read as strings with an edge symbol, `|`: it stands behind a
unit that closes no word if the next one opens one, or if the phrase ends there. So the string of a phrase is complete
only when it is known that a word ends with it. A unit that closes a word needs no `|` behind it. Edge symbols are no
units: they are neither paid nor unpaid. A suffix of a string counts as one only if it begins at an edge, as phrases do.

Everything is done level by level on whole arrays; a level is all nodes whose strings are of one length.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.units.edges import WordEdges

ROOT = 0
EDGE = 2**31 - 1  # `|`, in place of a unit
_HALF = np.uint64(32)


class Spellings(NamedTuple):
    """Unit sequences to be matched, each of at least one unit; of equal ones the largest bias counts.

    Attributes:
        units: (all units,) int32, model ids of one sequence after the other.
        first: (sequences + 1,) int64: sequence i is units[first[i]:first[i + 1]].
        bias: (sequences,) float64, nats, earned by each complete occurrence.
        boosted: (sequences,) bool: whether the units of an occurrence are covered (law 5).
    """

    units: NDArray[np.int32]
    first: NDArray[np.int64]
    bias: NDArray[np.float64]
    boosted: NDArray[np.bool_]


class Trie(NamedTuple):
    """The nodes; node 0 is the root. All arrays are (nodes,).

    Attributes:
        edges: uint64, ascending: parent << 32 | unit of each node; the root's, at place 0, is 0 and no edge.
        parent, unit: int64; `unit` may be EDGE.
        depth: int64: how many units are in the string.
        level_ends: one past the last node of each level, from the root's on; (levels,) int64.
        inside: bool: whether the string ends inside a word, so far as it tells; False where nothing tells of words.
        failure: int64: the node of the longest proper suffix of the string that is in the trie.
        bonus: float64, nats: the sum of the biases of all sequences that are suffixes of the string.
        leads_to_boosted: bool: whether the string is a prefix of a boosted sequence.
        unpaid: int64: how many units are unpaid.
        unpaid_of_failure: int64: how many of them belong to the string of `failure`.
        end: (sequences,) int64: the node at which each sequence ends.
    """

    edges: NDArray[np.uint64]
    parent: NDArray[np.int64]
    unit: NDArray[np.int64]
    depth: NDArray[np.int64]
    level_ends: NDArray[np.int64]
    inside: NDArray[np.bool_]
    failure: NDArray[np.int64]
    bonus: NDArray[np.float64]
    leads_to_boosted: NDArray[np.bool_]
    unpaid: NDArray[np.int64]
    unpaid_of_failure: NDArray[np.int64]
    end: NDArray[np.int64]


def make_trie(spellings: Spellings, words: WordEdges | None = None) -> Trie:
    """Return the trie of `spellings`; `words` tells where words begin and end, None: everywhere."""
    edges, level_ends, end = _nodes(spellings if words is None else with_edges(spellings, words))
    parent, unit = (edges >> _HALF).astype(np.int64), (edges & np.uint64(0xFFFFFFFF)).astype(np.int64)
    levels = [np.arange(first, end) for first, end in pairwise(level_ends.tolist())]
    depth = np.repeat(np.arange(len(level_ends)), np.diff(level_ends, prepend=0))
    is_unit, inside = unit != EDGE, np.zeros(len(edges), np.bool_)
    begins = None
    if words is not None:
        for level in levels:
            depth[level] = depth[parent[level]] + is_unit[level]
        of_units = np.flatnonzero(is_unit)[1:]
        inside[of_units] = ~words.closes[unit[of_units]]
        begins = ~inside[parent]
        begins[of_units] |= words.opens[unit[of_units]]
    failure = _failures(edges, parent, unit, levels, begins)

    bonus = np.full(len(edges), -np.inf)
    np.maximum.at(bonus, end, spellings.bias)
    bonus[bonus == -np.inf] = 0
    ends_boosted = np.zeros(len(edges), np.bool_)
    ends_boosted[end[spellings.boosted]] = True
    paid_here = np.where(ends_boosted, depth, 0)  # units covered by the longest boosted sequence that ends here
    for level in levels:
        bonus[level] += bonus[failure[level]]
        paid_here[level] = np.maximum(paid_here[level], paid_here[failure[level]])

    leads_to_boosted = ends_boosted.copy()
    for level in reversed(levels):
        leads_to_boosted[parent[level[leads_to_boosted[level]]]] = True

    top, unpaid = np.zeros_like(parent), np.zeros_like(parent)
    unpaid_of_failure = np.zeros_like(parent)
    for level in levels:
        first_paid = depth[level] - paid_here[level]
        still_unpaid = _shallow(top[parent[level]], first_paid, top, parent, depth)
        pushed = np.where(is_unit[level], level, top[parent[level]])
        top[level] = np.where(paid_here[level] == 0, pushed, still_unpaid)
        more = unpaid[parent[level]] + is_unit[level]
        unpaid[level] = np.where(paid_here[level] == 0, more, unpaid[top[level]])
        dropped = depth[level] - depth[failure[level]]
        unpaid_of_failure[level] = unpaid[level] - unpaid[_shallow(top[level], dropped, top, parent, depth)]
    return Trie(
        edges, parent, unit, depth, level_ends, inside, failure, bonus, leads_to_boosted, unpaid, unpaid_of_failure, end
    )


def with_edges(spellings: Spellings, words: WordEdges) -> Spellings:
    """Return `spellings` with EDGE wherever the docstring has `|`."""
    units, first = spellings.units, spellings.first
    if not len(units):
        return spellings
    is_last = np.zeros(len(units), np.bool_)
    is_last[first[1:] - 1] = True
    added = ~words.closes[units] & (is_last | words.opens[np.roll(units, -1)])
    before = np.concatenate([[0], np.cumsum(added)])
    strings = np.insert(units, np.flatnonzero(added) + 1, np.int32(EDGE))
    return spellings._replace(units=strings, first=first + before[first])


def children_of(edges: NDArray[np.uint64], nodes: NDArray[np.integer], units: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the child of each of `nodes` by each of `units`, 0 (the root) where there is none."""
    wanted = nodes.astype(np.uint64) << _HALF | units.astype(np.uint64)
    child = np.searchsorted(edges[1:], wanted) + 1
    child[child == len(edges)] = ROOT
    child[edges[child] != wanted] = ROOT
    return child


def _nodes(spellings: Spellings) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the edge into each node, where each level ends, and the node at which each sequence ends."""
    first, lengths = spellings.first[:-1], np.diff(spellings.first)
    node = np.zeros(len(lengths), np.int64)
    edges, count, level_ends = [np.zeros(1, np.uint64)], 1, [1]
    longer = np.arange(len(lengths))
    while len(longer):
        units = spellings.units[first[longer] + len(level_ends) - 1]
        keys = node[longer].astype(np.uint64) << _HALF | units.astype(np.uint64)
        distinct, place = np.unique(keys, return_inverse=True)
        node[longer] = count + place
        edges.append(distinct)
        count += len(distinct)
        longer = longer[lengths[longer] > len(level_ends)]
        level_ends.append(count)
    return np.concatenate(edges), np.array(level_ends), node


def _failures(
    edges: NDArray[np.uint64],
    parent: NDArray[np.int64],
    unit: NDArray[np.int64],
    levels: list[NDArray[np.int64]],
    begins: NDArray[np.bool_] | None,
) -> NDArray[np.int64]:
    """Return the failure of each node; `begins`: whether a phrase may begin with its last unit, None: all may."""
    failure = np.zeros(len(edges), np.int64)
    for level in levels[1:]:
        node, suffix = level, failure[parent[level]]
        while len(node):
            found = children_of(edges, suffix, unit[node])
            if begins is not None:
                found[(suffix == ROOT) & ~begins[node]] = ROOT
            failure[node] = found
            on = (found == ROOT) & (suffix != ROOT)
            node, suffix = node[on], failure[suffix[on]]
    return failure


def _shallow(
    tops: NDArray[np.int64],
    depths: NDArray[np.int64],
    top: NDArray[np.int64],
    parent: NDArray[np.int64],
    depth: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the stacks `tops` after popping what is deeper than `depths`."""
    tops = tops.copy()
    while len(deep := np.flatnonzero(depth[tops] > depths)):
        tops[deep] = top[parent[tops[deep]]]
    return tops
