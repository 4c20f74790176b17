"""G: a backoff language model as an acceptor of words.

A state is a context: an n-gram that others continue, and the empty context. From the state of h, a word w that the
model has after h leads to the state of the longest suffix of h·w that is a context; the arc #0:ε leads to the state of
h without its oldest word and costs the backoff weight. `</s>` is a state's final cost. Where contexts are skipped on
the way, because nothing continues them, their backoff weights are paid on the arc.

Where a word unknown to the model may come (see `vocabulary`), the arc #1:ε leads to a state of its own, and from there
each such word leads on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.arpa import Arpa
from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.formats.specials import BEGIN, END
from asrkit.graph.arrays import sorted_by_input
from asrkit.graph.costs import from_log10, on_grid
from asrkit.graph.ngrams import NONE, NGrams, ngrams_of
from asrkit.graph.vocabulary import Vocabulary
from asrkit.lm.word_ids import refuse_without_ends

NO_CONTEXT = 0  # the state of the empty context
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


@dataclass(frozen=True, eq=False)
class _States:
    """Where each n-gram leads, all arrays (n-grams,).

    Attributes:
        own: the state of the n-gram, or NONE if nothing continues it.
        target: the state after the n-gram: its own, or that of its longest suffix with one.
        extra: nats to be paid on the way there, for the contexts left out.
        count: how many states there are.
    """

    own: NDArray[np.int32]
    target: NDArray[np.int32]
    extra: NDArray[np.float64]
    count: int


def grammar_fst(arpa: Arpa, vocabulary: Vocabulary, name: str = "the language model") -> Grammar:
    """Return G for the words of `vocabulary`, whose `lm_labels` belong to `arpa`.

    Raises:
        AsrkitError: the model, called `name`, has no `<s>` or no `</s>`.
    """
    refuse_without_ends(arpa.words, name)
    start_word, end_word = arpa.words.index(BEGIN), arpa.words.index(END)
    ngrams = ngrams_of(arpa)
    costs = from_log10(np.concatenate(arpa.log10_probs))
    backoffs = from_log10(np.concatenate(arpa.log10_backoffs))
    states = _states(ngrams, backoffs, start_word, end_word)
    source = np.where(ngrams.contexts == NONE, NO_CONTEXT, states.own[ngrams.contexts])
    ends = np.flatnonzero((ngrams.words == end_word) & (source != NONE))
    finals = np.full(states.count, NOT_FINAL)
    finals[source[ends]] = on_grid(costs[ends])
    label = vocabulary.lm_labels[ngrams.words]
    said = np.flatnonzero((label != EPSILON) & (source != NONE))
    leaving = np.flatnonzero(states.own != NONE)
    below = ngrams.suffixes[leaving]
    arcs = np.zeros(len(said) + len(leaving), ARC)
    words, marks = arcs[: len(said)], arcs[len(said) :]
    words["ilabel"] = words["olabel"] = label[said]
    words["weight"] = on_grid(costs[said] + states.extra[said])
    words["next"] = states.target[said]
    marks["ilabel"] = vocabulary.backoff
    marks["weight"] = on_grid(backoffs[leaving] + np.where(below == NONE, 0.0, states.extra[below]))
    marks["next"] = np.where(below == NONE, NO_CONTEXT, states.target[below])
    sources = np.append(source[said], states.own[leaving])
    if vocabulary.unknown:
        sources, arcs, finals = _opened(sources, arcs, finals, vocabulary)
    start = states.target[start_word] if arpa.order > 1 else NO_CONTEXT
    fst = sorted_by_input(int(start), sources, arcs, finals)
    return Grammar(fst, *_cheaper_by_backoff(ngrams, costs, backoffs))


def _states(ngrams: NGrams, backoffs: NDArray[np.float64], start_word: int, end_word: int) -> _States:
    highest = ngrams.firsts[-2]
    is_context = np.zeros(len(ngrams.words), np.bool_)
    is_context[ngrams.contexts[ngrams.firsts[1] :]] = True
    is_context[start_word] = len(ngrams.firsts) > 2  # of order 1, no word is a context
    is_context &= ngrams.words != end_word
    own = np.where(is_context, NO_CONTEXT + np.cumsum(is_context), NONE).astype(np.int32)
    target, extra = own.copy(), np.zeros(len(own))
    for first, end in pairwise(ngrams.firsts.tolist()):  # suffixes are shorter: theirs is known
        left = first + np.flatnonzero(~is_context[first:end])
        suffix = ngrams.suffixes[left]
        target[left] = np.where(suffix == NONE, NO_CONTEXT, target[suffix])
        extra[left] = np.where(suffix == NONE, 0.0, extra[suffix]) + np.where(left < highest, backoffs[left], 0.0)
    return _States(own, target, extra, NO_CONTEXT + 1 + int(is_context.sum()))


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
    ngrams: NGrams, costs: NDArray[np.float64], backoffs: NDArray[np.float64]
) -> tuple[int, float]:
    """Return how many n-grams cost more than backing off once, and the largest difference in nats."""
    longer = slice(ngrams.firsts[1], None)
    gain = costs[longer] - backoffs[ngrams.contexts[longer]] - costs[ngrams.suffixes[longer]]
    order = np.repeat(np.arange(len(ngrams.firsts) - 1), np.diff(ngrams.firsts))
    once = order[ngrams.suffixes[longer]] == order[longer] - 1
    gain = gain[once & (gain > _CHEAPER)]
    return len(gain), float(gain.max(initial=0.0))
