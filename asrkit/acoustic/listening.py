"""A list of recordings in, one result out for each, in their order: an emission or a reason (law 9).

The network has a thread of its own, and what comes before and after it is done meanwhile, in the caller's thread: the
features of the next recordings, and whatever the caller does with a result. Silent recordings are not given to the
network; long ones are cut at silences, and their steps and times put together again. Features of similar length go
through the network together, as many as a bound on the padded steps allows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asrkit import defaults
from asrkit.acoustic import timestamps
from asrkit.acoustic.model import AcousticModel, Emission, Features
from asrkit.audio import energy, read
from asrkit.errors import AsrkitError, shown
from asrkit.progress import Clock

Samples = NDArray[np.float32]
Speech = Callable[[Samples, int], list[tuple[int, int]]]
_SILENT = "no speech was found in it"
_AHEAD = 8  # recordings, at least, that are read before they are needed
_BATCHES_A_WINDOW = 4
_WINDOWS_AHEAD = 3  # that may wait for the network


class Source(Protocol):
    """What is to be read, as the list of utterances has it."""

    utt: str
    source: str | read.Sound
    is_command: bool
    cut: read.Cut
    failure: str | None


class Pieces(Protocol):
    """Where the emissions of pieces of long recordings are found again after a killed run."""

    def find(self, utt: str, features: Features, duration: float) -> Emission | None:
        """Return what the network said about a piece, if that is known."""

    def add(self, utt: str, features: Features, duration: float, emission: Emission) -> None:
        """Take note of what the network said about a piece."""


@dataclass(frozen=True)
class Options:
    """How recordings are treated.

    Attributes:
        longest: seconds; longer recordings are cut at silences.
        batch_seconds: seconds of sound, padding included, that go through the network at once; 0: one by one, which
            makes a result independent of the other recordings.
        channel: which channel is heard, from 0; None mixes all of them.
        speech: which samples are speech, as (first, last) pairs, such as `asrkit.audio.vad` finds; None: by energy.
    """

    longest: float = defaults.LONGEST
    batch_seconds: float = defaults.BATCH_SECONDS
    channel: int | None = None
    speech: Speech | None = None


@dataclass(frozen=True)
class Heard:
    """What became of one recording: an emission with times, or the reason why there is none.

    Attributes:
        estimated: whether the times are a guess, because the model does not tell them.
        duration: seconds.
    """

    utt: str
    emission: Emission | None
    reason: str | None = None
    duration: float = 0.0
    estimated: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """A piece of a recording that is short enough for the network.

    Attributes:
        offset, duration: seconds.
        voiced: between which seconds of the part the units are spread if the model does not tell their times.
    """

    features: Features
    offset: float
    duration: float
    voiced: tuple[float, float]


@dataclass
class _Recording:
    utt: str
    duration: float = 0.0
    reason: str | None = None
    parts: list[_Part] = field(default_factory=list)


def hear(
    model: AcousticModel,
    sources: Iterable[Source],
    options: Options | None = None,
    clock: Clock | None = None,
    pieces: Pieces | None = None,
) -> Iterator[Heard]:
    """Yield what the model says about each recording, in their order.

    Whatever is wrong with a recording is the reason in its own result; the others go on. `clock` counts the seconds of
    the stages audio, features and model. `pieces` has what is known of recordings of several parts, and gets the rest.
    """
    options, clock = options or Options(), clock or Clock()
    most_steps = max(1, int(options.batch_seconds / model.package.frontend.options.seconds))
    with ThreadPoolExecutor(1, "network") as network:
        waiting = deque[Future[list[Heard]]]()
        try:
            for window in _windows(model, sources, options, most_steps, clock):
                waiting.append(network.submit(_heard, model, window, most_steps, clock, pieces))
                while waiting and (waiting[0].done() or len(waiting) > _WINDOWS_AHEAD):
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def batches(lengths: Sequence[int], most_steps: int) -> list[list[int]]:
    """Return indices of `lengths` in groups of similar length, whose number times longest is at most `most_steps`.

    A length that is larger alone is a group of its own.
    """
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        if groups and lengths[groups[-1][0]] * (len(groups[-1]) + 1) <= most_steps:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _windows(
    model: AcousticModel, sources: Iterable[Source], options: Options, most_steps: int, clock: Clock
) -> Iterator[list[_Recording]]:
    """Yield recordings, as many together as some batches need, while the next ones are being read.

    The first window is one batch, so that the network soon begins, and later ones more, for batches of like lengths.
    """
    rest, waiting = iter(sources), deque[tuple[Source, Future[Samples]]]()
    with ThreadPoolExecutor(1, "reader") as reader:

        def read_ahead(count: int) -> None:
            for source in islice(rest, max(0, count - len(waiting))):
                waiting.append((source, reader.submit(_samples, model, source, options, clock)))

        try:
            window: list[_Recording] = []
            steps, enough = 0, most_steps if options.batch_seconds else 0
            read_ahead(_AHEAD)
            while waiting:
                window.append(_prepared(model, *waiting.popleft(), options, clock))
                steps += sum(len(part.features) for part in window[-1].parts)
                read_ahead(max(_AHEAD, len(window)))
                if steps >= enough:
                    yield window
                    window, steps, enough = [], 0, min(2 * enough, _BATCHES_A_WINDOW * most_steps)
            if window:
                yield window
        finally:
            for _, future in waiting:
                future.cancel()


def _samples(model: AcousticModel, source: Source, options: Options, clock: Clock) -> Samples:
    if source.failure is not None:
        return np.zeros(0, np.float32)
    reader = read.read_command if source.is_command else read.read
    with clock("audio"):
        return reader(source.source, model.rate, cut=source.cut, channel=options.channel)


def _prepared(
    model: AcousticModel, source: Source, reading: Future[Samples], options: Options, clock: Clock
) -> _Recording:
    recording = _Recording(source.utt, reason=source.failure)
    if source.failure is not None:
        return recording
    try:
        samples = reading.result()
        recording.duration = len(samples) / model.rate
        with clock("features"):
            recording.parts = list(_parts(model, samples, options))
        if not recording.parts and not len(model.features(samples[: model.rate])):
            what = f"this recording has {len(samples)} samples, which are too few to be speech"
            raise AsrkitError(what, where=_name_of(source), cure="give at least 0.1 s")
    except AsrkitError as error:
        recording.reason = str(error)
    except MemoryError:
        recording.reason = f"{shown(_name_of(source))} needs more memory than there is; cut it into pieces."
    return recording


def _name_of(source: Source) -> str:
    return source.source if isinstance(source.source, str) else read.IN_MEMORY


def _parts(model: AcousticModel, samples: Samples, options: Options) -> Iterator[_Part]:
    rate = model.rate
    spans = [(0, len(samples))] if options.speech is None else options.speech(samples, rate)
    for begin, end in spans:
        for first, last in energy.cut_at_silences(samples[begin:end], rate, options.longest):
            piece = samples[begin + first : begin + last]
            if energy.is_silent(piece, rate):
                continue
            features = model.features(piece)
            if len(features):
                duration = len(piece) / rate
                voiced = (0.0, duration) if model.has_timestamps else energy.span_of_speech(piece, rate)
                yield _Part(features, (begin + first) / rate, duration, voiced)


def _heard(
    model: AcousticModel, window: list[_Recording], most_steps: int, clock: Clock, pieces: Pieces | None
) -> list[Heard]:
    parts = [part for recording in window for part in recording.parts]
    long = {} if pieces is None else _of_long_recordings(window)
    results: dict[int, Emission | AsrkitError] = {}
    for i, utt in long.items():
        if known := pieces.find(utt, parts[i].features, parts[i].duration):
            results[i] = known
    unknown = [i for i in range(len(parts)) if i not in results]
    groups = batches([len(parts[i].features) for i in unknown], most_steps)
    waiting = deque([unknown[i] for i in group] for group in groups)
    while waiting:
        group = waiting.popleft()
        try:
            with clock("model"):
                emissions = model.log_probs([parts[i].features for i in group], [parts[i].duration for i in group])
            results.update(zip(group, emissions, strict=True))
            for i, emission in zip(group, emissions, strict=True):
                if i in long:
                    pieces.add(long[i], parts[i].features, parts[i].duration, emission)
        except AsrkitError as error:
            if len(group) == 1:
                results[group[0]] = error
            else:  # one of them may be to blame for all
                waiting.extendleft([i] for i in reversed(group))
    heard, taken = [], 0
    for recording in window:
        own = [results[i] for i in range(taken, taken + len(recording.parts))]
        taken += len(recording.parts)
        heard.append(_joined(model, recording, own))
    return heard


def _of_long_recordings(window: list[_Recording]) -> dict[int, str]:
    """Return number of the part in the window -> utterance, for the recordings of more than one part."""
    numbered = enumerate(recording for recording in window for _ in recording.parts)
    return {number: recording.utt for number, recording in numbered if len(recording.parts) > 1}


def _joined(model: AcousticModel, recording: _Recording, results: list[Emission | AsrkitError]) -> Heard:
    reason = recording.reason or next((str(result) for result in results if isinstance(result, AsrkitError)), None)
    if reason is not None:
        return Heard(recording.utt, None, reason, recording.duration)
    emissions = [result for result in results if isinstance(result, Emission)]
    if not emissions:
        nothing = np.zeros(0, np.float32)
        silent = Emission(np.zeros((0, len(model.package.units.units)), np.float32), nothing, nothing)
        return Heard(recording.utt, silent, duration=recording.duration, warnings=(_SILENT,))
    timed = [_timed(emission, part) for emission, part in zip(emissions, recording.parts, strict=True)]
    log_probs = timed[0].log_probs if len(timed) == 1 else np.concatenate([e.log_probs for e in timed])
    starts, ends = (np.concatenate([getattr(e, name) for e in timed]) for name in ("starts", "ends"))
    emission = Emission(log_probs, starts, ends)
    warnings = () if len(log_probs) else (_SILENT,)
    estimated = not model.has_timestamps
    return Heard(recording.utt, emission, duration=recording.duration, estimated=estimated, warnings=warnings)


def _timed(emission: Emission, part: _Part) -> Emission:
    starts, ends = emission.starts, emission.ends
    if starts is None or ends is None:
        starts, ends = timestamps.spread(len(emission.log_probs), *part.voiced)
    return Emission(emission.log_probs, starts + np.float32(part.offset), ends + np.float32(part.offset))
