"""Human recordings as other people might have said them: `python revoice.py SPEECH OUT KIND…`.

The vocoder WORLD (Morise et al. 2016, package pyworld) takes a recording apart into pitch, spectral envelope and
aperiodicity. Put together again with another pitch, another range of the pitch and another length of the vocal tract,
few speakers become many, and the tones stay what they are. Only what training may hear is varied; a KIND is
`sentences`, `words` or `syllables`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyworld
from features import SAMPLE_RATE, fbank, write_shard
from human import recordings
from numpy.typing import NDArray

_VARIATIONS = {"sentences": 4, "words": 1, "syllables": 1}
_PITCH, _RANGE, _TRACT = (0.7, 1.45), (0.75, 1.4), (0.86, 1.16)  # factors; of the range: a power in log pitch
_FRAME_MS = 10.0


class Voice:
    """A recording taken apart."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        sound = samples.astype(np.float64)
        pitch, at = pyworld.dio(sound, SAMPLE_RATE, frame_period=_FRAME_MS)
        self.pitch = pyworld.stonemask(sound, pitch, at, SAMPLE_RATE)
        self.envelope = pyworld.cheaptrick(sound, self.pitch, at, SAMPLE_RATE)
        self.aperiodicity = pyworld.d4c(sound, self.pitch, at, SAMPLE_RATE)

    def said(self, pitch: float, pitch_range: float, tract: float) -> NDArray[np.float32]:
        """Return 16 kHz samples with the mean pitch, its range and the resonances' frequencies changed by factors."""
        voiced = self.pitch > 0
        mean = np.exp(np.log(self.pitch[voiced]).mean()) if voiced.any() else 1.0
        moved = np.where(voiced, pitch * mean * (np.maximum(self.pitch, 1.0) / mean) ** pitch_range, 0.0)
        envelope, aperiodicity = _stretched(self.envelope, tract), _stretched(self.aperiodicity, tract)
        sound = pyworld.synthesize(moved, envelope, aperiodicity, SAMPLE_RATE, _FRAME_MS)
        return np.clip(sound, -1, 1).astype(np.float32)


def _stretched(spectra: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Return `spectra` (frames, bins) with every frequency multiplied by `factor`."""
    bins = spectra.shape[1]
    source = (np.arange(bins) / factor).clip(0, bins - 1)
    low = np.minimum(source.astype(np.int64), bins - 2)
    share = source - low
    return np.ascontiguousarray(spectra[:, low] * (1 - share) + spectra[:, low + 1] * share)


def main(speech: str, out: str, *kinds: str) -> None:
    """Write `OUT/human-{kind}-train-{speaker}-other.npz`."""
    rng = np.random.default_rng(0)
    shards = defaultdict(list)
    for one in recordings(Path(speech), kinds):
        if one.split != "train":
            continue
        voice = Voice(one.samples)
        for _ in range(_VARIATIONS[one.kind]):
            factors = np.exp(rng.uniform(*np.log([_PITCH, _RANGE, _TRACT]).T))
            features = fbank(voice.said(*factors))
            if np.isfinite(features).all():
                shards[f"human-{one.kind}-train-{one.speaker}-other"].append((features, one.syllables))
    for name, items in shards.items():
        write_shard(Path(out) / f"{name}.npz", items)
        print(name, len(items))


if __name__ == "__main__":
    main(*sys.argv[1:])
