"""Counting: the distinct n-grams of the highest order in a text, sorted, with how often each stands there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from asrkit.lm.packing import Packing, pack_positions
from asrkit.lm.pile import Pile
from asrkit.lm.sorting import Rows, Sorter, Workshop
from asrkit.lm.tokenise import EOS

_BLOCK = 1 << 18  # words


def sorted_ngrams(
    tokens: Pile, new_ids: npt.NDArray[np.int32], order: int, packing: Packing, workshop: Workshop
) -> Iterator[Rows]:
    """Yield the n-grams that end at each token, as rows of `Packing` with the count in one column more, in order.

    Before each sentence stands `<s>` as often as an n-gram needs. new_ids[tokens] are the ids of the words.
    """
    columns = packing.columns(order)
    sorter = Sorter(workshop, columns, packing.lows(order), 63, counting=True)
    before = np.full(order - 1, EOS, np.int32)
    for start in range(0, tokens.rows, _BLOCK):
        ids = np.concatenate([before, new_ids[tokens.read(start, min(start + _BLOCK, tokens.rows))]])
        rows = np.empty((len(ids) - len(before), columns), np.int64)
        pack_positions(ids, len(before), order, packing.bits, rows)
        sorter.add(rows)
        before = ids[len(ids) - len(before) :].copy()
    return sorter.merged()
