"""How often each n-gram stands in a text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NgramCounts:
    """Raw counts of the n-grams of all orders.

    `grams[n-1]` is (count, n) int32, ids of `words`, oldest first; `counts[n-1]` is (count,) int64.
    """

    words: tuple[str, ...]
    grams: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]
