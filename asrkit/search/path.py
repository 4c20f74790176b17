"""A path through the graph, read out: words and units, when they come, and what the score is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import kernel, ready
from asrkit.hotwords.table import BREAK, OPENS, SPECIAL, HotwordTable, no_hotwords
from asrkit.search.graph import SearchGraph
from asrkit.search.hotword_expansion import hotword_edge
from asrkit.search.options import Options
from asrkit.search.posteriors import Steps


class Scores(NamedTuple):
    """The parts of a score (law 3): natural log, scaled, higher is better; they add up to `total`."""

    acoustic: float
    lm: float
    hotword: float
    words: float

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return self.acoustic + self.lm + self.hotword + self.words


@dataclass(frozen=True, eq=False)
class Path:
    """One reading of an utterance.

    Attributes:
        words: (words,) int32, output labels.
        word_steps: (words,) int32, the step in which each word is put out: not before the first nor, in a graph that
            holds words back until they are sure, always with the last of its units.
        units: (units,) int32, model ids, without special units and repeats.
        unit_steps: (units, 2) int32, first step of each unit and the step after its last.
        scores: what the score is made of.
        breaks: (breaks,) int32, ascending: before which of the units, or behind the last of them, steps of a special
            unit lie at which a hotword's match breaks (law 5).
        arcs: (arcs,) int32, the graph's arcs from its start state on.
    """

    words: NDArray[np.int32]
    word_steps: NDArray[np.int32]
    units: NDArray[np.int32]
    unit_steps: NDArray[np.int32]
    scores: Scores
    breaks: NDArray[np.int32]
    arcs: NDArray[np.int32]


def read_path(
    arcs: NDArray[np.integer],
    graph: SearchGraph,
    hotwords: HotwordTable,
    steps: Steps,
    options: Options,
    *,
    complete: bool,
) -> Path:
    """Return what the path over `arcs`, indices of the graph's arcs from its start state on, says.

    `complete` tells whether the cost of ending belongs to the path.
    """
    chosen = graph.fst.arcs[arcs]
    labels, words, nexts = chosen["ilabel"], chosen["olabel"], chosen["next"]
    sources = np.append(graph.fst.start, nexts)
    reads = labels != 0
    at = np.cumsum(reads) - reads  # the searched step of each arc; of an epsilon arc, the one that comes next
    lm_cost = float(chosen["weight"].sum(dtype=np.float64))
    if complete:
        lm_cost += float(graph.fst.states["final"][sources[-1]])

    spoken = says_new_unit(graph, sources[:-1], labels, words, nexts)
    repeats = reads & ~spoken & ~graph.arrays.passes[labels]
    ends = at + 1
    unit_of_arc = np.cumsum(spoken) - 1
    unit_ends = np.zeros(int(spoken.sum()), np.int64)
    np.maximum.at(unit_ends, unit_of_arc[spoken | repeats], ends[spoken | repeats])

    broken = graph.arrays.breaks[labels]
    banked = float(banked_along(hotwords, np.where(spoken, labels, BREAK)[spoken | broken].astype(np.int64)))
    acoustic = float(steps.log_probs[at[reads], labels[reads] - 1].sum(dtype=np.float64))
    scores = Scores(acoustic, -options.lm_scale * lm_cost, banked, options.word_score * int(np.count_nonzero(words)))
    first = steps.first
    return Path(
        words=words[words != 0].copy(),
        word_steps=first[np.minimum(at[words != 0], max(len(first) - 2, 0))].astype(np.int32),
        units=(labels[spoken] - 1).astype(np.int32),
        unit_steps=np.stack([first[at[spoken]], first[unit_ends]], axis=1).astype(np.int32),
        scores=scores,
        breaks=np.unique(np.cumsum(spoken)[broken]).astype(np.int32),
        arcs=np.asarray(arcs, np.int32),
    )


def says_new_unit(
    graph: SearchGraph,
    sources: NDArray[np.integer],
    labels: NDArray[np.integer],
    words: NDArray[np.integer],
    nexts: NDArray[np.integer],
) -> NDArray[np.bool_]:
    """Return which of these arcs say a unit: not epsilon, not special, and not a unit said once more (CTC)."""
    repeats = graph.arrays.repeats & (sources == nexts) & (words == 0)
    return ~graph.arrays.passes[labels] & ~repeats


@kernel
def banked_along(hotwords, labels):  # noqa: ANN001, ANN201  (learns its types where it is made ready)
    """Return what reading `labels`, BREAK among them, banks in all from the start to the end of an utterance."""
    state, banked = np.uint64(0), 0.0
    bordered = len(hotwords.borders) > 0
    for label in labels:
        if label == BREAK or (bordered and hotwords.reads[label] == SPECIAL):
            state = np.uint64(hotwords.borders[state].after_break) if bordered else np.uint64(0)
            continue
        if bordered and hotwords.reads[label] == OPENS:
            banked += np.float64(hotwords.borders[state].due)
            state = np.uint64(hotwords.borders[state].after_edge)
        edge = hotwords.edges[hotword_edge(hotwords, state, label)]
        state = np.uint64(edge.next)
        banked += np.float64(edge.bank)
    return banked + np.float64(hotwords.borders[state].due) if bordered else banked


ready(banked_along, no_hotwords(1), np.zeros(1, np.int64))
