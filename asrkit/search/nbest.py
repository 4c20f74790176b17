"""The best word sequences of a lattice, best first, each with its best path.

A* over pairs (state, words said so far), with the exact score of the rest of the way as its estimate: what is taken
from the queue comes in the order of whole-path scores, and the first time that a pair is taken its way is the best one.
Taking each pair once makes the sequences distinct; the lattice is determinized only as far as the list needs it.
"""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from asrkit.search.word_lattice import Acyclic, backward

_END = -1


def best_paths(lattice: Acyclic, wanted: int, beam: float) -> list[NDArray[np.int32]]:
    """Return the arcs of the best path of each of the `wanted` best word sequences, best first.

    There are fewer where fewer lie within `beam` nats of the best.
    """
    remaining, finals = backward(lattice), lattice.finals.sum(axis=1)
    scores = lattice.scores.sum(axis=1)
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    order = count()  # of equal scores, the one found first
    sequences: dict[tuple[int, int], int] = {}  # (sequence, word) -> the sequence one longer; 0 is the empty one
    taken: set[tuple[int, int]] = set()
    waiting = [(-remaining[0], next(order), 0.0, 0, 0, ())]
    found: list[NDArray[np.int32]] = []
    while waiting and len(found) < wanted:
        cost, _, score, state, said, path = heapq.heappop(waiting)
        if -cost < remaining[0] - beam:
            break
        if (state, said) in taken:
            continue
        taken.add((state, said))
        if state == _END:
            found.append(_unfolded(path))
            continue
        if finals[state] > -np.inf:
            heapq.heappush(waiting, (-(score + finals[state]), next(order), 0.0, _END, said, path))
        for a in range(first[state], first[state + 1]):
            target, reached, word = int(lattice.targets[a]), score + scores[a], int(lattice.words[a])
            if remaining[target] > -np.inf:
                after = sequences.setdefault((said, word), len(sequences) + 1) if word else said
                entry = (-(reached + remaining[target]), next(order), reached, target, after, (path, a))
                heapq.heappush(waiting, entry)
    return found


def _unfolded(path: tuple) -> NDArray[np.int32]:
    arcs = []
    while path:
        path, arc = path
        arcs.append(arc)
    return np.array(arcs[::-1], np.int32)
