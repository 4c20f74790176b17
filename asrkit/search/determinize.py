"""From the raw lattice to the word lattice: weighted determinization over words, pruned as it goes.

A state of the result is a subset of raw states, each with what its best way costs more than the best way to the subset
(Mohri 1997). Scores are vectors of parts, ordered by their sum, so that every arc of the result knows its parts (as
Kaldi's lattices do with pairs). Subsets are made best first and their members dropped when no path through them lies
within the beam: this keeps the work near the size of the result, where determinizing all would be exponential.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.search.word_lattice import Acyclic, backward

_DIGITS = 6  # to which excesses are compared
_NOTHING = (0.0, 0.0, 0.0, 0.0)

Parts = tuple[float, float, float, float]
Subset = dict[int, tuple[float, Parts]]  # raw state -> (score, parts) relative to the subset's best


class _Arcs(NamedTuple):
    """The raw arcs of each state: those without a word, and those with one."""

    silent: list[list[tuple[int, float, Parts]]]
    worded: list[list[tuple[int, int, float, Parts]]]


def determinize(raw: Acyclic, beam: float) -> Acyclic:
    """Return a lattice with one path for each word sequence that `raw` has within `beam` nats of its best path.

    The score of each path, and each part of it, is that of the best raw path with these words.
    """
    to_end = backward(raw)
    least = float(to_end[0]) - beam - 1e-9
    arcs, finals, ends = _by_state(raw), raw.finals.sum(axis=1).tolist(), [tuple(row) for row in raw.finals.tolist()]
    remaining = to_end.tolist()
    number: dict[tuple, int] = {}
    subsets: list[Subset] = []
    reached: list[float] = []
    waiting: list[tuple[float, int]] = []
    done: set[int] = set()
    found: list[tuple[int, int, int, Parts]] = []
    final_parts: dict[int, Parts] = {}

    def enter(subset: Subset, score: float) -> int:
        key = tuple(sorted((state, round(excess, _DIGITS)) for state, (excess, _) in subset.items()))
        if key not in number:
            number[key] = len(subsets)
            subsets.append(subset)
            reached.append(-np.inf)
        index = number[key]
        if score > reached[index]:  # only before the subset's turn comes: later ways to it are no better
            reached[index] = score
            best = score + max(excess + remaining[state] for state, (excess, _) in subset.items())
            heapq.heappush(waiting, (-best, index))
        return index

    enter({0: (0.0, _NOTHING)}, 0.0)
    while waiting:
        _, here = heapq.heappop(waiting)
        if here in done:
            continue
        done.add(here)
        members = _through_silence(subsets[here], arcs, remaining, least - reached[here])
        by_word: dict[int, Subset] = {}
        end = (-np.inf, _NOTHING)
        for state, (score, parts) in members.items():
            for word, target, gain, gains in arcs.worded[state]:
                if score + gain + remaining[target] + reached[here] >= least:
                    _keep_better(by_word.setdefault(word, {}), target, score + gain, parts, gains)
            if score + finals[state] > max(end[0], least - reached[here]):
                end = (score + finals[state], _sum(parts, ends[state]))
        if end[0] > -np.inf:
            final_parts[here] = end[1]
        for word, subset in sorted(by_word.items()):
            best, common = max(subset.values())
            rest = {state: (score - best, _difference(parts, common)) for state, (score, parts) in subset.items()}
            found.append((here, enter(rest, reached[here] + best), word, common))
    return _numbered(found, final_parts, len(subsets))


def _by_state(raw: Acyclic) -> _Arcs:
    arcs = _Arcs([[] for _ in raw.finals], [[] for _ in raw.finals])
    rows = zip(raw.sources, raw.targets, raw.words, raw.scores.sum(axis=1), raw.scores, strict=True)
    for source, target, word, score, parts in ((x.tolist() for x in row) for row in rows):
        if word:
            arcs.worded[source].append((word, target, score, tuple(parts)))
        else:
            arcs.silent[source].append((target, score, tuple(parts)))
    return arcs


def _through_silence(subset: Subset, arcs: _Arcs, remaining: list[float], least: float) -> Subset:
    """Return `subset` and all that it reaches without a word, where a path that scores at least `least` passes."""
    members = dict(subset)
    waiting = sorted(members)
    queued = set(waiting)
    while waiting:
        state = heapq.heappop(waiting)  # the lowest state: its best way is known, since arcs run upwards
        score, parts = members[state]
        for target, gain, gains in arcs.silent[state]:
            if score + gain + remaining[target] >= least:
                _keep_better(members, target, score + gain, parts, gains)
                if target not in queued:
                    queued.add(target)
                    heapq.heappush(waiting, target)
    return members


def _keep_better(subset: Subset, state: int, score: float, parts: Parts, gains: Parts) -> None:
    if state not in subset or score > subset[state][0]:
        subset[state] = (score, _sum(parts, gains))


def _sum(a: Parts, b: Parts) -> Parts:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])


def _difference(a: Parts, b: Parts) -> Parts:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3])


def _numbered(found: list[tuple[int, int, int, Parts]], final_parts: dict[int, Parts], count: int) -> Acyclic:
    """Return the lattice of these arcs, its states renumbered so that arcs run upwards."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    entering = [0] * count
    for source, target, _, _ in found:
        leaving[source].append(target)
        entering[target] += 1
    order, ready = [], [0]
    while ready:
        state = heapq.heappop(ready)
        order.append(state)
        for target in leaving[state]:
            entering[target] -= 1
            if entering[target] == 0:
                heapq.heappush(ready, target)
    place = np.empty(count, np.int32)
    place[order] = np.arange(count)
    rows = sorted((int(place[source]), word, int(place[target]), parts) for source, target, word, parts in found)
    finals = np.zeros((count, 4))
    finals[:, 1] = -np.inf
    for state, parts in final_parts.items():
        finals[place[state]] = parts
    scores = np.array([row[3] for row in rows], np.float64).reshape(-1, 4)
    return Acyclic(_column(rows, 0), _column(rows, 2), _column(rows, 1), scores, finals)


def _column(rows: list[tuple], index: int) -> NDArray[np.int32]:
    return np.array([row[index] for row in rows], np.int32)
