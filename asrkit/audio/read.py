"""Recordings as samples: any format that libsndfile or PyAV reads, one channel, at the rate that a model wants."""

from __future__ import annotations

import io
import math
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from typing import IO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from asrkit.audio import unfinished, with_av
from asrkit.audio.channels import MIXED, UNSAID, Channels, mixed
from asrkit.errors import AsrkitError, from_os_error, shown

Samples = NDArray[np.float32]
Warn = Callable[[str], None]
_CURE_FORMAT = "give a wav, flac, ogg or mp3 file"
_CURE_DAMAGED = "copy it again"
_OF_LIBSNDFILE = (b"RIFF", b"fLaC", b"OggS", b"FORM", b"NIST", b"riff", b"RF64")
_SECONDS_FOR_COMMAND = 600
_DATA_MISSING = re.compile(r"^data : (\d+) \(should be (\d+)\)", re.MULTILINE)  # what libsndfile tells about a wav file
_SIZE_UNKNOWN = 0x7FFF0000  # larger ones stand in files that were written to a pipe
IN_MEMORY = "the array"
_LOWEST_RATE = 1000  # samples a second; below, a small file would become hours of noise
_LOUDEST = 256.0  # floats may go beyond 1 a little; those on the scale of integers go far beyond


@dataclass(frozen=True)
class Cut:
    """A part of a recording, in seconds; `end` None is the recording's end."""

    start: float = 0.0
    end: float | None = None


WHOLE = Cut()


