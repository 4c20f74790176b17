"""Following the arcs that read a unit: the step of the Viterbi recursion in which costs are added up.

Candidates go into a buffer while the cutoff of the next step tightens; the hash table is left alone until it is known.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.live_labels import MANY_ARCS, NOT_LISTED, arcs_of, least_graph_cost, list_labels, worth_look_up
from asrkit.search.pruning import LOW, Cutoffs

FULL = -1


@kernel
def expand(graph, hypotheses, count, best, work, cutoff, beam, hotwords, limits):
    """Follow the arcs that read a unit, without hotwords: the first line of the recursion.

    Returns the number of candidates (FULL if they are too many for the buffer) and the cutoff of the next step. Some
    candidates lie above it, because it was not yet known when they were found.
    """
    arcs, label_cost, floor = graph.arcs, work.label_cost, least_graph_cost(graph, limits)
    found, next_cutoff, live = 0, np.inf, NOT_LISTED
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1  # the best one first: it sets a cutoff that few others pass
        cost_so_far = hypotheses[i].cost
        if cost_so_far >= cutoff or (turn > 0 and i == best):
            continue
        state = graph.states[hypotheses[i].key & LOW]
        first, end = np.int64(state.pos + state.nieps), np.int64(state.pos + state.narcs)  # behind silent arcs
        if end - first > len(work.candidates) - found:
            return FULL, next_cutoff
        if end - first >= MANY_ARCS and live == NOT_LISTED and turn > 0:
            least = hypotheses[best].cost
            live = list_labels(graph, least, work, hotwords, Cutoffs(next_cutoff, next_cutoff), limits)
        if end - first < MANY_ARCS or not worth_look_up(end - first, live):
            found, next_cutoff = follow(arcs, first, end, i, cost_so_far, work, found, next_cutoff, beam, limits)
            continue
        for place in range(live):
            label = work.live[place]
            if cost_so_far + floor + label_cost[label] < next_cutoff:
                first, after = arcs_of(arcs, label, first, end)
                found, next_cutoff = follow(arcs, first, after, i, cost_so_far, work, found, next_cutoff, beam, limits)
    return found, next_cutoff


@kernel
def follow(arcs, first, end, source, cost_so_far, work, found, next_cutoff, beam, limits):
    """Follow arcs[first:end] of the hypothesis `source`; return as `expand`."""
    label_cost, candidates = work.label_cost, work.candidates
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
