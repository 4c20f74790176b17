"""Raw counts of the n-grams of a text, all orders, in memory: what every smoothing but the default begins with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit.lm.corpus import BOS, EOS, UNK, SentenceReader


@dataclass(frozen=True, eq=False)
class NgramCounts:
    """How often each n-gram of the orders 1 to N stands in a text.

    A sentence is `<s>` w1 … wk `</s>`: n-grams have one `<s>` at most, as their first word, and `</s>` as their last.

    words: the vocabulary: `<unk>`, `<s>`, `</s>` (ids 0, 1, 2), then by descending count, then by bytes.
    grams[n - 1]: (count, n) int32, word ids, the oldest word first; each n-gram once, in ascending order of the ids.
        Of 1-grams, every word of `words`.
    counts[n - 1]: (count,) int64. 1-grams: `<s>` 0, since nothing predicts it; `<unk>` 0 unless words were left out
        or the text has it.
    """

    words: tuple[str, ...]
    grams: tuple[npt.NDArray[np.int32], ...]
    counts: tuple[npt.NDArray[np.int64], ...]

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.grams)


def count_ngrams(
    paths: Sequence[str | os.PathLike[str]],
    order: int,
    *,
    keep: frozenset[str] | None = None,
    min_count: int = 1,
    special_words: str = "error",
) -> NgramCounts:
    """Return the counts of the n-grams in the text files `paths`.

    Words that are not in `keep` (None: all are), or stand fewer than `min_count` times in the text, count as `<unk>`.

    Raises:
        AsrkitError: as `SentenceReader.read`.
    """
    reader = SentenceReader(special_words)
    blocks = list(reader.read(paths))
    vocabulary = reader.vocabulary(keep, min_count)
    words = vocabulary.words[: vocabulary.kept]
    ids = vocabulary.ids.copy()
    ids[ids >= vocabulary.kept] = UNK
    predicted = ids[np.concatenate(blocks)]
    ends = np.flatnonzero(predicted == EOS)
    starts = np.concatenate([[0], ends[:-1] + 1])
    tokens = np.insert(predicted, starts, BOS)
    return NgramCounts(words, *_all_orders(tokens, len(words), order))


def _all_orders(
    tokens: npt.NDArray[np.int32], vocabulary_size: int, order: int
) -> tuple[tuple[npt.NDArray[np.int32], ...], tuple[npt.NDArray[np.int64], ...]]:
    """Number the n-grams at each place by rank; one order's ranks and the next word are the next order's keys."""
    first = np.bincount(tokens, minlength=vocabulary_size).astype(np.int64)
    first[BOS] = 0
    grams = [np.arange(vocabulary_size, dtype=np.int32)[:, None]]
    counts = [first]
    ranks = tokens.astype(np.int64)  # of the n-gram that starts at each place
    places = np.arange(len(tokens))
    for n in range(2, order + 1):
        ends = places + n - 1
        inside = ends < len(tokens)
        inside[inside] = tokens[ends[inside]] != BOS
        places, ends, ranks = places[inside], ends[inside], ranks[inside]
        keys, ranks, count = np.unique(ranks * vocabulary_size + tokens[ends], return_inverse=True, return_counts=True)
        context, word = np.divmod(keys, vocabulary_size)
        grams.append(np.column_stack([grams[-1][context], word.astype(np.int32)]))
        counts.append(count.astype(np.int64))
    return tuple(grams), tuple(counts)
