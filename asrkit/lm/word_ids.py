"""The words of a model and their ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from asrkit.errors import AsrkitError
from asrkit.formats.specials import BEGIN, END, UNKNOWN, spelled_otherwise


class WordIds:
    """Words by id, 0 to len(words) − 1, and ids by word. A word that is not in it has the id `unknown`.

    `unknown` is that of `<unk>`, or len(words) where there is no `<unk>`.
    """

    def __init__(self, words: Sequence[str], name: str | None = None) -> None:
        """`name` is what messages call the model. Raises: AsrkitError: `<s>` or `</s>` is missing."""
        self.words = tuple(words)
        self.ids = {word: i for i, word in enumerate(self.words)}
        refuse_without_ends(self.ids, name)
        self.begin, self.end = self.ids[BEGIN], self.ids[END]
        self.unknown = self.ids.get(UNKNOWN, len(self.words))

    def __len__(self) -> int:
        return len(self.words)

    def ids_of(self, words: Sequence[str]) -> list[int]:
        """Return the ids of `words`."""
        ids, unknown = self.ids, self.unknown
        return [ids.get(word, unknown) for word in words]

    def tokens_of(self, sentences: Sequence[Sequence[str]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the ids of `sentences`, each with `<s>` and `</s>`, and each one's place in its sentence.

        Both are (tokens,) int64; places count from 0, which is `<s>`.
        """
        tokens: list[int] = []
        for words in sentences:
            tokens.append(self.begin)
            tokens.extend(self.ids_of(words))
            tokens.append(self.end)
        lengths = np.array([len(words) + 2 for words in sentences], np.int64)
        begins = np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.array(tokens, np.int64), np.arange(len(tokens)) - begins


def refuse_without_ends(words: Collection[str], name: str | None) -> None:
    """Raise an AsrkitError if `words`, those of the model `name`, lack `<s>` or `</s>`."""
    for word in (BEGIN, END):
        if word not in words:
            cure = "take a model of sentences, which has <s> and </s>"
            if (other := spelled_otherwise(word, words)) is not None:
                cure = f"spell its {other} as {word}"
            raise AsrkitError(f"the model has no {word}", where=name, cure=cure)
