"""When each unit was said.

A model with a head for time stamps gives `us_alphas` and `us_cif_peak`, three values an encoder step: a unit begins
where a peak fires and lasts until the next one fires (Shi et al., 2023; a unit of more than 0.6 s is cut there and the
rest is silence). If the number of peaks is not the number of units + 1, the alphas are scaled to that number and
integrated anew. Without such a head the units are spread evenly over the voiced part, and marked as estimated.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FIRES = 1 - 1e-4
_SHIFT = -1.5  # fine steps by which a peak comes after the beginning of its unit
LONGEST_UNIT = 0.6  # seconds
_SLACK = 1e-6

Times = tuple[NDArray[np.float32], NDArray[np.float32]]


def from_peaks(
    alphas: NDArray[np.float32], peaks: NDArray[np.float32], units: int, *, step: float, duration: float
) -> Times:
    """Return when each of `units` units begins and ends, two (units,) float32 arrays, in seconds.

    Args:
        alphas: (fine steps,) float32, the weight of each fine step.
        peaks: (fine steps,) float32, the integral of the alphas, which fires where it exceeds 1 and begins anew.
        units: how many units the model gave.
        step: seconds between two fine steps.
        duration: seconds of the recording; no time lies beyond it.
    """
    if units == 0:
        nothing = np.zeros(0, np.float32)
        return nothing, nothing
    fires = np.flatnonzero(peaks > _FIRES)
    if len(fires) != units + 1:
        fires = integrated(alphas, units + 1)
    edges = np.clip((fires + _SHIFT) * step, 0, duration)
    return _spans(edges[:-1], edges[1:])


def integrated(alphas: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the fine steps, (count,), at which the alphas, scaled to the sum `count`, complete 1, 2 … count."""
    weights = np.maximum(alphas.astype(np.float64), 0)
    if not weights.sum() > 0:
        weights = np.ones(max(len(alphas), 1))
    sums = np.cumsum(weights)
    sums *= count / sums[-1]
    return np.searchsorted(sums, np.arange(1, count + 1) - _SLACK).clip(0, len(weights) - 1)


def spread(units: int, begin: float, end: float) -> Times:
    """Return times as `from_peaks`, for `units` units that share the seconds from `begin` to `end` evenly."""
    edges = np.linspace(begin, max(begin, end), units + 1)
    return _spans(edges[:-1], edges[1:])


def of_frames(count: int, *, step: float, duration: float) -> Times:
    """Return times as `from_peaks`, for the `count` frames of a CTC model."""
    edges = np.clip(np.arange(count + 1) * step, 0, duration)
    return edges[:-1].astype(np.float32), edges[1:].astype(np.float32)


def ends_of(starts: NDArray[np.float32], duration: float | None = None) -> NDArray[np.float32]:
    """Return when units end of which only the beginnings are known, (units,) float32 seconds.

    Without the recording's `duration`, the last one lasts as long as most of them: a frame of a CTC model does.
    """
    if not len(starts):
        return np.zeros(0, np.float32)
    usual = float(np.median(np.diff(starts))) if len(starts) > 1 else LONGEST_UNIT
    last = starts[-1] + usual if duration is None else max(duration, starts[-1])
    return _spans(starts, np.append(starts[1:], last))[1]


def _spans(starts: NDArray, ends: NDArray) -> Times:
    return starts.astype(np.float32), np.minimum(ends, starts + LONGEST_UNIT).astype(np.float32)
