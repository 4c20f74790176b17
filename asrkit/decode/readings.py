"""From a path of the search, or the best units, to words with times, confidences and scores by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic.greedy import best_steps, text_of
from asrkit.acoustic.listening import Heard
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.words import spans, unlisted_names, ways_to_say
from asrkit.formats.hyps import Alternative, FiredHotword, Scores, Word
from asrkit.formats.tokens import UnitTable
from asrkit.graph.folder import GraphFolder
from asrkit.hotwords.graph import HotwordGraph
from asrkit.search.path import Path

_DIGITS = 6  # of seconds; single precision holds no more
UNKNOWN_WORD = "<unk>"
_INCOMPLETE = "no path came to an end of the graph; this is the best that did not"
_ESTIMATED = "times are estimated: the model does not tell them"


class Reader:
    """Reads paths through one graph.

    Attributes:
        word_of: the word of each label.
    """

    def __init__(self, graph: GraphFolder, units: UnitTable) -> None:
        self._units = units
        self.word_of: Mapping[int, str] = graph.words.symbols
        self._ways = ways_to_say(graph.lexicon)

    def reading(
        self,
        path: Path,
        emission: Emission,
        hotwords: HotwordGraph | None,
        sure: NDArray[np.float64] | None = None,
    ) -> Alternative:
        """Return what `path` says.

        Args:
            path: of the search.
            emission: in which it was found; it tells when the steps were.
            hotwords: those that the search knew.
            sure: (words,) the probability of each word, if it is known.
        """
        names = [self.word_of[int(word)] for word in path.words]
        units = tuple(self._units.units[unit] for unit in path.units)
        spelled = spans(names, units, self._ways)
        words = []
        for number, name in enumerate(names):
            start, end, shown_word = None, None, name
            if spelled is not None:
                first, last = spelled[number]
                start, end = _times(emission, int(path.unit_steps[first, 0]), int(path.unit_steps[last - 1, 1]))
                shown_word = text_of(units[first:last]) if name == UNKNOWN_WORD else name
            words.append(Word(shown_word, start, end, None if sure is None else float(sure[number])))
        matches = () if hotwords is None else hotwords.matches(path.units.tolist())
        if spelled is not None:
            words = _with_names(words, unlisted_names(spelled, matches, self._ways.__contains__))
        fired = tuple(
            FiredHotword(
                " / ".join(match.phrases),
                *_times(emission, int(path.unit_steps[match.start, 0]), int(path.unit_steps[match.end - 1, 1])),
                match.bonus,
            )
            for match in matches
        )  # fmt: skip
        s = path.scores
        scores = Scores(s.total, s.acoustic, s.lm, s.hotword, s.words)
        text = text_of(word.word for word in words)
        return Alternative(text, units, tuple(words), scores, fired, _unit_times(emission, path.unit_steps.tolist()))


def greedy_reading(emission: Emission, model: AcousticModel) -> Alternative:
    """Return what the best units of the steps say."""
    units, steps = best_steps(emission.log_probs, model)
    rows = emission.log_probs[steps] if len(steps) else np.zeros((0, 1), np.float32)
    sure = np.exp(rows.max(axis=1))
    words = tuple(
        Word(unit, *_times(emission, int(step), int(step) + 1), float(p))
        for unit, step, p in zip(units, steps, sure, strict=True)
    )
    times = _unit_times(emission, [(int(step), int(step) + 1) for step in steps])
    return Alternative(text_of(units), units, words, unit_times=times)


def warnings_of(heard: Heard, *, complete: bool = True) -> tuple[str, ...]:
    """Return what a hypothesis warns of; `complete` tells whether its path came to an end of the graph."""
    more = ((_ESTIMATED,) if heard.estimated else ()) + (() if complete else (_INCOMPLETE,))
    return (*heard.warnings, *more)


def _with_names(words: Sequence[Word], names: Mapping[int, tuple[int, str]]) -> list[Word]:
    """Return `words` with each of the `names`, as `unlisted_names` finds them, as one word."""
    written: list[Word] = []
    at = 0
    while at < len(words):
        last, name = names.get(at, (at + 1, words[at].word))
        some = words[at:last]
        sure = [word.confidence for word in some if word.confidence is not None]
        written.append(Word(name, some[0].start, some[-1].end, min(sure) if sure else None))
        at = last
    return written


def _unit_times(emission: Emission, spans: Sequence[Sequence[int]]) -> tuple[tuple[float, float], ...]:
    """Return when units that have the steps `spans` (first, last + 1) begin and end; none if that is not known."""
    times = [_times(emission, first, end) for first, end in spans]
    known = tuple((start, end) for start, end in times if start is not None and end is not None)
    return known if len(known) == len(times) else ()


def _times(emission: Emission, first: int, end: int) -> tuple[float | None, float | None]:
    """Return when the steps `first` to `end` (not included) begin and end, in seconds."""
    if emission.starts is None or emission.ends is None or not 0 <= first < end <= len(emission.starts):
        return None, None
    return round(float(emission.starts[first]), _DIGITS), round(float(emission.ends[end - 1]), _DIGITS)
