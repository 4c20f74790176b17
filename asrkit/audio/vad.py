"""Where somebody speaks, by the network of the package silero-vad (extra `vad`); only its ONNX file is used.

Every 32 ms the network tells how probable speech is. Speech begins where that exceeds 0.5 and ends where it stays below
0.35 for 0.3 s (the thresholds of Silero's own utilities); each piece of speech gets a margin on both sides.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError

RATE = 16000
_CHUNK, _CONTEXT = 512, 64  # samples that the network sees at once, and of the ones before
_BEGINS, _ENDS = 0.5, 0.35
_SILENT_CHUNKS = 10
_MARGIN = 0.2  # seconds
_LEAST = 0.1  # seconds; shorter sounds are no speech


class SileroVad:
    """The network, loaded.

    Raises:
        AsrkitError: the package silero-vad is not installed.
    """

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(str(_onnx_file()), options, ["CPUExecutionProvider"])

    def speech(self, samples: NDArray[np.float32], rate: int) -> list[tuple[int, int]]:
        """Return (first, last) sample indices of the pieces of speech, margins included, in order.

        Raises:
            AsrkitError: the rate is not 16,000 Hz.
        """
        if rate != RATE:
            raise AsrkitError(f"--vad works at {RATE} Hz, but this model wants {rate} Hz", cure="leave --vad out")
        return pieces(self.probabilities(samples), len(samples))

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how probable speech is in every 32 ms, (chunks,) float32, of `samples` at 16,000 Hz."""
        count = -(-len(samples) // _CHUNK)
        padded = np.zeros((1, _CONTEXT + count * _CHUNK), np.float32)
        padded[0, _CONTEXT : _CONTEXT + len(samples)] = samples
        state, rate = np.zeros((2, 1, 128), np.float32), np.array(RATE, np.int64)
        found = np.zeros(count, np.float32)
        for chunk in range(count):
            begin = chunk * _CHUNK
            window = padded[:, begin : begin + _CONTEXT + _CHUNK]
            probability, state = self._session.run(None, {"input": window, "state": state, "sr": rate})
            found[chunk] = probability[0, 0]
        return found


def pieces(probabilities: NDArray[np.float32], samples: int) -> list[tuple[int, int]]:
    """Return the pieces of speech that `probabilities` of 32 ms each mean, as sample indices below `samples`."""
    found: list[tuple[int, int]] = []
    begin, quiet = None, 0
    for chunk, probability in enumerate([*probabilities, *[0.0] * _SILENT_CHUNKS]):
        if begin is None:
            begin, quiet = (chunk, 0) if probability > _BEGINS else (None, 0)
        elif probability >= _ENDS:
            quiet = 0
        elif (quiet := quiet + 1) == _SILENT_CHUNKS:
            found.append((begin * _CHUNK, (chunk + 1 - quiet) * _CHUNK))
            begin = None
    margin = int(_MARGIN * RATE)
    merged: list[tuple[int, int]] = []
    for first, last in found:
        if last - first < _LEAST * RATE:
            continue
        wide = (max(0, first - margin), min(samples, last + margin))
        if merged and wide[0] <= merged[-1][1]:
            merged[-1] = (merged[-1][0], wide[1])
        else:
            merged.append(wide)
    return merged


def _onnx_file() -> Path:
    package = importlib.util.find_spec("silero_vad")  # importing it would load torch
    file = Path(package.origin).parent / "data" / "silero_vad.onnx" if package and package.origin else None
    if file is None or not file.exists():
        raise AsrkitError("--vad needs the package silero-vad", cure="install it with: pip install 'asrkit[vad]'")
    return file
