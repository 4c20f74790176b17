"""Where a recording has speech and where only silence, by energy.

Good enough to keep silence from becoming words and to cut long recordings at their pauses. Levels are dB relative to
full scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_SECONDS = 0.01
SILENCE_DB = -60.0  # quieter than any usable speech
_BELOW_PEAK_DB = 35.0  # speech dips this far below its loud parts, and hardly further
_ABOVE_FLOOR_DB = 9.0
_EMPTY_DB = -200.0


def levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return the level of every 10 ms, (frames,) float32 in dB; a rest shorter than that counts as a frame."""
    size = max(1, round(rate * FRAME_SECONDS))
    whole = len(samples) // size * size
    frames, rest = samples[:whole].reshape(-1, size), samples[whole:].astype(np.float64)
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
    if len(rest):
        power = np.append(power, rest @ rest)
    power /= size
    return np.maximum(10 * np.log10(np.maximum(power, 1e-20)), _EMPTY_DB).astype(np.float32)


def voiced(samples: NDArray[np.float32], rate: int) -> NDArray[np.bool_]:
    """Return which 10 ms frames are loud enough to be speech, (frames,) bool.

    A frame is voiced if it is above SILENCE_DB, not far below the loud parts, and above the noise floor.
    """
    level = levels(samples, rate)
    if not len(level):
        return np.zeros(0, bool)
    loud, floor = np.quantile(level, [0.98, 0.05])
    above_floor = min(floor + _ABOVE_FLOOR_DB, loud - _ABOVE_FLOOR_DB)  # speech from end to end has no floor
    return level > max(SILENCE_DB, loud - _BELOW_PEAK_DB, above_floor)


def is_silent(samples: NDArray[np.float32], rate: int) -> bool:
    """Whether the recording has no 50 ms of sound above SILENCE_DB."""
    return int(np.count_nonzero(levels(samples, rate) > SILENCE_DB)) < 5


def span_of_speech(samples: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """Return when the first voiced frame begins and the last one ends, in seconds; the whole if there is none."""
    found = np.flatnonzero(voiced(samples, rate))
    if not len(found):
        return 0.0, len(samples) / rate
    return float(found[0] * FRAME_SECONDS), float(min((found[-1] + 1) * FRAME_SECONDS, len(samples) / rate))


def cut_at_silences(samples: NDArray[np.float32], rate: int, longest: float) -> list[tuple[int, int]]:
    """Return (first, last) sample indices of parts of at most `longest` seconds that together are the recording.

    Each cut is in the middle of the quietest 0.2 s of the second half of the part that it ends.
    """
    size, whole = max(1, round(rate * FRAME_SECONDS)), len(samples)
    most = max(2, int(longest / FRAME_SECONDS))
    if whole <= most * size:
        return [(0, whole)]
    level = levels(samples, rate)
    smooth = np.convolve(level, np.full(20, 1 / 20), mode="same") if len(level) >= 20 else level
    parts, begin = [], 0
    while len(level) - begin > most:
        search = smooth[begin + most // 2 : begin + most]
        end = begin + most // 2 + int(search.argmin())
        parts.append((begin * size, end * size))
        begin = end
    return [*parts, (begin * size, whole)]
