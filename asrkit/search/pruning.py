"""Who survives a step of the search: the beam, and the least and greatest number of survivors.

A hypothesis goes on if its cost is below the cutoff, least cost + beam; `max_active` can lower that, and `min_active`
raise it, and the beam of the next step is then set so that it matches (as in Kaldi, except that a step with no more
than `min_active` hypotheses leaves the beam as it is).

With hotwords there are two measures, cost, and cost less pending credit, each with its own cutoff. Below one of them is
enough, so that nobody is dropped for another one's pending credit alone (law 8).
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from asrkit.compiled import kernel

HALF = np.uint64(32)  # a key is hotword state << HALF | graph state
LOW = np.uint64(0xFFFFFFFF)
SLACK = 1e-6  # nats, so that rounding never takes away what a lattice keeps in the end
_BEYOND_LAST = 0.5  # nats; how far the next beam goes beyond the last hypothesis that max_ or min_active let live


class Limits(NamedTuple):
    """The numbers of `Options` that the kernels need."""

    beam: float
    max_active: int
    min_active: int
    lm_scale: float
    word_score: float
    links: bool  # whether links are kept, for a lattice
    lattice_beam: float  # of that lattice


class Cutoffs(NamedTuple):
    """Who survives: `total` is compared with cost less pending credit, `settled` with cost alone."""

    settled: float
    total: float


@kernel
def passes(cost, banked, gained, cutoffs):
    """Whether `cost` is below a cutoff after `banked` is taken off, or `gained`, which counts pending credit too."""
    return cost - banked < cutoffs.settled or cost - gained < cutoffs.total


@kernel
def find_cutoff(hypotheses, count, scratch, hotwords, limits):
    """Return the index of the best hypothesis, the cutoffs of this step, and the beams of the next one."""
    best, least, least_total = 0, np.inf, np.inf
    with_hotwords = len(hotwords.edges) > 1
    for i in range(count):
        cost = hypotheses[i].cost
        total = cost - hotwords.states[hypotheses[i].key >> HALF].pending if with_hotwords else cost
        scratch[i] = total
        least = min(least, cost)
        if total < least_total:
            best, least_total = i, total
    total_cutoff, total_beam = cutoff_among(scratch, count, least_total, limits)
    if not with_hotwords:
        return best, Cutoffs(total_cutoff, total_cutoff), Cutoffs(total_beam, total_beam)
    for i in range(count):
        scratch[i] = hypotheses[i].cost
    settled_cutoff, settled_beam = cutoff_among(scratch, count, least, limits)
    return best, Cutoffs(settled_cutoff, total_cutoff), Cutoffs(settled_beam, total_beam)


@kernel
def cutoff_among(costs, count, least, limits):
    """Return the cutoff of a step with these costs, which change places, and the beam of the next step."""
    cutoff = least + limits.beam
    if count > limits.max_active:
        last = select(costs, count, limits.max_active - 1)
        if last < cutoff:
            return np.nextafter(last, np.inf), last - least + _BEYOND_LAST
    if count <= limits.min_active:
        return np.inf, limits.beam
    if limits.min_active > 0:
        last = select(costs, count, limits.min_active - 1)
        if last >= cutoff:
            return np.nextafter(last, np.inf), last - least + _BEYOND_LAST
    return cutoff, limits.beam


@kernel
def select(values, count, rank):
    """Return the value of rank `rank`, 0 being the least, of the first `count`, which change places (quickselect)."""
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]
