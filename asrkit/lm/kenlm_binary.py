"""KenLM binaries, scored by the package kenlm in a process of its own.

A binary carries no hash of its content, and kenlm maps it into memory as it is: of damaged ones some crash it. In a
process of its own that is an error like any other.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from asrkit.errors import AsrkitError
from asrkit.formats.reading import name_of
from asrkit.lm.scored import Scored
from asrkit.lm.word_ids import BEGIN, END

_CURE = "make it anew with KenLM's build_binary"


class KenlmScorer:
    """Scores sentences, word by word, with a KenLM binary."""

    def __init__(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        """Load the file `path`, which messages call `name`.

        Raises:
            AsrkitError: kenlm cannot load the file.
        """
        self._name = name or name_of(path)
        # Not multiprocessing: that would run a user's script again in the new process.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "asrkit.lm.kenlm_binary", os.fspath(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        refusal = self._answer()
        if refusal is not None:
            self.close()
            for told in (os.path.realpath(path), os.fspath(path)):
                refusal = refusal.replace(told, self._name)
            raise AsrkitError(f"kenlm cannot load this binary: {refusal}", where=self._name, cure=_CURE)

    def score(self, sentences: Sequence[Sequence[str]]) -> list[Scored]:
        """Return the scores of each sentence, in order.

        Raises:
            AsrkitError: the binary is damaged, so that kenlm dies or finds what is no probability.
        """
        assert self._process.stdin is not None
        try:
            pickle.dump(sentences, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._end_dead()
        made: list[Scored] = self._answer()
        if any(not (scored.log10 <= 0).all() for scored in made):
            raise AsrkitError("this binary holds numbers that are no probabilities", where=self._name, cure=_CURE)
        return made

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # what was not yet sent
                pipe.close()
        self._process.wait()

    def __del__(self) -> None:
        if hasattr(self, "_process"):
            self.close()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        try:
            return pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            self._end_dead()

    def _end_dead(self) -> NoReturn:
        self.close()
        raise AsrkitError("this binary is damaged: kenlm died of it", where=self._name, cure=_CURE) from None


def main(path: str) -> None:
    """Score with the binary `path`: lists of sentences come pickled on standard input, lists of Scored go out."""
    import kenlm

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is told by the process that asked

    def answer(value: Any) -> None:
        pickle.dump(value, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    try:
        model = kenlm.Model(path)
    except (OSError, RuntimeError) as error:
        answer(reason_of(error))
        return
    answer(None)
    while True:
        try:
            sentences = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        answer([_score(model, (*words, END)) for words in sentences])


def reason_of(error: Exception) -> str:
    """Return the part of kenlm's message that a person reads.

    "Cannot read model '…' (file.cc:160 in void* f() threw Some::Exception because `…'. What a person reads.)"
    """
    return re.sub(r"^.* threw \w+(?: because `.*?')?\. |[.)]*$", "", " ".join(str(error).split()))


def _score(model: Any, words: tuple[str, ...]) -> Scored:
    import kenlm

    size = len(words)
    log10, backoff = np.zeros(size), np.zeros(size)
    order, unknown = np.ones(size, np.int64), np.zeros(size, np.bool_)
    before, after = kenlm.State(), kenlm.State()
    model.BeginSentenceWrite(before)
    for i, word in enumerate(words):
        answer = model.BaseFullScore(before, word, after)
        log10[i], order[i], unknown[i] = answer.log_prob, answer.ngram_length, answer.oov
        if order[i] < min(i + 2, model.order):
            backoff[i] = log10[i] - _entry(model, (BEGIN, *words[: i + 1])[-order[i] :])
        before, after = after, before
    return Scored(words, log10, order, backoff, unknown)


def _entry(model: Any, gram: tuple[str, ...]) -> float:
    """Return the log10 probability that the model holds for `gram`."""
    import kenlm

    before, after = kenlm.State(), kenlm.State()
    if gram[0] == BEGIN:
        model.BeginSentenceWrite(before)
        gram = gram[1:]
    else:
        model.NullContextWrite(before)
    log10 = 0.0
    for word in gram:
        log10 = model.BaseScore(before, word, after)
        before, after = after, before
    return float(log10)


if __name__ == "__main__":
    main(sys.argv[1])
