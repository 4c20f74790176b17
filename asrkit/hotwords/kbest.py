"""The likeliest distinct label sequences of a lattice whose arcs lead forwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf
from operator import itemgetter

Labels = tuple[int, ...]
Way = tuple[float, Labels]  # cost, labels; the smaller the cost, the likelier
Arcs = Iterable[tuple[int, Iterable[Way]]]

_COST = itemgetter(0)


def k_best(ends: int, arcs: Callable[[int], Arcs], most: int, within: float = inf) -> list[list[Way]]:
    """Return for each place the `most` cheapest distinct label sequences of the paths from place 0 to it.

    A path's cost is the sum of its arcs' costs. What is kept is exact: two different beginnings stay different whatever
    follows them, so one that has `most` cheaper ones beside it cannot be the beginning of a sequence that is kept. Of
    equal costs the order in which `arcs` yields them decides.

    Args:
        ends: the last place.
        arcs: arcs(end) gives (begin, ways) of each arc into a place; begin < end.
        most: how many are kept, at least 1.
        within: how much more than the cheapest a sequence may cost.
    """
    best: list[list[Way]] = [[(0.0, ())]]
    for end in range(1, ends + 1):
        found = [
            (cost + more, head + tail) for begin, ways in arcs(end) for cost, head in best[begin] for more, tail in ways
        ]
        best.append(cheapest(found, most, within))
    return best


def cheapest(ways: list[Way], most: int, within: float = inf) -> list[Way]:
    """Return the `most` cheapest of `ways`, each label sequence once, at its least cost."""
    if len(ways) < 2:
        return ways
    ways = sorted(ways, key=_COST)
    limit = ways[0][0] + within
    kept: dict[Labels, float] = {}
    for cost, labels in ways:
        if cost > limit or len(kept) == most:
            break
        kept.setdefault(labels, cost)
    return [(cost, labels) for labels, cost in kept.items()]


def products(parts: Sequence[list[Way]], most: int, within: float = inf) -> list[Way]:
    """Return the `most` cheapest sequences that take one way of each of `parts`, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return k_best(len(parts), lambda end: [(end - 1, parts[end - 1])], most, within)[-1]
