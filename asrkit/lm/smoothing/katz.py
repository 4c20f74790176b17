"""Katz: counts up to 5 are discounted as Good and Turing say, larger ones are trusted; the rest backs off.

    p(w | h) = d_c c(hw) / c(h)   if hw was seen c times, else   backoff(h) · p(w | h')

    d_r = (r*/r − a) / (1 − a)  for 1 ≤ r ≤ k = 5,  1 for r > k
    r* = (r + 1) n_{r+1} / n_r,   a = (k + 1) n_{k+1} / n_1

(S. M. Katz 1987; Chen & Goodman 1998, section 2.5). n_r is the number of n-grams counted r times, for each order. Where
such numbers fall too unevenly, so that d_r is not above 0 and at most 1, that count is kept whole, with a warning. Two
additions keep every word possible: 1-grams are interpolated with the uniform distribution, and a context after which
nothing was discounted counts as if one word more had followed it.
"""

from __future__ import annotations

import numpy as np

from asrkit import progress
from asrkit.errors import AsrkitError
from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.tables import Tables

LARGEST_DISCOUNTED = 5  # k


def estimate(counts: NgramCounts) -> Arpa:
    """Return the Katz model of `counts`.

    Raises:
        AsrkitError: there are no n-grams of one of the counts 1 to 6, so that discounts cannot be estimated.
    """
    tables = Tables.of(counts)
    own = []
    for n in tables.orders:
        count = tables.counts[n - 1]
        kept = good_turing(tables, n)[np.minimum(count, LARGEST_DISCOUNTED + 1).astype(np.int64)]
        nothing_discounted = tables.sums(n, (count > 0) & (kept < 1)) == 0
        own.append(tables.shares(n, kept * count, tables.context_counts(n) + nothing_discounted))
    return tables.backed_off(own, 1.0 - float(own[0].sum()))


def good_turing(tables: Tables, n: int) -> np.ndarray:
    """Return d_0 to d_{k+1} of the n-grams, (k + 2,) float64, what is kept of each count; the first and last are 1.

    Raises:
        AsrkitError: some n_r is 0.
    """
    k = LARGEST_DISCOUNTED
    of_count = np.array([tables.number_with_count(n, r) for r in range(k + 2)], np.float64)
    missing = [str(r) for r in range(1, k + 2) if not of_count[r]]
    if missing:
        needed = f"the Good-Turing discounts of {n}-grams need {n}-grams counted 1 to {k + 1} times"
        cure = "train on more text, drop repeated lines, or take --smoothing witten-bell"
        raise AsrkitError(f"{needed}; none was counted {' or '.join(missing)} times", cure=cure)
    r = np.arange(1, k + 1)
    common = (k + 1) * of_count[k + 1] / of_count[1]
    kept = np.ones(k + 2)
    if common != 1:
        kept[1 : k + 1] = ((r + 1) * of_count[2:] / (r * of_count[1:-1]) - common) / (1 - common)
    odd = [str(i) for i in r if not 0 < kept[i] <= 1]
    if odd:
        progress.warn(f"{n}-grams counted {', '.join(odd)} times are not discounted: too little text for Good-Turing")
    return np.where((kept > 0) & (kept <= 1), kept, 1.0)
