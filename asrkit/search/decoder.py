"""One utterance through the search: posteriors and a graph in; words, units, times and scores of the best path out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError
from asrkit.hotwords.table import HotwordTable, no_hotwords
from asrkit.search.graph import SearchGraph
from asrkit.search.lattice import Lattice, raw_lattice
from asrkit.search.options import Options
from asrkit.search.path import Path, read_path
from asrkit.search.posteriors import checked, searched_steps
from asrkit.search.run import run


@dataclass(frozen=True)
class Decoding:
    """What the search found.

    Attributes:
        best: the best path.
        arcs: (arcs,) int32, the graph's arcs of the best path.
        complete: whether `best` ends in a final state. If no path does, it is the best of those that end elsewhere.
        dead_end: the step in which no hypothesis could go on, before which `best` ends; None if the end was reached.
        lattice: all paths within `lattice_beam` of the best, on request.
        candidates: how many ways into hypotheses were weighed, a measure of the work.
    """

    best: Path
    arcs: NDArray[np.int32]
    complete: bool
    dead_end: int | None
    lattice: Lattice | None
    candidates: int


def decode(
    log_probs: NDArray[np.floating],
    graph: SearchGraph,
    hotwords: HotwordTable | None = None,
    options: Options | None = None,
    *,
    lattice: bool = False,
    name: str = "the utterance",
) -> Decoding:
    """Return the best path through `graph` for one utterance.

    Args:
        log_probs: (steps, units), natural log; -inf is allowed.
        graph: see `search_graph`.
        hotwords: the automaton of the hotwords, for the same number of units.
        options: see `Options`.
        lattice: also return the lattice.
        name: what to call the utterance in messages.

    Raises:
        AsrkitError: the posteriors are not of this form, contain NaN or +inf, or have another number of units.
    """
    options = options or Options()
    steps = searched_steps(checked(log_probs, graph.units, name), graph, options)
    table = hotwords if hotwords is not None else no_hotwords(graph.units)
    units = table.root_edge.shape[1] - 1
    if units != graph.units:
        what = f"the hotwords are for {units} units, the graph for {graph.units}"
        raise AsrkitError(what, where=name, cure="compile the hotwords with the unit table of this model")
    found = run(graph, table, steps.log_probs, options, lattice=lattice)
    return Decoding(
        best=read_path(found.arcs, graph, table, steps, options, complete=found.complete),
        arcs=found.arcs,
        complete=found.complete and found.dead_end is None,
        dead_end=None if found.dead_end is None else int(steps.first[found.dead_end]),
        lattice=raw_lattice(found, graph, table, steps, options) if lattice else None,
        candidates=found.candidates,
    )


def decode_all(
    utterances: Iterable[tuple[str, NDArray[np.floating]]],
    graph: SearchGraph,
    hotwords: HotwordTable | None = None,
    options: Options | None = None,
    *,
    lattice: bool = False,
    jobs: int = 1,
) -> Iterator[Decoding | AsrkitError]:
    """Yield what `decode` returns or raises for each (name, log_probs), in their order, from `jobs` threads (law 9)."""

    def one(utterance: tuple[str, NDArray[np.floating]]) -> Decoding | AsrkitError:
        name, log_probs = utterance
        try:
            return decode(log_probs, graph, hotwords, options, lattice=lattice, name=name)
        except AsrkitError as error:
            return error

    if jobs == 1:
        yield from map(one, utterances)
        return
    source = iter(utterances)
    with ThreadPoolExecutor(jobs) as pool:
        waiting = deque(pool.submit(one, utterance) for utterance in islice(source, 2 * jobs))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(one, utterance) for utterance in islice(source, 1))
