"""From a path of the search, or the best units, to words with times, confidences and scores by part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from asrkit.acoustic.greedy import best_steps
from asrkit.acoustic.listening import Heard
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.naming import Name, Namer, folded
from asrkit.decode.words import WrittenWord, spans, ways_to_say, with_names, written_words
from asrkit.formats.hyps import Alternative, FiredHotword, Scores, Word
from asrkit.formats.specials import BLANKS, delimiter_of
from asrkit.formats.tokens import UnitTable
from asrkit.graph.folder import GraphFolder
from asrkit.hotwords.graph import HotwordGraph, Match
from asrkit.search.graph import SearchGraph
from asrkit.search.lattice import Lattice
from asrkit.search.options import Options
from asrkit.search.path import Path
from asrkit.search.sureness import sureness
from asrkit.units.joining import Joiner, text_of

_DIGITS = 6  # of seconds; single precision holds no more
MOSTLY_BLANK = (
    "most of its steps are blank, as a CTC model's are, but the graph is for a model that says one unit a step; "
    "build the graph with --topology ctc if they are"
)
_FEW_STEPS = 8  # of fewer nothing is concluded
_INCOMPLETE = "no path came to an end of the graph; this is the best that did not"
_ESTIMATED = "times are estimated: the model does not tell them"


class Reader:
    """Reads paths through one graph.

    Attributes:
        word_of: the word of each label.
    """

    def __init__(self, folder: GraphFolder, graph: SearchGraph, units: UnitTable) -> None:
        self._units = units
        self._joiner = Joiner(units)
        self._unknown = folder.unknown
        self._delimiter = delimiter_of(units.index)
        self.word_of: Mapping[int, str] = folder.words.symbols
        self._ways = ways_to_say(folder.lexicon, self._delimiter)
        self._namer = Namer(folder, graph, self._ways, self._joiner)

    def reading(
        self,
        path: Path,
        emission: Emission,
        hotwords: HotwordGraph | None,
        options: Options,
        lattice: Lattice | None = None,
    ) -> Alternative:
        """Return what `path` says.

        Args:
            path: of the search.
            emission: in which it was found; it tells when the steps were.
            hotwords: those that the search knew.
            options: of the search.
            lattice: all paths, from which words get confidences; None: they get none.
        """
        units = tuple(self._units.units[unit] for unit in path.units)
        matches = () if hotwords is None else hotwords.matches(path.units.tolist(), path.breaks.tolist())
        written, names = self._written(path, units, matches, options)
        sure = _confidences(lattice, path, written)
        words = [
            Word(word.text, *self._when(path, emission, word.first, word.end), p)
            for word, p in zip(written, sure, strict=True)
        ]
        said = _said(matches, written)
        fired = tuple(
            FiredHotword(
                " / ".join(match.phrases), *self._when(path, emission, match.start, match.end), match.bonus
            )
            for match in _once(said)
        )  # fmt: skip
        text = text_of(word.text for word in written)
        scores = _scores(path, matches, said, names, options)
        return Alternative(text, units, tuple(words), scores, fired, _unit_times(emission, path.unit_steps.tolist()))

    def _written(
        self, path: Path, units: Sequence[str], matches: Sequence[Match], options: Options
    ) -> tuple[list[WrittenWord], list[Name]]:
        """Return the words that are written for `path`, and which of them a list of hotwords wrote."""
        labels = path.words.tolist()
        names = [self.word_of[label] for label in labels]
        spelled = spans(names, units, self._ways, self._delimiter)
        if spelled is None:  # the lexicon is of another graph: the text is right all the same, times are left out
            if self._unknown in labels:
                return [WrittenWord(word.text, 0, 0, (0, 0)) for word in self._joiner.words(units)], []
            return [WrittenWord(name, 0, 0, (number, number + 1)) for number, name in enumerate(names)], []
        known = [None if label == self._unknown else name for label, name in zip(labels, names, strict=True)]
        written = written_words(known, spelled, units, self._joiner)
        chosen = self._namer.names(path, spelled, written, matches, options)
        return with_names(written, ((n.first, n.last, n.parts) for n in chosen), units, self._joiner), chosen

    def _when(self, path: Path, emission: Emission, first: int, end: int) -> tuple[float | None, float | None]:
        """Return when the units `first` to `end` (not included) begin and end, in seconds; None if not known."""
        if first >= end:
            return None, None
        return _times(emission, int(path.unit_steps[first, 0]), int(path.unit_steps[end - 1, 1]))


def _confidences(lattice: Lattice | None, path: Path, written: Sequence[WrittenWord]) -> list[float | None]:
    """Return how sure each written word is: as sure as the least sure of what it was made from."""
    if lattice is None or not len(lattice.raw.sources) or not written:
        return [None] * len(written)
    sure = sureness(lattice, path, _by_sound(written))
    found: list[float | None] = []
    for word in written:
        of_units = sure.units[word.first : word.end]
        of_words = sure.words[word.words[0] : word.words[1]]
        some = of_units if word.named else of_words
        found.append(float(some.min()) if len(some) and not np.isnan(some).any() else None)
    return found


def _by_sound(written: Sequence[WrittenWord]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the runs of words that a list wrote, as `sureness` takes them."""
    run: list[WrittenWord] = []
    for word in (*written, None):
        if run and (word is None or not word.named or word.first != run[-1].end):
            yield run[0].first, run[-1].end, run[0].words[0], run[-1].words[1]
            run = []
        if word is not None and word.named:
            run.append(word)


