"""Initial probabilities: what each n-gram has of its own, before the order below adds its share.

For a context c with the n-grams c w, of adjusted counts a(c w):

    own(c w) = (a(c w) - D(a(c w))) / Σ a(c ·)
    gamma(c) = (D1 N1 + D2 N2 + D3+ N3+ + pruned) / Σ a(c ·)

where N1, N2, N3+ count the n-grams of the context with that adjusted count that stay in the model, and `pruned` is the
adjusted count of those that do not (Chen & Goodman 1998; pruning as in KenLM). gamma is also the context's backoff.
"""

# ruff: noqa: ANN001, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from asrkit.compiled import allocating_kernel, kernel
from asrkit.lm.adjust_counts import Block
from asrkit.lm.discounts import Discounts
from asrkit.lm.packing import Packing, pack_contexts
from asrkit.lm.pile import Pile
from asrkit.lm.scatter import Scatter
from asrkit.lm.sorting import Rows, Sorter, Workshop

_PLACE_SHIFT = 32  # the last column of a row: place of the n-gram << 32 | adjusted count << 1 | pruned


@kernel("void(int64[:, ::1], int64[::1], int64, boolean[::1])")
def _add_payload(rows, adjusted, place, pruned):
    last = rows.shape[1] - 1
    for i in range(adjusted.shape[0]):
        rows[i, last] = (place + i) << _PLACE_SHIFT | adjusted[i] << 1 | int(pruned[i])


@allocating_kernel(
    "Tuple((int64, int64))(int64[:, ::1], boolean, float32[::1], int64[::1], float32[:, ::1], float32[::1])"
)
def _by_context(rows, is_last, discounts, places, own_and_gamma, gammas):
    """Work through the n-grams `rows`, sorted by context, as far as contexts are whole; all with `is_last`.

    Each n-gram's place goes to `places`, own probability and gamma to `own_and_gamma`, a gamma a context to `gammas`.

    Returns:
        How many rows were used, and the number of contexts.
    """
    count, width = rows.shape
    columns = width - 1
    start, contexts = 0, 0
    seen = np.zeros(4, np.int64)
    while start < count:
        seen[:] = 0
        total, pruned = 0, 0
        stop = start
        while stop < count:
            c = 0
            while c < columns and rows[stop, c] == rows[start, c]:
                c += 1
            if c < columns:
                break
            adjusted = (rows[stop, columns] & 0xFFFFFFFF) >> 1
            total += adjusted
            if rows[stop, columns] & 1:
                pruned += adjusted
            else:
                seen[min(adjusted, 3)] += 1
            stop += 1
        if stop == count and not is_last:
            break
        denominator = np.float32(total)
        gamma = np.float32(0)
        for j in range(1, 4):
            gamma += discounts[j] * np.float32(seen[j])
        gamma = (gamma + np.float32(pruned)) / denominator
        gammas[contexts] = gamma
        contexts += 1
        for i in range(start, stop):
            adjusted = (rows[i, columns] & 0xFFFFFFFF) >> 1
            places[i] = rows[i, columns] >> _PLACE_SHIFT
            own_and_gamma[i, 0] = (np.float32(adjusted) - discounts[min(adjusted, 3)]) / denominator
            own_and_gamma[i, 1] = gamma
        start = stop
    return start, contexts


def estimate(
    blocks: Iterator[Block],
    count: int,
    order: int,
    packing: Packing,
    workshop: Workshop,
    discounts: Discounts,
    is_pruned: Callable[[Block], npt.NDArray[np.bool_]],
) -> tuple[Scatter, Pile]:
    """Return own probability and gamma of the n-grams of `order` (2 or more), and the gammas of their contexts.

    Args:
        blocks: the n-grams, in suffix order.
        count: how many they are.
        order: their order.
        packing: of their rows.
        workshop: where to sort them by context.
        discounts: those of this order.
        is_pruned: tells which n-grams of a block leave the model.

    Returns:
        (count, 2) float32 by place, own probability and gamma; and float32, a gamma for each context in suffix order,
        that is, for each n-gram of the order below that does not end in `</s>`.
    """
    columns = packing.columns(order - 1)
    sorter = Sorter(workshop, columns + 1, packing.lows(order - 1), 63, counting=False)
    place = 0
    for block in blocks:
        rows = np.empty((block.count, columns + 1), np.int64)
        pack_contexts(block.rows, block.count, order, packing.bits, rows)
        _add_payload(rows, block.adjusted, place, is_pruned(block))
        sorter.add(rows)
        place += block.count
    scatter = Scatter(workshop.memory, count)
    gammas = Pile(workshop.memory, np.float32)
    _work_through(sorter.merged(), columns + 1, discounts, scatter, gammas)
    return scatter, gammas


def _work_through(merged: Iterator[Rows], width: int, discounts: Discounts, scatter: Scatter, gammas: Pile) -> None:
    left: Rows = np.empty((0, width), np.int64)
    block = next(merged, None)
    while block is not None:
        following = next(merged, None)
        rows = np.concatenate([left, block]) if len(left) else block
        places = np.empty(len(rows), np.int64)
        own_and_gamma = np.empty((len(rows), 2), np.float32)
        block_gammas = np.empty(len(rows), np.float32)
        used, contexts = _by_context(rows, following is None, discounts, places, own_and_gamma, block_gammas)
        scatter.put(places[:used], own_and_gamma[:used])
        gammas.append(block_gammas[:contexts].copy())
        left = rows[used:].copy()
        block = following


def estimate_unigrams(
    adjusted: npt.NDArray[np.int64], pruned: npt.NDArray[np.bool_], discounts: Discounts
) -> tuple[npt.NDArray[np.float32], np.float32]:
    """Return own probabilities (words,) float32 and the gamma of the empty context, from adjusted counts by word."""
    denominator = np.float32(int(adjusted.sum()))
    seen = np.bincount(np.minimum(adjusted[~pruned], 3), minlength=4)
    gamma = np.float32(0)
    for j in (1, 2, 3):
        gamma += discounts[j] * np.float32(seen[j])
    gamma = (gamma + np.float32(int(adjusted[pruned].sum()))) / denominator
    own = (adjusted.astype(np.float32) - discounts[np.minimum(adjusted, 3)]) / denominator
    return own, gamma
