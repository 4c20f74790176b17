"""A second, larger language model over what the search left open: the word lattice, exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.search.nbest import unfolded
from asrkit.search.word_lattice import Acyclic

if TYPE_CHECKING:
    import kenlm

_LN_10 = math.log(10)  # kenlm's scores are log10 (law 1)


class Rescored(NamedTuple):
    """A word sequence under the new model: its new LM score takes the place of the old one in `total`; all in nats."""

    words: NDArray[np.int32]
    total: float
    lm: float


def rescore(
    lattice: Acyclic, model: kenlm.Model, word_of: Callable[[int], str], lm_scale: float, count: int = 1
) -> list[Rescored]:
    """Return the `count` best word sequences when `model` takes the place of the LM scores, best first.

    Exact: sequences meet only where the lattice state and the model's state are the same.

    Args:
        lattice: a word lattice; its LM scores are taken off.
        model: a kenlm model.
        word_of: the word of each label, as the model spells it.
        lm_scale: multiplies the natural logarithm of the new model's probabilities.
        count: how many to keep in each pair of states, and to return.
    """
    import kenlm

    others = lattice.scores.sum(axis=1) - lattice.scores[:, 1]
    final_others = lattice.finals.sum(axis=1) - np.where(np.isfinite(lattice.finals[:, 1]), lattice.finals[:, 1], 0)
    first = np.searchsorted(lattice.sources, np.arange(len(lattice.finals) + 1))
    begin = kenlm.State()
    model.BeginSentenceWrite(begin)
    # Of each state: model state -> [(score, lm score, words)], words as (words before, last word): shared, not copied.
    waiting: list[dict] = [{} for _ in lattice.finals]
    waiting[0][begin] = [(0.0, 0.0, ())]
    ended = []
    for state, here in enumerate(waiting):
        for context, ways in here.items():
            for a in range(first[state], first[state + 1]):
                word, following = int(lattice.words[a]), kenlm.State()
                gain = lm_scale * _LN_10 * model.BaseScore(context, word_of(word), following)
                target = waiting[lattice.targets[a]].setdefault(following, [])
                target.extend((s + others[a] + gain, lm + gain, (said, word)) for s, lm, said in ways)
                target.sort(key=_best_first)
                del target[count:]
            if np.isfinite(lattice.finals[state, 1]):
                gain = lm_scale * _LN_10 * model.BaseScore(context, "</s>", kenlm.State())
                ended.extend((s + final_others[state] + gain, lm + gain, said) for s, lm, said in ways)
        here.clear()
    ended.sort(key=_best_first)
    return [Rescored(unfolded(said), float(score), float(lm)) for score, lm, said in ended[:count]]


def _best_first(way: tuple[float, float, tuple]) -> float:
    return -way[0]
