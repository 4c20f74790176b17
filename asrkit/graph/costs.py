"""Costs on a grid, so that sums and differences of them are exact.

Determinization subtracts costs and asks whether what is left is equal. In floating point it rarely is, and graphs grow
or weights must be rounded again and again. All costs that enter a graph are therefore whole multiples of 2^-16 nats:
float32 holds such numbers exactly up to 256 nats, and so do their sums. What is lost is at most 2^-17 nats an arc.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

NATS_PER_LOG10 = float(np.log(10.0))
_STEPS_PER_NAT = 1 << 16
DELTA = 1.0 / (4 * _STEPS_PER_NAT)  # costs that differ by less are equal


def on_grid(costs: ArrayLike) -> NDArray[np.float32]:
    """Return `costs`, in nats, rounded to the grid, float32; −0 becomes 0."""
    return (np.round(np.asarray(costs, np.float64) * _STEPS_PER_NAT) / _STEPS_PER_NAT + 0.0).astype(np.float32)


def from_log10(log10: ArrayLike) -> NDArray[np.float64]:
    """Return the cost in nats, −ln p, of each log10 p: the one place where ARPA's logarithms are converted (law 1)."""
    return -NATS_PER_LOG10 * np.asarray(log10, np.float64)
