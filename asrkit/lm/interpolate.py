"""Interpolation: each n-gram's own probability and its context's gamma times the probability in the order below."""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

import math

import numpy as np

from asrkit.compiled import kernel


@kernel(
    "void(float32[:, ::1], int64[::1], int64, float32[::1], float32[::1], float32[::1])",
)
def interpolate(own_and_gamma, lower, first_lower, lower_probs, probs, log10_probs):
    """Write p = own + gamma · p(lower) to `probs` and its log10, at most 0, to `log10_probs`.

    The probability of the n-gram without its first word is lower_probs[lower - first_lower]; all in float32.
    """
    for i in range(lower.shape[0]):
        p = own_and_gamma[i, 0] + own_and_gamma[i, 1] * lower_probs[lower[i] - first_lower]
        probs[i] = p
        log10_probs[i] = min(np.float32(0), math.log10(p))


@kernel("int64(int64[:, ::1], int64, int64, float32[::1], int64, float32[::1])")
def take_backoffs(rows, shift, no_context, gammas, at, log10_backoffs):
    """Write the log10 backoff of each n-gram in `rows`: the next of `gammas`, from `at` on.

    N-grams whose last word, at the bit `shift`, is `no_context` take none and get 0.

    Returns:
        The place in `gammas` after the last one taken.
    """
    for i in range(log10_backoffs.shape[0]):
        if rows[i, 0] >> shift == no_context:
            log10_backoffs[i] = 0
        else:
            log10_backoffs[i] = math.log10(gammas[at])
            at += 1
    return at
