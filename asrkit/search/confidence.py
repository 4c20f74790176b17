"""How sure each word is: a confusion network around a word sequence, and the sequence of least expected errors.

Each word of the sequence, and each gap before, between and after words, is a *slot*; the expected alignment of all
paths of the lattice with the sequence gives each slot a distribution over words and "no word", which sums to 1. The
minimum-Bayes-risk sequence takes the best word of each slot until that changes nothing. Paths weigh exp(scale * score).
After Xu, Povey, Mangu & Zhu, "Minimum Bayes risk decoding and system combination based on a recursion for edit
distance" (2011), as in Kaldi's sausages.
"""

# ruff: noqa: ANN001, ANN202  (kernels learn their types where they are made ready)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.compiled import allocating_kernel, kernel, ready
from asrkit.search.pieces import Piece, pieces
from asrkit.search.word_lattice import Acyclic

NO_WORD = 0
_EDIT = 1.00001  # an insertion or deletion costs a trifle more than a substitution, so that ties fall one way
_MOST_ROUNDS = 10


class Confidences(NamedTuple):
    """A confusion network.

    Attributes:
        words: (words,) int32, the sequence that it was built around.
        of_words: (words,) float64, the probability of each of them.
        slots: for each word and each gap (gap, word, gap, … word, gap), (word, probability) pairs, the most probable
            first; NO_WORD stands for none.
    """

    words: NDArray[np.int32]
    of_words: NDArray[np.float64]
    slots: list[list[tuple[int, float]]]


def confidences(lattice: Acyclic, words: NDArray[np.integer], scale: float = 1.0) -> Confidences:
    """Return the confusion network of a lattice around `words`.

    In a raw lattice each way to say a word sequence counts for itself, in a word lattice the best one for all. The
    networks differ little, and the raw lattice need not be determinized first. The lattice of a long recording is gone
    through in pieces.
    """
    return _joined([_network(piece, piece.sequence) for piece in pieces(lattice, words, scale)])


def word_confidences(lattice: Acyclic, words: NDArray[np.integer], scale: float = 1.0) -> NDArray[np.float64]:
    """Return `of_words` of `confidences`, (words,) float64, without making the slots, which take most of the time."""
    return np.concatenate([_of_words(*_shares(piece, piece.sequence)[1:]) for piece in pieces(lattice, words, scale)])


def least_expected_errors(lattice: Acyclic, words: NDArray[np.integer], scale: float = 1.0) -> Confidences:
    """Return the confusion network around the minimum-Bayes-risk sequence, looked for from `words` on."""
    return _joined([_least_expected_errors(piece) for piece in pieces(lattice, words, scale)])


def _least_expected_errors(piece: Piece) -> Confidences:
    network = _network(piece, piece.sequence)
    for _ in range(_MOST_ROUNDS):
        better = np.array([slot[0][0] for slot in network.slots if slot[0][0] != NO_WORD], np.int32)
        if np.array_equal(better, network.words):
            break
        network = _network(piece, better)
    return network


def _network(piece: Piece, words: NDArray[np.int32]) -> Confidences:
    vocabulary, sequence, shares = _shares(piece, words)
    return Confidences(words, _of_words(sequence, shares), [_ranked(vocabulary, row) for row in shares])


def _joined(networks: list[Confidences]) -> Confidences:
    """Return the networks of pieces as one; the gap between two pieces has the words of both."""
    slots = networks[0].slots
    for network in networks[1:]:
        slots = [*slots[:-1], _together(slots[-1], network.slots[0]), *network.slots[1:]]
    words, of_words = (np.concatenate([network[field] for network in networks]) for field in (0, 1))
    return Confidences(words, of_words, slots)


def _together(one: list[tuple[int, float]], other: list[tuple[int, float]]) -> list[tuple[int, float]]:
    shares: dict[int, float] = {}
    for word, share in (*one, *other):
        if word != NO_WORD:
            shares[word] = shares.get(word, 0.0) + share
    total = sum(shares.values())
    if total < 1:
        shares[NO_WORD] = 1 - total
    ranked = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(word, share / max(total, 1.0)) for word, share in ranked]


