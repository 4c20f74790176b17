"""Lattices: all paths within `lattice_beam` of the best, each arc with the parts of its score.

The search gives the *raw* lattice, whose arcs are arcs of the graph at a step. `words` makes of it, on demand, the
*word lattice*, which has one path for each word sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from asrkit.hotwords.table import HotwordTable
from asrkit.search.confidence import least_expected_errors
from asrkit.search.determinize import determinize
from asrkit.search.graph import SearchGraph
from asrkit.search.nbest import best_paths
from asrkit.search.options import Options
from asrkit.search.path import Path, read_path
from asrkit.search.posteriors import Steps
from asrkit.search.run import Found
from asrkit.search.word_lattice import Acyclic, best_arcs

_LIKELY = 100  # readings among which one is looked for that a path says
_DIGITS = 9  # to which the bonus of an arc, a difference of costs, is rounded


@dataclass(frozen=True, eq=False)
class Lattice:
    """The raw lattice of one utterance, and what its paths are read with.

    Attributes:
        raw: states and arcs; see `Acyclic`.
        graph_arcs: (arcs,) int32, the graph's arc of each arc of `raw`.
        steps: (states,) int32, the step of the utterance that comes next in each state.
        complete: whether paths end in final states of the graph.
    """

    raw: Acyclic
    graph_arcs: NDArray[np.int32]
    steps: NDArray[np.int32]
    complete: bool
    graph: SearchGraph
    hotwords: HotwordTable
    searched: Steps
    options: Options

    @cached_property
    def words(self) -> Acyclic:
        """The word lattice: one path for each word sequence, with the score of its best path in the raw lattice."""
        return determinize(self.raw, self.options.lattice_beam)

    def nbest(self, count: int) -> list[Path]:
        """Return the best paths of the `count` best word sequences, best first; fewer if the lattice has fewer."""
        return [self._read(arcs) for arcs in best_paths(self.raw, count, self.options.lattice_beam)]

    def path_of(self, words: NDArray[np.integer]) -> Path:
        """Return the best path that says `words`, which the lattice must hold."""
        return self._read(best_arcs(self.raw, np.asarray(words, np.int32)))

    def least_expected_errors(self, scale: float = 1.0) -> Path:
        """Return the best path of the words of least expected errors, paths weighing exp(scale * score).

        Where no path says them, because each place chooses for itself, that of the reading most like them among the
        best ones; of equally like ones, the best.
        """
        (best,) = self.nbest(1)
        words = least_expected_errors(self.raw, best.words, scale).words
        try:
            return self.path_of(words)
        except ValueError:
            wanted = words.tolist()
            return min(self.nbest(_LIKELY), key=lambda path: Levenshtein.distance(path.words.tolist(), wanted))

    def _read(self, arcs: NDArray[np.int32]) -> Path:
        graph_arcs = self.graph_arcs[arcs]
        return read_path(graph_arcs, self.graph, self.hotwords, self.searched, self.options, complete=self.complete)


def raw_lattice(found: Found, graph: SearchGraph, hotwords: HotwordTable, steps: Steps, options: Options) -> Lattice:
    """Return the lattice of a search that kept links."""
    links, token_cost, place, end_cost, end_due = found.raw
    used = np.isfinite(end_cost)
    used[0] = True
    used[links["source"]] = True
    used[links["target"]] = True
    tokens = np.flatnonzero(used)
    tokens = tokens[np.lexsort((place[tokens, 1], place[tokens, 0]))]
    number = np.zeros(len(token_cost), np.int32)
    number[tokens] = np.arange(len(tokens))

    links = links[np.lexsort((links["arc"], number[links["target"]], number[links["source"]]))]
    chosen = graph.fst.arcs[links["arc"]]
    reads = chosen["ilabel"] != 0
    scores = np.zeros((len(links), 4))
    scores[reads, 0] = steps.log_probs[place[links["source"][reads], 0], chosen["ilabel"][reads] - 1]
    scores[:, 1] = -options.lm_scale * chosen["weight"].astype(np.float64)
    scores[:, 3] = options.word_score * (chosen["olabel"] != 0)
    if len(hotwords.edges) > 1:
        banked = token_cost[links["source"]] - links["cost"] - scores.sum(axis=1)
        scores[:, 2] = np.round(banked, _DIGITS)
    finals = np.zeros((len(tokens), 4))
    finals[:, 1] = -end_cost[tokens]
    finals[:, 2] = np.where(np.isfinite(end_cost[tokens]), end_due[tokens], 0.0)
    raw = Acyclic(number[links["source"]], number[links["target"]], chosen["olabel"].astype(np.int32), scores, finals)
    of_states = steps.first[place[tokens, 0]].astype(np.int32)
    return Lattice(
        raw, links["arc"].astype(np.int32), of_states, found.complete, graph, hotwords, steps, options
    )
