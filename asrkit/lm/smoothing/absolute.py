"""Absolute discounting: each count gives the same amount away.

    p(w | h) = max(c(hw) − D, 0) / c(h) + D N1+(h·) / c(h) · p(w | h')              (Chen & Goodman 1998, section 2.7)

with D = n1 / (n1 + 2 n2) for each order, where n1 and n2 are the numbers of n-grams counted once and twice.
"""

from __future__ import annotations

import numpy as np

from asrkit.errors import AsrkitError, Status
from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.tables import Tables, ratio


def estimate(counts: NgramCounts, *, discount_fallback: float | None = None) -> Arpa:
    """Return the model of `counts`; `discount_fallback` is D where it cannot be estimated.

    Raises:
        AsrkitError: a discount cannot be estimated and there is no fallback.
    """
    return interpolated(Tables.of(counts), discount_fallback)


def interpolated(tables: Tables, discount_fallback: float | None) -> Arpa:
    """Return the interpolated model of `tables`, whatever their counts are."""
    own, left = [], []
    for n in tables.orders:
        discount = one_discount(tables, n, discount_fallback)
        context_counts = tables.context_counts(n)
        own.append(discounted(tables, n, discount))
        left.append(ratio(discount * tables.context_types(n), context_counts))
    return tables.interpolated(own, left)


def discounted(tables: Tables, n: int, discount: float) -> np.ndarray:
    """Return max(c(hw) − discount, 0) / c(h) for each n-gram, (count,) float64."""
    return tables.shares(n, np.maximum(tables.counts[n - 1] - discount, 0.0), tables.context_counts(n))


def one_discount(tables: Tables, n: int, fallback: float | None) -> float:
    """Return D of order `n`.

    Raises:
        AsrkitError: n1 or n2 is 0 and there is no fallback; the fallback is not between 0 and 1.
    """
    if fallback is not None and not 0 < fallback < 1:
        what = f"{fallback} is no discount"
        raise AsrkitError(what, cure="take a number above 0 and below 1, such as 0.5", status=Status.WRONG_USAGE)
    once, twice = tables.number_with_count(n, 1), tables.number_with_count(n, 2)
    if once and twice:
        return once / (once + 2 * twice)
    if fallback is not None:
        return fallback
    missing = " or ".join(often for often, number in (("once", once), ("twice", twice)) if not number)
    needed = f"it needs {n}-grams counted once and twice, and none was counted {missing}"
    what = f"the discount of {n}-grams cannot be estimated: {needed}"
    cure = "train on more text, drop repeated lines, give --discount-fallback, or take --smoothing witten-bell"
    raise AsrkitError(what, cure=cure)
