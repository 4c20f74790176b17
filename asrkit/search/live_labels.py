"""The labels that can matter in a step: few of a model's thousands of units are probable enough at any one time.

A state where a word may begin has an arc for most units. Of its arcs, which ascend by input label, those of the live
labels are looked up instead of all being gone through.

The bound of a label takes the best hypothesis of the step and the cheapest arc of the graph. Sums of float64 never
change their order by rounding, so that no arc is passed over which could have come below the cutoff.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel

MANY_ARCS = 48  # from so many on, a state's arcs are looked up by live labels
NOT_LISTED = np.int64(-1)
_ARCS_PER_LOOK_UP = 6  # going through so many arcs takes about as long as looking up one label


@kernel
def least_graph_cost(graph, limits):
    """Return a cost that no arc of the graph undercuts, scaled as `graph_cost` does."""
    return limits.lm_scale * graph.least_weight - max(limits.word_score, 0.0)


@kernel
def list_labels(graph, least, work, hotwords, cutoffs, limits):
    """List in `work.live` the labels whose cheapest arc, after a cost of `least`, passes; return how many."""
    count, floor, dearest = 0, least + least_graph_cost(graph, limits), max(cutoffs.settled, cutoffs.total)
    for label in range(1, len(work.label_cost)):
        cost = floor + work.label_cost[label]
        if cost - hotwords.most_gained[label] < dearest:
            work.live[count] = label
            count += 1
    return count


@kernel
def worth_look_up(arcs, live):
    """Whether looking up `live` labels (or NOT_LISTED) is quicker than going through so many arcs."""
    return live != NOT_LISTED and live * _ARCS_PER_LOOK_UP < arcs


@kernel
def first_arc(arcs, label, low, high):
    """Return the first of arcs[low:high], which ascend by input label, with at least this label."""
    while low < high:
        middle = (low + high) >> 1
        if arcs[middle].ilabel < label:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def arcs_of(arcs, label, low, high):
    """Return which of arcs[low:high] bear the label: the first, and the one after the last."""
    first = first_arc(arcs, label, low, high)
    end = first
    while end < high and arcs[end].ilabel == label:
        end += 1
    return first, end
