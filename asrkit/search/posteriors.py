"""The posteriors of one utterance, checked, and the steps of them that are searched."""

from __future__ import annotations

import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit import progress
from asrkit.errors import AsrkitError
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options

_ROWS_LOOKED_AT = 4  # how many rows, evenly spread, are summed at most
_TOLERANCE = 0.01  # how far from 1 the sum of a row may be
_warning = threading.Lock()
_warned = False


class Steps(NamedTuple):
    """What is searched.

    Attributes:
        log_probs: (steps, units) float32, natural log, read-only.
        first: (steps + 1,) int64: the step of the utterance that each searched step begins with; last, their number.
    """

    log_probs: NDArray[np.float32]
    first: NDArray[np.int64]


def checked(
    log_probs: NDArray[np.floating], units: int, name: str, *, model: str | None = None
) -> NDArray[np.float32]:
    """Return `log_probs` as (steps, units) float32, contiguous and read-only.

    `units` are those of the graph, or, where there is none, of `model`.

    A warning comes once a process where rows do not sum to 1.

    Raises:
        AsrkitError: another number of dimensions or of units, NaN or +inf; `name` and the step are named.
    """
    matrix = np.asarray(log_probs)
    if matrix.ndim != 2:
        what = f"its posteriors have {matrix.ndim} dimensions, but must have 2: (steps, units)"
        raise AsrkitError(what, where=name, cure="pass one utterance at a time")
    if matrix.dtype.kind not in "fiu":
        raise AsrkitError(f"its posteriors are of type {matrix.dtype}, not numbers", where=name)
    if matrix.shape[1] != units:
        if model is not None:
            what = f"its posteriors have {matrix.shape[1]} units, but the model {model} has {units}"
            raise AsrkitError(what, where=name, cure="name the model that made them, with --model")
        what = f"its posteriors have {matrix.shape[1]} units, but the graph was built for {units}"
        raise AsrkitError(what, where=name, cure="use the graph and the model of one unit table")
    matrix = np.ascontiguousarray(matrix, np.float32).view()
    matrix.flags.writeable = False
    if len(matrix) == 0:
        return matrix
    largest = matrix.max()  # NaN if any is
    if not largest < np.inf:
        step, unit = np.argwhere(~(matrix < np.inf))[0]
        what = f"step {step} has {matrix[step, unit]} as the log-probability of unit {unit}"
        raise AsrkitError(what, where=name, cure="look at the model's output; log-probabilities are finite or -inf")
    rows = matrix[:: -(-len(matrix) // _ROWS_LOOKED_AT)]
    with np.errstate(over="ignore"):
        sums = np.exp(rows).sum(axis=1, dtype=np.float64)
    if np.any(np.abs(sums - 1) > _TOLERANCE):
        _warn_once(name, float(sums[np.argmax(np.abs(sums - 1))]))
    return matrix


def searched_steps(log_probs: NDArray[np.float32], graph: SearchGraph, options: Options) -> Steps:
    """Return the steps to search: all, or with `blank_skip` each run of sure blanks as one step.

    In such a step every unit but blank is impossible and blank has the log-probability of the whole run, so that a
    path's score is still its true score.
    """
    every_step = np.arange(len(log_probs) + 1)
    if options.blank_skip is None or graph.topology != "ctc" or len(log_probs) == 0:
        return Steps(log_probs, every_step)
    blank = graph.special_units[0]
    sure = log_probs[:, blank] >= np.log(options.blank_skip)
    starts_step = np.append(True, ~(sure[1:] & sure[:-1]))
    first = np.flatnonzero(starts_step)
    rows = log_probs[first]
    runs = sure[first]
    rows[runs] = -np.inf
    rows[runs, blank] = np.add.reduceat(log_probs[:, blank], first, dtype=np.float64)[runs]
    rows.flags.writeable = False
    return Steps(rows, np.append(first, len(log_probs)))


def _warn_once(name: str, total: float) -> None:
    global _warned  # noqa: PLW0603
    with _warning:
        if not _warned:
            cure = "check that these are natural-log probabilities"
            progress.warn(f"{name}: the probabilities of a step sum to {total:.4g}, not 1; {cure}")
        _warned = True
