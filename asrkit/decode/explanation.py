"""Why a hotword was, or was not, recognised: the answer that `explain` gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from asrkit.hotwords.graph import HotwordGraph
from asrkit.search.path import Path, Scores
from asrkit.search.trace import Dropped


class Cause(StrEnum):
    """Why."""

    RECOGNISED = "recognised"
    WRITTEN_OTHERWISE = "its sound was recognised, but written otherwise"
    INSIDE_A_WORD = "its units came out, but inside a longer word"
    NOT_LISTED = "not in the list"
    NOT_IN_GRAPH = "the graph cannot say it"
    BEAM = "dropped by the beam"
    ACOUSTICS = "lost by the acoustics"
    LANGUAGE_MODEL = "lost by the language model"
    OTHER_HOTWORDS = "lost to other hotwords"
    OWN_WEIGHT = "lost by its own negative weight"
    FAR_AWAY = "too far from what was heard"


@dataclass(frozen=True)
class Gap:
    """How far a unit of the phrase lies behind the likeliest unit of its step; nats."""

    unit: int
    step: int
    behind: float
    likeliest: int


@dataclass(frozen=True)
class Explanation:
    """The answer.

    Attributes:
        phrase: the phrase.
        cause: why.
        best: the words that came out.
        listed: whether the phrase is in the list.
        rival: if it was recognised, the best path without it; else the best path with it, if there is one.
        margin: nats by which `best` is ahead of `rival`, under the biases of the list; a phrase that is neither listed
            nor recognised counts as if it were listed.
        parts: the same by acoustic, lm, hotword, words.
        gaps: of the units of the phrase, in `best` or `rival`, whichever holds it; FAR_AWAY: where they lie least far
            behind, empty if too few units were heard.
        heard: FAR_AWAY: how many units the likeliest ones of the steps make up.
        dropped: where the beam dropped `rival`: always for BEAM; else if no bias helps with this beam.
        beam: if `dropped`: a beam with which the phrase is recognised (nats), tried out with WIDE_ACTIVE hypotheses.
        bias: the word bias that goes with `beam`, if it takes more than that of the list.
        smallest_bias: the word bias (nats, before the scale) with which it is recognised, tried out; None if it is
            recognised already or no bias helps.
        after: what comes out with that bias.
        in_use, with_phrase: the list under which `best` came out, and the one in which the phrase is.
    """

    phrase: str
    cause: Cause
    best: Path
    listed: bool = True
    rival: Path | None = None
    margin: float = 0.0
    parts: Scores | None = None
    gaps: tuple[Gap, ...] = ()
    heard: int = 0
    dropped: Dropped | None = None
    beam: float | None = None
    bias: float | None = None
    smallest_bias: float | None = None
    after: Path | None = None
    in_use: HotwordGraph | None = None
    with_phrase: HotwordGraph | None = None

    def with_bias(self) -> HotwordGraph | None:
        """Return the list in which the phrase has the smallest bias."""
        if self.smallest_bias is None or self.with_phrase is None:
            return self.with_phrase
        return self.with_phrase.with_weight(self.phrase, self.smallest_bias)
