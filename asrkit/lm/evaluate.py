"""How well a model knows a text: scores of sentences, perplexity, and why a sentence is unlikely."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asrkit.lm.scorers import Scored, Scorer
from asrkit.lm.sentences import read_blocks


@dataclass
class Totals:
    """Sums over a text. A token is a word or the end of a sentence; logs are log10."""

    sentences: int = 0
    tokens: int = 0
    unknown: int = 0
    log10: float = 0.0
    log10_of_unknown: float = 0.0

    def add(self, scored: Scored) -> None:
        self.sentences += 1
        self.tokens += len(scored.words)
        self.unknown += int(scored.unknown.sum())
        self.log10 += float(scored.log10.sum())
        self.log10_of_unknown += float(scored.log10[scored.unknown].sum())

    @property
    def perplexity(self) -> float:
        """10^(−log10 / tokens), words outside the model included."""
        return _perplexity(self.log10, self.tokens)

    @property
    def perplexity_without_unknown(self) -> float:
        """The same over all tokens but the words outside the model."""
        return _perplexity(self.log10 - self.log10_of_unknown, self.tokens - self.unknown)

    def lines(self) -> list[str]:
        """Return the totals as lines `name<TAB>value`."""
        words = self.tokens - self.sentences
        return [
            f"sentences\t{self.sentences}",
            f"words\t{words}",
            f"OOV words\t{self.unknown}",
            f"tokens (words and sentence ends)\t{self.tokens}",
            f"log10 probability\t{self.log10:.4f}",
            f"perplexity with OOV\t{_shown(self.perplexity)}",
            f"perplexity without OOV\t{_shown(self.perplexity_without_unknown)}",
            f"cross-entropy with OOV, bits a token\t{math.log2(self.perplexity):.5f}",
            f"cross-entropy without OOV, bits a token\t{math.log2(self.perplexity_without_unknown):.5f}",
        ]


def report(scorer: Scorer, texts: Sequence[str | os.PathLike[str]], *, words: bool = False) -> Iterator[str]:
    """Yield a line for each sentence of `texts` (log10 probability, OOV words, text), then the totals.

    With `words`, a line for each word follows its sentence: log10 probability, the order of the n-gram that answered,
    the log10 backoff that was paid to come down to it, and that n-gram.

    Raises:
        AsrkitError: a text cannot be read or has no words.
    """
    totals = Totals()
    for block in read_blocks(texts):
        if totals.sentences == 0:  # not before there is something to tell
            yield "# log10\tOOV\tsentence"
            if words:
                yield "#   log10\torder\tbackoff\tword | after"
        for scored in scorer.score(block):
            totals.add(scored)
            yield f"{scored.log10.sum():.6f}\t{scored.unknown.sum()}\t{' '.join(scored.words[:-1])}"
            if words:
                yield from _why(scored)
    yield "# totals"
    yield from totals.lines()


def _why(scored: Scored) -> Iterator[str]:
    words = ("<s>", *scored.words)
    for i, word in enumerate(scored.words):
        order = int(scored.order[i])
        after = " ".join(words[max(0, i + 2 - order) : i + 1])
        text = f"{word} | {after}" if after else word
        note = "  (OOV)" if scored.unknown[i] else ""
        yield f"  {scored.log10[i]:.6f}\t{order}\t{scored.backoff[i] + 0.0:.6f}\t{text}{note}"


def _shown(perplexity: float) -> str:
    return f"{perplexity:.4f}" if perplexity < 1e8 else f"{perplexity:.6g}"


def _perplexity(log10: float, tokens: int) -> float:
    if tokens == 0:
        return math.nan
    try:
        return 10.0 ** (-log10 / tokens)
    except OverflowError:
        return math.inf
