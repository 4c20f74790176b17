"""G: a backoff language model as an acceptor of words.

A state is a context: an n-gram that others continue, and the empty context. From the state of h, a word w that the model
has after h leads to the state of the longest suffix of h·w that is a context; the arc #0:ε leads to the state of h
without its oldest word and costs the backoff weight. `</s>` is a state's final cost. Where contexts are skipped on the
way, because nothing continues them, their backoff weights are paid on the arc.

Where a word unknown to the model may come (see `vocabulary`), the arc #1:ε leads to a state of its own, and from there
each such word leads on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError
from asrkit.formats.arpa import Arpa
from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.graph.costs import from_log10, on_grid
from asrkit.graph.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from asrkit.lm.trie import ABSENT, Trie

NO_CONTEXT = 0  # the state of the empty context
_NONE = -1
_CHEAPER = 1e-4  # nats; less is rounding


@dataclass(frozen=True)
class Grammar:
    """G, and in how many n-grams it departs from the model.

    Attributes:
        fst: the acceptor (its marks have output ε), arcs sorted by input label.
        cheaper_by_backoff: how many n-grams cost more than backing off and saying their last word does, so that paths
            may cost less than the model says. None does in interpolated models.
        largest_gain: nats, the most that is saved so by one n-gram.
    """

    fst: Fst
    cheaper_by_backoff: int
    largest_gain: float


@dataclass(frozen=True)
class _Contexts:
    """For the n-grams of one order: `own` state, or _NONE; the state and cost that are reached instead.

    `target` is the state after the n-gram and `extra` what must be paid to get there; `below` and `below_extra` are the
    same for the longest proper suffix.
    """

    own: NDArray[np.int32]
    target: NDArray[np.int32]
    extra: NDArray[np.float64]
    below: NDArray[np.int32]
    below_extra: NDArray[np.float64]


def grammar_fst(arpa: Arpa, vocabulary: Vocabulary, name: str = "the language model") -> Grammar:
    """Return G for the words of `vocabulary`, whose `lm_labels` belong to `arpa`.

    Raises:
        AsrkitError: the model, called `name`, has no `<s>` or no `</s>`.
    """
    ends = {word: i for i, word in enumerate(arpa.words) if word in (SENTENCE_START, SENTENCE_END)}
    for word in (SENTENCE_START, SENTENCE_END):
        if word not in ends:
            raise AsrkitError(f"the model has no {word}", where=name, cure="train it on sentences, one a line")
    trie = Trie(arpa.words, arpa.grams)
    costs = [from_log10(table) for table in arpa.log10_probs]
    backoffs = [from_log10(table) for table in arpa.log10_backoffs]
    contexts, states = _contexts(trie, backoffs, ends)
    start = int(contexts[0].target[_row_of(trie, ends[SENTENCE_START])]) if arpa.order > 1 else NO_CONTEXT
    finals = np.full(states, NOT_FINAL)
    pieces = []
    for n, (grams, cost, backoff) in enumerate(zip(arpa.grams, costs, backoffs, strict=True), 1):
        word = grams[:, -1]
        source = contexts[n - 2].own[trie.contexts[n - 1]] if n > 1 else np.full(len(grams), NO_CONTEXT, np.int32)
        is_end = word == ends[SENTENCE_END]
        finals[source[is_end]] = on_grid(cost[is_end])
        label = vocabulary.lm_labels[word]
        kept = np.flatnonzero(label)
        here = contexts[n - 1]
        pieces.append((source[kept], label[kept], label[kept], cost[kept] + here.extra[kept], here.target[kept]))
        leaving = np.flatnonzero(here.own != _NONE)
        marks = np.full(len(leaving), vocabulary.backoff)
        pieces.append(
            (here.own[leaving], marks, marks * 0, backoff[leaving] + here.below_extra[leaving], here.below[leaving])
        )
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    sources, ilabels, olabels, arc_costs, nexts = columns
    arcs = np.empty(len(sources), ARC)
    arcs["ilabel"], arcs["olabel"], arcs["weight"], arcs["next"] = ilabels, olabels, on_grid(arc_costs), nexts
    if vocabulary.unknown:
        sources, arcs, finals = _opened(sources, arcs, finals, vocabulary)
    order = np.argsort(sources.astype(np.int64) << 32 | arcs["ilabel"], kind="stable")
    fst = Fst.from_arcs(start, sources[order], arcs[order], finals)
    return Grammar(fst, *_cheaper_by_backoff(trie, costs, backoffs))


def _contexts(
    trie: Trie, backoffs: list[NDArray[np.float64]], ends: dict[str, int]
) -> tuple[list[_Contexts], int]:
    """Return where each n-gram of each order leads, and the number of states."""
    tables: list[_Contexts] = []
    states = NO_CONTEXT + 1
    for n, grams in enumerate(trie.grams, 1):
        count = len(grams)
        below, below_extra = np.full(count, NO_CONTEXT, np.int32), np.zeros(count)
        left = np.arange(count)  # whose longest suffix is not found yet
        for shorter in range(n - 1, 0, -1):
            rows = trie.rows(grams[left, n - shorter :])
            found = rows != ABSENT
            table = tables[shorter - 1]
            below[left[found]], below_extra[left[found]] = table.target[rows[found]], table.extra[rows[found]]
            left = left[~found]
            if not len(left):
                break
        own = np.full(count, _NONE, np.int32)
        if n < trie.order:
            is_context = np.zeros(count, np.bool_)
            is_context[trie.contexts[n]] = True
            if n == 1:
                is_context[grams[:, 0] == ends[SENTENCE_START]] = True
            is_context &= grams[:, -1] != ends[SENTENCE_END]
            own[is_context] = np.arange(states, states + np.count_nonzero(is_context))
            states += int(np.count_nonzero(is_context))
        has_own = own != _NONE
        paid = backoffs[n - 1] if n < trie.order else 0.0
        target = np.where(has_own, own, below)
        extra = np.where(has_own, 0.0, paid + below_extra)
        tables.append(_Contexts(own, target, extra, below, below_extra))
    return tables, states


def _row_of(trie: Trie, word: int) -> int:
    return int(trie.rows(np.array([[word]]))[0])


def _opened(
    sources: NDArray[np.integer], arcs: NDArray[np.void], finals: NDArray[np.float32], vocabulary: Vocabulary
) -> tuple[NDArray[np.integer], NDArray[np.void], NDArray[np.float32]]:
    """Let each arc of `<unk>` lead, by the mark #1, to a state from which all words outside the model lead on."""
    is_unknown = arcs["ilabel"] == vocabulary.unknown
    following, which = np.unique(arcs["next"][is_unknown], return_inverse=True)
    arcs["ilabel"][is_unknown] = vocabulary.backoff + 1
    arcs["olabel"][is_unknown] = EPSILON
    arcs["next"][is_unknown] = len(finals) + which
    outside = np.zeros((len(following), len(vocabulary.outside)), ARC)
    outside["ilabel"] = outside["olabel"] = vocabulary.outside
    outside["next"] = following[:, None]
    new = np.repeat(np.arange(len(finals), len(finals) + len(following)), len(vocabulary.outside))
    finals = np.append(finals, np.full(len(following), NOT_FINAL))
    return np.append(sources, new), np.append(arcs, outside.reshape(-1)), finals


def _cheaper_by_backoff(
    trie: Trie, costs: list[NDArray[np.float64]], backoffs: list[NDArray[np.float64]]
) -> tuple[int, float]:
    """Return how many n-grams cost more than backing off once, and the largest difference in nats."""
    count, largest = 0, 0.0
    for n in range(2, trie.order + 1):
        rows = trie.rows(trie.grams[n - 1][:, 1:])
        found = rows != ABSENT
        around = backoffs[n - 2][trie.contexts[n - 1][found]] + costs[n - 2][rows[found]]
        gain = costs[n - 1][found] - around
        gain = gain[gain > _CHEAPER]
        count += len(gain)
        largest = max(largest, float(gain.max(initial=0.0)))
    return count, largest
