"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.

At a hub many hypotheses meet that differ in their hotword state alone. Labels that two of them read as the root of the
automaton does lead both to the same pair of states, so that the dearer one need not follow them (`is_led`).
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.costs import graph_cost
from asrkit.search.expansion import FULL, set_candidate
from asrkit.search.live_labels import (
    HUB_ARCS,
    NO_HUB,
    TOO_MANY,
    choose_arcs,
    cost_over,
    hub_of,
    likeliest,
    mark_keeps,
    mark_own,
    says_no_unit,
)
from asrkit.search.pruning import HALF, LOW, SLACK, Cutoffs, passes

_ROOT = np.uint64(0)
_ONE = np.uint64(1)
_ROUNDING = 1e-12  # more than the relative error of a few sums
_MANY_ARCS = 32  # from so many on, it pays to mark the few labels that are not read as the root reads them


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, work, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit, in the graph and in the automaton; otherwise as `expand`.

    Of a hypothesis in the hotword state `here`:
        from_root   it is the root: nothing is half matched
        marked      its own labels, by which `here` or a state on its failure links before the root has an edge, are
                    marked in `work.own`; all others are read as the root reads them
        led         at this hub a cheaper one was there before: only the labels that either reads in its own way matter
        selective   only the arcs of a hub in `work.chosen` are gone through, not all

    Of an arc:
        as_root     it is known that its label is read as the root reads it
        silent      it says no new unit
        keeps       nor does it break a match, so that the hotword state and its pending credit stay

    Of costs, before what the arc's unit gains is taken off:
        dearest     the larger cutoff: a cost from here on passes neither
        hopeless    a cost from here on does not pass, whatever is gained
        gained      a bound of what is banked and pending after the label
    """
    label_cost, label_bound = work.label_cost, work.label_bound
    candidates, chosen, own = work.candidates, work.chosen, work.own
    found, following = 0, Cutoffs(np.inf, np.inf)
    work.leader_cost[: len(graph.hub_states)] = np.inf
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
        hub = hub_of(graph, state_number) if state.narcs >= HUB_ARCS else NO_HUB
        from_root, selective = here == _ROOT, False
        marked, most_gained = not from_root and state.narcs >= _MANY_ARCS, hotwords.most_root_gained
        if marked:
            most_gained = max(most_gained, pending, mark_own(hotwords, here, work, True))
        elif not from_root:
            most_gained = np.inf
        led = False
        if hub != NO_HUB:
            led = is_led(cost_so_far - work.leader_cost[hub], limits)
            if marked or led:
                mark_keeps(graph, hub, work, True)
            if led:
                mark_own(hotwords, work.leader[hub], work, True)
            else:
                if cost_so_far < work.leader_cost[hub]:
                    work.leader_cost[hub], work.leader[hub] = cost_so_far, here
                likely = likeliest(graph, hub, work, limits)
                if not graph.passes[likely]:
                    edge = hotwords.edges[hotword_edge(hotwords, here, likely)]
                    settled = cost_over(graph, hub, cost_so_far, likely, work, limits) - edge.bank
                    following = tightened(following, settled, settled - edge.pending, beams)
            count_chosen = choose_arcs(graph, hub, cost_so_far, led, work, following, limits)
            selective = count_chosen != TOO_MANY
            if selective:
                first, end = np.uint32(0), np.uint32(count_chosen)
        dearest = max(following.settled, following.total)
        hopeless = not_below(dearest, most_gained)
        for place in range(first, end):
            a = chosen[place] if selective else place
            arc = graph.arcs[a]
            label = arc.ilabel
            cost = cost_so_far + graph_cost(arc, limits)
            as_root = from_root or (marked and not own[label])
            # Read as from the root, a new unit loses the pending credit; what says none may keep it.
            too_dear = as_root and cost + label_bound[label] >= dearest
            if too_dear and (from_root or not says_no_unit(graph, state_number, arc)):
                continue
            cost += label_cost[label]
            if cost >= hopeless:
                continue
            gained = hotwords.root_gained[label] if as_root else hotwords.most_gained[label]
            if cost - max(gained, pending) >= dearest:
                continue
            edge_number = np.uint64(0)
            silent = says_no_unit(graph, state_number, arc)
            keeps = silent and not graph.breaks[label]
            if not silent:
                if as_root:
                    edge_number = np.uint64(hotwords.root_edge[label])
                else:
                    if not passes(cost, hotwords.most_banked[label], gained, following):
                        continue
                    edge_number = hotword_edge(hotwords, here, label)
            edge = hotwords.edges[edge_number]
            settled = cost - edge.bank
            total = settled - (pending if keeps else edge.pending)
            if settled < following.settled or total < following.total:
                following = tightened(following, settled, total, beams)
                dearest = max(following.settled, following.total)
                hopeless = not_below(dearest, most_gained)
                next_state = here if keeps else np.uint64(edge.next)
                set_candidate(candidates[found], next_state << HALF | arc.next, settled, i, a)
                found += 1
        if marked:
            mark_own(hotwords, here, work, False)
        if led:
            mark_own(hotwords, work.leader[hub], work, False)
        if hub != NO_HUB and (marked or led):
            mark_keeps(graph, hub, work, False)
    return found, following


@kernel
def is_led(ahead, limits):
    """Whether a hub's arcs were followed at a cost lower by `ahead`, so much that no lattice would keep these."""
    return ahead > (limits.lattice_beam + 2 * SLACK if limits.links else 0.0)


@kernel
def not_below(cutoff, most_gained):
    """Return a cost that no gain up to `most_gained` brings below the cutoff, whatever the rounding."""
    cost = cutoff + most_gained
    return cost + _ROUNDING * abs(cost)


@kernel
def tightened(cutoffs, settled, total, beams):
    """Return the cutoffs of the next step after a hypothesis of these costs has been found."""
    return Cutoffs(min(cutoffs.settled, settled + beams.settled), min(cutoffs.total, total + beams.total))


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
