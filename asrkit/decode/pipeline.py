"""Model, graph and hotwords put together: a recording, or its posteriors, becomes a hypothesis under each setting."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from asrkit.acoustic import listening
from asrkit.acoustic.folder import SHIPPED
from asrkit.acoustic.listening import Heard
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.dump import replay
from asrkit.decode.inputs import Utterance
from asrkit.decode.list_cache import ListCache
from asrkit.decode.pieces import Pieces
from asrkit.decode.readings import Reader, greedy_reading, is_mostly_blank, warnings_of
from asrkit.decode.setup import Setting, Setup
from asrkit.errors import AsrkitError, Status
from asrkit.formats import openfst, posteriors
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.hyps import Alternative, Failure, Hypothesis
from asrkit.graph.folder import GraphFolder, open_graph
from asrkit.hotwords import lists
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import Speller
from asrkit.progress import Clock
from asrkit.search import decoder
from asrkit.search.decoder import Decoding
from asrkit.search.export import to_fst, to_kaldi_text
from asrkit.search.graph import search_graph
from asrkit.search.path import Path
from asrkit.search.posteriors import checked
from asrkit.units.joining import Joiner

if TYPE_CHECKING:
    from asrkit.decode.rescoring import Rescorer

_MORE, _MOST_PATHS = 4, 500  # n-best: how many times more paths are asked for where texts are alike, and the bound

@dataclass(frozen=True)
class Answer:
    """What became of one utterance.

    Attributes:
        results: one for each setting.
        lattices: one for each setting if they are wanted: Kaldi's text, or an OpenFst file in base 64; "" of failures.
        heard: what the model said, if it is to be kept.
        seconds: how long each stage took since the answer before.
        searches: seconds of the search with each setting.
        model: which model was heard, as `formats.posteriors` says it.
    """

    results: tuple[Hypothesis | Failure, ...]
    lattices: tuple[str, ...] = ()
    heard: Heard | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    searches: tuple[float, ...] = ()
    model: str = ""


class Pipeline:
    """One model, one graph, one list of hotwords, and the way from a recording to a hypothesis.

    Attributes:
        setup: what it is made of.
        model: None if a graph tells the units of the posteriors.
        hotwords: those of all utterances, for each setting.
    """

    def __init__(self, setup: Setup) -> None:
        """Open everything that `setup` names.

        Raises:
            AsrkitError: a folder or list that cannot be used; a graph of another model.
        """
        self.setup = setup
        self.clock = Clock()
        self._lists = ListCache()
        self._spellers: dict[tuple[bool, bool], Speller] = {}
        with self.clock("opening"):
            self._open()

    def _open(self) -> None:
        setup = self.setup
        self._archive = None if setup.posteriors is None else posteriors.parse(setup.posteriors)
        self.model: AcousticModel | None = None
        if self._archive is None or setup.model is not None or setup.graph is None:
            self.model = AcousticModel.open(
                setup.model or SHIPPED, precision=setup.precision, threads=setup.threads, provider=setup.provider
            )
        self._model_name = ""
        said_by = None if self._archive is None else posteriors.model_of(self._archive)
        name = f"the model of {setup.posteriors}"
        if self.model is not None:
            mine = self.model.topology, self.model.package.units.sha256
            self._model_name = posteriors.model_name(*mine)
            if said_by is not None and said_by != mine:
                cure = "name the model whose posteriors they are by --model"
                what = f"these posteriors are not of the model {setup.model or SHIPPED}"
                raise AsrkitError(what, where=setup.posteriors, cure=cure)
            said_by, name = mine, str(setup.model)
        self.graph: GraphFolder | None = None
        if setup.graph is not None:
            topology, units = said_by or (None, None)
            self.graph = open_graph(setup.graph, units, topology=topology, model_name=name)
        self.units = self.graph.units if self.model is None and self.graph else self.model.package.units
        self._joiner = Joiner(self.units)
        self.hotwords: list[HotwordGraph | None] = [None] * len(setup.settings)
        if setup.hotwords is not None:
            self.hotwords = [self._of_list(setup.hotwords, setting.hotwords) for setting in setup.settings]
        self._speech = None
        if setup.vad:
            from asrkit.audio.vad import SileroVad

            self._speech = SileroVad().speech
        if self.graph is not None:
            graph = self.graph
            if graph.topology != "ctc" and any(setting.search.blank_skip is not None for setting in setup.settings):
                what = "blank_skip is for CTC; this graph reads one unit from each step, and has no blanks"
                raise AsrkitError(what, where=str(graph.path), cure="leave it out", status=Status.WRONG_USAGE)
            self._search_graph = search_graph(
                graph.fst, graph.unit_count, graph.topology, graph.passing_units, str(graph.path)
            )
            self._reader = Reader(graph, self._search_graph, self.units)
        self._rescoring: Rescorer | None = None
        if setup.rescore_lm is not None:
            from asrkit.decode.rescoring import Rescorer

            assert self.graph is not None
            self._rescoring = Rescorer(setup.rescore_lm, self.graph)

    def answers(
        self, utterances: Iterable[Utterance], hotwords: Sequence[HotwordGraph | None] | None = None
    ) -> Iterator[Answer]:
        """Yield the answer to each utterance, in their order (law 9).

        Args:
            utterances: what is decoded.
            hotwords: for each setting, in place of `self.hotwords`.
        """
        utterances = list(utterances)
        for utterance, heard in zip(utterances, self._heard(utterances), strict=True):
            yield self.answer(heard, utterance.hotwords, hotwords)

    def answer(
        self,
        heard: Heard,
        own_hotwords: tuple[Phrase, ...] | None = None,
        hotwords: Sequence[HotwordGraph | None] | None = None,
    ) -> Answer:
        """Return what was heard as a hypothesis of each setting, or why there is none.

        Args:
            heard: what the model said.
            own_hotwords: hotwords of this utterance, in place of those of all utterances.
            hotwords: of all utterances, for each setting, in place of `self.hotwords`.
        """
        of_all = self.hotwords if hotwords is None else hotwords
        results, lattices, searches = [], [], []
        for number, setting in enumerate(self.setup.settings):
            clock = Clock()
            with clock("search"):
                result, lattice = self._result(heard, of_all[number], setting, own_hotwords)
            results.append(result)
            lattices.append(lattice)
            spent = clock.taken()
            searches.append(spent["search"])
            self.clock.add(spent)
        return Answer(
            results=tuple(results),
            lattices=tuple(lattices) if self.setup.lattices else (),
            heard=heard if self.setup.keep_posteriors else None,
            seconds=self.clock.taken(),
            searches=tuple(searches),
            model=self._model_name,
        )

    def _heard(self, utterances: list[Utterance]) -> Iterator[Heard]:
        if self._archive is not None:
            for utterance in utterances:
                if utterance.failure is not None:
                    yield Heard(utterance.utt, None, utterance.failure)
                    continue
                with self.clock("posteriors"):
                    heard = replay(self._archive, utterance.utt)
                yield heard
            return
        assert self.model is not None
        options = replace(self.setup.listening, speech=self._speech)
        pieces = None if self.setup.pieces is None else Pieces(self.setup.pieces)
        yield from listening.hear(self.model, utterances, options, self.clock, pieces)

    def _result(
        self, heard: Heard, hotwords: HotwordGraph | None, setting: Setting, own_hotwords: tuple[Phrase, ...] | None
    ) -> tuple[Hypothesis | Failure, str]:
        if heard.emission is None:
            return Failure(heard.utt, heard.reason or "the model gave no result."), ""
        try:
            if self.graph is None:
                return self._greedy(heard, heard.emission), ""
            if own_hotwords is not None:
                hotwords, heard = self._own(own_hotwords, setting, heard)
            return self._searched(heard, heard.emission, setting, hotwords)
        except AsrkitError as error:
            place = None if error.where == heard.utt else error.where  # the line names the utterance already
            return Failure(heard.utt, str(AsrkitError(error.what, where=place, cure=error.cure))), ""

    def _own(
        self, phrases: tuple[Phrase, ...], setting: Setting, heard: Heard
    ) -> tuple[HotwordGraph | None, Heard]:
        """Return the hotwords of one utterance, or a warning if none of them can be spelled."""
        if not phrases:
            return None, heard
        try:
            return self.compiled(phrases, setting.hotwords, heard.utt), heard
        except AsrkitError as error:
            return None, replace(heard, warnings=(*heard.warnings, f"decoded without hotwords: {error}"))

    def _greedy(self, heard: Heard, emission: Emission) -> Hypothesis:
        assert self.model is not None
        checked(emission.log_probs, len(self.units.units), heard.utt, model=str(self.model.package.folder))
        best = greedy_reading(emission, self.model, self._joiner)
        return Hypothesis(heard.utt, best, duration=heard.duration, warnings=warnings_of(heard))

    def _searched(
        self, heard: Heard, emission: Emission, setting: Setting, hotwords: HotwordGraph | None
    ) -> tuple[Hypothesis, str]:
        table = None if hotwords is None else hotwords.table
        found = decoder.decode(
            emission.log_probs, self._search_graph, table, setting.search, lattice=True, name=heard.utt
        )
        readings = self._readings(found, emission, setting, hotwords)
        mostly_blank = self._search_graph.topology != "ctc" and is_mostly_blank(emission, self.units)
        hypothesis = Hypothesis(
            heard.utt,
            readings[0],
            nbest=readings if self.setup.nbest > 1 else (),
            duration=heard.duration,
            warnings=warnings_of(heard, complete=found.complete, mostly_blank=mostly_blank),
        )
        return hypothesis, self._exported(heard.utt, found)

    def _readings(
        self, found: Decoding, emission: Emission, setting: Setting, hotwords: HotwordGraph | None
    ) -> tuple[Alternative, ...]:
        """Return the wanted readings, best first, of different texts.

        Several word sequences may be written alike, once names of the list are in their places; more are then asked
        for, up to a bound.
        """
        wanted = asked = self.setup.nbest
        texts: dict[str, Alternative] = {}
        done = 0
        while True:
            paths = self._paths(found, setting, asked)
            for path in paths[done:]:
                lattice = None if texts else found.lattice  # only the best one gets confidences
                reading = self._reader.reading(path, emission, hotwords, setting.search, lattice)
                texts.setdefault(reading.text, reading)
            done = len(paths)
            if len(texts) >= wanted or done < asked or asked >= _MOST_PATHS:
                break
            asked = min(_MORE * asked, max(asked, _MOST_PATHS))
        first, *others = texts.values()
        others.sort(key=lambda reading: -reading.scores.total)
        return (first, *others[: wanted - 1])

    def _paths(self, found: Decoding, setting: Setting, count: int) -> list[Path]:
        """Return the paths of the best word sequences, best first."""
        lattice = found.lattice
        wants_best = count == 1 and not self.setup.rescore_lm and not self.setup.mbr
        if lattice is None or not len(lattice.raw.sources) or wants_best:
            return [found.best]
        if self.setup.mbr:
            return [lattice.least_expected_errors()]
        if self._rescoring is None:
            return lattice.nbest(count)
        return self._rescoring.paths(lattice, count)

    def _exported(self, utt: str, found: Decoding) -> str:
        if self.setup.lattices is None or found.lattice is None:
            return ""
        if self.setup.lattices == "kaldi":
            return "\n".join(to_kaldi_text(utt, found.lattice.words, str))
        return base64.b64encode(b"".join(openfst.serialize(to_fst(found.lattice.words), "vector"))).decode("ascii")

    def _speller(self, settings: lists.Settings) -> Speller:
        folds = settings.fold_case, settings.fold_width
        if folds not in self._spellers:
            lexicon = self.graph.lexicon if self.graph is not None else None
            self._spellers[folds] = Speller(self.units, lexicon, fold_case=folds[0], fold_width=folds[1])
        return self._spellers[folds]

    def _of_list(self, path: str, settings: lists.Settings) -> HotwordGraph:
        phrases = self.setup.phrases
        return self.compiled(lists.read(path, settings).phrases if phrases is None else phrases, settings, path)

    def compiled(self, phrases: tuple[Phrase, ...], settings: lists.Settings, name: str) -> HotwordGraph:
        """Return the graph of `phrases`, which messages call `name`; the last few are kept.

        Raises:
            AsrkitError: none of them can be spelled.
        """
        closed = self.graph is not None and not self.graph.unknown
        return self._lists.get(
            (phrases, settings),
            lambda: lists.compiled(phrases, self._speller(settings), settings, name, closed=closed)[0],
        )
