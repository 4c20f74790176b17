"""The cheapest way that reads given labels and puts out allowed words, against all ways tried one by one."""

import numpy as np
import pytest

from asrkit.search.constrained import cheapest_way
from tests.random_cases import random_cases
from tests.search.graphs import identity_graph


def every_way(fst, state, labels, words=(), cost=0.0):
    """Yield (last state, words, cost) of each path that reads all of the labels."""
    if not labels:
        yield state, words, cost
    row = fst.states[state]
    for arc in fst.arcs[int(row["pos"]) : int(row["pos"]) + int(row["narcs"])]:
        said = (*words, int(arc["olabel"])) if arc["olabel"] else words
        if arc["ilabel"] == 0:
            yield from every_way(fst, int(arc["next"]), labels, said, cost + float(arc["weight"]))
        elif labels and arc["ilabel"] == labels[0]:
            yield from every_way(fst, int(arc["next"]), labels[1:], said, cost + float(arc["weight"]))


@random_cases(300)
def test_the_cheapest_way_is_that_of_all_ways(rng):
    fst = identity_graph(rng).fst
    labels = rng.integers(1, 5, rng.integers(0, 5)).tolist()
    end = int(rng.integers(0, len(fst.states))) if rng.random() < 0.4 else None
    allowed = set(rng.integers(1, 6, 4).tolist())
    word_cost = float(rng.choice([0.0, 0.7]))
    ways = []
    for state, words, cost in every_way(fst, fst.start, labels):
        last = float(fst.states["final"][state]) if end is None else 0.0 if state == end else np.inf
        if allowed.issuperset(words) and len(words) % 2 == 0 and np.isfinite(last):
            ways.append(cost + last + word_cost * len(words))

    def follow(node, word):
        return [1 - node] if word in allowed else []

    found = cheapest_way(fst, fst.start, labels, 0, follow, lambda node: node == 0, end=end, word_cost=word_cost)
    if not ways:
        assert found is None
    else:
        assert found.cost == pytest.approx(min(ways)) and allowed.issuperset(found.words)
