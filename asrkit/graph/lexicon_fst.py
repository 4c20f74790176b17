"""L: from units to words.

State 0 is the hub, start and end of every word; from there each spelling is a chain of arcs back to the hub, which
bears the word on its first arc. Spellings that other words share or begin with end with a mark of their own (see
`vocabulary`), so that no two chains have labels of which one begins with the other. The marks of the grammar loop at
the hub.

The unit between words, in models that have one, loops at the hub; where a spelling ends with it, the state before it
leads to a final state of its own, so that it may be missing at the end of an utterance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.graph.costs import on_grid
from asrkit.graph.vocabulary import Spelling, Vocabulary

HUB = 0
GRAMMAR_MARKS = 2  # #0 and #1


def lexicon_fst(vocabulary: Vocabulary) -> Fst:
    """Return L for `vocabulary`; the arcs of each state are sorted by output label."""
    spellings = vocabulary.spellings
    first_mark = vocabulary.unit_marks + GRAMMAR_MARKS
    chains = [
        (*spelling.units, first_mark + mark - 1) if mark else spelling.units
        for spelling, mark in zip(spellings, end_marks(spellings), strict=True)
    ]
    lengths = np.array([len(chain) for chain in chains], np.int64)
    labels = np.fromiter((label for chain in chains for label in chain), np.int32, int(lengths.sum()))
    entry = np.repeat(np.arange(len(chains)), lengths)
    place = np.arange(len(labels)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    inner = (1 + np.cumsum(lengths - 1) - (lengths - 1))[entry] + place  # the state after this arc, within the chain
    is_first, is_last = place == 0, place == lengths[entry] - 1
    arcs = np.zeros(len(labels) + GRAMMAR_MARKS, ARC)
    chain_arcs, loops = arcs[: len(labels)], arcs[len(labels) :]
    chain_arcs["ilabel"] = labels
    chain_arcs["olabel"][is_first] = [spelling.word for spelling in spellings]
    chain_arcs["weight"][is_first] = on_grid([spelling.cost for spelling in spellings])
    chain_arcs["next"] = np.where(is_last, HUB, inner)
    loops["ilabel"] = vocabulary.unit_marks + np.arange(GRAMMAR_MARKS)
    loops["olabel"] = vocabulary.backoff + np.arange(GRAMMAR_MARKS)
    loops["next"] = HUB
    sources = np.append(np.where(is_first, HUB, inner - 1), [HUB] * GRAMMAR_MARKS)
    finals = np.full(1 + int((lengths - 1).sum()), NOT_FINAL)
    finals[HUB] = 0
    if vocabulary.delimiter:
        is_delimiter = (labels == vocabulary.delimiter) & ~is_first
        mark_follows = np.append(labels[1:] >= first_mark, False) & ~is_last
        at = np.flatnonzero(is_delimiter & (is_last | mark_follows))
        more = np.zeros(len(at) + 2, ARC)
        marks = np.append(labels[1:], 0)[at]  # and of ends without the unit others, after all of those
        most = max(0, int(labels.max()) + 1 - first_mark)
        more["ilabel"][: len(at)] = np.where(mark_follows[at], marks + most, EPSILON)
        more["next"][: len(at) + 1] = len(finals)
        more["ilabel"][-2], more["olabel"][-2] = vocabulary.unit_marks, vocabulary.backoff
        more["ilabel"][-1] = vocabulary.delimiter
        arcs = np.append(arcs, more)
        sources = np.concatenate([sources, inner[at] - 1, [len(finals), HUB]])
        finals = np.append(finals, np.float32(0))
    order = np.lexsort((arcs["ilabel"], arcs["olabel"], sources))
    return Fst.from_arcs(HUB, sources[order], arcs[order], finals)


def end_marks(spellings: Sequence[Spelling]) -> NDArray[np.int32]:
    """Return (spellings,) the mark that ends each spelling, counted from 1, or 0 where none is needed.

    `spellings` are sorted by units. In sorted order, whatever begins with a sequence stands right behind it: so a
    sequence needs a mark if the next one equals it or begins with it, or if the one before equals it.
    """
    marks = np.zeros(len(spellings), np.int32)
    for i, spelling in enumerate(spellings):
        units = spelling.units
        if i and spellings[i - 1].units == units:
            marks[i] = marks[i - 1] + 1
        elif i + 1 < len(spellings) and spellings[i + 1].units[: len(units)] == units:
            marks[i] = 1
    return marks
