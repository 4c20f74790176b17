"""Variety for training, made anew each time a recording is used, on log-mel features (frames, 80) float32.

All of it acts on the features: tempo and the length of the vocal tract, the room, the microphone, noise, level. That is
cheap enough to give every epoch other speakers, rooms and microphones. Levels are natural-log power.

Nothing here mixes a frame with its neighbours: the harmonics of a low voice lie closer than a window of 25 ms resolves,
and its pitch, so its tones, shows as a ripple from frame to frame.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Features = NDArray[np.float32]
_MELS = 80
_RESOLVED = 20  # bands below about 600 Hz resolve the harmonics of a voice
_LN_PER_DB = np.log(10) / 10
_FLOOR = -15.0


def augmented(frames: Features, rng: np.random.Generator) -> Features:
    """Return a variation of `frames`: another tempo, speaker, room, microphone, noise and level."""
    return with_another_sound(at_another_pace(frames, rng), rng)


def at_another_pace(frames: Features, rng: np.random.Generator) -> Features:
    """Leave out or repeat up to one frame in ten, and put quiet around."""
    if rng.random() < 0.5:
        frames = at_tempo(frames, rng.uniform(0.9, 1.11))
    return _padded(frames.astype(np.float32), rng)


def with_another_sound(frames: Features, rng: np.random.Generator) -> Features:
    """Return `frames`, each at its place, as of another speaker, room, microphone, noise and level."""
    if rng.random() < 0.4:
        frames = _tract(frames, rng)
    if rng.random() < 0.2:
        frames = _room(frames, rng)
    if rng.random() < 0.4:
        frames = _microphone(frames, rng)
    if rng.random() < 0.35:
        frames = _noise(frames, rng)
    return frames + np.float32(rng.uniform(-3.5, 2.0))


def masked(frames: Features, mean: Features, rng: np.random.Generator) -> Features:
    """Return `frames` with two bands and a stretch of every two seconds put to the `mean` (SpecAugment, Park 2019)."""
    frames = frames.copy()
    for _ in range(2):
        width = int(rng.integers(0, 14))
        at = int(rng.integers(0, _MELS - width))
        frames[:, at : at + width] = mean[at : at + width]
    for _ in range(max(2, len(frames) // 200)):
        width = int(rng.integers(0, min(14, len(frames) // 6 + 1)))
        at = int(rng.integers(0, len(frames) - width))
        frames[at : at + width] = mean
    return frames


def at_tempo(frames: Features, factor: float) -> Features:
    """Return `frames` at `factor` times the tempo: they are picked, not mixed."""
    return frames[np.rint(np.linspace(0, len(frames) - 1, max(8, round(len(frames) / factor)))).astype(np.int64)]


def _tract(frames: Features, rng: np.random.Generator) -> Features:
    """Resample along the mel axis as another vocal tract would: a frequency factor is close to a shift there.

    The lowest bands stay as they are: there the harmonics stand apart and carry the tone, and interpolating between
    bands would blur them.
    """
    bins = np.arange(_MELS)
    source = bins + rng.uniform(-4, 4) * ((bins - _RESOLVED) / 15).clip(0, 1)
    source = source.clip(0, _MELS - 1)
    low = np.minimum(source.astype(np.int64), _MELS - 2)
    weight = (source - low).astype(np.float32)
    return frames[:, low] * (1 - weight) + frames[:, low + 1] * weight


def _padded(frames: Features, rng: np.random.Generator) -> Features:
    """Put up to 0.4 s of the utterance's own quiet before and after it."""
    count = max(1, len(frames) // 50)
    quiet = frames[np.argpartition(frames.mean(1), count - 1)[:count]].mean(0)
    before, after = rng.integers(0, 41, 2)
    edges = quiet + 0.5 * _grain((int(before + after), _MELS), rng)
    return np.concatenate([edges[:before], frames, edges[before:]])


def _room(frames: Features, rng: np.random.Generator) -> Features:
    """Add the decaying tail of a room: each band's power rings on, 60 dB down after 0.15 to 0.8 s."""
    decay = np.exp(-6 * np.log(10) * 0.01 / rng.uniform(0.15, 0.8))
    power = np.exp(frames)
    tail = lfilter([0, 0, 0, decay**3], [1, -decay], power, axis=0) * (1 - decay)
    return np.log(power + rng.uniform(0.05, 0.6) * tail + np.exp(_FLOOR)).astype(np.float32)


def _microphone(frames: Features, rng: np.random.Generator) -> Features:
    """Colour the spectrum smoothly by a few dB, and at times cut what lies above a telephone's or a headset's band."""
    bins = np.arange(_MELS) / _MELS
    curve = sum(rng.normal(0, 3 / k) * np.cos(np.pi * k * bins + rng.uniform(0, np.pi)) for k in (1, 2, 3, 5))
    frames = frames + (curve * _LN_PER_DB).astype(np.float32)
    if rng.random() < 0.2:
        edge = rng.integers(52, 78)
        slope = rng.uniform(0.5, 3)
        frames = frames - (slope * np.maximum(0, np.arange(_MELS) - edge)).astype(np.float32)
    return frames


def _noise(frames: Features, rng: np.random.Generator) -> Features:
    """Add noise of a random colour, steady or swelling, 8 to 40 dB below the speech."""
    speech = np.log(np.exp(frames).mean())
    bins = np.arange(_MELS) / _MELS
    colour = rng.uniform(-5, 1.5) * bins + rng.normal(0, 0.5) * np.cos(2 * np.pi * bins + rng.uniform(0, 6))
    colour -= np.log(np.exp(colour).mean())
    swell = np.interp(np.arange(len(frames)), np.linspace(0, len(frames), 6), rng.normal(0, rng.uniform(0, 1.2), 6))
    level = speech - rng.uniform(10, 40) * _LN_PER_DB
    noise = (level + colour[None] + swell[:, None]).astype(np.float32) + _grain(frames.shape, rng)
    return np.logaddexp(frames, noise)


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> Features:
    """Return how the power of a steady noise differs from its mean in each frame and band, cut from a long row."""
    size = shape[0] * shape[1]
    at = rng.integers(0, len(_grains()) - size)
    return _grains()[at : at + size].reshape(shape)


@cache
def _grains() -> Features:
    return np.log(np.random.default_rng(0).gamma(2.5, 1 / 2.5, 1 << 21) + 1e-3).astype(np.float32)
