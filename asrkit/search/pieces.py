"""The lattice of a long recording in pieces, so that what is made of it costs in proportion to its length.

A piece is what lies between two cuts, each where few arcs pass from the states before it to those behind. The paths up
to a piece and from it on weigh what all of them weigh together (forward and backward sums), so that a piece has the
paths of the whole lattice, each as probable as there. Only an alignment cannot see beyond the cuts.
"""

# ruff: noqa: ANN001, ANN202  (kernels learn their types where they are made ready)

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import allocating_kernel, ready
from asrkit.search.word_lattice import Acyclic, best_arcs

LONG = 256  # words; a lattice around fewer is one piece
_LEAST, _MOST = 64, 192  # words between two cuts


class Piece(NamedTuple):
    """A part of a lattice whose paths all begin in state 0 and end in the last state.

    Attributes:
        sources, targets: (arcs,) int32, sorted by source; arcs run from lower to higher states.
        words: (arcs,) int32, 0 for none.
        scores: (arcs,) float64, natural log, of which all paths' weights are made.
        state_count: how many states there are.
        sequence: (words,) int32, the part of a word sequence that belongs here.
    """

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    words: NDArray[np.int32]
    scores: NDArray[np.float64]
    state_count: int
    sequence: NDArray[np.int32]


def pieces(lattice: Acyclic, words: NDArray[np.integer], scale: float) -> Iterator[Piece]:
    """Yield the pieces of `lattice`, paths weighing exp(scale * score): one, if `words` are few or on no path of it."""
    whole = _with_one_end(lattice, np.asarray(words, np.int32), scale)
    if len(words) < LONG:
        yield whole
        return
    try:
        path = best_arcs(lattice, whole.sequence)
    except ValueError:
        yield whole
        return
    spoken = path[lattice.words[path] != 0]
    cuts = _cuts(whole, lattice.sources[spoken])
    before = _log_forward(whole.sources, whole.targets, whole.scores, whole.state_count)
    behind = _log_backward(whole.sources, whole.targets, whole.scores, whole.state_count)
    firsts, arcs = np.searchsorted(lattice.sources[spoken], cuts), np.searchsorted(whole.sources, cuts)
    entering = np.zeros(0, np.int64)
    for number, (first, end) in enumerate(pairwise(cuts.tolist())):
        inner = np.arange(arcs[number], arcs[number + 1])
        sequence = whole.sequence[firsts[number] : firsts[number + 1]]
        yield _piece(whole, (first, end), (entering, inner), before, behind, sequence)
        entering = np.concatenate([entering, inner])
        entering = entering[whole.targets[entering] >= end]


def _with_one_end(lattice: Acyclic, words: NDArray[np.int32], scale: float) -> Piece:
    """Return all of `lattice`, with one end for all paths, reached without a word."""
    ends = np.flatnonzero(lattice.finals[:, 1] > -np.inf)
    last = len(lattice.finals)
    sources = np.concatenate([lattice.sources, ends]).astype(np.int32)
    targets = np.concatenate([lattice.targets, np.full(len(ends), last)]).astype(np.int32)
    said = np.concatenate([lattice.words, np.zeros(len(ends))]).astype(np.int32)
    scores = scale * np.concatenate([lattice.scores.sum(axis=1), lattice.finals[ends].sum(axis=1)])
    order = np.argsort(sources, kind="stable")
    return Piece(sources[order], targets[order], said[order], scores[order], last + 1, words)


def _cuts(whole: Piece, spoken_from: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the states with which pieces begin, and the number of states; `spoken_from` are the words' states."""
    changes = np.bincount(whole.sources + 1, minlength=whole.state_count + 1)
    changes -= np.bincount(whole.targets + 1, minlength=whole.state_count + 1)
    passing = np.cumsum(changes)  # how many arcs run from below each state to it or beyond
    cuts, word = [0], 0
    while len(spoken_from) - word > _MOST:
        first, last = spoken_from[word + _LEAST], spoken_from[word + _MOST]
        cuts.append(int(first + np.argmin(passing[first:last])))
        word = int(np.searchsorted(spoken_from, cuts[-1]))
    return np.array([*cuts, whole.state_count])


def _piece(
    whole: Piece,
    states: tuple[int, int],
    arcs: tuple[NDArray[np.int64], NDArray[np.int64]],
    before: NDArray[np.float64],
    behind: NDArray[np.float64],
    sequence: NDArray[np.int32],
) -> Piece:
    """Return what lies from the first to the second of the `states` (not included).

    `arcs` are those that come from states before them and end in them or beyond, and those that begin in them.
    """
    (first, end), (entering, inner) = states, arcs
    into, place = np.unique(whole.targets[entering], return_inverse=True)
    weights = np.full(len(into), -np.inf)
    np.logaddexp.at(weights, place, before[whole.sources[entering]] + whole.scores[entering])
    if first == 0:
        into, weights = np.zeros(1, np.int32), np.zeros(1)
    reached = np.concatenate([into, whole.targets[inner]])
    exits = np.unique(reached[reached >= end]) if end < whole.state_count else np.array([end - 1])
    last = end - first + len(exits) + 1

    def number(states: NDArray[np.integer]) -> NDArray[np.integer]:
        beyond = end - first + 1 + np.searchsorted(exits, states)
        return np.where(states < end, states - first + 1, beyond)

    sources = np.concatenate([np.zeros(len(into)), number(whole.sources[inner]), number(exits)])
    targets = np.concatenate([number(into), number(whole.targets[inner]), np.full(len(exits), last)])
    words = np.concatenate([np.zeros(len(into)), whole.words[inner], np.zeros(len(exits))])
    scores = np.concatenate([weights, whole.scores[inner], behind[exits]])
    order = np.argsort(sources, kind="stable")
    as_int = (array[order].astype(np.int32) for array in (sources, targets, words))
    return Piece(*as_int, scores[order], last + 1, sequence)


@allocating_kernel
def _log_forward(sources, targets, scores, state_count):
    """Return (states,) float64: the log of the summed weights of the paths from the start to each state."""
    reached = np.full(state_count, -np.inf)
    reached[0] = 0.0
    for a in range(len(sources)):
        reached[targets[a]] = np.logaddexp(reached[targets[a]], reached[sources[a]] + scores[a])
    return reached


@allocating_kernel
def _log_backward(sources, targets, scores, state_count):
    """Return (states,) float64: the log of the summed weights of the paths from each state to the last one."""
    reached = np.full(state_count, -np.inf)
    reached[state_count - 1] = 0.0
    for a in range(len(sources) - 1, -1, -1):
        reached[sources[a]] = np.logaddexp(reached[sources[a]], reached[targets[a]] + scores[a])
    return reached


_labels, _scores = np.zeros(1, np.int32), np.zeros(1)
ready(_log_forward, _labels, _labels, _scores, 1)
ready(_log_backward, _labels, _labels, _scores, 1)
