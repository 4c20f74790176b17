"""The Python face of `asrkit decode`: one recognizer, one recording at a time, hotwords that may change in between."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from asrkit import defaults
from asrkit.acoustic.folder import GENERAL_GRAPH, SHIPPED
from asrkit.audio.channels import UNSAID, Channels
from asrkit.audio.read import Sound
from asrkit.decode.inputs import Utterance
from asrkit.decode.pipeline import Pipeline
from asrkit.decode.setup import Setting, Setup
from asrkit.errors import AsrkitError
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.hotwords import lists
from asrkit.hotwords.graph import HotwordGraph
from asrkit.search.options import Options

_CURE_HOTWORDS = "give phrases, or phrases with numbers: {'林婉清': 2.0}"

Hotwords = str | os.PathLike[str] | Iterable[str] | Mapping[str, float] | HotwordGraph | None


class Recognizer:
    """A model, a graph and hotwords, ready to transcribe.

        recognizer = Recognizer(model="model/", graph="graph/", hotwords=["林婉清", "阳光保险"])
        found = recognizer.transcribe("meeting.wav")
        found.text, found.best.words[0].start, found.best.scores.total, found.best.hotwords
        recognizer.hotwords = {"欧阳雨桐": 2.0}
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | None = None,
        graph: str | os.PathLike[str] | None = None,
        hotwords: Hotwords = None,
        *,
        greedy: bool = False,
        beam: float = defaults.BEAM,
        lm_scale: float = defaults.LM_SCALE,
        incremental_bias: float = defaults.INCREMENTAL_BIAS,
        hotword_scale: float = defaults.HOTWORD_SCALE,
        nbest: int = defaults.NBEST,
        threads: int = defaults.THREADS,
    ) -> None:
        """Open the model and the graph.

        Args:
            model: a model folder; None is the small one that ships.
            graph: a folder of `asrkit build-graph`; None is the general one of the model that ships, and no graph, that
                is greedy decoding, with another model.
            hotwords: see the attribute; they need a graph.
            greedy: use no graph.
            beam: nats behind the best that are kept.
            lm_scale: weight of the language model.
            incremental_bias: nats for each unit of a hotword.
            hotword_scale: multiplies every hotword bias.
            nbest: how many readings are wanted; they are in `nbest` of the result.
            threads: of the network.

        Raises:
            AsrkitError: something of this cannot be used.
        """
        for name, count in (("nbest", nbest), ("threads", threads)):
            if not isinstance(count, int) or count < 1:
                raise AsrkitError(f"{name} is {count!r}, but must be a whole number of 1 or more")
        weights = {"beam": beam, "lm_scale": lm_scale, "incremental_bias": incremental_bias}
        for name, weight in (weights | {"hotword_scale": hotword_scale}).items():
            if not isinstance(weight, Real):
                raise AsrkitError(f"{name} is {weight!r}, but must be a number")
        if graph is None and model is None:
            graph = GENERAL_GRAPH
        settings = lists.Settings(incremental_bias=incremental_bias, scale=hotword_scale)
        setting = Setting(Options(beam=beam, lm_scale=lm_scale), settings)
        self._pipeline = Pipeline(
            Setup(
                model=os.fspath(model or SHIPPED),
                graph=None if greedy or graph is None else os.fspath(graph),
                settings=(setting,),
                nbest=nbest,
                threads=threads,
            )
        )
        self.hotwords = hotwords

    @property
    def hotwords(self) -> HotwordGraph | None:
        """The hotwords of the next calls.

        They may be set to the path of a list in any known format, to phrases, to phrases with their weights in nats, to
        a compiled graph, or to None. Setting them raises an AsrkitError if none can be spelled.
        """
        return self._pipeline.hotwords[0]

    @hotwords.setter
    def hotwords(self, hotwords: Hotwords) -> None:
        self._pipeline.hotwords = [self._compiled(hotwords)]

    def transcribe(
        self,
        recording: str | os.PathLike[str] | NDArray[np.number],
        rate: int | None = None,
        *,
        hotwords: Hotwords | EllipsisType = ...,
        channel: int | None = None,
    ) -> Hypothesis:
        """Return what is said in a recording: text, words with times and confidences, scores, hotwords that fired.

        Args:
            recording: a path, or (samples,) or (samples, channels): floats in [-1, 1] or integers of their whole range.
            rate: samples per second of an array; None is the rate that the model wants.
            hotwords: for this call alone, in place of the attribute's (`...`), in any of its forms.
            channel: which channel of the recording, from 0; None mixes all of them.

        Raises:
            AsrkitError: the recording cannot be read or decoded.
        """
        channels = UNSAID if channel is None else Channels((channel,))
        if isinstance(recording, str | os.PathLike):
            utterance = Utterance(Path(recording).stem, os.fspath(recording), channels=channels)
        else:
            assert self._pipeline.model is not None
            try:
                samples = np.asarray(recording)
            except ValueError as error:  # lists of different lengths
                raise AsrkitError("this is neither a path nor an array", cure="give one of the two") from error
            sound = Sound(samples, self._pipeline.model.rate if rate is None else rate)
            utterance = Utterance("array", sound, channels=channels)
        of_call = None if isinstance(hotwords, EllipsisType) else [self._compiled(hotwords)]
        (answer,) = self._pipeline.answers([utterance], of_call)
        (result,) = answer.results
        if isinstance(result, Failure):
            raise AsrkitError(result.reason.removesuffix("."))
        return result

    def _compiled(self, hotwords: Hotwords) -> HotwordGraph | None:
        if hotwords is None:
            return None
        if self._pipeline.graph is None:
            raise AsrkitError("hotwords need a graph to be searched", cure="name one: Recognizer(graph=…)")
        if isinstance(hotwords, HotwordGraph):
            if hotwords.units != len(self._pipeline.units.units):
                what = f"the hotwords are for {hotwords.units} units, the model has {len(self._pipeline.units.units)}"
                raise AsrkitError(what, cure="compile the hotwords with the unit table of this model")
            return hotwords
        settings = self._pipeline.setup.settings[0].hotwords
        if isinstance(hotwords, str | os.PathLike):
            if isinstance(hotwords, str) and not os.path.exists(hotwords):
                cure = "check the path; phrases go into a list: hotwords=[…]"
                raise AsrkitError("no such list of hotwords", where=hotwords, cure=cure)
            return self._pipeline.compiled(lists.read(hotwords, settings).phrases, settings, os.fspath(hotwords))
        if not isinstance(hotwords, Iterable):
            raise AsrkitError(f"{hotwords!r} is no list of hotwords", cure=_CURE_HOTWORDS)
        weighted = hotwords.items() if isinstance(hotwords, Mapping) else ((text, 0.0) for text in hotwords)
        weights: dict[str, float] = {}
        for text, weight in weighted:
            if not isinstance(text, str):
                raise AsrkitError(f"{text!r} is no hotword", cure=_CURE_HOTWORDS)
            if not isinstance(weight, Real):
                raise AsrkitError(f"{text!r} with the weight {weight!r} is no hotword", cure=_CURE_HOTWORDS)
            weights[text] = float(weight)
        phrases = tuple(Phrase(text, weight) for text, weight in weights.items())
        return self._pipeline.compiled(phrases, settings, "hotwords") if phrases else None
