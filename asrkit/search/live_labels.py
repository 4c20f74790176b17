"""The labels that can matter in a step: few of a model's thousands of units are probable enough at any one time.

A hub, a state where almost any word may begin, has an arc for most units. Of its arcs only those are followed whose
labels are cheap enough; they are found through the hub's index, and the labels block by block. For smaller states, and
in steps where many labels are cheap, going through all arcs is quicker.

What is passed over could not have come below the cutoff: the bound of a label takes the cheapest arc of the hub and
what hotwords gain by the label, and is lowered by more than rounding can make of it. The bounds are those of a
hypothesis at the root of the hotword automaton. Another one reads a few labels in a way of its own; these are marked,
and always looked at.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.costs import graph_cost
from asrkit.search.workspace import LABEL_BLOCK

_SIGN, _REST, _INFINITE = np.int32(31), np.int32(0x7FFFFFFF), np.int32(0x7F800000)
_ROUNDING = np.float32(1e-6)  # more than the relative error of a difference in single precision
_LESS, _MORE = np.float32(1) - _ROUNDING, np.float32(1) + _ROUNDING
_SPREAD = 3  # a third of the blocks is many,
_DENSE = 2  # unless labels have so many arcs each that to look at each label's bound is soon worth it
HUB_ARCS = 512  # a state with so many arcs is a hub: one of 20,000 to 100,000 states of a trigram's graph
TOO_MANY = NO_HUB = np.int64(-1)


@kernel
def read_step(log_probs, step, hotwords, work):
    """Fill in what each label costs at a step, and what each block of labels costs at least after hotword gains."""
    # Slices, not sums of indices: only so does the compiler handle several labels at once.
    row, costs, bounds, gained = log_probs[step], work.label_cost[1:], work.label_bound[1:], hotwords.root_gained[1:]
    for unit in range(len(row)):
        costs[unit] = -row[unit]
        bound = costs[unit] - gained[unit]
        bounds[unit] = min(bound * _LESS, bound * _MORE) - _ROUNDING
    work.label_cost[0] = work.label_bound[0] = np.inf  # epsilon reads no unit
    bits, block_least = work.label_bound.view(np.int32), work.block_least.view(np.int32)
    for block in range(len(block_least)):
        # The bits of floats, as integers, are in the same order once those of negative ones are turned round; and of
        # integers the processor compares several at once.
        part, least = bits[block * LABEL_BLOCK : (block + 1) * LABEL_BLOCK], _INFINITE
        for i in range(len(part)):
            ordered = part[i] ^ ((part[i] >> _SIGN) & _REST)
            if ordered < least:
                least = ordered
        block_least[block] = least ^ ((least >> _SIGN) & _REST)


@kernel
def hub_of(graph, state_number):
    """Return the number of the hub that the state is, or NO_HUB."""
    hub = np.int64(np.searchsorted(graph.hub_states, np.uint32(state_number)))
    return hub if hub < len(graph.hub_states) and graph.hub_states[hub] == state_number else NO_HUB


@kernel
def likeliest(graph, hub, work, limits):
    """Return the label by which the arcs of the hub lead on at the least bound."""
    label_least, best, least = graph.label_least[hub], 0, np.inf
    floor = limits.lm_scale * graph.hub_least[hub]
    for block in range(len(work.block_least)):
        if floor + work.block_least[block] < least:
            first = block * LABEL_BLOCK
            for label in range(first, min(first + LABEL_BLOCK, len(label_least))):
                over = limits.lm_scale * label_least[label] + work.label_bound[label]
                if over < least:
                    best, least = label, over
    return best


@kernel
def cost_over(graph, hub, cost_so_far, label, work, limits):
    """Return the least cost after reading `label` by an arc of the hub that says a new unit: inf if it has none."""
    least = np.inf
    for a in range(graph.hub_arcs[hub, label], graph.hub_arcs[hub, label + 1]):
        arc = graph.arcs[a]
        if not says_again(graph, graph.hub_states[hub], arc):
            least = min(least, cost_so_far + graph_cost(arc, limits) + work.label_cost[label])
    return least


@kernel
def says_again(graph, state_number, arc):
    """Whether an arc of the state says the last unit once more (CTC)."""
    return graph.repeats and arc.olabel == 0 and arc.next == state_number


@kernel
def says_no_unit(graph, state_number, arc):
    """Whether an arc of the state reads a label without saying a new unit."""
    return graph.passes[arc.ilabel] or says_again(graph, state_number, arc)


@kernel
def mark_own(hotwords, state, work, own):
    """Enter whether the labels with an edge from the hotword state, or a failure of it but a root, are own.

    So are those with an edge from where it goes at a word edge.

    Returns the most that these edges gain, 0 at least.
    """
    most = 0.0
    if len(hotwords.borders) > 0:
        opened = np.uint64(hotwords.borders[state].after_edge)
        if opened != state:
            most = mark_chain(hotwords, opened, work, own)
    return max(most, mark_chain(hotwords, state, work, own))


@kernel
def mark_chain(hotwords, state, work, own):
    """Do what `mark_own` does for the state and its failures alone."""
    most, roots = 0.0, len(hotwords.root_edge)
    while state >= roots:
        here = hotwords.states[state]
        for e in range(here.first, here.end):
            edge = hotwords.edges[e]
            work.own[edge.label] = work.own_blocks[edge.label // LABEL_BLOCK] = own
            most = max(most, edge.bank + edge.pending)
        state = np.uint64(here.failure)
    return most


@kernel
def mark_keeps(graph, hub, work, own):
    """Enter whether the labels of the hub's arcs that say no new unit are own."""
    for label in graph.hub_keeps[hub]:
        if label != 0:
            work.own[label] = work.own_blocks[label // LABEL_BLOCK] = own


@kernel
def choose_arcs(graph, hub, cost_so_far, own_only, work, cutoffs, limits):
    """Fill `work.chosen` with the arcs of the hub whose labels may pass after `cost_so_far`; return how many.

    Own labels always may; with `own_only` no others. Returns TOO_MANY where it is quicker to go through all arcs.
    """
    label_bound, own, chosen, hub_arcs = work.label_bound, work.own, work.chosen, graph.hub_arcs[hub]
    label_least, block_least = graph.label_least[hub], work.block_least
    # No arc of the hub, or of a label, costs less than this, and a rounded sum never falls when a part of it grows.
    most_gained = max(limits.word_score, 0.0)
    floor = cost_so_far + (limits.lm_scale * graph.hub_least[hub] - most_gained)
    dearest, count, blocks = max(cutoffs.settled, cutoffs.total), 0, 0
    if not own_only:
        for block in range(len(block_least)):
            blocks += floor + block_least[block] < dearest
        arc_count = np.int64(hub_arcs[len(label_bound)] - hub_arcs[1])
        if blocks * _SPREAD > len(block_least) and arc_count < _DENSE * len(label_bound):
            return TOO_MANY
    for block in range(len(block_least)):
        live = not own_only and floor + block_least[block] < dearest
        if live or work.own_blocks[block]:
            first = block * LABEL_BLOCK
            for label in range(first, min(first + LABEL_BLOCK, len(label_bound))):
                wanted = own[label]
                if live and not wanted:
                    over = cost_so_far + (limits.lm_scale * label_least[label] - most_gained)
                    wanted = over + label_bound[label] < dearest
                if wanted:
                    for a in range(hub_arcs[label], hub_arcs[label + 1]):
                        chosen[count] = a
                        count += 1
    return count
