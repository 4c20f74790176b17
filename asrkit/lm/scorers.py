"""One way to score sentences, whatever kind of file the model is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from asrkit import store
from asrkit.formats import arpa
from asrkit.formats.reading import STDIN, is_packed, name_of, open_binary
from asrkit.lm.kenlm_binary import KenlmScorer
from asrkit.lm.model import Model
from asrkit.lm.scored import Scored
from asrkit.lm.word_ids import END

KENLM_MAGIC = b"mmap lm http://kheafield.com/code"


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


def open_scorer(path: str | os.PathLike[str]) -> Scorer:
    """Return a scorer of the model `path`: an ARPA file, gzipped or not, or a KenLM binary.

    Raises:
        AsrkitError: the file cannot be read, is damaged, or is neither.
    """
    if os.fspath(path) != STDIN:
        with open_binary(path) as stream:
            head = stream.read(len(KENLM_MAGIC))
        if head == KENLM_MAGIC:
            return open_kenlm_binary(path)
    return ArpaScorer(Model.of(arpa.parse(path), name_of(path)))


def open_kenlm_binary(path: str | os.PathLike[str]) -> KenlmScorer:
    """Return a scorer of the KenLM binary `path`, gzipped or not.

    Raises:
        AsrkitError: kenlm cannot load it.
    """
    if not is_packed(path):
        return KenlmScorer(path)
    with open_binary(path) as stream, store.scratch_copy(stream) as unpacked:  # kenlm keeps it mapped
        return KenlmScorer(unpacked, name_of(path))
