"""Acyclic graphs of scored words, and the best way through them."""

# ruff: noqa: ANN001, ANN202  (kernels learn their types where they are made ready)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import allocating_kernel, ready


class Acyclic(NamedTuple):
    """A lattice: state 0 is the start, arcs run from lower to higher states and are sorted by source.

    Attributes:
        sources, targets: (arcs,) int32.
        words: (arcs,) int32, output labels, 0 for none.
        scores: (arcs, 4) float64, natural log, scaled: acoustic, language model, hotword, word score.
        finals: (states, 4) float64, the scores of ending in a state; -inf as the second where no path ends.
    """

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    words: NDArray[np.int32]
    scores: NDArray[np.float64]
    finals: NDArray[np.float64]


def forward(lattice: Acyclic) -> NDArray[np.float64]:
    """Return (states,) float64: the score of the best path from the start to each state."""
    return _forward(lattice.sources, lattice.targets, lattice.scores.sum(axis=1), len(lattice.finals))


def backward(lattice: Acyclic) -> NDArray[np.float64]:
    """Return (states,) float64: the score of the best path from each state to an end, ending included."""
    return _backward(lattice.sources, lattice.targets, lattice.scores.sum(axis=1), lattice.finals.sum(axis=1))


def best_arcs(lattice: Acyclic, words: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the arcs of the best path that says `words`; of equal ones, that of the first arcs.

    Raises:
        ValueError: no path says them.
    """
    scores, finals = lattice.scores.sum(axis=1), lattice.finals.sum(axis=1)
    arcs = _best_arcs(lattice.sources, lattice.targets, lattice.words, scores, finals, words)
    if arcs[0] < 0:
        raise ValueError("the lattice holds no path with these words")
    return arcs[1:]


@allocating_kernel
def _forward(sources, targets, scores, state_count):
    best = np.full(state_count, -np.inf)
    best[0] = 0.0
    for a in range(len(sources)):
        best[targets[a]] = max(best[targets[a]], best[sources[a]] + scores[a])
    return best


@allocating_kernel
def _backward(sources, targets, scores, finals):
    best = finals.copy()
    for a in range(len(sources) - 1, -1, -1):
        best[sources[a]] = max(best[sources[a]], best[targets[a]] + scores[a])
    return best


@allocating_kernel
def _said_ranges(sources, targets, labels, state_count, words):
    """Return (states, 2): how many of `words` are said at least and at most on the way to each state; (1, 0): no way.

    Few numbers are possible in one state, so that what is kept for each grows with the lattice, not with its square.
    """
    ranges = np.zeros((state_count, 2), np.int64)
    ranges[1:, 0] = len(words) + 1
    ranges[1:, 1] = -1
    for a in range(len(sources)):
        here, there = ranges[sources[a]], ranges[targets[a]]
        for n in range(here[0], here[1] + 1):
            if labels[a] == 0 or (n < len(words) and words[n] == labels[a]):
                following = n if labels[a] == 0 else n + 1
                there[0], there[1] = min(there[0], following), max(there[1], following)
    for state in range(state_count):
        if ranges[state, 1] < ranges[state, 0]:
            ranges[state, 0], ranges[state, 1] = 1, 0
    return ranges


@allocating_kernel
def _best_arcs(sources, targets, labels, scores, finals, words):
    """Return a status (0, or -1 if there is no path) and the arcs: a Viterbi search over (state, words said)."""
    ranges = _said_ranges(sources, targets, labels, len(finals), words)
    place = np.zeros(len(finals) + 1, np.int64)  # where the numbers of a state stand, less the least of them
    size = 0
    for state in range(len(finals)):
        place[state] = size - ranges[state, 0]
        size += ranges[state, 1] - ranges[state, 0] + 1
    best, came_by = np.full(size, -np.inf), np.full(size, -1, np.int32)
    best[place[0]] = 0.0
    for a in range(len(sources)):
        source, target = sources[a], targets[a]
        for n in range(ranges[source, 0], ranges[source, 1] + 1):
            following = n if labels[a] == 0 else n + 1
            if labels[a] != 0 and (n == len(words) or words[n] != labels[a]):
                continue
            score = best[place[source] + n] + scores[a]
            if score > best[place[target] + following]:
                best[place[target] + following] = score
                came_by[place[target] + following] = a
    here, whole = -1, -np.inf
    for state in range(len(finals)):
        if ranges[state, 0] <= len(words) <= ranges[state, 1]:
            score = best[place[state] + len(words)] + finals[state]
            if score > whole:
                here, whole = state, score
    if here < 0:
        return np.full(1, -1, np.int32)
    state, length, n = here, 1, len(words)
    while came_by[place[state] + n] >= 0:
        a = came_by[place[state] + n]
        n -= labels[a] != 0
        state = sources[a]
        length += 1
    arcs = np.zeros(length, np.int32)
    state, n = here, len(words)
    for i in range(length - 1, 0, -1):
        a = came_by[place[state] + n]
        arcs[i] = a
        n -= labels[a] != 0
        state = sources[a]
    return arcs


_labels, _scores = np.zeros(1, np.int32), np.zeros(1)
ready(_forward, _labels, _labels, _scores, 1)
ready(_backward, _labels, _labels, _scores, _scores)
ready(_best_arcs, _labels, _labels, _labels, _scores, _scores, _labels)
