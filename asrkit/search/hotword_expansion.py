"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.
"""

from __future__ import annotations

import numpy as np

from asrkit.search.compiled import kernel
from asrkit.search.expansion import FULL, graph_cost, set_candidate
from asrkit.search.graph import HUB_ARCS
from asrkit.search.pruning import HALF, LOW, Cutoffs, passes

_ROOT = np.uint64(0)
_ONE = np.uint64(1)


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, label_cost, candidates, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit in the graph and in the hotword automaton at once; otherwise as `expand`."""
    found, following = 0, Cutoffs(np.inf, np.inf)
    for turn in range(count + 1):
        i = best if turn == 0 else turn - 1
        hypothesis = hypotheses[i]
        here = hypothesis.key >> HALF
        pending = hotwords.states[here].pending
        if not passes(hypothesis.cost, 0.0, pending, cutoffs) or (turn > 0 and i == best):
            continue
        state = graph.states[hypothesis.key & LOW]
        first, end = np.uint64(state.pos + state.nieps), np.uint64(state.pos + state.narcs)
        if np.int64(end - first) > len(candidates) - found:
            return FULL, following
        to_expand = (graph, i, hypothesis, label_cost, candidates, beams, hotwords, limits)
        if end - first <= HUB_ARCS:
            found, following = expand_slice_with_hotwords(to_expand, first, end, found, following)
            continue
        hub = np.searchsorted(graph.hub_states, hypothesis.key & LOW)
        row = graph.hub_rows[hub]
        least = hypothesis.cost + limits.lm_scale * graph.hub_least[hub] - max(limits.word_score, 0.0)
        before = following
        # First the labels that are probable enough if the root reads them, or if the hotword state stays what it is.
        for label in range(1, len(label_cost)):
            if passes_at_root(hotwords, label, graph.repeats or graph.passes[label], pending, least + label_cost[label], before):
                found, following = expand_slice_with_hotwords(to_expand, row[label], row[label + 1], found, following)
        # Then those that this hotword state or one of its failures lifts above the cutoff.
        lifting = here
        while lifting != _ROOT:
            for e in range(hotwords.states[lifting].first, hotwords.states[lifting].end):
                edge = hotwords.edges[e]
                label, cost = edge.label, least + label_cost[edge.label]
                if (
                    passes(cost, edge.bank, edge.bank + hotwords.states[edge.next].pending, following)
                    and not passes_at_root(hotwords, label, graph.repeats or graph.passes[label], pending, cost, before)
                    and hotword_edge(hotwords, here, label) == e
                ):
                    found, following = expand_slice_with_hotwords(to_expand, row[label], row[label + 1], found, following)
            lifting = np.uint64(hotwords.states[lifting].failure)
    return found, following


@kernel
def expand_slice_with_hotwords(to_expand, first, end, found, following):
    """Follow arcs[first:end] from one hypothesis: the first line of the recursion, with hotwords."""
    graph, source, hypothesis, label_cost, candidates, beams, hotwords, limits = to_expand
    here = hypothesis.key >> HALF
    for a in range(first, end):
        arc = graph.arcs[a]
        cost = hypothesis.cost + graph_cost(arc, limits) + label_cost[arc.ilabel]
        says_nothing_new = graph.repeats and arc.olabel == 0 and arc.next == hypothesis.key & LOW
        next_state, banked = here, np.float32(0.0)
        if not (says_nothing_new or graph.passes[arc.ilabel]):
            if not passes(cost, hotwords.most_banked[arc.ilabel], hotwords.most_gained[arc.ilabel], following):
                continue
            edge = hotwords.edges[hotword_edge(hotwords, here, arc.ilabel)]
            next_state, banked = np.uint64(edge.next), edge.bank
        settled = cost - banked
        total = settled - hotwords.states[next_state].pending
        if settled < following.settled or total < following.total:
            following = Cutoffs(min(following.settled, settled + beams.settled), min(following.total, total + beams.total))
            set_candidate(candidates[found], next_state << HALF | arc.next, settled, source, a)
            found += 1
    return found, following


@kernel
def passes_at_root(hotwords, label, may_stay, pending, cost, cutoffs):
    """Whether `cost` passes if the root reads `label`, or, where it may stay, with the hotword state as it is."""
    edge = hotwords.edges[hotwords.root_edge[label]]
    at_root = passes(cost, edge.bank, edge.bank + hotwords.states[edge.next].pending, cutoffs)
    return at_root or (may_stay and passes(cost, 0.0, pending, cutoffs))


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
