"""Modified Kneser-Ney smoothing, interpolated (Chen & Goodman 1998), within a limit of memory: what lmplz estimates.

The stages are those of KenLM's lm/builder (Heafield et al. 2013): the n-grams of the highest order are counted and
sorted; every other order is told from them; an order's n-grams are sorted by context for their own probabilities, and
brought back to suffix order, in which the order below has its probabilities, to be interpolated and written.

Where the numbers come from float32 in lmplz, they do here, in the same order of operations. One thing differs: lmplz
takes the last n-gram of each order into the discounts with its raw count, which depends on the order of the sentences.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit import progress
from asrkit.formats.arpa_render import Piece, writing
from asrkit.lm import discounts as discounting
from asrkit.lm import initial_probabilities as initial
from asrkit.lm.adjust_counts import Block, ngrams
from asrkit.lm.checks import check_any
from asrkit.lm.corpus import BOS, EOS, SPECIAL_WORDS, UNK, SentenceReader, Vocabulary
from asrkit.lm.corpus_count import sorted_ngrams
from asrkit.lm.discounts import Discounts
from asrkit.lm.interpolate import interpolate, take_backoffs
from asrkit.lm.memory import resident_bytes
from asrkit.lm.packing import TOP, Packing, unpack
from asrkit.lm.pile import Memory, Pile
from asrkit.lm.scatter import Scatter
from asrkit.lm.sorting import Workshop

_BLOCK_ROWS = 1 << 15
_SLACK = 48 << 20  # small buffers, and text on its way to the file
_CHUNK_AT_LEAST, _CHUNK_AT_MOST = 2 << 20, 48 << 20


@dataclass(frozen=True)
class Options:
    """How to train; the defaults are lmplz's.

    order: of the model, 1 to 8.
    prune: for each order, n-grams with at most this raw count leave the model; as long as `order`, not descending.
    keep: the words of the model (None: all); n-grams with other words leave the model as pruned ones do.
    min_count: words that stand less often in the text leave the model likewise.
    discount_fallback: D1, D2, D3+ where they cannot be estimated (None: an error).
    interpolate_unigrams: mix the 1-grams with the uniform distribution; else what they leave goes to `<unk>`.
    memory: the whole process should take, in bytes.
    jobs: threads.
    """

    order: int = 3
    prune: tuple[int, ...] = ()
    keep: frozenset[str] | None = None
    min_count: int = 1
    special_words: str = "error"
    discount_fallback: tuple[float, float, float] | None = None
    interpolate_unigrams: bool = True
    memory: int = 2 << 30
    jobs: int = 2


def train(paths: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str], options: Options) -> None:
    """Estimate a model of the text files `paths` and publish it as the ARPA file `output`.

    Raises:
        AsrkitError: as `SentenceReader.read`, `discounts.estimate`, `store.publish_file`.
    """
    progress.stage(1, 3, "reading the text")
    text = read_text(paths, options, Memory(max(0, options.memory - resident_bytes()) // 4))
    with ThreadPoolExecutor(options.jobs) as pool:
        Training(text, _workshop(pool, options), options).run(output)


def _workshop(pool: ThreadPoolExecutor, options: Options) -> Workshop:
    """Share out what the limit leaves now that the text is read; small buffers stay in the processor's caches."""
    room = max(0, options.memory - resident_bytes() - _SLACK)
    buffers = 1 + 3 * options.jobs
    chunk = min(max(room * 3 // 10 // buffers, _CHUNK_AT_LEAST), _CHUNK_AT_MOST)
    return Workshop(pool, options.jobs, Memory(max(0, room - buffers * chunk) * 6 // 10), chunk)


@dataclass(frozen=True)
class Text:
    """A text that was read: the ids of its words, each sentence with `</s>` after it, and the vocabulary."""

    tokens: Pile
    vocabulary: Vocabulary


def read_text(paths: Sequence[str | os.PathLike[str]], options: Options, memory: Memory) -> Text:
    """Return the text of `paths`, its ids in `memory` as far as that goes.

    Raises:
        AsrkitError: as `SentenceReader.read`.
    """
    reader = SentenceReader(options.special_words)
    tokens = Pile(memory, np.int32)
    with progress.track("reading", unit="bytes") as advance:
        for ids in reader.read(paths, advance):
            tokens.append(ids)
    vocabulary = reader.vocabulary(options.keep, options.min_count)
    different = len(vocabulary.words) - len(SPECIAL_WORDS)
    words = reader.tokens - reader.sentences
    progress.say(f"{words:,} words in {reader.sentences:,} sentences, {different:,} different")
    return Text(tokens, vocabulary)


@dataclass
class _Order:
    """What is known of one order: n-grams in all and in the model, their discounts."""

    total: int
    kept: int
    discounts: Discounts


@dataclass
class _Tally:
    """n-grams of one order: in all, in the model, and with the adjusted counts 0 to 4."""

    total: int
    kept: int
    counts_of_counts: list[int]


class Training:
    """One run, in the memory and with the threads of a workshop."""

    def __init__(self, text: Text, workshop: Workshop, options: Options) -> None:
        self._tokens, self._vocabulary = text.tokens, text.vocabulary
        self._shop = workshop
        self._options = options
        self._highest = options.order
        self._prune = options.prune or (0,) * options.order
        self._packing = Packing.of(len(self._vocabulary.words))

    def run(self, output: str | os.PathLike[str]) -> None:
        """Estimate the model and publish it as `output`."""
        progress.stage(2, 3, "counting and sorting n-grams")
        self._count()
        progress.stage(3, 3, "probabilities")
        words = self._vocabulary.words[: self._vocabulary.kept]
        with writing(output, words, [order.kept for order in self._orders], self._options.jobs) as section:
            scatter, lower_probs = None, None
            for order in range(1, self._highest + 1):
                following, gammas = self._initial(order + 1) if order < self._highest else (None, None)
                probs = Pile(self._shop.memory, np.float32)
                if order == 1:
                    section(1, self._unigrams(probs, gammas))
                else:
                    section(order, self._higher(order, scatter, lower_probs, probs, gammas))
                for used in (scatter, lower_probs, gammas):
                    if used is not None:
                        used.clear()
                scatter, lower_probs = following, probs

    def _count(self) -> None:
        """Sort the n-grams of the highest order, and see how many n-grams of each order have which counts."""
        highest, packing = self._highest, self._packing
        self._full = Pile(self._shop.memory, np.int64, packing.columns(highest) + 1)
        for rows in sorted_ngrams(self._tokens, self._vocabulary.ids, highest, packing, self._shop):
            self._full.append(rows)
        self._tokens.clear()
        words = len(self._vocabulary.words)
        self._adjusted, self._raw = np.zeros(words, np.int64), np.zeros(words, np.int64)
        tallies = [self._tally(order) for order in range(1, highest + 1)]
        for order, tally in enumerate(tallies, 1):
            check_any(tally.total, order, highest)
        self._orders: list[_Order] = []
        for order, tally in enumerate(tallies, 1):
            found = discounting.estimate(order, tally.counts_of_counts, self._options.discount_fallback)
            self._orders.append(_Order(tally.total, tally.kept, found))
            told = " ".join(f"D{name}={d:.6g}" for name, d in zip(("1", "2", "3+"), found[1:], strict=True))
            of_all = f" of {tally.total:,}" if tally.kept < tally.total else ""
            progress.say(f"{order}-grams: {tally.kept:,}{of_all} {told}", order=order)

    def _tally(self, order: int) -> _Tally:
        """Count the n-grams of `order`, in all, by adjusted count, and those in the model."""
        seen = np.zeros(6, np.int64)
        total = kept = 0
        for block in self._blocks(order):
            seen += np.bincount(np.minimum(block.adjusted, 5), minlength=6)
            total += block.count
            kept += block.count - int(np.count_nonzero(self._is_pruned(order, block)))
            if order == 1:
                ids = block.rows[:, 0] >> (TOP - self._packing.bits)
                self._adjusted[ids], self._raw[ids] = block.adjusted, block.raw
        if order == 1:
            kept += 2 - (self._raw[UNK] > 0)  # <unk> and <s>, which are not predicted, unless the text has <unk>
        return _Tally(total, kept, [int(n) for n in seen[:5]])

    def _blocks(self, order: int) -> Iterator[Block]:
        return ngrams(self._full, order, self._highest, self._packing, _BLOCK_ROWS)

    def _is_pruned(self, order: int, block: Block) -> npt.NDArray[np.bool_]:
        """Return which n-grams of the block leave the model: (count,) bool."""
        pruned = block.raw <= self._prune[order - 1]
        if self._vocabulary.kept < len(self._vocabulary.words):
            pruned |= (self._grams(order, block) >= self._vocabulary.kept).any(axis=1)
        if order == 1:
            pruned &= block.rows[:, 0] >> (TOP - self._packing.bits) >= len(SPECIAL_WORDS)
        return pruned

    def _grams(self, order: int, block: Block) -> npt.NDArray[np.int32]:
        grams = np.empty((block.count, order), np.int32)
        unpack(block.rows, block.count, self._packing.bits, grams)
        return grams

    def _initial(self, order: int) -> tuple[Scatter, Pile]:
        this = self._orders[order - 1]
        return initial.estimate(
            self._blocks(order), this.total, order, self._packing, self._shop, this.discounts,
            lambda block: self._is_pruned(order, block),
        )  # fmt: skip

    def _unigrams(self, probs: Pile, gammas: Pile | None) -> Iterator[Piece]:
        """Yield the 1-grams in the order of the vocabulary; leave their probabilities in `probs`, by word."""
        words = np.arange(len(self._vocabulary.words))
        pruned = (words >= self._vocabulary.kept) | (self._raw <= self._prune[0]) & (words >= len(SPECIAL_WORDS))
        own, gamma = initial.estimate_unigrams(self._adjusted, pruned, self._orders[0].discounts)
        if self._options.interpolate_unigrams:
            own += gamma * np.float32(1.0 / np.float32(self._orders[0].kept - 1))  # any word but <s>
        else:
            own[UNK] += gamma
        own[BOS] = 1.0  # so that <s> can be scored as a part of the sentence
        probs.append(own)
        log10_backoffs = np.zeros(len(words), np.float32)
        if gammas is not None:
            contexts = words[((self._adjusted > 0) | (words == BOS)) & (words != EOS)]
            log10_backoffs[contexts] = np.log10(gammas.read(0, gammas.rows))
        stay = words[~pruned]
        with np.errstate(divide="ignore"):  # <unk> has nothing where every word was seen often
            log10_probs = np.minimum(np.float32(0), np.log10(own[stay]))
        yield stay.astype(np.int32)[:, None], log10_probs, log10_backoffs[stay]

    def _higher(
        self, order: int, scatter: Scatter | None, lower_probs: Pile | None, probs: Pile, gammas: Pile | None
    ) -> Iterator[Piece]:
        """Yield the n-grams of `order` that stay in the model, and leave the probabilities of all in `probs`."""
        assert scatter is not None and lower_probs is not None
        place = gamma_at = 0
        for block in self._blocks(order):
            if block.count == 0:
                continue
            stop = place + block.count
            first, last = int(block.lower[0]), int(block.lower[-1])
            own_and_gamma = scatter.read(place, stop)
            block_probs, log10_probs, log10_backoffs = (np.empty(block.count, np.float32) for _ in range(3))
            lower = lower_probs.read(first, last + 1)
            interpolate(own_and_gamma, block.lower, first, lower, block_probs, log10_probs)
            if gammas is not None:
                probs.append(block_probs)
                some = gammas.read(gamma_at, min(gamma_at + block.count, gammas.rows))
                shift = TOP - self._packing.bits
                gamma_at += take_backoffs(block.rows, shift, EOS, some, 0, log10_backoffs)
            place = stop
            grams = self._grams(order, block)
            if self._prune[order - 1] or self._vocabulary.kept < len(self._vocabulary.words):
                stay = ~self._is_pruned(order, block)
                grams, log10_probs, log10_backoffs = grams[stay], log10_probs[stay], log10_backoffs[stay]
            yield grams, log10_probs, log10_backoffs
