"""Sentences that a model finds likely: word after word by its own probabilities.

`<s>` and `<unk>` are never taken, for they are no words; `</s>` ends a sentence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from asrkit import defaults, progress
from asrkit.errors import AsrkitError, Status
from asrkit.formats import arpa
from asrkit.formats.reading import name_of, split_fields
from asrkit.lm.model import Model

NEVER = -np.inf


@dataclass(frozen=True)
class Options:
    """How sentences are made; `seed`, `temperature`, `top_k` are for sampling, `beam` is the width of a beam."""

    strategy: str  # greedy, beam or sample
    count: int = defaults.SENTENCES
    seed: int = defaults.SEED
    temperature: float = defaults.TEMPERATURE
    top_k: int | None = None
    beam: int = defaults.BEGINNINGS
    max_words: int = defaults.MAX_WORDS


def sentences(path: str | os.PathLike[str], prefix: str, options: Options) -> Iterator[str]:
    """Yield sentences of the ARPA file `path` that begin with the words of `prefix`.

    Raises:
        AsrkitError: the model cannot be read; a word of the prefix is not in it; the temperature is not above 0.
    """
    if not (math.isfinite(options.temperature) and options.temperature > 0):
        what = f"{options.temperature} is no temperature"
        raise AsrkitError(what, cure="take a number above 0, such as 0.8", status=Status.WRONG_USAGE)
    model = Model.of(arpa.parse(path), name_of(path))
    begin = ids_of_prefix(model, split_fields(prefix))
    cut = 0
    for ids in _made(model, begin, options):
        ended = ids[-1:] == [model.vocabulary.end]
        cut += not ended
        yield " ".join(model.vocabulary.words[i] for i in (ids[:-1] if ended else ids))
    if cut:
        progress.warn(f"{cut} of the sentences had not ended after {options.max_words} words and were cut")


def _made(model: Model, begin: list[int], options: Options) -> Iterator[list[int]]:
    if options.strategy == "greedy":
        yield greedy(model, begin, max_words=options.max_words)
    elif options.strategy == "beam":
        width = max(options.beam, options.count)
        yield from beam(model, begin, max_words=options.max_words, width=width)[: options.count]
    else:
        rng = np.random.default_rng(options.seed)
        drawn = {"temperature": options.temperature, "top_k": options.top_k, "max_words": options.max_words}
        for _ in range(options.count):
            yield sample(model, begin, rng, **drawn)


def greedy(model: Model, prefix: Sequence[int], *, max_words: int) -> list[int]:
    """Return the ids of a sentence that goes on from `prefix` with the likeliest word each time.

    Of equal ones the word that stands first in the model is taken. A sentence that has not ended after `max_words`
    words, those of the prefix included, is cut there; one that has ended has `</s>` as its last id.
    """
    return _word_by_word(model, prefix, max_words, lambda log10: int(np.argmax(log10)))


def sample(
    model: Model,
    prefix: Sequence[int],
    rng: np.random.Generator,
    *,
    max_words: int,
    temperature: float = 1.0,
    top_k: int | None = None,
) -> list[int]:
    """Return the ids of a sentence, as `greedy`, of words drawn by p^(1/temperature) among the `top_k` likeliest."""

    def draw(log10: np.ndarray) -> int:
        if top_k is not None and top_k < len(log10):
            log10 = np.where(_is_among_largest(log10, top_k), log10, NEVER)
        with np.errstate(over="ignore"):  # near temperature 0, where all but the largest become 0
            share = np.cumsum(10.0 ** ((log10 - log10.max()) / temperature))
        return int(np.searchsorted(share, rng.random() * share[-1], side="right"))

    return _word_by_word(model, prefix, max_words, draw)


def beam(model: Model, prefix: Sequence[int], *, max_words: int, width: int) -> list[list[int]]:
    """Return the likeliest whole sentences that begin with `prefix`, at most `width`, best first.

    In each step the `width` likeliest beginnings are kept. The search ends when no beginning is likelier than the worst
    of `width` sentences found: going on only makes it less likely. Sentences that have not ended after `max_words` come
    only when none has ended.
    """
    end = model.vocabulary.end
    beginnings: list[tuple[float, list[int]]] = [(0.0, list(prefix))]
    ended: list[tuple[float, list[int]]] = []
    while beginnings and len(beginnings[0][1]) < max_words:
        grown = []
        for total, words in beginnings:
            log10 = _next(model, words)
            best = np.flatnonzero(_is_among_largest(log10, width))
            grown += [(total + float(log10[word]), [*words, int(word)]) for word in best if log10[word] > NEVER]
        grown.sort(key=lambda each: -each[0])
        ended = sorted(ended + [each for each in grown if each[1][-1] == end], key=lambda each: -each[0])[:width]
        beginnings = [each for each in grown if each[1][-1] != end][:width]
        if len(ended) == width:
            beginnings = [each for each in beginnings if each[0] > ended[-1][0]]
    return [words for _, words in ended or beginnings]


def ids_of_prefix(model: Model, words: Sequence[str]) -> list[int]:
    """Return the ids of `words`.

    Raises:
        AsrkitError: a word is not in the model, or is `<s>` or `</s>`.
    """
    special = {model.vocabulary.begin, model.vocabulary.end, model.vocabulary.unknown}
    ids = model.vocabulary.ids_of(words)
    for word, i in zip(words, ids, strict=True):
        if i in special:
            raise AsrkitError(f"'{word}' of the prefix is no word of the model", cure="begin with words that it has")
    return ids


def _word_by_word(
    model: Model, prefix: Sequence[int], max_words: int, choose: Callable[[np.ndarray], int]
) -> list[int]:
    words = list(prefix)
    while len(words) < max_words:
        words.append(choose(_next(model, words)))
        if words[-1] == model.vocabulary.end:
            break
    return words


def _next(model: Model, words: Sequence[int]) -> np.ndarray:
    """Return log10 p(w | `<s>` words) for each word w, NEVER for those that are never taken."""
    vocabulary = model.vocabulary
    log10 = model.distribution([vocabulary.begin, *words])
    log10[vocabulary.begin] = NEVER
    log10[vocabulary.unknown : vocabulary.unknown + 1] = NEVER  # nothing, where the model has no <unk>
    return log10


def _is_among_largest(values: np.ndarray, number: int) -> np.ndarray:
    """Return which of `values` are the `number` largest; of equal ones the first."""
    chosen = np.zeros(len(values), np.bool_)
    chosen[np.argsort(-values, kind="stable")[:number]] = True
    return chosen
