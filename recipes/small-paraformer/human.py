"""Recorded human speech as shards of features: `python human.py SPEECH OUT`.

SPEECH holds `manifest.tsv` (utt, path, speaker, split, seconds, text, syllables) and the recordings. From the training
split some utterances are set aside for development; the test split goes into shards of its own, which training and
choosing never read.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

from features import SAMPLE_RATE, at_16k, fbank, read_audio, trimmed, write_shard
from units import inventory

_PUNCTUATION = re.compile(r"[\s()（）·、，]")
_SPEEDS = (0.88, 0.94, 1.0, 1.06, 1.12)  # of training recordings; the pitch goes with them, as if other people spoke
_EVERY_FOR_DEVELOPMENT = {"sentences": 20, "words": 60}  # one in so many; syllables are all for training


def kind_of(path: str) -> str:
    """Return which of our kinds a recording belongs to."""
    return {"aishell-sample": "sentences", "words": "words", "syllables": "syllables"}[path.split("/", maxsplit=1)[0]]


def main(speech: str, out: str) -> None:
    """Write `OUT/human-{kind}-{train|dev|test}-{speaker}.npz`."""
    known = set(inventory())
    shards = defaultdict(list)
    seen = defaultdict(int)
    with open(Path(speech) / "manifest.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            syllables = row["syllables"].replace("uu", "ü").replace("v", "ü").split()
            kind, split = kind_of(row["path"]), row["split"]
            unclear = kind != "syllables" and len(syllables) != len(_PUNCTUATION.sub("", row["text"]))
            if split == "train" and (unclear or not known.issuperset(syllables)):
                continue  # such as names in Latin letters
            seen[kind] += split == "train"
            if split == "train" and seen[kind] % _EVERY_FOR_DEVELOPMENT.get(kind, sys.maxsize) == 0:
                split = "dev"
            samples = read_audio(Path(speech) / row["path"])
            if kind != "sentences" and split == "train":
                samples = trimmed(samples)
            for speed in _SPEEDS if split == "train" else (1.0,):
                name = f"human-{kind}-{split}-{row['speaker']}" + (f"-{speed}" if speed != 1 else "")
                shards[name].append((fbank(at_16k(samples, round(SAMPLE_RATE * speed))), syllables))
    for name, items in shards.items():
        write_shard(Path(out) / f"{name}.npz", items)
        print(name, len(items))


if __name__ == "__main__":
    main(*sys.argv[1:])
