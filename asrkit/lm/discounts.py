"""Modified Kneser-Ney's three discounts of an order: equation 26 of Chen & Goodman (1998, TR-10-98)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from asrkit import progress
from asrkit.errors import AsrkitError

Discounts = npt.NDArray[np.float32]  # (4,): of the adjusted counts 0 (nothing), 1, 2, and 3 or more


def estimate(order: int, counts_of_counts: Sequence[int], fallback: Sequence[float] | None = None) -> Discounts:
    """Return the discounts of `order`, in float32 and in lmplz's order of operations.

    Args:
        order: of the n-grams, for messages.
        counts_of_counts: how many n-grams have the adjusted counts 0, 1, 2, 3, 4.
        fallback: the discounts D1, D2, D3+ to take where they cannot be estimated.

    Raises:
        AsrkitError: they cannot be estimated, and there is no fallback.
    """
    reason = None
    missing = [f"{count}" for count in (1, 2, 3) if counts_of_counts[count] == 0]
    discounts = np.zeros(4, np.float32)
    if missing:
        reason = f"no {order}-gram has the adjusted count {' or '.join(missing)}"
    else:
        n = [np.float32(count) for count in counts_of_counts]
        y = np.float32(n[1] / np.float32(counts_of_counts[1] + 2.0 * counts_of_counts[2]))
        for j in (1, 2, 3):
            discounts[j] = np.float32(j) - np.float32(j + 1) * y * n[j + 1] / n[j]
            if not 0 <= discounts[j] <= j:
                counted = ", ".join(f"{counts_of_counts[i]} have {i}" for i in (1, 2, 3, 4))
                reason = f"of the {order}-grams' adjusted counts {counted}: D{j} would be {discounts[j]:.3g}"
                break
    if reason is None:
        return discounts
    if fallback is None:
        cure = (
            "give more text or remove its repeated sentences, choose a lower --order, another --smoothing such as "
            "witten-bell, or let --discount-fallback stand in"
        )
        raise AsrkitError(f"the discounts of {order}-grams cannot be estimated: {reason}", cure=cure)
    progress.warn(f"fallback discounts {', '.join(f'{d:g}' for d in fallback)} for {order}-grams: {reason}")
    return np.array([0.0, *fallback], np.float32)
