"""The best word sequences of a word lattice, best first: A* with the exact rest of the way as its estimate."""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from asrkit.search.word_lattice import Acyclic, backward

_END = -1


def best_sequences(lattice: Acyclic, wanted: int) -> list[NDArray[np.int32]]:
    """Return the `wanted` best word sequences of a lattice that has one path for each, best first, or all there are."""
    remaining, finals = backward(lattice), lattice.finals.sum(axis=1)
    scores = lattice.scores.sum(axis=1)
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    order = count()  # of equal scores, the one found first
    waiting = [(-remaining[0], next(order), 0.0, 0, ())]
    sequences: list[NDArray[np.int32]] = []
    while waiting and len(sequences) < wanted:
        _, _, score, state, said = heapq.heappop(waiting)
        if state == _END:
            sequences.append(np.array(_unfolded(said), np.int32))
            continue
        if finals[state] > -np.inf:
            heapq.heappush(waiting, (-(score + finals[state]), next(order), 0.0, _END, said))
        for a in range(first[state], first[state + 1]):
            target, reached = int(lattice.targets[a]), score + scores[a]
            if remaining[target] > -np.inf:
                entry = (-(reached + remaining[target]), next(order), reached, target, (said, int(lattice.words[a])))
                heapq.heappush(waiting, entry)
    return sequences


def _unfolded(said: tuple) -> list[int]:
    words = []
    while said:
        said, word = said
        words.append(word)
    return words[::-1]