def _of_words(sequence: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    sure = shares[1::2][np.arange(len(sequence) // 2), sequence[1::2]]
    return np.minimum(sure, 1.0)  # a sum of many shares may be a trifle more


def _ranked(vocabulary: NDArray[np.int64], row: NDArray[np.float64]) -> list[tuple[int, float]]:
    order = np.argsort(-row, kind="stable")
    return [(int(vocabulary[i]), float(row[i])) for i in order if row[i] > 0]


def _shares(
    piece: Piece, words: NDArray[np.int32]
) -> tuple[NDArray[np.integer], NDArray[np.int64], NDArray[np.float64]]:
    """Return the words there are, the word of each slot as a place among them, and how much of each slot each has.

    The shares are (slots, words there are) float64, each row a distribution.
    """
    vocabulary = np.unique(np.concatenate([[NO_WORD], piece.words, words]))
    sequence = np.zeros(2 * len(words) + 1, np.int64)
    sequence[1::2] = np.searchsorted(vocabulary, words)
    order = np.lexsort((piece.sources, piece.targets))
    sources, targets, scores = piece.sources[order], piece.targets[order], piece.scores[order]
    said = np.searchsorted(vocabulary, piece.words[order]).astype(np.int64)
    shares = _expected_alignment(sources, targets, said, scores, piece.state_count, sequence, len(vocabulary))
    return vocabulary, sequence, shares


@kernel
def _align_arc(distance, came_by, before, word, sequence):
    """Fill in `distance`: the expected edit distance of the paths to an arc's end, and by which edit it comes."""
    distance[0] = before[0] + (0.0 if word == NO_WORD else _EDIT)
    for q in range(1, len(distance)):
        wanted = sequence[q - 1]
        both = before[q - 1] + (0.0 if word == wanted else 1.0)
        extra = before[q] + (0.0 if word == NO_WORD else _EDIT)
        missing = distance[q - 1] + (0.0 if wanted == NO_WORD else _EDIT)
        distance[q] = min(both, extra, missing)
        came_by[q] = 1 if both == distance[q] else 2 if extra == distance[q] else 3


@allocating_kernel
def _expected_alignment(sources, targets, words, scores, state_count, sequence, vocabulary):
    """Return how much each slot of `sequence` is aligned with each word. Arcs are sorted by target."""
    slots = len(sequence)
    reached = np.full(state_count, -np.inf)  # log of the summed weights of the paths to each state
    reached[0] = 0.0
    for a in range(len(sources)):
        reached[targets[a]] = np.logaddexp(reached[targets[a]], reached[sources[a]] + scores[a])
    expected = np.zeros((state_count, slots + 1))  # of the edit distance to the first q slots
    distance, came_by = np.zeros(slots + 1), np.zeros(slots + 1, np.int64)
    for q in range(1, slots + 1):
        expected[0, q] = expected[0, q - 1] + (0.0 if sequence[q - 1] == NO_WORD else _EDIT)
    for a in range(len(sources)):
        _align_arc(distance, came_by, expected[sources[a]], words[a], sequence)
        expected[targets[a]] += np.exp(reached[sources[a]] + scores[a] - reached[targets[a]]) * distance

    weight = np.zeros((state_count, slots + 1))  # of the alignments that pass a state when q slots are done
    weight[state_count - 1, slots] = 1.0
    shares = np.zeros((slots, vocabulary))
    for a in range(len(sources) - 1, -1, -1):
        source = sources[a]
        _align_arc(distance, came_by, expected[source], words[a], sequence)
        share = np.exp(reached[source] + scores[a] - reached[targets[a]])
        passing = share * weight[targets[a]]
        for q in range(slots, 0, -1):
            if came_by[q] == 1:
                weight[source, q - 1] += passing[q]
                shares[q - 1, words[a]] += passing[q]
            elif came_by[q] == 2:
                weight[source, q] += passing[q]
            else:
                passing[q - 1] += passing[q]
                shares[q - 1, NO_WORD] += passing[q]
        weight[source, 0] += passing[0]
    for q in range(slots, 0, -1):
        weight[0, q - 1] += weight[0, q]
        shares[q - 1, NO_WORD] += weight[0, q]
    return shares


_labels, _scores, _long = np.zeros(1, np.int32), np.zeros(1), np.zeros(1, np.int64)
ready(_expected_alignment, _labels, _labels, _long, _scores, 1, _long, 1)
