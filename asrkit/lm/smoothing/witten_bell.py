"""Witten-Bell: a new word comes after h as often as new words have come after h.

    p(w | h) = (c(hw) + N1+(h·) p(w | h')) / (c(h) + N1+(h·))                       (Chen & Goodman 1998, section 2.6)

It needs no discounts, so it works on any text, however small or repetitive.
"""

from __future__ import annotations

from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.tables import Tables, ratio


def estimate(counts: NgramCounts) -> Arpa:
    """Return the Witten-Bell model of `counts`."""
    tables = Tables.of(counts)
    own, left = [], []
    for n in tables.orders:
        types = tables.context_types(n)
        all_of_context = tables.context_counts(n) + types
        own.append(tables.shares(n, tables.counts[n - 1], all_of_context))
        left.append(ratio(types, all_of_context))
    return tables.interpolated(own, left)
