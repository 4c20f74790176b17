"""Following the arcs that read a unit: the step of the Viterbi recursion in which costs are added up.

Candidates go into a buffer while the cutoff of the next step tightens; the hash table is left alone until it is known.
"""

from __future__ import annotations

import numpy as np

from asrkit.search.compiled import kernel
from asrkit.search.graph import HUB_ARCS
from asrkit.search.pruning import LOW

FULL = -1


@kernel
def expand(graph, hypotheses, count, best, label_cost, candidates, cutoff, beam, limits):
    """Follow the arcs that read a unit, without hotwords.

    Returns the number of candidates (FULL if they are too many for the buffer) and the cutoff of the next step. Some
    candidates lie above it, because it was not yet known when they were found.
    """
    arcs, states = graph.arcs, graph.states
    found, next_cutoff = 0, np.inf
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1  # the best one first: it sets a cutoff that few others pass
        cost_so_far = hypotheses[i].cost
        if cost_so_far >= cutoff or (turn > 0 and i == best):
            continue
        state_number = hypotheses[i].key & LOW
        state = states[state_number]
        first, end = state.pos + state.nieps, state.pos + state.narcs
        if np.int64(end - first) > len(candidates) - found:
            return FULL, next_cutoff
        if end - first <= HUB_ARCS:
            found, next_cutoff = expand_slice(
                arcs, first, end, i, cost_so_far, label_cost, candidates, found, next_cutoff, beam, limits
            )
            continue
        hub = np.searchsorted(graph.hub_states, state_number)
        row = graph.hub_rows[hub]
        least_arc = limits.lm_scale * graph.hub_least[hub] - max(limits.word_score, 0.0)
        for label in range(1, len(label_cost)):
            # most units are too improbable here for any of the hub's arcs
            if cost_so_far + least_arc + label_cost[label] < next_cutoff:
                found, next_cutoff = expand_slice(
                    arcs, row[label], row[label + 1], i, cost_so_far, label_cost, candidates, found, next_cutoff, beam, limits
                )
    return found, next_cutoff


@kernel
def expand_slice(arcs, first, end, source, cost_so_far, label_cost, candidates, found, next_cutoff, beam, limits):
    """Follow arcs[first:end] from the hypothesis `source`: the first line of the recursion."""
    for a in range(first, end):
        arc = arcs[a]
        cost = cost_so_far + graph_cost(arc, limits) + label_cost[arc.ilabel]
        if cost < next_cutoff:
            next_cutoff = min(next_cutoff, cost + beam)
            set_candidate(candidates[found], np.uint64(arc.next), cost, source, a)
            found += 1
    return found, next_cutoff


@kernel
def graph_cost(arc, limits):
    """Scaled cost of an arc, less the score of the word that it puts out."""
    cost = limits.lm_scale * arc.weight
    return cost - limits.word_score if arc.olabel != 0 else cost


@kernel
def set_candidate(candidate, key, cost, source, arc):
    """Fill in a candidate."""
    candidate.key, candidate.cost, candidate.source, candidate.arc = key, cost, source, arc