def _said(matches: Sequence[Match], written: Sequence[WrittenWord]) -> tuple[Match, ...]:
    """Return the matches whose phrases the text has where they were said, with their own bonuses (law 5)."""
    found = []
    covered: set[int] = set()
    for match in matches:
        text = folded("".join(word.text for word in written if word.first < match.end and word.end > match.start))
        phrases = tuple(phrase for phrase in match.phrases if folded(phrase) in text)
        if phrases:
            found.append(match.of(phrases, covered))
    return tuple(found)


def _once(matches: Sequence[Match]) -> list[Match]:
    """Return `matches` with one for each time that a phrase is said: with the bonus of its spellings inside it, too."""
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        around = next((n for n, m in enumerate(kept) if m.phrases == match.phrases and match.end <= m.end), None)
        if around is None:
            kept.append(match)
        else:
            kept[around] = replace(kept[around], bonus=kept[around].bonus + match.bonus)
    return sorted(kept, key=lambda m: (m.end, m.start))


def _scores(
    path: Path, matches: Sequence[Match], said: Sequence[Match], names: Sequence[Name], options: Options
) -> Scores:
    """Return the scores of the text: bonuses are those of the phrases that it has (law 3)."""
    s = path.scores
    lm = s.lm - options.lm_scale * sum(name.lm_cost for name in names)
    words = s.words + options.word_score * sum(name.word_count for name in names)
    paid, earned = (sum(match.bonus for match in some) for some in (matches, said))
    hotword = s.hotword if math.isclose(paid, earned, abs_tol=1e-9) else s.hotword + earned - paid
    return Scores(s.acoustic + lm + hotword + words, s.acoustic, lm, hotword, words)


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
    times = _unit_times(emission, [(int(step), int(step) + 1) for step in steps])
    return Alternative(text_of(word.word for word in words), units, words, unit_times=times)


def warnings_of(heard: Heard, *, complete: bool = True, mostly_blank: bool = False) -> tuple[str, ...]:
    """Return what a hypothesis warns of.

    Args:
        heard: what it is a hypothesis of.
        complete: whether its path came to an end of the graph.
        mostly_blank: whether it `is_mostly_blank` and the graph is not for CTC.
    """
    more = ((_ESTIMATED, heard.estimated), (_INCOMPLETE, not complete), (MOSTLY_BLANK, mostly_blank))
    return (*heard.warnings, *(warning for warning, applies in more if applies))


def is_mostly_blank(emission: Emission, units: UnitTable) -> bool:
    """Return whether blank is the likeliest unit of more than half of the steps, as only CTC models say it."""
    blanks = [units.index[name] for name in BLANKS if name in units.index]
    likeliest = emission.log_probs.argmax(axis=1)
    return len(likeliest) >= _FEW_STEPS and 2 * int(np.isin(likeliest, blanks).sum()) > len(likeliest)


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
