"""Acyclic graphs of scored words, and the best way through them."""

# ruff: noqa: ANN001, ANN202  (kernels learn their types where they are made ready)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import kernel, ready


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


@kernel
def _forward(sources, targets, scores, state_count):
    best = np.full(state_count, -np.inf)
    best[0] = 0.0
    for a in range(len(sources)):
        best[targets[a]] = max(best[targets[a]], best[sources[a]] + scores[a])
    return best


@kernel
def _backward(sources, targets, scores, finals):
    best = finals.copy()
    for a in range(len(sources) - 1, -1, -1):
        best[sources[a]] = max(best[sources[a]], best[targets[a]] + scores[a])
    return best


@kernel
def _best_arcs(sources, targets, labels, scores, finals, words):
    """Return a status (0, or -1 if there is no path) and the arcs: a Viterbi search over (state, words said)."""
    said = len(words) + 1
    best = np.full((len(finals), said), -np.inf)
    came_by = np.full((len(finals), said), -1, np.int32)
    best[0, 0] = 0.0
    for a in range(len(sources)):
        for n in range(said):
            following = n if labels[a] == 0 else n + 1
            if labels[a] != 0 and (n == len(words) or words[n] != labels[a]):
                continue
            score = best[sources[a], n] + scores[a]
            if score > best[targets[a], following]:
                best[targets[a], following] = score
                came_by[targets[a], following] = a
    state = np.argmax(best[:, said - 1] + finals)
    if best[state, said - 1] + finals[state] == -np.inf:
        return np.full(1, -1, np.int32)
    length, n, here = 1, said - 1, state
    while came_by[here, n] >= 0:
        a = came_by[here, n]
        n -= labels[a] != 0
        here = sources[a]
        length += 1
    arcs = np.zeros(length, np.int32)
    n, here = said - 1, state
    for i in range(length - 1, 0, -1):
        a = came_by[here, n]
        arcs[i] = a
        n -= labels[a] != 0
        here = sources[a]
    return arcs


_labels, _scores = np.zeros(1, np.int32), np.zeros(1)
ready(_forward, _labels, _labels, _scores, 1)
ready(_backward, _labels, _labels, _scores, _scores)
ready(_best_arcs, _labels, _labels, _labels, _scores, _scores, _labels)
