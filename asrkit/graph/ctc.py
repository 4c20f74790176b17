"""LG as CTC reads it: T∘LG for the topology `ctc` of `tokens_fst`.

A state is a state of LG together with what was read last, blank or a unit:

    (s, blank)   blank and all that says nothing: back to it      a unit v of LG's arc s→t: to (t, v)
    (s, u)       u once more: back to it                          blank: to (s, blank)
                 a unit v ≠ u of LG's arc s→t: to (t, v)          LG's ε arc s→t: to (t, u)

Where many units come into a state with many arcs, such as the context without words, its arcs stand in groups of about
the square root of their number, as in `tokens_fst`: (s, u) has an ε arc to each group but the one with u in it, and an
arc to each other unit of that one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.graph.arrays import distinct, only, pauses, sorted_by_input

_GROUPED_FROM_ARCS = 64
_GROUPED_FROM_PAIRS = 8

Rows = tuple[NDArray[np.integer], NDArray[np.void]]  # the sources of arcs, and the arcs


def ctc_graph(lg: Fst, passing: NDArray[np.integer]) -> Fst:
    """Return T∘`lg`, arcs sorted by input label; `passing` are the labels of blank and of all units that say nothing.

    In `lg`, every state must be reachable. States are those of (s, blank), then (s, u), then groups.
    """
    return _Composition(lg, passing).fst()


class _Composition:
    """LG's arcs and the pairs (s, u), u a unit, by their keys s · width + u."""

    def __init__(self, lg: Fst, passing: NDArray[np.integer]) -> None:
        self.lg = lg
        self.passing = passing
        self.sources = lg.sources.astype(np.int64)
        self.is_epsilon = lg.arcs["ilabel"] == EPSILON
        self.width = int(lg.arcs["ilabel"].max(initial=0)) + 1
        self.pauses = pauses(lg)
        self.pairs = self._reached_pairs()
        self.pair_states, self.pair_units = self.pairs // self.width, self.pairs % self.width
        after_arc = self.state_of(lg.arcs["next"].astype(np.int64), lg.arcs["ilabel"])
        self.arcs_by_unit = lg.arcs.copy()
        self.arcs_by_unit["next"] = np.where(self.is_epsilon, lg.arcs["next"], after_arc)

    def fst(self) -> Fst:
        lg = self.lg
        pair_counts = np.bincount(self.pair_states, minlength=len(lg.states))
        reading = lg.states["narcs"] - lg.states["nieps"]
        grouped = (reading >= _GROUPED_FROM_ARCS) & (pair_counts >= _GROUPED_FROM_PAIRS)
        pieces = [(self.sources, self.arcs_by_unit), self._loops_at_blank(), *self._loops_at_units()]
        pieces.append(self._after_units(~grouped, with_epsilon=False))
        pieces.append(self._after_units(np.ones(len(lg.states), np.bool_), with_epsilon=True))
        count = len(lg.states) + len(self.pairs)
        for state in np.flatnonzero(grouped):
            rows, groups = self._groups(int(state), count)
            pieces += rows
            count += groups
        finals = np.full(count, NOT_FINAL)
        finals[: len(lg.states)] = lg.states["final"]
        finals[len(lg.states) : len(lg.states) + len(self.pairs)] = lg.states["final"][self.pair_states]
        sources, arcs = (np.concatenate(column) for column in zip(*pieces, strict=True))
        kept = np.ones(count, np.bool_)
        kept[: len(lg.states)] = self._reached_blanks()
        return only(sorted_by_input(lg.start, sources, arcs, finals), kept)

    def state_of(self, states: NDArray[np.integer], units: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the number of each (s, u)."""
        return len(self.lg.states) + np.searchsorted(self.pairs, states * self.width + units)

    def _reached_pairs(self) -> NDArray[np.int64]:
        lg, reads = self.lg, ~self.is_epsilon
        new = distinct(lg.arcs["next"][reads].astype(np.int64) * self.width + lg.arcs["ilabel"][reads])
        pairs = new
        while len(new):  # ε arcs lead on; there is no cycle of them
            arcs, which = self._arcs_from(new // self.width, epsilon=True)
            reached = lg.arcs["next"][arcs].astype(np.int64) * self.width + (new % self.width)[which]
            reached = distinct(reached)
            place = np.minimum(np.searchsorted(pairs, reached), len(pairs) - 1)
            new = reached[pairs[place] != reached]
            pairs = np.sort(np.concatenate([pairs, new]))
        return pairs

    def _reached_blanks(self) -> NDArray[np.bool_]:
        """Return for which states s of LG (s, blank) is reached."""
        reached = self.pauses.copy()
        reached[self.lg.start] = True
        new = np.flatnonzero(reached)
        while len(new):
            arcs, _ = self._arcs_from(new, epsilon=True)
            nexts = np.unique(self.lg.arcs["next"][arcs])
            new = nexts[~reached[nexts]]
            reached[new] = True
        return reached

    def _arcs_from(self, states: NDArray[np.integer], *, epsilon: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the ε arcs, or the others, that leave each of `states`, and for each arc the place in `states`."""
        table = self.lg.states[states]
        counts = (table["nieps"] if epsilon else table["narcs"] - table["nieps"]).astype(np.int64)
        first = table["pos"].astype(np.int64) + (0 if epsilon else table["nieps"].astype(np.int64))
        which = np.repeat(np.arange(len(states)), counts)
        within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        return first[which] + within, which

    def _loops_at_blank(self) -> Rows:
        states = np.flatnonzero(self.pauses)
        return _fan(states, self.passing, states[:, None])

    def _loops_at_units(self) -> list[Rows]:
        here = np.flatnonzero(self.pauses[self.pair_states])
        numbers = len(self.lg.states) + here
        again = np.zeros(len(here), ARC)
        again["ilabel"], again["next"] = self.pair_units[here], numbers
        return [(numbers, again), _fan(numbers, self.passing, self.pair_states[here][:, None])]

    def _after_units(self, of_states: NDArray[np.bool_], *, with_epsilon: bool) -> Rows:
        here = np.flatnonzero(of_states[self.pair_states])
        index, which = self._arcs_from(self.pair_states[here], epsilon=with_epsilon)
        last = self.pair_units[here][which]
        if with_epsilon:
            arcs = self.lg.arcs[index]
            arcs["next"] = self.state_of(arcs["next"].astype(np.int64), last)
            return len(self.lg.states) + here[which], arcs
        differs = self.lg.arcs["ilabel"][index] != last
        return len(self.lg.states) + here[which[differs]], self.arcs_by_unit[index[differs]]

    def _groups(self, state: int, first_number: int) -> tuple[list[Rows], int]:
        """Return the arcs of the groups of `state` and to them, and the number of groups."""
        index, _ = self._arcs_from(np.array([state]), epsilon=False)
        arcs = self.arcs_by_unit[index]
        labels, label_of_arc = np.unique(arcs["ilabel"], return_inverse=True)
        size = max(1, round(np.sqrt(len(labels))))
        group_of_arc = label_of_arc // size
        groups = int(group_of_arc[-1]) + 1
        begin, end = np.searchsorted(self.pairs, [state * self.width, (state + 1) * self.width])
        numbers, units = len(self.lg.states) + np.arange(begin, end), self.pair_units[begin:end]
        place = np.minimum(np.searchsorted(labels, units), len(labels) - 1)
        own_group = np.where(labels[place] == units, place // size, groups)  # `groups`: none
        pair, group = np.nonzero(own_group[:, None] != np.arange(groups))
        to_groups = np.zeros(len(pair), ARC)
        to_groups["next"] = first_number + group
        pair_at, arc_at = np.nonzero((own_group[:, None] == group_of_arc) & (units[:, None] != arcs["ilabel"]))
        return [
            (first_number + group_of_arc, arcs),
            (numbers[pair], to_groups),
            (numbers[pair_at], arcs[arc_at]),
        ], groups


def _fan(sources: NDArray[np.integer], labels: NDArray[np.integer], nexts: NDArray[np.integer]) -> Rows:
    """Return an arc with each of `labels` from each of `sources`, with output ε and no cost."""
    arcs = np.zeros((len(sources), len(labels)), ARC)
    arcs["ilabel"], arcs["next"] = labels, nexts
    return np.repeat(sources, len(labels)), arcs.reshape(-1)
