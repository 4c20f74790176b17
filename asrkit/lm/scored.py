"""What a model says about a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scored:
    """The words of a sentence and its end, each with its score; arrays are (words + 1,)."""

    words: tuple[str, ...]
    log10: np.ndarray  # float64, log10 probability
    order: np.ndarray  # int64, of the n-gram that answered
    backoff: np.ndarray  # float64, log10, the part of `log10` that was paid for backing off
    unknown: np.ndarray  # bool, the word is not in the model
