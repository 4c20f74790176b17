"""Log-mel features, as a FunASR front end computes them, and the shards in which they lie on the disk."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
MELS = 80
STACK, STRIDE = 7, 6  # low frame rate: 7 frames are stacked every 6


def read_audio(path: str | os.PathLike[str]) -> NDArray[np.float32]:
    """Return the samples of a recording, mono, at 16 kHz, in [-1, 1]."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return at_16k(samples.mean(axis=1), rate)


def at_16k(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return `samples` resampled to 16 kHz."""
    return samples if rate == SAMPLE_RATE else soxr.resample(samples, rate, SAMPLE_RATE).astype(np.float32)


def fbank(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (frames, 80) float32 log-mel energies of samples in [-1, 1]: 25 ms hamming windows every 10 ms."""
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = SAMPLE_RATE
    options.frame_opts.dither = 0
    options.frame_opts.window_type = "hamming"
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = MELS
    options.energy_floor = 0
    extractor = knf.OnlineFbank(options)
    extractor.accept_waveform(SAMPLE_RATE, (samples * 32768).tolist())
    extractor.input_finished()
    frames = [extractor.get_frame(i) for i in range(extractor.num_frames_ready)]
    return np.stack(frames).astype(np.float32) if frames else np.zeros((0, MELS), np.float32)


def stacked(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (ceil(frames / 6), 560): 7 frames around every 6th one, the edges repeated."""
    steps = -(-len(frames) // STRIDE)
    around = np.arange(steps)[:, None] * STRIDE + np.arange(STACK)[None] - (STACK - 1) // 2
    return frames[around.clip(0, len(frames) - 1)].reshape(steps, -1)


def trimmed(samples: NDArray[np.float32], share: float = 0.02, margin: float = 0.05) -> NDArray[np.float32]:
    """Return `samples` without what lies before and after the parts louder than `share` of the peak."""
    loud = np.flatnonzero(np.abs(samples) > share * (np.abs(samples).max() + 1e-9))
    if not len(loud):
        return samples
    keep = int(margin * SAMPLE_RATE)
    return samples[max(0, loud[0] - keep) : loud[-1] + keep]


def write_shard(path: Path, items: Iterable[tuple[NDArray[np.float32], list[str]]]) -> None:
    """Write (features, syllables) pairs; the file appears whole."""
    pairs = list(items)
    lengths = np.array([len(frames) for frames, _ in pairs], np.int64)
    features = np.concatenate([frames.astype(np.float16) for frames, _ in pairs])
    labels = np.frombuffer(json.dumps([syllables for _, syllables in pairs]).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with open(temporary, "wb") as file:
        np.savez(file, features=features, lengths=lengths, labels=labels)
    temporary.replace(path)


def read_shard(path: Path) -> list[tuple[NDArray[np.float16], list[str]]]:
    """Return the (features, syllables) pairs of a shard."""
    with np.load(path) as shard:
        features, lengths = shard["features"], shard["lengths"]
        labels = json.loads(shard["labels"].tobytes())
    ends = np.cumsum(lengths)
    return [(features[end - n : end], label) for end, n, label in zip(ends, lengths, labels, strict=True)]
