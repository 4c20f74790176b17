"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.expansion import FULL, graph_cost, set_candidate
from asrkit.search.live_labels import MANY_ARCS, NOT_LISTED, arcs_of, least_graph_cost, list_labels, worth_look_up
from asrkit.search.pruning import HALF, LOW, Cutoffs, passes

_ROOT = np.uint64(0)
_ONE = np.uint64(1)


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, work, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit, in the graph and in the automaton; otherwise as `expand`."""
    arcs, label_cost, marks, floor = graph.arcs, work.label_cost, work.marks, least_graph_cost(graph, limits)
    found, following, live, least = 0, Cutoffs(np.inf, np.inf), NOT_LISTED, np.inf
    marks[:] = 0
    for i in range(count):
        least = min(least, hypotheses[i].cost)
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1
        cost_so_far, here = hypotheses[i].cost, hypotheses[i].key >> HALF
        pending = hotwords.states[here].pending
        if not passes(cost_so_far, 0.0, pending, cutoffs) or (turn > 0 and i == best):
            continue
        state = graph.states[hypotheses[i].key & LOW]
        first, end = np.int64(state.pos + state.nieps), np.int64(state.pos + state.narcs)
        if end - first > len(work.candidates) - found:
            return FULL, following
        mark = np.uint32(0)
        if end - first >= MANY_ARCS:
            if here != _ROOT:
                mark = np.uint32(turn + 1)
                mark_labels(hotwords, here, marks, mark)
            if live == NOT_LISTED and turn > 0:
                live = list_labels(graph, least, work, hotwords, following, limits)
        if end - first < MANY_ARCS or not worth_look_up(end - first, live):
            found, following = follow_with_hotwords(
                graph, first, end, i, hypotheses[i], mark, work, found, following, beams, hotwords, limits
            )
            continue
        for place in range(live):
            label = work.live[place]
            cost = cost_so_far + floor + label_cost[label]
            if passes(cost, hotwords.most_banked[label], hotwords.most_gained[label], following):
                first, after = arcs_of(arcs, label, first, end)
                found, following = follow_with_hotwords(
                    graph, first, after, i, hypotheses[i], mark, work, found, following, beams, hotwords, limits
                )
    return found, following


@kernel
def follow_with_hotwords(
    graph, first, end, source, hypothesis, mark, work, found, following, beams, hotwords, limits
):
    """Follow arcs[first:end] of `hypothesis`, the one of number `source`; return as `expand_with_hotwords`.

    Where `mark` is not 0, it marks the labels that the hotword state does not read as the root does.
    """
    label_cost, candidates, marks = work.label_cost, work.candidates, work.marks
    cost_so_far, here, state_number = hypothesis.cost, hypothesis.key >> HALF, hypothesis.key & LOW
    for a in range(first, end):
        arc = graph.arcs[a]
        label = arc.ilabel
        cost = cost_so_far + graph_cost(arc, limits) + label_cost[label]
        # This bound holds for all labels alike; it reads nothing and refuses most arcs.
        if not passes(cost, hotwords.largest_bank, hotwords.largest_gain, following):
            continue
        next_state, banked = here, np.float32(0.0)
        says_nothing_new = graph.repeats and arc.olabel == 0 and arc.next == state_number
        if not (says_nothing_new or graph.passes[label]):
            if here == _ROOT or (mark != 0 and marks[label] != mark):
                edge_number = np.uint64(hotwords.root_edge[label])
            elif passes(cost, hotwords.most_banked[label], hotwords.most_gained[label], following):
                edge_number = hotword_edge(hotwords, here, label)
            else:
                continue
            edge = hotwords.edges[edge_number]
            next_state, banked = np.uint64(edge.next), edge.bank
        settled = cost - banked
        total = settled - hotwords.states[next_state].pending
        if settled < following.settled or total < following.total:
            following = Cutoffs(
                min(following.settled, settled + beams.settled), min(following.total, total + beams.total)
            )
            set_candidate(candidates[found], next_state << HALF | arc.next, settled, source, a)
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
