"""Model, graph and hotwords put together: what was heard becomes a hypothesis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic import listening
from asrkit.acoustic.greedy import best_steps, text_of
from asrkit.acoustic.listening import Heard
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.inputs import Utterance
from asrkit.decode.words import spans, unlisted_names, ways_to_say
from asrkit.errors import AsrkitError
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.hyps import Alternative, Failure, FiredHotword, Hypothesis, Scores, Word
from asrkit.graph.folder import GraphFolder, open_graph
from asrkit.hotwords import lists
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import Speller
from asrkit.search import decoder
from asrkit.search.confidence import confidences
from asrkit.search.graph import SearchGraph, search_graph
from asrkit.search.options import Options
from asrkit.search.path import Path

UNKNOWN_WORD = "<unk>"
_INCOMPLETE = "no path came to an end of the graph; this is the best that did not"
_ESTIMATED = "times are estimated: the model does not tell them"


@dataclass(frozen=True)
class Setup:
    """What a recogniser is made of, in words that go to another process.

    Attributes:
        model: a model folder.
        graph: a graph folder; None decodes greedily.
        hotwords: a hotword list; None for none.
        hotword_settings: how it is read and weighed.
        search: options of the search.
        listening: how recordings are treated.
        nbest: how many readings of each utterance.
        threads: of the network.
    """

    model: str
    graph: str | None = None
    hotwords: str | None = None
    hotword_settings: lists.Settings = field(default_factory=lists.Settings)
    search: Options = field(default_factory=Options)
    listening: listening.Options = field(default_factory=listening.Options)
    nbest: int = 1
    threads: int = 1


class Recogniser:
    """One model, one graph, one list of hotwords, and the way from a recording to a hypothesis."""

    def __init__(self, setup: Setup) -> None:
        """Open everything that `setup` names.

        Raises:
            AsrkitError: a folder or list that cannot be used; a graph of another model.
        """
        self.setup = setup
        self.model = AcousticModel.open(setup.model, threads=setup.threads)
        self.units = self.model.package.units
        self.graph: GraphFolder | None = None
        self.hotwords: HotwordGraph | None = None
        if setup.graph is not None:
            self.graph = open_graph(setup.graph, self.units, model_name=setup.model, contents=False)
        if setup.hotwords is not None:
            read = lists.read(setup.hotwords, setup.hotword_settings)
            self.hotwords = self._compiled(read.phrases, setup.hotwords)

    def decoded(self, utterances: Iterable[Utterance]) -> Iterator[Hypothesis | Failure]:
        """Yield one result for each utterance, in their order (law 9)."""
        utterances = list(utterances)
        heard = listening.hear(self.model, utterances, self.setup.listening)
        for utterance, one in zip(utterances, heard, strict=True):
            yield self.result(one, utterance.hotwords)

    def result(self, heard: Heard, own_hotwords: tuple[Phrase, ...] | None = None) -> Hypothesis | Failure:
        """Return the hypothesis of what was heard, or why there is none.

        Args:
            heard: what the model said.
            own_hotwords: hotwords of this utterance, in place of those of all utterances.
        """
        if heard.emission is None:
            return Failure(heard.utt, heard.reason or "the model gave no result.")
        try:
            if self.graph is None:
                return self._greedy(heard, heard.emission)
            hotwords = self.hotwords
            if own_hotwords is not None:
                hotwords = self._compiled(own_hotwords, heard.utt) if own_hotwords else None
            return self._searched(heard, heard.emission, hotwords)
        except AsrkitError as error:
            return Failure(heard.utt, str(error))

    @cached_property
    def search_graph(self) -> SearchGraph:
        """The graph as the search reads it."""
        assert self.graph is not None
        graph = self.graph
        return search_graph(graph.fst, graph.unit_count, graph.topology, graph.passing_units, str(graph.path))

    @cached_property
    def _word_of(self) -> Mapping[int, str]:
        assert self.graph is not None
        return self.graph.words.symbols

    @cached_property
    def _ways(self) -> dict[str, frozenset[tuple[int, ...]]]:
        assert self.graph is not None
        return ways_to_say(self.graph.lexicon, self.units.index)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.units, self.graph.lexicon if self.graph is not None else None)

    def _compiled(self, phrases: tuple[Phrase, ...], name: str) -> HotwordGraph:
        return lists.compiled(phrases, self._speller, self.setup.hotword_settings, name)[0]

    def _greedy(self, heard: Heard, emission: Emission) -> Hypothesis:
        units, steps = best_steps(emission.log_probs, self.model)
        rows = emission.log_probs[steps] if len(steps) else np.zeros((0, 1), np.float32)
        sure = np.exp(rows.max(axis=1))
        words = tuple(
            Word(unit, *_times(emission, int(step), int(step) + 1), float(p))
            for unit, step, p in zip(units, steps, sure, strict=True)
        )
        best = Alternative(text_of(units), units, words)
        return Hypothesis(heard.utt, best, duration=heard.duration, warnings=_warnings(heard, complete=True))

    def _searched(self, heard: Heard, emission: Emission, hotwords: HotwordGraph | None) -> Hypothesis:
        table = None if hotwords is None else hotwords.table
        found = decoder.decode(
            emission.log_probs, self.search_graph, table, self.setup.search, lattice=True, name=heard.utt
        )
        sure = None
        readings = [found.best]
        if found.lattice is not None and len(emission.log_probs):
            sure = confidences(found.lattice.raw, found.best.words).of_words
            if self.setup.nbest > 1:
                readings = found.lattice.nbest(self.setup.nbest)
        best = self._alternative(found.best, emission, hotwords, sure)
        others = [self._alternative(path, emission, hotwords, None) for path in readings[1:]]
        return Hypothesis(
            heard.utt,
            best,
            nbest=(best, *others) if self.setup.nbest > 1 else (),
            duration=heard.duration,
            warnings=_warnings(heard, complete=found.complete),
        )

    def _alternative(
        self, path: Path, emission: Emission, hotwords: HotwordGraph | None, sure: NDArray[np.float64] | None
    ) -> Alternative:
        names = [self._word_of[int(word)] for word in path.words]
        units = tuple(self.units.units[unit] for unit in path.units)
        spelled = spans(names, path.units.tolist(), self._ways)
        words = []
        for number, name in enumerate(names):
            start, end, shown_word = None, None, name
            if spelled is not None:
                first, last = spelled[number]
                start, end = _times(emission, int(path.unit_steps[first, 0]), int(path.unit_steps[last - 1, 1]))
                shown_word = text_of(units[first:last]) if name == UNKNOWN_WORD else name
            words.append(Word(shown_word, start, end, None if sure is None else float(sure[number])))
        matches = () if hotwords is None else hotwords.matches(path.units.tolist())
        fired = tuple(
            FiredHotword(
                " / ".join(match.phrases),
                *_times(emission, int(path.unit_steps[match.start, 0]), int(path.unit_steps[match.end - 1, 1])),
                match.bonus,
            )
            for match in matches
        )  # fmt: skip
        if spelled is not None:
            words = with_names(words, unlisted_names(spelled, matches, self._ways.__contains__))
        s = path.scores
        scores = Scores(s.total, s.acoustic, s.lm, s.hotword, s.words)
        return Alternative(text_of(word.word for word in words), units, tuple(words), scores, fired)


def with_names(words: Sequence[Word], names: Mapping[int, tuple[int, str]]) -> list[Word]:
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


def _times(emission: Emission, first: int, end: int) -> tuple[float | None, float | None]:
    """Return when the steps `first` to `end` (not included) begin and end, in seconds."""
    if emission.starts is None or emission.ends is None or not 0 <= first < end <= len(emission.starts):
        return None, None
    return float(emission.starts[first]), float(emission.ends[end - 1])


def _warnings(heard: Heard, *, complete: bool) -> tuple[str, ...]:
    more = ((_ESTIMATED,) if heard.estimated else ()) + (() if complete else (_INCOMPLETE,))
    return (*heard.warnings, *more)
