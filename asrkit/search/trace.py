"""Where the beam lets go of a path: the search once more, step by step, with an eye on that path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.hotwords.table import HotwordTable, after_break, follow
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options
from asrkit.search.path import says_new_unit
from asrkit.search.posteriors import Steps, checked, searched_steps
from asrkit.search.pruning import HALF
from asrkit.search.run import living


class Dropped(NamedTuple):
    """Where a path was dropped.

    Attributes:
        step: the step of the utterance after which the path did not go on.
        behind: nats by which the path lay behind the best hypothesis of that step, with or without pending credit (law
            8), whichever is less.
        crowded: whether that is within the beam: `max_active` others were better.
    """

    step: int
    behind: float
    crowded: bool


class _Passed(NamedTuple):
    """A hypothesis on a path: its key, its cost and its pending credit (nats)."""

    key: int
    cost: float
    pending: float


def where_dropped(
    log_probs: NDArray[np.floating],
    graph: SearchGraph,
    hotwords: HotwordTable,
    options: Options,
    arcs: NDArray[np.integer],
) -> Dropped | None:
    """Return where a search with these options drops the path over `arcs`; None if it goes on to the last step.

    A path goes on where the states of graph and hotwords that it passes live on, be it by another way into them.

    Args:
        log_probs: (steps, units), natural log.
        graph: the decoding graph.
        hotwords: the automaton of the hotwords.
        options: of the search.
        arcs: indices of the graph's arcs, from its start state on.
    """
    steps = searched_steps(checked(log_probs, graph.units, "the utterance"), graph, options)
    searched = living(graph, hotwords, steps.log_probs, options)
    for count, (passed, alive) in enumerate(zip(_along(arcs, graph, hotwords, steps, options), searched, strict=False)):
        settled, pending = alive["cost"], hotwords.states["pending"][alive["key"] >> HALF]
        total = settled - pending
        last = np.flatnonzero(alive["key"] == passed[-1].key)
        goes_on = all(one.key in alive["key"] for one in passed) and (
            settled[last] < _cutoff(settled, options) or total[last] < _cutoff(total, options)
        )
        if count < len(steps.log_probs) and not goes_on:
            behind = max(min(p.cost - settled.min(), p.cost - p.pending - total.min()) for p in passed)
            return Dropped(int(steps.first[max(count - 1, 0)]), float(behind), bool(behind < options.beam))
    return None


def _cutoff(costs: NDArray[np.float64], options: Options) -> float:
    """Return the cost below which hypotheses go on, as `pruning.cutoff_among`."""
    if len(costs) <= options.min_active:
        return np.inf
    ranked, cutoff = np.sort(costs), costs.min() + options.beam
    if len(costs) > options.max_active:
        cutoff = min(cutoff, np.nextafter(ranked[options.max_active - 1], np.inf))
    if options.min_active > 0:
        cutoff = max(cutoff, np.nextafter(ranked[options.min_active - 1], np.inf))
    return float(cutoff)


def _along(
    arcs: NDArray[np.integer], graph: SearchGraph, hotwords: HotwordTable, steps: Steps, options: Options
) -> Iterator[list[_Passed]]:
    """Yield the hypotheses that the path passes before the first step and in each: more than one by epsilon arcs."""
    rows = graph.fst.arcs[arcs]
    sources = np.append(graph.fst.start, rows["next"][:-1])
    spoken = says_new_unit(graph, sources, rows["ilabel"], rows["olabel"], rows["next"])
    step, state, cost = 0, 0, 0.0
    passed = [_Passed(graph.fst.start, 0.0, 0.0)]
    for (label, word, weight, following), is_new in zip(rows.tolist(), spoken.tolist(), strict=True):
        cost += options.lm_scale * weight - (options.word_score if word else 0.0)
        if label:
            yield passed
            passed = []
            cost -= float(steps.log_probs[step, label - 1])
            step += 1
            if graph.arrays.breaks[label]:
                state = after_break(hotwords, state)
            elif is_new:
                state, banked = follow(hotwords, state, label)
                cost -= banked
        passed.append(_Passed(state << int(HALF) | following, cost, float(hotwords.states["pending"][state])))
    yield passed
