"""Lattices for other tools: OpenFst acceptors and Kaldi's text form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from asrkit.formats.openfst import ARC, Fst
from asrkit.search.lattice import Lattice
from asrkit.search.word_lattice import Acyclic


def to_fst(lattice: Acyclic) -> Fst:
    """Return a word lattice as an acceptor: labels are words, costs the negative sums of all parts of the score."""
    rows = np.zeros(len(lattice.sources), ARC)
    rows["ilabel"] = rows["olabel"] = lattice.words
    rows["weight"] = -lattice.scores.sum(axis=1)
    rows["next"] = lattice.targets
    return Fst.from_arcs(0, lattice.sources, rows, (-lattice.finals.sum(axis=1)).astype(np.float32))


def to_kaldi_text(name: str, lattice: Acyclic, word_of: Callable[[int], str]) -> Iterator[str]:
    """Yield the lines of a word lattice in the text form of Kaldi's CompactLattice, without transition ids:

        NAME / source target word graph_cost,acoustic_cost, … / state graph_cost,acoustic_cost, … / empty line

    The graph cost is that of language model, hotwords and word score, already scaled.
    """
    yield f"{name} "
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    for state, final in enumerate(lattice.finals):
        for a in range(first[state], first[state + 1]):
            weight = _weight(lattice.scores[a])
            yield f"{state}\t{lattice.targets[a]}\t{word_of(int(lattice.words[a]))}\t{weight},"
        if final[1] > -np.inf:
            yield f"{state}\t{_weight(final)},"
    yield ""


def to_kaldi_raw_text(name: str, lattice: Lattice) -> Iterator[str]:
    """Yield the lines of a raw lattice in the text form of Kaldi's Lattice; input labels are those of the graph."""
    yield f"{name} "
    raw, labels = lattice.raw, lattice.graph.fst.arcs["ilabel"][lattice.graph_arcs]
    first = np.searchsorted(raw.sources, np.arange(len(raw.finals) + 1))
    for state, final in enumerate(raw.finals):
        for a in range(first[state], first[state + 1]):
            yield f"{state}\t{raw.targets[a]}\t{labels[a]}\t{raw.words[a]}\t{_weight(raw.scores[a])}"
        if final[1] > -np.inf:
            yield f"{state}\t{_weight(final)}"
    yield ""


def _weight(scores: np.ndarray) -> str:
    acoustic = scores[0]
    return f"{_number(acoustic - scores.sum())},{_number(-acoustic)}"


def _number(cost: float) -> str:
    return f"{cost:.6g}" if cost else "0"
