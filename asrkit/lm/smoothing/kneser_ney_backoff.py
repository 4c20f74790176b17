"""Kneser-Ney as its authors had it, in backoff form (R. Kneser and H. Ney, ICASSP 1995).

    p(w | h) = (c(hw) − D) / c(h)   if hw was seen, else   backoff(h) · p(w | h')

with continuation counts below the highest order. The 1-grams are interpolated with the uniform distribution, so that
words without count have a probability.
"""

from __future__ import annotations

from asrkit.formats.arpa import Arpa
from asrkit.lm.counts import NgramCounts
from asrkit.lm.smoothing.absolute import discounted, one_discount
from asrkit.lm.smoothing.tables import Tables


def estimate(counts: NgramCounts, *, discount_fallback: float | None = None) -> Arpa:
    """Return the model of `counts`; `discount_fallback` is D where it cannot be estimated.

    Raises:
        AsrkitError: a discount cannot be estimated and there is no fallback.
    """
    tables = Tables.of(counts).with_continuation_counts()
    own = [discounted(tables, n, one_discount(tables, n, discount_fallback)) for n in tables.orders]
    return tables.backed_off(own, 1.0 - float(own[0].sum()))
