"""Kneser-Ney with one discount per order, interpolated: absolute discounting, but below the highest order an n-gram
counts as often as there are different words before it (Chen & Goodman 1998, section 2.8).
"""

from __future__ import annotations

from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing import absolute
from asrkit.lm.smoothing.tables import Tables


def estimate(counts: NgramCounts, *, discount_fallback: float | None = None) -> Arpa:
    """Return the model of `counts`; `discount_fallback` is D where it cannot be estimated.

    Raises:
        AsrkitError: a discount cannot be estimated and there is no fallback.
    """
    return absolute.interpolated(Tables.of(counts).with_continuation_counts(), discount_fallback)
