"""Add k to each count: p(w | h) = (c(hw) + k) / (c(h) + kV). k = 1 is Laplace's law, k < 1 Lidstone's.

An ARPA file cannot give all unseen words of a context the same probability. The mass that the formula leaves them is
kept, and shared out in proportion to p(w | h') instead of evenly, which predicts better. 1-grams are exact.
"""

from __future__ import annotations

import math

from asrkit.errors import AsrkitError, Status
from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.tables import Tables


def estimate(counts: NgramCounts, *, k: float = 1.0) -> Arpa:
    """Return the model of `counts` with `k` added to each.

    Raises:
        AsrkitError: k is not a number above 0.
    """
    if not (math.isfinite(k) and k > 0):
        cure = "take a number above 0, such as 0.1"
        raise AsrkitError(f"k = {k} cannot be added", cure=cure, status=Status.WRONG_USAGE)
    tables = Tables.of(counts)
    added = k * tables.predicted_words
    own = [tables.shares(n, tables.counts[n - 1] + k, tables.context_counts(n) + added) for n in tables.orders]
    return tables.backed_off(own, 0.0)
