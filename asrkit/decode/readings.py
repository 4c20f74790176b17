"""From a path of the search, or the best units, to words with times, confidences and scores by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic.greedy import best_steps
from asrkit.acoustic.listening import Heard
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.words import WrittenWord, spans, unlisted_names, ways_to_say, with_names, written_words
from asrkit.formats.hyps import Alternative, FiredHotword, Scores, Word
from asrkit.formats.tokens import UnitTable
from asrkit.graph.folder import GraphFolder
from asrkit.hotwords.graph import HotwordGraph, Match
from asrkit.search.path import Path
from asrkit.units.joining import Joiner, text_of

_DIGITS = 6  # of seconds; single precision holds no more
_INCOMPLETE = "no path came to an end of the graph; this is the best that did not"
_ESTIMATED = "times are estimated: the model does not tell them"


class Reader:
    """Reads paths through one graph.

    Attributes:
        word_of: the word of each label.
    """

    def __init__(self, graph: GraphFolder, units: UnitTable) -> None:
        self._units = units
        self._joiner = Joiner(units)
        self._unknown = graph.unknown
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
        units = tuple(self._units.units[unit] for unit in path.units)
        matches = () if hotwords is None else hotwords.matches(path.units.tolist(), path.breaks.tolist())
        written = self._written(path, units, matches)
        words = []
        for word in written:
            some = [] if sure is None else sure[word.words[0] : word.words[1]]
            words.append(
                Word(word.text, *self._when(path, emission, word.first, word.end), min(map(float, some), default=None))
            )
        fired = tuple(
            FiredHotword(
                " / ".join(match.phrases), *self._when(path, emission, match.start, match.end), match.bonus
            )
            for match in matches
        )  # fmt: skip
        s = path.scores
        scores = Scores(s.total, s.acoustic, s.lm, s.hotword, s.words)
        return Alternative(text_of(word.text for word in written), units, tuple(words), scores, fired)

    def _written(self, path: Path, units: Sequence[str], matches: Sequence[Match]) -> list[WrittenWord]:
        """Return the words that are written for `path`, names of the list among them."""
        labels = path.words.tolist()
        names = [self.word_of[label] for label in labels]
        spelled = spans(names, units, self._ways)
        if spelled is None:  # the lexicon is of another graph: the text is right all the same, times are left out
            if self._unknown in labels:
                return [WrittenWord(word.text, 0, 0, (0, 0)) for word in self._joiner.words(units)]
            return [WrittenWord(name, 0, 0, (number, number + 1)) for number, name in enumerate(names)]
        known = [None if label == self._unknown else name for label, name in zip(labels, names, strict=True)]
        written = written_words(known, spelled, units, self._joiner)
        edges = [(word.first, word.end) for word in written]
        return with_names(written, unlisted_names(edges, matches, self._ways.__contains__), units, self._joiner)

    def _when(self, path: Path, emission: Emission, first: int, end: int) -> tuple[float | None, float | None]:
        """Return when the units `first` to `end` (not included) begin and end, in seconds; None if not known."""
        if first >= end:
            return None, None
        return _times(emission, int(path.unit_steps[first, 0]), int(path.unit_steps[end - 1, 1]))


def greedy_reading(emission: Emission, model: AcousticModel, joiner: Joiner) -> Alternative:
    """Return what the best units of the steps say; a word is as sure as the least sure of its units."""
    units, steps = best_steps(emission.log_probs, model)
    rows = emission.log_probs[steps] if len(steps) else np.zeros((0, 1), np.float32)
    sure = np.exp(rows.max(axis=1))
    words = tuple(
        Word(
            word.text,
            *_times(emission, int(steps[word.first]), int(steps[word.end - 1]) + 1),
            float(sure[word.first : word.end].min()),
        )
        for word in joiner.words(units)
    )
    return Alternative(text_of(word.word for word in words), units, words)


def warnings_of(heard: Heard, *, complete: bool = True) -> tuple[str, ...]:
    """Return what a hypothesis warns of; `complete` tells whether its path came to an end of the graph."""
    more = ((_ESTIMATED,) if heard.estimated else ()) + (() if complete else (_INCOMPLETE,))
    return (*heard.warnings, *more)


def _times(emission: Emission, first: int, end: int) -> tuple[float | None, float | None]:
    """Return when the steps `first` to `end` (not included) begin and end, in seconds."""
    if emission.starts is None or emission.ends is None or not 0 <= first < end <= len(emission.starts):
        return None, None
    return round(float(emission.starts[first]), _DIGITS), round(float(emission.ends[end - 1]), _DIGITS)
