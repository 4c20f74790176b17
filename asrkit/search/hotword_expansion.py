"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.costs import graph_cost
from asrkit.search.expansion import FULL, set_candidate
from asrkit.search.live_labels import HUB_ARCS, NO_HUB, TOO_MANY, choose_arcs, cost_over, hub_of
from asrkit.search.pruning import HALF, LOW, Cutoffs, passes

_ROOT = np.uint64(0)
_ONE = np.uint64(1)
_MANY_ARCS = 64  # from so many on, it pays to mark which labels are not read as the root reads them


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, likely, work, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit, in the graph and in the automaton; otherwise as `expand`.

    `likely` is a label of least cost, which gives a first cutoff where there is a hub.
    """
    label_cost, candidates, chosen, marks = work.label_cost, work.candidates, work.chosen, work.marks
    found, following, marked = 0, Cutoffs(np.inf, np.inf), False
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
        mark = np.uint32(0)
        if here != _ROOT and end - first >= _MANY_ARCS:
            if not marked:
                marks[:], marked = 0, True
            mark = np.uint32(turn + 1)
            mark_labels(hotwords, here, marks, mark)
        hub = hub_of(graph, state_number) if state.narcs >= HUB_ARCS else NO_HUB
        selective = False
        if hub != NO_HUB:
            over = cost_over(graph, hub, cost_so_far, likely, work, limits) - hotwords.least_bank
            following = Cutoffs(min(following.settled, over + beams.settled), min(following.total, over + beams.total))
            count_chosen = choose_arcs(graph, hub, cost_so_far, pending, work, hotwords, following, limits)
            selective = count_chosen != TOO_MANY
            if selective:
                first, end = np.uint32(0), np.uint32(count_chosen)
        for place in range(first, end):
            a = chosen[place] if selective else place
            arc = graph.arcs[a]
            label = arc.ilabel
            cost = cost_so_far + graph_cost(arc, limits) + label_cost[label]
            next_state, banked = here, np.float32(0.0)
            says_nothing_new = graph.repeats and arc.olabel == 0 and arc.next == state_number
            if not (says_nothing_new or graph.passes[label]):
                if not passes(cost, hotwords.most_banked[label], hotwords.most_gained[label], following):
                    continue
                if here == _ROOT or (mark != 0 and marks[label] != mark):
                    edge_number = np.uint64(hotwords.root_edge[label])
                else:
                    edge_number = hotword_edge(hotwords, here, label)
                edge = hotwords.edges[edge_number]
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
