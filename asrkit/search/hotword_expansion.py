"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.search.compiled import kernel
from asrkit.search.expansion import FULL, graph_cost, set_candidate
from asrkit.search.pruning import HALF, LOW, Cutoffs, passes

_ROOT = np.uint64(0)
_ONE = np.uint64(1)
_MANY_ARCS = 64  # from so many on, it pays to mark which labels are not read as the root reads them


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, work, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit, in the graph and in the automaton; otherwise as `expand`."""
    label_cost, candidates, marks = work.label_cost, work.candidates, work.marks
    found, following = 0, Cutoffs(np.inf, np.inf)
    marks[:] = 0
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1
        cost_so_far, key = hypotheses[i].cost, hypotheses[i].key
        here, state_number = key >> HALF, key & LOW
        pending = hotwords.states[here].pending
        if not passes(cost_so_far, 0.0, pending, cutoffs) or (turn > 0 and i == best):
            continue
        state = graph.states[state_number]
        first, end = state.pos + state.nieps, state.pos + state.narcs
        if np.int64(end - first) > len(candidates) - found:
            return FULL, following
        marked = here != _ROOT and end - first >= _MANY_ARCS
        if marked:
            mark_labels(hotwords, here, marks, turn + 1)
        for a in range(first, end):
            arc = graph.arcs[a]
            label = arc.ilabel
            cost = cost_so_far + graph_cost(arc, limits) + label_cost[label]
            says_nothing_new = graph.repeats and arc.olabel == 0 and arc.next == state_number
            next_state, banked = here, np.float32(0.0)
            if not (says_nothing_new or graph.passes[label]):
                if not passes(cost, hotwords.most_banked[label], hotwords.most_gained[label], following):
                    continue
                as_root = here == _ROOT or (marked and marks[label] != turn + 1)
                edge = hotwords.edges[hotwords.root_edge[label] if as_root else hotword_edge(hotwords, here, label)]
                next_state, banked = np.uint64(edge.next), edge.bank
            settled = cost - banked
            total = settled - hotwords.states[next_state].pending
            if settled < following.settled or total < following.total:
                following = Cutoffs(
                    min(following.settled, settled + beams.settled), min(following.total, total + beams.total)
                )
                set_candidate(candidates[found], next_state << HALF | arc.next, settled, i, a)
                found += 1
    return found, following


@kernel
def mark_labels(hotwords, state, marks, mark):
    """Mark the labels that the hotword state or one of its failures, but the root, has an edge for."""
    while state != _ROOT:
        here = hotwords.states[state]
        for e in range(here.first, here.end):
            marks[hotwords.edges[e].label] = mark
        state = np.uint64(here.failure)


@kernel
def hotword_edge(hotwords, state, label):
    """Return the edge by which `label` is read in the hotword state, found along its failure links."""
    while state != _ROOT:
        here = hotwords.states[state]
        low, end = np.uint64(here.first), np.uint64(here.end)
        high = end
        while low < high:
            middle = (low + high) >> _ONE
            if hotwords.edges[middle].label < label:
                low = middle + _ONE
            else:
                high = middle
        if low < end and hotwords.edges[low].label == label:
            return low
        state = np.uint64(here.failure)
    return np.uint64(hotwords.root_edge[label])
