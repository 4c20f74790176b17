"""LG: what L∘G becomes when it is determinized and minimized, made without either.

Spellings, sorted and with their end marks, are prefix-free; the arcs of a state of G say which words may follow at
which cost. So the deterministic machine is known beforehand: from each state of G the tree of the spellings of these
words, each leaf leading to the state of G after the word. Trees are grown from the sorted spellings, and each finished
subtree that was seen before is not stored again, as in the construction of minimal acyclic automata from sorted words
(Daciuk, Mihov, Watson & Watson, Computational Linguistics 26(1), 2000), here with costs and words. States of G with the
same arcs are merged before. The tests compare the result with OpenFst's composition and determinization.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.graph.arrays import Columns, columns, merged
from asrkit.graph.costs import on_grid
from asrkit.graph.delimiter import forgiving
from asrkit.graph.lexicon_fst import GRAMMAR_MARKS, end_marks
from asrkit.graph.vocabulary import Spelling, Vocabulary


@dataclass(frozen=True, eq=False)
class _Chains:
    """Spellings with their end marks, sorted: chain r has the labels from starts[r] on; costs are in nats."""

    starts: NDArray[np.int64]
    labels: NDArray[np.int32]
    words: NDArray[np.int32]
    costs: NDArray[np.float32]
    longest: int


def lexicon_with_grammar(vocabulary: Vocabulary, grammar: Fst) -> Fst:
    """Return LG for the G of `grammar_fst`: deterministic but for ε, arcs sorted by input label, all states in use.

    States of G that have the same arcs are one in it: in many models, contexts that were seen once are alike.
    """
    from asrkit.graph.kernels import grow_trees

    grammar = merged(grammar)
    chains, widest = _chains(vocabulary.spellings, vocabulary.unit_marks + GRAMMAR_MARKS, vocabulary.unit_marks - 1)
    roots = len(grammar.states)
    is_mark = grammar.arcs["olabel"] == EPSILON
    rows = _rows(grammar, ~is_mark, chains, len(vocabulary.words))
    room = int(np.diff(chains.starts)[rows[1]].sum())
    root_ends = np.zeros(roots, np.int64)
    root_fields = _fields(len(rows[0]))
    ends, fields = np.zeros(room, np.int64), _fields(room)
    states, arcs = grow_trees(
        *rows, chains.starts, chains.labels, chains.words, vocabulary.unit_marks, chains.longest, widest, roots,
        root_ends, *root_fields, ends, *fields,
    )  # fmt: skip
    counts = np.diff(np.maximum.accumulate(root_ends), prepend=0)  # a state of which no word goes on has none
    total = int(counts.sum())
    inner_counts = np.diff(ends[:states], prepend=0)
    marks = grammar.arcs[is_mark]
    made = np.empty(len(marks) + total + arcs, ARC)
    made[: len(marks)] = marks
    made["ilabel"][: len(marks)] = EPSILON
    for name, of_root, of_others in zip(ARC.names or (), root_fields, fields, strict=True):
        made[name][len(marks) : len(marks) + total] = of_root[:total]
        made[name][len(marks) + total :] = of_others[:arcs]
    sources = np.concatenate(
        [
            grammar.sources[is_mark],
            np.repeat(np.arange(roots, dtype=np.int32), counts),
            np.repeat(np.arange(roots, roots + states, dtype=np.int32), inner_counts),
        ]
    )
    finals = np.append(grammar.states["final"], np.full(states, NOT_FINAL))
    lg = Fst.from_arcs(grammar.start, sources, made, finals)
    return forgiving(lg, roots, vocabulary.delimiter) if vocabulary.delimiter else lg


def _chains(spellings: Sequence[Spelling], first_mark: int, units: int) -> tuple[_Chains, int]:
    """Return the chains, and how many labels may at most follow one prefix."""
    marks = end_marks(spellings)
    chains = [
        ((*spelling.units, first_mark + mark - 1) if mark else spelling.units, spelling)
        for spelling, mark in zip(spellings, marks.tolist(), strict=True)
    ]
    chains.sort(key=lambda chain: chain[0])
    lengths = np.array([len(labels) for labels, _ in chains], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    labels = np.fromiter((label for chain, _ in chains for label in chain), np.int32, int(starts[-1]))
    words = np.array([spelling.word for _, spelling in chains], np.int32)
    costs = on_grid([spelling.cost for _, spelling in chains])
    return _Chains(starts, labels, words, costs, int(lengths.max())), units + int(marks.max()) + 1


def _rows(
    grammar: Fst, is_word: NDArray[np.bool_], chains: _Chains, words: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
    """Return (state, rank of chain, cost, next state) of each arc of `grammar` with each chain of its word, sorted."""
    by_word = np.argsort(chains.words, kind="stable")
    first = np.searchsorted(chains.words[by_word], np.arange(words + 2))
    arcs = grammar.arcs[is_word]
    counts = np.diff(first)[arcs["olabel"]]
    arc = np.repeat(np.arange(len(arcs)), counts)
    within = np.arange(len(arc)) - np.repeat(np.cumsum(counts) - counts, counts)
    rank = by_word[first[arcs["olabel"][arc]] + within]
    state = grammar.sources[is_word][arc]
    order = np.argsort(state.astype(np.int64) << 32 | rank)
    arc, rank = arc[order], rank[order]
    costs = arcs["weight"][arc] + chains.costs[rank]
    return state[order], rank.astype(np.int32), costs, arcs["next"][arc]


def _fields(count: int) -> Columns:
    return columns(np.empty(count, ARC))
