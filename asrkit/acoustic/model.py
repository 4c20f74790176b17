"""Features in, log-probabilities and times out, whatever the kind of export.

| kind | outputs | what is done |
|---|---|---|
| paraformer | `logits` (log-softmax), `token_num` | a row a unit, cut to token_num − predictor_bias |
| with time stamps | + `us_alphas`, `us_cif_peak` | times from the peaks |
| contextual, SeACo | input `bias_embed` | the embedding of the empty hotword `<s>` as the bias |
| ctc | `ctc_logits` or `logits`, `encoder_out_lens` | a row a frame behind the prompt, log-softmax taken here |
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic import timestamps
from asrkit.acoustic.folder import Package, open_package
from asrkit.acoustic.session import Session
from asrkit.errors import AsrkitError

Features = NDArray[np.float32]
_CURE = "use an export of a Paraformer or SenseVoice"
_LENGTHS = ("speech_lengths", "x_length", "x_lens")
_CTC_LENGTHS = "encoder_out_lens"  # the prompt included
_PROMPT = 4  # SenseVoice puts language, event, emotion and text style before the speech
_LANGUAGE_AUTO, _WITHOUT_ITN = 0, 15  # of SenseVoice's embedding of prompts
_BIAS = "bias_embed"
_HOTWORD_LENGTH = 10
_STAMPS = ("us_alphas", "us_cif_peak")
_STAMPS_A_STEP = 3


@dataclass(frozen=True)
class Emission:
    """What the network said about one recording.

    Attributes:
        log_probs: (steps, units) float32, natural log.
        starts, ends: (steps,) float32, seconds from the recording's start; None where the model does not tell.
    """

    log_probs: NDArray[np.float32]
    starts: NDArray[np.float32] | None = None
    ends: NDArray[np.float32] | None = None


class AcousticModel:
    """A model folder, ready to be run.

    Attributes:
        package: the folder.
        topology: `identity` (one step is one unit) or `ctc`, as graphs call it.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._session = package.session
        outputs, inputs = self._session.outputs, self._session.inputs
        self._logits = "ctc_logits" if "ctc_logits" in outputs else "logits"
        self.topology = "identity" if "token_num" in outputs else "ctc"
        is_ctc = self.topology == "ctc" and ("ctc_logits" in outputs or package.variant == "sense_voice_ctc")
        self._speech = "speech" if "speech" in inputs else "x"
        self._lengths = next((name for name in _LENGTHS if name in inputs), "speech_lengths")
        if self._logits not in outputs or not (is_ctc or self.topology == "identity"):
            self._refuse("outputs", list(outputs), "logits and token_num, nor ctc_logits")
        if self._speech not in inputs or self._lengths not in inputs:
            self._refuse("inputs", list(inputs), "speech and speech_lengths")
        known = {self._speech, self._lengths, _BIAS, "language", "textnorm", "text_norm"}
        if unknown := [name for name in inputs if name not in known]:
            self._refuse("inputs", unknown, "only those of a Paraformer or SenseVoice")
        self._check_size("features a step", inputs[self._speech].shape[-1:], package.frontend.options.dimensions)
        self._check_size("units", outputs[self._logits].shape[-1:], len(package.units.units))

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, precision: str = "auto", threads: int = 1, provider: str = "cpu"
    ) -> AcousticModel:
        """Return the model in the folder `path`; see `folder.open_package` for the arguments and errors.

        Raises:
            AsrkitError: besides, a contextual model lacks the network that makes its neutral bias.
        """
        model = cls(open_package(path, precision=precision, threads=threads, provider=provider))
        if _BIAS in model._session.inputs:
            _ = model._neutral_bias
        return model

    @property
    def rate(self) -> int:
        """Samples per second that the model wants."""
        return self.package.frontend.options.rate

    @property
    def has_timestamps(self) -> bool:
        """Whether the network tells when a unit was said."""
        return self.topology == "ctc" or all(name in self._session.outputs for name in _STAMPS)

    def features(self, samples: NDArray[np.float32]) -> Features:
        """Return the features of samples at `rate`; see `Frontend.features`."""
        return self.package.frontend.features(samples)

    def log_probs(self, batch: Sequence[Features], durations: Sequence[float] | None = None) -> list[Emission]:
        """Return what the network says about each recording of a batch.

        Args:
            batch: features, (steps, dimensions) float32 each, with at least one step.
            durations: seconds of each recording, beyond which no time goes; by default its steps tell.

        Raises:
            AsrkitError: the network fails, or gives something else than its names promise.
        """
        lengths = np.array([len(features) for features in batch])
        padded = batch[0][None]
        if len(batch) > 1:
            padded = np.zeros((len(batch), int(lengths.max()), batch[0].shape[1]), np.float32)
            for row, features in zip(padded, batch, strict=True):
                row[: len(features)] = features
        outputs = self._session.run({self._speech: padded, self._lengths: lengths, **self._others(len(batch))})
        logits = outputs[self._logits]
        if logits.ndim != 3 or logits.shape[0] != len(batch):
            what = f"the network gave {logits.shape} for a batch of {len(batch)}"
            raise AsrkitError(what, where=self._session.path, cure=_CURE)
        self._check_size("units", logits.shape[-1:], len(self.package.units.units))
        seconds = lengths * self.package.frontend.options.seconds if durations is None else durations
        read = self._paraformer if self.topology == "identity" else self._ctc
        return [read(outputs, number, int(lengths[number]), float(seconds[number])) for number in range(len(batch))]

    def _paraformer(self, outputs: dict[str, NDArray], number: int, length: int, duration: float) -> Emission:
        rows = outputs["logits"][number]
        count = int(np.ravel(outputs["token_num"])[number])
        bias = self.package.predictor_bias
        steps = max(0, min(count - (bias or 0), len(rows)))
        if bias is None and self.package.end is not None:
            ended = np.flatnonzero(rows[:steps].argmax(axis=1) == self.package.end)
            steps = int(ended[0]) if len(ended) else steps
        log_probs = np.ascontiguousarray(rows[:steps], np.float32)
        if not self.has_timestamps:
            return Emission(log_probs)
        alphas, peaks = (outputs[name][number][: length * _STAMPS_A_STEP] for name in _STAMPS)
        step = self.package.frontend.options.seconds / _STAMPS_A_STEP
        return Emission(log_probs, *timestamps.from_peaks(alphas, peaks, steps, step=step, duration=duration))

    def _ctc(self, outputs: dict[str, NDArray], number: int, length: int, duration: float) -> Emission:
        prompt = _PROMPT if self._has_prompt else 0
        end = int(np.ravel(outputs[_CTC_LENGTHS])[number]) if _CTC_LENGTHS in outputs else prompt + length
        rows = outputs[self._logits][number][prompt : max(prompt, end)].astype(np.float32)
        rows -= rows.max(axis=1, keepdims=True)
        rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
        step = self.package.frontend.options.seconds
        return Emission(rows, *timestamps.of_frames(len(rows), step=step, duration=duration))

    def _others(self, size: int) -> dict[str, NDArray]:
        feed: dict[str, NDArray] = {}
        inputs, facts = self._session.inputs, self._session.metadata
        if _BIAS in inputs:
            feed[_BIAS] = np.repeat(self._neutral_bias, size, axis=0)
        for name, fact, default in (
            ("language", "lang_auto", _LANGUAGE_AUTO),
            ("textnorm", "without_itn", _WITHOUT_ITN),
            ("text_norm", "without_itn", _WITHOUT_ITN),
        ):
            if name in inputs:
                feed[name] = np.full(size, int(facts.get(fact, default)))
        return feed

    @property
    def _has_prompt(self) -> bool:
        return "language" in self._session.inputs

    @cached_property
    def _neutral_bias(self) -> NDArray[np.float32]:
        """The bias of a contextual model that has no hotwords: the embedding of `<s>` alone, (1, 1, width) float32."""
        embedder = self.package.embedder
        if embedder is None:
            what = "this contextual model wants a bias, but no model_eb.onnx is there to make the neutral one"
            raise AsrkitError(what, where=str(self.package.folder), cure="copy model_eb.onnx of the export into it")
        session = Session(embedder)
        start = self.package.units.index.get("<s>", 1)
        hotword = np.zeros((1, _HOTWORD_LENGTH), np.int32)
        hotword[0, 0] = start
        if list(session.inputs) != ["hotword"]:
            raise AsrkitError("this does not turn hotwords into a bias", where=str(embedder), cure="export it anew")
        embedded = next(iter(session.run({"hotword": hotword}).values()))  # (length, hotwords, width)
        return embedded[:1].transpose(1, 0, 2)

    def _refuse(self, what: str, found: list[str], wanted: str) -> None:
        names = ", ".join(found[:6]) + (" …" if len(found) > 6 else "")
        raise AsrkitError(f"the {what} of this network are {names}, not {wanted}", where=self._session.path, cure=_CURE)

    def _check_size(self, what: str, found: tuple[int | None, ...], wanted: int) -> None:
        if found and found[0] is not None and found[0] != wanted:
            told = f"the network has {found[0]} {what}, but the files beside it are for {wanted}"
            raise AsrkitError(told, where=self._session.path, cure="copy the files that belong to this model")
