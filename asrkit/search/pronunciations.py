"""What words cost besides the language model, so that another language model can take the place of the graph's.

The arcs of a graph bear sums: the language model's cost, the pronunciation's, and that of a word which the language
model does not know. A new language model replaces the first alone. `apart` moves the others from the part `lm` of a
lattice's scores to that of the word score.

Where all pronunciations of a word cost the same, the cost is moved on the arc that puts the word out. Else it depends
on the units, and the lattice is unfolded: a state is then a raw state with the words put out and the units read that
are not yet matched to one another. A word is matched with a pronunciation as soon as both are there; where a longer one
may still come, both ways are followed, and those that match nothing end nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.search.lattice import Lattice
from asrkit.search.path import says_new_unit
from asrkit.search.word_lattice import Acyclic, backward


class Cost(NamedTuple):
    """Nats paid for one way to say a word: in the graph, and under the new language model."""

    before: float
    now: float


Ways = Mapping[int, Mapping[tuple[int, ...], Cost]]  # label of a word -> labels of its units -> cost
_NOTHING = Cost(0.0, 0.0)
_Open = tuple[tuple[int, ...], tuple[int, ...], int]  # words, units, and how many units the first word has tried


def apart(lattice: Lattice, ways: Ways, delimiter: int = 0) -> Lattice:
    """Return `lattice` with what words cost besides the language model in the part of the word score.

    The part of the language model is then its own, and the costs are those under the new language model.

    Args:
        lattice: of a search.
        ways: how each word of the graph may be said, units without the delimiter; a word that is not in it costs
            nothing.
        delimiter: the label of the unit between words, 0 for none.
    """
    words = np.unique(lattice.raw.words).tolist()
    constant = {}
    for word in words:
        costs = set(ways.get(word, {(): _NOTHING}).values())
        if len(costs) > 1:
            unfolded = _unfolded(lattice, ways, delimiter)
            return unfolded if unfolded is not None else _moved(lattice, {w: _least(ways, w) for w in words})
        constant[word] = costs.pop()
    return _moved(lattice, constant)


def _least(ways: Ways, word: int) -> Cost:
    return min(ways.get(word, {(): _NOTHING}).values())


def _moved(lattice: Lattice, costs: Mapping[int, Cost]) -> Lattice:
    """Return the lattice with one cost for each word, whatever its units."""
    if not any(map(any, costs.values())):
        return lattice
    labels = np.array(sorted(costs))
    table = np.array([costs[label] for label in labels.tolist()]) * lattice.options.lm_scale
    paid = table[np.searchsorted(labels, lattice.raw.words)]
    return replace(lattice, raw=lattice.raw._replace(scores=_with_costs(lattice.raw.scores, paid)))


def _with_costs(scores: NDArray[np.float64], paid: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = scores.copy()
    moved[:, 1] += paid[:, 0]
    moved[:, 3] -= paid[:, 1]
    return moved


def _unfolded(lattice: Lattice, ways: Ways, delimiter: int) -> Lattice | None:
    """Return the lattice with the cost of each pronunciation, or None if its paths do not spell its words."""
    raw, said = lattice.raw, _units_said(lattice, delimiter)
    first = np.searchsorted(raw.sources, np.arange(len(raw.finals) + 1)).tolist()
    targets, words = raw.targets.tolist(), raw.words.tolist()
    waiting: list[dict[_Open, list[tuple[int, int, Cost]]]] = [{} for _ in raw.finals]  # what leads to each
    waiting[0][(), (), 0] = []
    states: list[tuple[int, bool]] = []  # raw state, whether nothing is open
    rows: list[tuple[int, int, int, Cost]] = []  # source, arc, target, cost
    for state, here in enumerate(waiting):
        for form, ways_in in here.items():
            number = len(states)
            states.append((state, form[:2] == ((), ())))
            rows += [(source, arc, number, cost) for source, arc, cost in ways_in]
            for arc in range(first[state], first[state + 1]):
                for after, cost in _matched(form, words[arc], said[arc], ways):
                    waiting[targets[arc]].setdefault(after, []).append((number, arc, cost))
        here.clear()
    rows.sort(key=lambda row: row[:3])
    sources, arcs, nexts = (np.array([row[k] for row in rows], np.int32) for k in range(3))
    paid = np.array([row[3] for row in rows]).reshape(-1, 2) * lattice.options.lm_scale
    of_raw = np.array([state for state, _ in states])
    finals = raw.finals[of_raw].copy()
    if lattice.complete:
        finals[[not whole for _, whole in states], 1] = -np.inf
    made = Acyclic(sources, nexts, raw.words[arcs], _with_costs(raw.scores[arcs], paid), finals)
    if not np.isfinite(backward(made)[0]):
        return None
    return replace(lattice, raw=made, graph_arcs=lattice.graph_arcs[arcs], steps=lattice.steps[of_raw])


def _units_said(lattice: Lattice, delimiter: int) -> list[int]:
    """Return for each raw arc the label of the unit that it says, or 0; that between words counts as none."""
    fst = lattice.graph.fst
    chosen = fst.arcs[lattice.graph_arcs]
    sources = np.searchsorted(fst.states["pos"], lattice.graph_arcs, side="right") - 1  # where each arc lies
    said = says_new_unit(lattice.graph, sources, chosen["ilabel"], chosen["olabel"], chosen["next"])
    said &= (chosen["ilabel"] != 0) & (chosen["ilabel"] != delimiter)
    return np.where(said, chosen["ilabel"], 0).tolist()


def _matched(form: _Open, word: int, unit: int, ways: Ways) -> Iterator[tuple[_Open, Cost]]:
    """Yield what may be open after `word` and `unit` (0: none) have come, and the cost of what was matched."""
    words, units, tried = form
    words += (word,) if word else ()
    units += (unit,) if unit else ()
    if not word and not unit:
        yield form, _NOTHING
        return
    yield from _closed(words, units, tried, ways, _NOTHING)


def _closed(
    words: tuple[int, ...], units: tuple[int, ...], tried: int, ways: Ways, paid: Cost
) -> Iterator[tuple[_Open, Cost]]:
    if not words:
        yield (words, units, 0), paid
        return
    longer = False
    for way, cost in ways.get(words[0], {}).items():
        size = len(way)
        if size > len(units):
            longer = longer or way[: len(units)] == units
        elif size > tried and units[:size] == way:
            total = Cost(paid.before + cost.before, paid.now + cost.now)
            yield from _closed(words[1:], units[size:], 0, ways, total)
    if longer:
        yield (words, units, len(units)), paid