@dataclass(frozen=True)
class Facts:
    """What is known of a recording without reading all of it; `rate` is in samples a second."""

    seconds: float
    rate: int
    channels: int
    coding: str
    warning: str | None = None


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording in memory.

    Attributes:
        samples: (samples,) or (samples, channels); floats in [-1, 1], or integers, whose whole range is that.
        rate: samples per second.
    """

    samples: NDArray
    rate: int


def read(
    source: str | os.PathLike[str] | Sound,
    rate: int,
    *,
    cut: Cut = WHOLE,
    channels: Channels = UNSAID,
    warn: Warn | None = None,
) -> Samples:
    """Return the samples of a recording, or of a part of it.

    Args:
        source: the path of a file that libsndfile reads (wav, flac, ogg, mp3 …) or PyAV, or what it would hold.
        rate: the wanted sample rate in Hz; others are resampled by soxr.
        cut: the part that is wanted; only that part is read.
        channels: the wanted ones.
        warn: is given a sentence if what was read may not be what was meant.

    Returns:
        (samples,) float32 in [-1, 1].

    Raises:
        AsrkitError: the file is missing, not sound, cut short, empty, of less than 1,000 samples a second, holds NaN or
            floats far beyond 1, lacks the channel, or is shorter than the part that is wanted.
    """
    if isinstance(source, Sound):
        frames = _floats(source)
        first, count = _frames_of(cut, source.rate, len(frames), IN_MEMORY)
        return _prepared(frames[first : first + count], count, source.rate, rate, channels, IN_MEMORY, warn)
    name = os.fspath(source)
    with _opened(source) as file:
        return _samples_of(file, rate, cut, channels, name, warn)


def read_command(
    command: str, rate: int, *, cut: Cut = WHOLE, channels: Channels = UNSAID, warn: Warn | None = None
) -> Samples:
    """Return the samples of the wav file that the shell `command` writes to its standard output; see `read`.

    The caller has been told by the user to trust the command.
    """
    return _samples_of(_output_of(command), rate, cut, channels, command, warn)


def channel_count(source: str | os.PathLike[str] | Sound, *, is_command: bool = False) -> int:
    """Return how many channels a recording has; a command is run for that.

    Raises:
        AsrkitError: it cannot be read.
    """
    if isinstance(source, Sound):
        return _floats(source).shape[1]
    if is_command:
        return _facts_of(_output_of(os.fspath(source)), os.fspath(source)).channels
    return facts(source).channels


def facts(source: str | os.PathLike[str]) -> Facts:
    """Return what the header of the recording in the file `source` says.

    Raises:
        AsrkitError: the file cannot be read.
    """
    with _opened(source) as file:
        return _facts_of(file, os.fspath(source))


def seconds(source: str | os.PathLike[str]) -> float:
    """Return how long the recording in the file `source` is, as its header says.

    Raises:
        AsrkitError: the file cannot be read.
    """
    return facts(source).seconds


@contextmanager
def _opened(source: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    try:
        with open(source, "rb") as file:
            if not file.read(1):
                raise AsrkitError("this file is empty", where=os.fspath(source), cure=_CURE_FORMAT)
            file.seek(0)
            yield file
    except OSError as error:
        raise from_os_error(error, source) from error


def _output_of(command: str) -> IO[bytes]:
    try:
        done = subprocess.run(command, shell=True, capture_output=True, timeout=_SECONDS_FOR_COMMAND, check=False)
    except subprocess.TimeoutExpired as error:
        what = f"the command {shown(command)} did not end within {_SECONDS_FOR_COMMAND} s"
        raise AsrkitError(what, cure="run it by hand to see why") from error
    if done.returncode != 0 or not done.stdout:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it wrote nothing"]
        what = f"the command {shown(command)} failed with status {done.returncode} ({last[0][:200]})"
        raise AsrkitError(what, cure="run it by hand to see why")
    try:
        soundfile.info(io.BytesIO(done.stdout))
    except soundfile.LibsndfileError as error:
        if not with_av.is_there() or done.stdout[:64].isascii():
            what = f"the command {shown(command)} did not write a recording"
            raise AsrkitError(what, cure="let it write a wav file to standard output") from error
    return io.BytesIO(done.stdout)


def _facts_of(file: IO[bytes], name: str) -> Facts:
    data = unfinished.data_at(file)
    try:
        with soundfile.SoundFile(file if data is None else unfinished.Finished(file, data)) as sound:
            warning = None if data is None else unfinished.UNFINISHED
            return Facts(sound.frames / sound.samplerate, sound.samplerate, sound.channels, sound.subtype, warning)
    except soundfile.LibsndfileError as error:
        frames, rate = _with_av(file, name, error)
        return Facts(len(frames) / rate, rate, frames.shape[1], "by PyAV")


def _samples_of(
    file: IO[bytes], rate: int, cut: Cut, channels: Channels, name: str, warn: Warn | None
) -> Samples:
    data = unfinished.data_at(file)
    if data is not None and warn is not None:
        warn(unfinished.UNFINISHED)
    try:
        with soundfile.SoundFile(file if data is None else unfinished.Finished(file, data)) as sound:
            first, count = _frames_of(cut, sound.samplerate, sound.frames, name)
            if cut.end is None:
                _check_whole(sound, name)
            frames, own_rate = _read_frames(sound, first, count, name), sound.samplerate
    except soundfile.LibsndfileError as error:
        frames, own_rate = _with_av(file, name, error)
        first, count = _frames_of(cut, own_rate, len(frames), name)
        frames = frames[first : first + count]
    return _prepared(frames, count, own_rate, rate, channels, name, warn)


def _with_av(file: IO[bytes], name: str, error: soundfile.LibsndfileError) -> tuple[NDArray[np.float32], int]:
    """Return (frames, rate) of what libsndfile refused with `error`, if PyAV is there and can read it."""
    file.seek(0)
    what = f"this is not a recording that can be read ({_why(error)})"
    if file.read(4) in _OF_LIBSNDFILE:  # it is the judge of its own formats
        raise AsrkitError(what, where=name, cure=_CURE_FORMAT) from error
    if not with_av.is_there():
        raise AsrkitError(what, where=name, cure=with_av.CURE) from error
    return with_av.read(file, name)


def _floats(sound: Sound) -> NDArray[np.float32]:
    """Return (samples, channels) float32 in [-1, 1]."""
    samples = np.asarray(sound.samples)
    if samples.ndim not in (1, 2) or samples.dtype.kind not in "fi":
        what = f"this array has {samples.ndim} dimensions of type {samples.dtype}"
        cure = "give (samples,) or (samples, channels) of floats or signed integers"
        raise AsrkitError(what, where=IN_MEMORY, cure=cure)
    largest = 1.0 if samples.dtype.kind == "f" else -float(np.iinfo(samples.dtype).min)
    return (np.atleast_2d(samples.T).T / largest).astype(np.float32)


def _frames_of(cut: Cut, rate: int, frames: int, name: str) -> tuple[int, int]:
    """Return the first frame of `cut` and how many it has."""
    if not isinstance(rate, Real) or not _LOWEST_RATE <= rate < math.inf:
        what = f"the rate of this recording is {rate!r} samples a second"
        raise AsrkitError(what, where=name, cure=f"speech needs at least {_LOWEST_RATE:,}, mostly 16,000")
    if frames == 0:
        raise AsrkitError("this recording is empty", where=name, cure="record it again")
    first = round(cut.start * rate)
    last = frames if cut.end is None else round(cut.end * rate)
    if first >= frames or last > frames + rate // 2:  # lists round their times: half a second is forgiven
        end = "" if cut.end is None else f" to {cut.end:g} s"
        what = f"the segment from {cut.start:g} s{end} lies outside this recording of {frames / rate:.2f} s"
        raise AsrkitError(what, where=name, cure="correct the times")
    return first, min(last, frames) - first


def _check_whole(sound: soundfile.SoundFile, name: str) -> None:
    """Refuse a wav file that ends before its header says; libsndfile reads what is there as if it were all."""
    found = _DATA_MISSING.search(sound.extra_info)
    if found and int(found[2]) < int(found[1]) < _SIZE_UNKNOWN:
        what = f"this recording is cut short: {found[2]} of {found[1]} bytes of sound are there"
        raise AsrkitError(what, where=name, cure=_CURE_DAMAGED)


def _read_frames(sound: soundfile.SoundFile, first: int, count: int, name: str) -> NDArray[np.float32]:
    try:
        sound.seek(first)
        return sound.read(count, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        what = f"this recording is damaged or cut short ({_why(error)})"
        raise AsrkitError(what, where=name, cure=_CURE_DAMAGED) from error


def _why(error: soundfile.LibsndfileError) -> str:
    return error.error_string.strip().removeprefix("Error : ").rstrip(".")


def _prepared(
    frames: NDArray,
    count: int,
    rate: int,
    wanted_rate: int,
    channels: Channels,
    name: str,
    warn: Warn | None,
) -> Samples:
    if len(frames) < count:
        what = f"this recording is cut short: {len(frames)} of {count} frames can be read"
        raise AsrkitError(what, where=name, cure=_CURE_DAMAGED)
    samples, differed = mixed(frames, channels, name)
    if not np.all(np.isfinite(samples)):
        raise AsrkitError("a sample of this recording is not a number", where=name, cure="make it again")
    largest = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if largest > _LOUDEST:
        what = f"samples of this recording reach {largest:.4g}, where floats from -1 to 1 are the whole range"
        raise AsrkitError(what, where=name, cure="divide them by the largest integer, such as 32768, or make it again")
    if differed and warn is not None:
        warn(MIXED)
    if rate != wanted_rate:
        samples = soxr.resample(samples, rate, wanted_rate)
    return np.ascontiguousarray(samples, np.float32)
