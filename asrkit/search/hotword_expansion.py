"""Following the arcs that read a unit in the graph and in the hotword automaton at once (laws 5-8).

Costs are settled costs: what is banked has been taken off, pending credit has not. Pending credit counts only in what
pruning compares. Most arcs are refused by bounds before the automaton is followed.

At a hub many hypotheses meet that differ in their hotword state alone. Labels that two of them read as the same root of
the automaton does lead both to the same pair of states, so that the dearer one need not follow them (`is_led`).

Of a hypothesis that waits to know whether a phrase ends with its last unit, the bounds are lowered by what that may
bring, `advance`. It neither leads others nor is led.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.hotwords.table import OPENS, PLAIN, SPECIAL
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
from asrkit.search.workspace import MOST_ROOTS

_ROOT = np.uint64(0)
_ONE = np.uint64(1)
_ROUNDING = 1e-12  # more than the relative error of a few sums
_MANY_ARCS = 32  # from so many on, it pays to mark the few labels that are not read as the root reads them


@kernel
def expand_with_hotwords(graph, hypotheses, count, best, work, cutoffs, beams, hotwords, limits):
    """Follow the arcs that read a unit, in the graph and in the automaton; otherwise as `expand`.

    Of a hypothesis in the hotword state `here`:
        opened      the state from which it reads units that open words; `due` is banked on the way
        broken      the state in which a break, or a special unit, leaves it
        root        the root at the end of its failure links
        from_root   it is that root: nothing is half matched
        advance     what may be due or stay pending beside what its labels gain; more than 0 only if it waits
        marked      its own labels, by which `here` or a state on its failure links before the root has an edge, are
                    marked in `work.own`; all others are read as the root reads them
        led         at this hub a cheaper one was there before: only the labels that either reads in its own way matter
        selective   only the arcs of a hub in `work.chosen` are gone through, not all

    Of an arc:
        as_root     it is known that its label is read as the root reads it

    Of costs, before what the arc's unit gains is taken off:
        dearest     the larger cutoff: a cost from here on passes neither
        reach       the same, with the advance
        hopeless    a cost from here on does not pass, whatever is gained
        gained      a bound of what is banked and pending after the label
    """
    label_cost, label_bound = work.label_cost, work.label_bound
    candidates, chosen, own = work.candidates, work.chosen, work.own
    found, following = 0, Cutoffs(np.inf, np.inf)
    bordered, roots = len(hotwords.borders) > 0, np.uint64(len(hotwords.root_edge))
    work.leader_cost[: MOST_ROOTS * len(graph.hub_states)] = np.inf
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
        opened, broken, root, due, advance, waits = here, _ROOT, _ROOT, 0.0, 0.0, False
        if bordered:
            border = hotwords.borders[here]
            opened, broken = np.uint64(border.after_edge), np.uint64(border.after_break)
            root, waits = np.uint64(border.root), broken >= roots
            if waits:
                due, advance = np.float64(border.due), max(np.float64(border.due), pending, 0.0)
        from_root, selective = here == root, False
        marked, most_gained = not from_root and state.narcs >= _MANY_ARCS, hotwords.most_root_gained
        if marked:
            most_gained = max(most_gained, pending, mark_own(hotwords, here, work, True)) + advance
        elif not from_root:
            most_gained = np.inf
        led, lead = False, np.int64(MOST_ROOTS) * hub + np.int64(root)
        if hub != NO_HUB:
            led = not waits and is_led(cost_so_far - work.leader_cost[lead], limits)
            if marked or led:
                mark_keeps(graph, hub, work, True)
            if led:
                mark_own(hotwords, work.leader[lead], work, True)
            else:
                if cost_so_far < work.leader_cost[lead] and not waits:
                    work.leader_cost[lead], work.leader[lead] = cost_so_far, here
                likely = likeliest(graph, hub, work, limits)
                reads = hotwords.reads[likely] if bordered else PLAIN
                if not (graph.passes[likely] or reads == SPECIAL):
                    edge = hotwords.edges[hotword_edge(hotwords, opened if reads == OPENS else here, likely)]
                    settled = cost_over(graph, hub, cost_so_far, likely, work, limits)
                    settled -= edge.bank + due if reads == OPENS else np.float64(edge.bank)
                    following = tightened(following, settled, settled - edge.pending, beams)
            count_chosen = choose_arcs(graph, hub, cost_so_far - advance, led, work, following, limits)
            selective = count_chosen != TOO_MANY
            if selective:
                first, end = np.uint32(0), np.uint32(count_chosen)
        dearest = max(following.settled, following.total)
        reach = not_below(dearest, advance) if waits else dearest
        hopeless = not_below(dearest, most_gained)
        for place in range(first, end):
            a = chosen[place] if selective else place
            arc = graph.arcs[a]
            label = arc.ilabel
            cost = cost_so_far + graph_cost(arc, limits)
            as_root = from_root or (marked and not own[label])
            # Read as from the root, a new unit loses the pending credit; what says none may keep it.
            too_dear = as_root and cost + label_bound[label] >= reach
            if too_dear and (from_root or not says_no_unit(graph, state_number, arc)):
                continue
            cost += label_cost[label]
            if cost >= hopeless:
                continue
            gained = hotwords.root_gained[label] if as_root else hotwords.most_gained[label]
            if cost - max(gained, pending) >= reach:
                continue
            settled, next_state, next_pending = cost, here, pending
            reads = hotwords.reads[label] if bordered else PLAIN
            silent = says_no_unit(graph, state_number, arc)
            if graph.breaks[label] or (reads == SPECIAL and not silent):
                next_state, next_pending = broken, np.float64(hotwords.states[broken].pending)
            elif not silent:
                if as_root:
                    edge_number = np.uint64(hotwords.root_edge[root, label])
                else:
                    if not passes(cost, hotwords.most_banked[label] + advance, gained + advance, following):
                        continue
                    edge_number = hotword_edge(hotwords, opened if reads == OPENS else here, label)
                edge = hotwords.edges[edge_number]
                settled = cost - (edge.bank + due) if reads == OPENS else cost - edge.bank
                next_state, next_pending = np.uint64(edge.next), np.float64(edge.pending)
            total = settled - next_pending
            if settled < following.settled or total < following.total:
                following = tightened(following, settled, total, beams)
                dearest = max(following.settled, following.total)
                reach = not_below(dearest, advance) if waits else dearest
                hopeless = not_below(dearest, most_gained)
                set_candidate(candidates[found], next_state << HALF | arc.next, settled, i, a)
                found += 1
        if marked:
            mark_own(hotwords, here, work, False)
        if led:
            mark_own(hotwords, work.leader[lead], work, False)
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
    while state >= len(hotwords.root_edge):
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
    return np.uint64(hotwords.root_edge[state, label])
