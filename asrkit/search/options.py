"""What a user may set about the search."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from asrkit import defaults
from asrkit.errors import AsrkitError, Status


@dataclass(frozen=True)
class Options:
    """Settings of the search; costs and scores are in nats of the acoustic model (law 3).

    The defaults come from the 100 real sentences of docs/search.md, under the model that ships, as it was before the
    last minutes of its training, and a trigram of 50,000 words. The default beam is the smallest one of its table with
    which no larger one makes fewer errors; `max_active` is reached in a few of these sentences then, and no word
    changes without it. There, `lm_scale` was best at 0.4 to 0.6 (`asrkit decode` takes 0.5); 1, the default here, takes
    the graph as it is.

    Attributes:
        beam: hypotheses that cost more than the best one of their step by this much are dropped.
        max_active: at most about this many hypotheses go on from a step.
        min_active: at least this many go on, if there are as many, whatever the beam.
        lm_scale: multiplies the costs of the graph.
        word_score: added to the score for each word (negative: fewer words).
        lattice_beam: the lattice keeps every path within this much of the best.
        blank_skip: CTC only: runs of steps whose blank is at least this probable are taken as blank altogether and
            searched as one step; None searches every step.
    """

    beam: float = defaults.BEAM
    max_active: int = defaults.MAX_ACTIVE
    min_active: int = defaults.MIN_ACTIVE
    lm_scale: float = 1.0
    word_score: float = defaults.WORD_SCORE
    lattice_beam: float = defaults.LATTICE_BEAM
    blank_skip: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and math.isnan(value):
                raise _refused(field.name, value, "a number")
        for name in ("beam", "lattice_beam"):
            if getattr(self, name) <= 0:
                raise _refused(name, getattr(self, name), "above 0")
        if self.max_active < 1:
            raise _refused("max_active", self.max_active, "1 or more")
        if not 0 <= self.min_active <= self.max_active:
            raise _refused("min_active", self.min_active, f"from 0 to max_active ({self.max_active})")
        if not 0 <= self.lm_scale < math.inf:
            raise _refused("lm_scale", self.lm_scale, "0 or more, and finite")
        if not math.isfinite(self.word_score):
            raise _refused("word_score", self.word_score, "finite")
        if self.blank_skip is not None and not 0 < self.blank_skip <= 1:
            raise _refused("blank_skip", self.blank_skip, "a probability above 0 and up to 1")


def _refused(name: str, value: float, wanted: str) -> AsrkitError:
    return AsrkitError(f"{name} is {value:g}, but must be {wanted}", status=Status.WRONG_USAGE)
