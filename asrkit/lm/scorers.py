"""One way to score sentences, whatever kind of file the model is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.formats.reading import STDIN, name_of, open_binary
from asrkit.lm.model import Model
from asrkit.lm.vocabulary import BEGIN, END

_KENLM_MAGIC = b"mmap lm http://kheafield.com/code"


@dataclass(frozen=True)
class Scored:
    """The words of a sentence and its end, each with its score; arrays are (words + 1,)."""

    words: tuple[str, ...]
    log10: np.ndarray  # float64, log10 probability
    order: np.ndarray  # int64, of the n-gram that answered
    backoff: np.ndarray  # float64, log10, the part of `log10` that was paid for backing off
    unknown: np.ndarray  # bool, the word is not in the model


class Scorer(Protocol):
    """A model that scores sentences."""

    def score(self, sentences: Sequence[Sequence[str]]) -> list[Scored]:
        """Return the scores of each sentence, in order."""
        ...


class ArpaScorer:
    """Scores with the n-grams of an ARPA file."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def score(self, sentences: Sequence[Sequence[str]]) -> list[Scored]:
        tokens, place = self.model.vocabulary.tokens_of(sentences)
        answers = self.model.answers(tokens, place)
        unknown = (tokens == self.model.vocabulary.unknown) & (place > 0)
        made = []
        begin = 0
        for words in sentences:
            part = slice(begin + 1, begin + len(words) + 2)  # without <s>
            columns = (answers.log10[part], answers.order[part], answers.backoff[part], unknown[part])
            made.append(Scored((*words, END), *columns))
            begin = part.stop
        return made


class KenlmScorer:
    """Scores with a KenLM binary, word by word through the package kenlm."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        import kenlm

        try:
            self._model = kenlm.Model(os.fspath(path))
        except (OSError, RuntimeError) as error:
            what = f"kenlm cannot load this binary ({' '.join(str(error).split())})"
            raise AsrkitError(what, where=name_of(path), cure="make it anew") from error
        self._new_state = kenlm.State

    def score(self, sentences: Sequence[Sequence[str]]) -> list[Scored]:
        return [self._score((*words, END)) for words in sentences]

    def _score(self, words: tuple[str, ...]) -> Scored:
        size = len(words)
        log10, backoff = np.zeros(size), np.zeros(size)
        order, unknown = np.ones(size, np.int64), np.zeros(size, np.bool_)
        before, after = self._new_state(), self._new_state()
        self._model.BeginSentenceWrite(before)
        for i, word in enumerate(words):
            answer = self._model.BaseFullScore(before, word, after)
            log10[i], order[i], unknown[i] = answer.log_prob, answer.ngram_length, answer.oov
            if order[i] < min(i + 2, self._model.order):
                backoff[i] = log10[i] - self._entry((BEGIN, *words[: i + 1])[-order[i] :])
            before, after = after, before
        return Scored(words, log10, order, backoff, unknown)

    def _entry(self, gram: tuple[str, ...]) -> float:
        """Return the log10 probability that the model holds for `gram`."""
        before, after = self._new_state(), self._new_state()
        if gram[0] == BEGIN:
            self._model.BeginSentenceWrite(before)
            gram = gram[1:]
        else:
            self._model.NullContextWrite(before)
        for word in gram:
            log10 = self._model.BaseScore(before, word, after)
            before, after = after, before
        return float(log10)


def open_scorer(path: str | os.PathLike[str]) -> Scorer:
    """Return a scorer of the model `path`: an ARPA file, gzipped or not, or a KenLM binary.

    Raises:
        AsrkitError: the file cannot be read, is damaged, or is neither.
    """
    if os.fspath(path) != STDIN:
        with open_binary(path) as stream:
            head = stream.read(len(_KENLM_MAGIC))
        if head == _KENLM_MAGIC:
            return KenlmScorer(path)
    return ArpaScorer(Model.of(arpa.parse(path)))
