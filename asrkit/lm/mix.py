"""Several models made one: static linear interpolation.

    p(w | h) = Σ_i λ_i p_i(w | h)

for each n-gram hw that one of the models has; backoff weights are renewed so that each context sums to one. A word that
a model does not have has probability 0 in it, so that the sum over all words stays one; in a context such a word is
`<unk>` to it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from asrkit import progress
from asrkit.errors import AsrkitError, Status
from asrkit.formats.arpa import Arpa
from asrkit.lm.backoff import log10_or_zero, normalised
from asrkit.lm.model import Model
from asrkit.lm.sentences import read_blocks
from asrkit.lm.trie import Trie
from asrkit.lm.word_ids import WordIds

_ROUNDS = 500
_ENOUGH = 1e-9  # nats a token; a round of estimation that gains less is the last


class Mixer:
    """Models, and the vocabulary of them all: the words of the first, then the new ones of the next, and so on."""

    def __init__(self, arpas: Sequence[Arpa], names: Sequence[str] = ()) -> None:
        """`names` are what messages call the models. Raises: AsrkitError: fewer than two models; a model is broken."""
        if len(arpas) < 2:
            cure = "name two or more"
            raise AsrkitError("one model cannot be mixed", cure=cure, status=Status.WRONG_USAGE)
        self.models = [Model.of(arpa, name) for arpa, name in zip_longest(arpas, names)]
        self.vocabulary = WordIds(tuple(dict.fromkeys(word for arpa in arpas for word in arpa.words)))
        # The id in each model of each word of all, and of a word that none of them has.
        words = [*self.vocabulary.words, ""]
        self._ids = [np.array(model.vocabulary.ids_of(words), np.int64) for model in self.models]
        self._has = [np.array([word in model.vocabulary.ids for word in words]) for model in self.models]

    def mixed(self, weights: Sequence[float]) -> Arpa:
        """Return the mixture by `weights`, one for each model.

        Raises:
            AsrkitError: the weights are not as many as the models, negative, or do not sum to one.
        """
        self._check(weights)
        grams = self._union()
        log10 = []
        for table in grams:
            n = table.shape[1]
            place = np.tile(np.arange(n), len(table))
            p = self._probabilities(table.reshape(-1).astype(np.int64), place)[:, n - 1 :: n]
            log10.append(log10_or_zero(np.asarray(weights, np.float64) @ p))
        begin = self.vocabulary.begin
        log10[0][begin] = self.models[0].log10[0][self.models[0].vocabulary.begin]
        return normalised(self.vocabulary, Trie(self.vocabulary.words, grams), log10).arpa()

    def tuned(self, texts: Sequence[str | os.PathLike[str]]) -> list[float]:
        """Return the weights under which the sentences of `texts` are likeliest, found by expectation maximisation.

        Words that no model has are passed over.

        Raises:
            AsrkitError: a text cannot be read; no word of it is in the models.
        """
        parts = []
        for block in read_blocks(texts):
            tokens, place = self.vocabulary.tokens_of(block)
            known = (place > 0) & (tokens != self.vocabulary.unknown)
            parts.append(self._probabilities(tokens, place)[:, known])
        p = np.concatenate(parts, axis=1)
        p = p[:, p.sum(axis=0) > 0]
        weights = np.full(len(p), 1.0 / len(p))
        before = -np.inf
        for rounds in range(_ROUNDS):  # noqa: B007
            each = weights[:, None] * p
            all_of_them = each.sum(axis=0)
            now = float(np.log(all_of_them).mean())
            if now - before < _ENOUGH:
                break
            before = now
            weights = (each / all_of_them).mean(axis=1)
        shown = ", ".join(f"{weight:.4f}" for weight in weights)
        progress.say(f"weights {shown} after {rounds} rounds: perplexity {np.exp(-now):.2f} without OOV")
        return [float(weight) for weight in weights / weights.sum()]

    def _probabilities(self, tokens: np.ndarray, place: np.ndarray) -> np.ndarray:
        """Return p_i of each token after those before it, (models, tokens) float64; arguments as `Model.answers`."""
        made = []
        for model, ids, has in zip(self.models, self._ids, self._has, strict=True):
            made.append(np.where(has[tokens], 10.0 ** model.answers(ids[tokens], place).log10, 0.0))
        return np.array(made)

    def _union(self) -> list[np.ndarray]:
        """Return the n-grams that any model has, (count, n) int32 for each order, sorted."""
        width = len(self.vocabulary)
        grams = [np.arange(width, dtype=np.int32)[:, None]]
        # For each model, the row in the union of each of its n-grams.
        to_all = [np.array([self.vocabulary.ids[word] for word in model.vocabulary.words]) for model in self.models]
        rows = to_all
        for n in range(2, max(model.order for model in self.models) + 1):
            keys = []
            for model, words, below in zip(self.models, to_all, rows, strict=True):
                if n <= model.order:
                    keys.append(below[model.trie.contexts[n - 1]] * width + words[model.trie.grams[n - 1][:, -1]])
                else:
                    keys.append(np.empty(0, np.int64))
            union, place = np.unique(np.concatenate(keys), return_inverse=True)
            rows = np.split(place, np.cumsum([len(each) for each in keys])[:-1])
            last = (union % width).astype(np.int32)[:, None]
            grams.append(np.concatenate([grams[-1][union // width], last], axis=1))
        return grams

    def _check(self, weights: Sequence[float]) -> None:
        cure = f"give {len(self.models)} numbers from 0 on that sum to 1, such as --weights 0.7,0.3"
        what = None
        if len(weights) != len(self.models):
            what = f"the number of weights is {len(weights)}, that of the models {len(self.models)}"
        elif not all(weight >= 0 for weight in weights):
            what = f"{min(weights)} is no weight"
        elif abs(sum(weights) - 1.0) > 1e-6:
            what = f"the weights sum to {sum(weights):g}"
        if what:
            raise AsrkitError(what, cure=cure, status=Status.WRONG_USAGE)
