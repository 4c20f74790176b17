"""Samples to features, exactly as FunASR's front end computes them.

Kaldi's log-mel filter bank without dither (samples on the scale of int16, edges snipped, no energy floor), then low
frame rate: each step joins `stack` frames, every `stride` frames, the first frame repeated before the beginning and the
last one behind the end; then (x + shift) · scale. sherpa-onnx does the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import kaldi_native_fbank as knf
import numpy as np
from numpy.typing import NDArray

from asrkit.formats.am_mvn import Cmvn
from asrkit.formats.funasr_config import FrontendOptions

_INT16 = 32768.0


@dataclass(frozen=True)
class Frontend:
    """The way from samples to what the network wants."""

    options: FrontendOptions
    cmvn: Cmvn

    def features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features of `samples`, (samples,) float32 in [-1, 1], as (steps, dimensions) float32.

        There are no steps if the samples are fewer than one window.
        """
        return self.normalised(stacked(self.filter_bank(samples), self.options.stack, self.options.stride))

    def filter_bank(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return log-mel energies, (frames, mels) float32."""
        extractor = knf.OnlineFbank(_kaldi_options(self.options))
        # It wants a sequence of numbers: a memoryview is one without a copy, and takes half the time of a list.
        extractor.accept_waveform(self.options.rate, memoryview(samples * np.float32(_INT16)))
        extractor.input_finished()
        frames = np.empty((extractor.num_frames_ready, self.options.mels), np.float32)
        for number in range(len(frames)):
            frames[number] = extractor.get_frame(number)
        return frames

    def normalised(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (x + shift) · scale, computed in the precision of the two: int8 networks feel the last bit."""
        return ((features + self.cmvn.shift) * self.cmvn.scale).astype(np.float32, copy=False)


def stacked(frames: NDArray[np.float32], stack: int, stride: int) -> NDArray[np.float32]:
    """Return (ceil(frames / stride), stack · mels) float32: the frames around every `stride`-th one, joined."""
    if not len(frames):
        return np.zeros((0, frames.shape[1] * stack), np.float32)
    steps = -(-len(frames) // stride)
    around = np.arange(steps)[:, None] * stride + np.arange(stack) - (stack - 1) // 2
    return frames[around.clip(0, len(frames) - 1)].reshape(steps, -1)


def _kaldi_options(options: FrontendOptions) -> knf.FbankOptions:
    kaldi = knf.FbankOptions()
    kaldi.frame_opts.samp_freq = options.rate
    kaldi.frame_opts.dither = 0
    kaldi.frame_opts.window_type = options.window
    kaldi.frame_opts.frame_length_ms = options.frame_length
    kaldi.frame_opts.frame_shift_ms = options.frame_shift
    kaldi.frame_opts.snip_edges = True
    kaldi.mel_opts.num_bins = options.mels
    kaldi.energy_floor = 0
    return kaldi
