"""Where in an utterance a phrase may have been said, and a search that is free only there.

A wide beam is slow, and most of a recording has nothing to do with the phrase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from asrkit.search.graph import SearchGraph

Place = tuple[int, int]  # from the first to the second (not included)

_WINDOW = 8  # units before and after a place that belong to it, some words: further away, all stays as it came out


def spoken_steps(log_probs: NDArray[np.floating], graph: SearchGraph) -> list[int]:
    """Return the steps whose likeliest units are spoken."""
    likeliest = np.argmax(log_probs, axis=1)
    spoken = ~np.isin(likeliest, graph.special_units)
    if graph.topology == "ctc":
        spoken[1:] &= likeliest[1:] != likeliest[:-1]
    return np.flatnonzero(spoken).tolist()


def likely_places(rows: NDArray[np.floating], spellings: Iterable[Sequence[int]], most: int) -> list[Place]:
    """Return the places, up to `most`, where the units of a spelling lie least far behind the likeliest, best first.

    The units are laid side by side on the rows, whatever the graph says. Of places that overlap one is enough.

    Args:
        rows: the log-probabilities of the spoken steps.
        spellings: sequences of units.
        most: how many places.
    """
    found = []
    for units in spellings:
        behind = rows.max(axis=1, initial=-np.inf)[:, None] - rows[:, list(units)]
        ends = range(len(units), len(rows) + 1)
        found += [(float(np.trace(behind[end - len(units) : end])), end - len(units), end) for end in ends]
    places: list[Place] = []
    for _, start, end in sorted(found):
        if len(places) < most and all(end <= first or last <= start for first, last in places):
            places.append((start, end))
    return places


def windows(places: Iterable[Place], unit_steps: Sequence[int], step_count: int) -> Iterator[Place]:
    """Yield the steps that belong to each place among the units, which begin at `unit_steps`."""
    edges = [*unit_steps, step_count]
    for start, end in places:
        first = edges[start - _WINDOW] if start > _WINDOW else 0
        yield first, edges[min(end + _WINDOW, len(unit_steps))]


def bound_elsewhere(
    log_probs: NDArray[np.floating], read: NDArray[np.integer], free: Iterable[Place]
) -> tuple[NDArray[np.floating], float]:
    """Return the posteriors, but with the unit that was read certain in all steps that are not free.

    Args:
        log_probs: (steps, units), natural log.
        read: the unit that was read in each step.
        free: windows of steps.

    Returns:
        The posteriors, and what those that are certain now add up to in truth.
    """
    bound = np.ones(len(log_probs), np.bool_)
    for first, last in free:
        bound[first:last] = False
    if len(read) != len(bound) or not bound.any():  # a path that ends early, or skips steps, binds nothing
        return log_probs, 0.0
    steps = np.flatnonzero(bound)
    changed = np.array(log_probs, np.float32)
    elsewhere = float(changed[steps, read[steps]].sum(dtype=np.float64))
    changed[steps] = -np.inf
    changed[steps, read[steps]] = 0
    return changed, elsewhere
