"""The labels that can matter in a step: few of a model's thousands of units are probable enough at any one time.

A hub, a state where almost any word may begin, has an arc for most units. Of its arcs only those are followed whose
labels are cheap enough; they are found through the hub's index, and the labels block by block. For smaller states, and
in steps where many labels are cheap, going through all arcs is quicker.

What is passed over could not have come below the cutoff: the bound of a label takes the cheapest arc of the hub and
the most that hotwords gain, and rounding never changes the order of two sums.
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
HUB_ARCS = 512  # a state with so many arcs is a hub: one of 20,000 to 100,000 states of a trigram's graph
TOO_MANY = NO_HUB = np.int64(-1)


@kernel
def read_step(log_probs, step, hotwords, work):
    """Fill in what each label costs at a step, and what each block of labels costs at least after all hotword gains.

    Returns a label of the least such cost.
    """
    label_cost, label_bound, block_least = work.label_cost, work.label_bound, work.block_least
    most_gained, bits, row = hotwords.most_gained, work.label_bound.view(np.int32), log_probs[step]
    for unit in range(len(row)):
        label_cost[unit + 1] = -row[unit]
        label_bound[unit + 1] = -row[unit] - most_gained[unit + 1]
    label_cost[0] = label_bound[0] = np.inf  # epsilon reads no unit
    best, least_of_all = 0, _INFINITE
    for block in range(len(block_least)):
        # The bits of floats, as integers, are in the same order once those of negative ones are turned round; and of
        # integers the processor compares several at once.
        first, least = block * LABEL_BLOCK, _INFINITE
        for i in range(first, min(first + LABEL_BLOCK, len(bits))):
            ordered = bits[i] ^ ((bits[i] >> _SIGN) & _REST)
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
    """Return the least cost after reading `label` by an arc of the hub: inf if it has none."""
    least = np.inf
    for a in range(graph.hub_arcs[hub, label], graph.hub_arcs[hub, label + 1]):
        least = min(least, cost_so_far + graph_cost(graph.arcs[a], limits) + work.label_cost[label])
    return least


@kernel
def choose_arcs(graph, hub, cost_so_far, pending, work, hotwords, cutoffs, limits):
    """Fill `work.chosen` with the arcs of the hub whose labels may pass after `cost_so_far`; return how many.

    `pending` is the credit of the hypothesis, which it keeps on arcs that say no new unit.

    Returns TOO_MANY where labels in many blocks may pass: then it is quicker to go through all arcs.
    """
    label_cost, chosen, hub_arcs = work.label_cost, work.chosen, graph.hub_arcs[hub]
    block_least = work.block_least.view(np.float32)
    # No arc of the hub costs less than this, and a rounded sum never falls when a part of it grows.
    floor = cost_so_far + (limits.lm_scale * graph.hub_least[hub] - max(limits.word_score, 0.0))
    dearest, count, blocks = max(cutoffs.settled, cutoffs.total), 0, 0
    for block in range(len(block_least)):
        blocks += floor + block_least[block] - _ROUNDING * (1 + abs(block_least[block])) < dearest + pending
    if blocks * _SPREAD > len(block_least):
        return TOO_MANY
    for block in range(len(block_least)):
        if floor + block_least[block] - _ROUNDING * (1 + abs(block_least[block])) < dearest + pending:
            first = block * LABEL_BLOCK
            for label in range(first, min(first + LABEL_BLOCK, len(label_cost))):
                cost = floor + label_cost[label]
                if cost - hotwords.most_gained[label] < dearest or cost - pending < dearest:
                    for a in range(hub_arcs[label], hub_arcs[label + 1]):
                        chosen[count] = a
                        count += 1
    return count
