"""The best word sequences of a lattice, best first, each with its best path.

A* over pairs (state, words said so far), with the exact score of the rest of the way as its estimate: what is taken
from the queue comes in the order of whole-path scores, and the first time that a pair is taken its way is the best one.
Taking each pair once makes the sequences distinct; the lattice is determinized only as far as the list needs it.

Of ways that are equally far behind the best path, the one that has come furthest is taken first. Else words that are
equally likely, say homophones that the language model has never seen, would be tried in all combinations before any
way comes to an end. For the same reason ways are compared by what they lose to the best path: losses are sums of the
same few numbers, whichever way comes first, while scores of equal ways differ in their last digits.
"""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from asrkit.search.word_lattice import Acyclic, backward


def best_paths(lattice: Acyclic, wanted: int, beam: float) -> list[NDArray[np.int32]]:
    """Return the arcs of the best path of each of the `wanted` best word sequences, best first.

    There are fewer where fewer lie within `beam` nats of the best.
    """
    remaining, finals = backward(lattice), lattice.finals.sum(axis=1)
    possible = remaining[lattice.targets] > -np.inf
    lost = np.full(len(possible), np.inf)
    behind = remaining[lattice.targets[possible]] + lattice.scores[possible].sum(axis=1)
    lost[possible] = remaining[lattice.sources[possible]] - behind
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    end = len(lattice.finals)  # the state after the end, which comes further than any other
    order = count()  # of ways equal in all, the one found first
    sequences: dict[tuple[int, int], int] = {}  # (sequence, word) -> the sequence one longer; 0 is the empty one
    taken: set[tuple[int, int]] = set()
    waiting = [(0.0, 0, next(order), 0, ())]
    found: list[NDArray[np.int32]] = []
    while waiting and len(found) < wanted:
        loss, place, _, said, path = heapq.heappop(waiting)
        state = -place
        if loss > beam:
            break
        if (state, said) in taken:
            continue
        taken.add((state, said))
        if state == end:
            found.append(unfolded(path))
            continue
        if finals[state] > -np.inf:
            heapq.heappush(waiting, (loss + remaining[state] - finals[state], -end, next(order), said, path))
        for a in range(first[state], first[state + 1]):
            if lost[a] < np.inf:
                word = int(lattice.words[a])
                after = sequences.setdefault((said, word), len(sequences) + 1) if word else said
                entry = (loss + lost[a], -int(lattice.targets[a]), next(order), after, (path, a))
                heapq.heappush(waiting, entry)
    return found


def unfolded(labels: tuple) -> NDArray[np.int32]:
    """Return the labels of a linked list (labels before, last label), (labels,) int32; () is the empty one."""
    last_first = []
    while labels:
        labels, label = labels
        last_first.append(label)
    return np.array(last_first[::-1], np.int32)
