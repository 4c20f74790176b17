"""The labels that can matter in a step: few of a model's thousands of units are probable enough at any one time.

A hub, a state where almost any word may begin, has an arc for most units. Of its arcs only those are followed whose
labels are cheap enough; they are found through the hub's index, and the labels block by block. For smaller states, and
in steps where many labels are cheap, going through all arcs is quicker.

What is passed over could not have come below the cutoff: the bound of a label takes the cheapest arc of the hub and
what hotwords gain by the label, and rounding never changes the order of two sums. The bounds are those of a hypothesis
at the root of the hotword automaton; for another one, `see_from` puts in what its own edges gain, few as they are.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel
from asrkit.search.costs import graph_cost
from asrkit.search.workspace import LABEL_BLOCK

_SIGN, _REST, _INFINITE = np.int32(31), np.int32(0x7FFFFFFF), np.int32(0x7F800000)
_ROUNDING = 1e-6  # more than the relative error of a difference in single precision
_SPREAD = 3  # a third of the blocks is many
_ROOT = np.uint64(0)
HUB_ARCS = 512  # a state with so many arcs is a hub: one of 20,000 to 100,000 states of a trigram's graph
TOO_MANY = NO_HUB = np.int64(-1)


@kernel
def read_step(log_probs, step, hotwords, work):
    """Fill in what each label costs at a step, and what each block of labels costs at least after hotword gains.

    Returns a label of the least such cost.
    """
    # Slices, not sums of indices: only so does the compiler handle several labels at once.
    row, costs, bounds, gained = log_probs[step], work.label_cost[1:], work.label_bound[1:], hotwords.root_gained[1:]
    for unit in range(len(row)):
        costs[unit] = -row[unit]
        bounds[unit] = -row[unit] - gained[unit]
    work.label_cost[0] = work.label_bound[0] = np.inf  # epsilon reads no unit
    bits, block_least = work.label_bound.view(np.int32), work.block_least[0].view(np.int32)
    best, least_of_all = 0, _INFINITE
    for block in range(len(block_least)):
        # The bits of floats, as integers, are in the same order once those of negative ones are turned round; and of
        # integers the processor compares several at once.
        part, least = bits[block * LABEL_BLOCK : (block + 1) * LABEL_BLOCK], _INFINITE
        for i in range(len(part)):
            ordered = part[i] ^ ((part[i] >> _SIGN) & _REST)
            if ordered < least:
                least = ordered
        block_least[block] = least ^ ((least >> _SIGN) & _REST)
        if least < least_of_all:
            best, least_of_all = block, least
    label = best * LABEL_BLOCK
    while label < len(bits) - 1 and bits[label] != block_least[best]:
        label += 1
    return label


@kernel
def hub_of(graph, state_number):
    """Return the number of the hub that the state is, or NO_HUB."""
    hub = np.int64(np.searchsorted(graph.hub_states, np.uint32(state_number)))
    return hub if hub < len(graph.hub_states) and graph.hub_states[hub] == state_number else NO_HUB


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
def see_from(hotwords, state, graph, hub, work):
    """Fill in `edge_of` and the bounds of the labels for a hypothesis at a hub and at a hotword state but the root.

    Row 1 of `block_least` is lowered for it. `see_from_root` undoes the rest.
    """
    block_least, label_cost = work.block_least[1], work.label_cost
    block_least[:] = work.block_least[0]
    pending, here = hotwords.states[state].pending, state
    while here != _ROOT:
        for e in range(hotwords.states[here].first, hotwords.states[here].end):
            edge = hotwords.edges[e]
            label = edge.label
            if work.edge_of[label] == hotwords.root_edge[label]:  # else a longer suffix has an edge for it
                work.edge_of[label] = e
                lower_bound(work, block_least, label, label_cost[label] - (edge.bank + edge.pending))
        here = np.uint64(hotwords.states[here].failure)
    for label in graph.hub_keeps[hub]:
        lower_bound(work, block_least, label, min(work.label_bound[label], label_cost[label] - pending))


@kernel
def lower_bound(work, block_least, label, bound):
    """Set the bound of a label and lower that of its block."""
    work.label_bound[label] = bound
    block = label // LABEL_BLOCK
    block_least[block] = min(block_least[block], bound)


@kernel
def see_from_root(hotwords, state, graph, hub, work):
    """Undo what `see_from` has done for the hotword state."""
    while state != _ROOT:
        for e in range(hotwords.states[state].first, hotwords.states[state].end):
            label = hotwords.edges[e].label
            work.edge_of[label] = hotwords.root_edge[label]
            work.label_bound[label] = work.label_cost[label] - hotwords.root_gained[label]
        state = np.uint64(hotwords.states[state].failure)
    for label in graph.hub_keeps[hub]:
        work.label_bound[label] = work.label_cost[label] - hotwords.root_gained[label]


@kernel
def choose_arcs(graph, hub, cost_so_far, block_least, work, cutoffs, limits):
    """Fill `work.chosen` with the arcs of the hub whose labels may pass after `cost_so_far`; return how many.

    Returns TOO_MANY where labels in many blocks may pass: then it is quicker to go through all arcs.
    """
    label_bound, chosen, hub_arcs = work.label_bound, work.chosen, graph.hub_arcs[hub]
    # No arc of the hub costs less than this, and a rounded sum never falls when a part of it grows.
    floor = cost_so_far + (limits.lm_scale * graph.hub_least[hub] - max(limits.word_score, 0.0))
    dearest, count, blocks = max(cutoffs.settled, cutoffs.total), 0, 0
    for block in range(len(block_least)):
        blocks += may_pass(floor, block_least[block], dearest)
    if blocks * _SPREAD > len(block_least):
        return TOO_MANY
    for block in range(len(block_least)):
        if may_pass(floor, block_least[block], dearest):
            first = block * LABEL_BLOCK
            for label in range(first, min(first + LABEL_BLOCK, len(label_bound))):
                if may_pass(floor, label_bound[label], dearest):
                    for a in range(hub_arcs[label], hub_arcs[label + 1]):
                        chosen[count] = a
                        count += 1
    return count


@kernel
def may_pass(floor, bound, dearest):
    """Whether `floor` and a bound in single precision may add up to less than `dearest`."""
    return floor + bound - _ROUNDING * (1 + abs(bound)) < dearest
