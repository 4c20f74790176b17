"""Following the arcs that read a unit: the step of the Viterbi recursion in which costs are added up.

Candidates go into a buffer while the cutoff of the next step tightens; the hash table is left alone until it is known.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.costs import graph_cost
from asrkit.search.live_labels import HUB_ARCS, NO_HUB, TOO_MANY, choose_arcs, cost_over, hub_of, likeliest
from asrkit.search.pruning import LOW, Cutoffs

FULL = -1


@kernel
def expand(graph, hypotheses, count, best, work, cutoff, beam, hotwords, limits):
    """Follow the arcs that read a unit, without hotwords: the first line of the recursion.

    Returns the number of candidates (FULL if they are too many for the buffer) and the cutoff of the next step. Some
    candidates lie above it, because it was not yet known when they were found.
    """
    arcs, states, label_cost, candidates = graph.arcs, graph.states, work.label_cost, work.candidates
    chosen, found, next_cutoff = work.chosen, 0, np.inf
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1  # the best one first: it sets a cutoff that few others pass
        cost_so_far = hypotheses[i].cost
        if cost_so_far >= cutoff or (turn > 0 and i == best):
            continue
        state_number = hypotheses[i].key & LOW
        state = states[state_number]
        first, end = state.pos + state.nieps, state.pos + state.narcs  # arcs that read nothing come first
        if np.int64(end - first) > len(candidates) - found:
            return FULL, next_cutoff
        hub = hub_of(graph, state_number) if state.narcs >= HUB_ARCS else NO_HUB
        selective = False
        if hub != NO_HUB:
            over = cost_over(graph, hub, cost_so_far, likeliest(graph, hub, work, limits), work, limits)
            next_cutoff = min(next_cutoff, over + beam)
            cutoffs = Cutoffs(next_cutoff, next_cutoff)
            count_chosen = choose_arcs(graph, hub, cost_so_far, False, work, cutoffs, limits)
            selective = count_chosen != TOO_MANY
            if selective:
                first, end = np.uint32(0), np.uint32(count_chosen)
        for place in range(first, end):
            a = chosen[place] if selective else place
            arc = arcs[a]
            cost = cost_so_far + graph_cost(arc, limits) + label_cost[arc.ilabel]
            if cost < next_cutoff:
                next_cutoff = min(next_cutoff, cost + beam)
                set_candidate(candidates[found], np.uint64(arc.next), cost, i, a)
                found += 1
    return found, next_cutoff


@kernel
def set_candidate(candidate, key, cost, source, arc):
    """Fill in a candidate."""
    candidate.key, candidate.cost, candidate.source, candidate.arc = key, cost, source, arc
