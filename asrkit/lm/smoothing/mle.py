"""Maximum likelihood: p(w | h) = c(hw) / c(h). No smoothing: what was not seen has probability 0 (−99 in the file)."""

from __future__ import annotations

import numpy as np

from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.tables import Tables


def estimate(counts: NgramCounts) -> Arpa:
    """Return the maximum-likelihood model of `counts`."""
    tables = Tables.of(counts)
    own, left = [], []
    for n in tables.orders:
        context_counts = tables.context_counts(n)
        own.append(tables.shares(n, tables.counts[n - 1], context_counts))
        left.append(np.zeros(len(context_counts)))
    return tables.interpolated(own, left)
