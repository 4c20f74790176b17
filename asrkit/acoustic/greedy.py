"""The best unit of every step, without lexicon or graph."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic.model import AcousticModel
from asrkit.units.special import is_special


def best_steps(log_probs: NDArray[np.float32], model: AcousticModel) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the units of the best path through `log_probs`, specials left out, and the step of each, (units,).

    Of a CTC model, equal units in a row are one.
    """
    best = log_probs.argmax(axis=1) if len(log_probs) else np.zeros(0, np.int64)
    kept = np.ones(len(best), bool)
    if model.topology == "ctc":
        kept[1:] = best[1:] != best[:-1]
        kept &= best != model.package.blank
    names = model.package.units.units
    steps = np.array([step for step in np.flatnonzero(kept) if not is_special(names[best[step]])], np.int64)
    return tuple(names[best[step]] for step in steps), steps
