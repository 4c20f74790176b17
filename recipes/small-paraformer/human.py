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
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from features import SAMPLE_RATE, at_16k, fbank, read_audio, trimmed, write_shard
from numpy.typing import NDArray
from units import inventory

KINDS = {"aishell-sample": "sentences", "words": "words", "syllables": "syllables"}  # by folder
_UNSPOKEN = re.compile(r"[\s\ufeff()（）·、，]")
_SAID_LIKE = {"D": "di4", "嗯": "en1"}  # what the manifest has no reading of, or one that is no unit
_SPEEDS = (0.88, 0.94, 1.0, 1.06, 1.12)  # of training recordings; the pitch goes with them, as if other people spoke
_EVERY_FOR_DEVELOPMENT = {"sentences": 20, "words": 60}  # one in so many; syllables are all for training


@dataclass(frozen=True)
class Recording:
    """A recording of one of our kinds, `samples` mono at 16 kHz, in [-1, 1]."""

    kind: str
    split: str
    speaker: str
    samples: NDArray[np.float32]
    syllables: list[str]


def recordings(speech: Path, kinds: Collection[str] = KINDS.values()) -> Iterator[Recording]:
    """Yield the manifest's recordings, some of the training split as `dev`; unclear training texts are left out."""
    known = set(inventory())
    seen: dict[str, int] = defaultdict(int)
    with open(speech / "manifest.tsv", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            syllables = row["syllables"].replace("uu", "ü").replace("v", "ü").split()
            kind, split = KINDS[row["path"].split("/", maxsplit=1)[0]], row["split"]
            if kind not in kinds:
                continue
            if split == "train":
                read = syllables if kind == "syllables" else readings(row["text"], syllables)
                if read is None or not known.issuperset(read):
                    continue  # such as names in Latin letters
                syllables = read
                seen[kind] += 1
                if seen[kind] % _EVERY_FOR_DEVELOPMENT.get(kind, sys.maxsize) == 0:
                    split = "dev"
            samples = read_audio(speech / row["path"])
            if kind != "sentences" and split == "train":
                samples = trimmed(samples)
            yield Recording(kind, split, row["speaker"], samples, syllables)


def readings(text: str, syllables: list[str]) -> list[str] | None:
    """Return a syllable for each character of `text`, or None if there is none for one of them."""
    characters = _UNSPOKEN.sub("", text)
    unread = [c for c in characters if c.isascii()]
    if len(syllables) + len(unread) != len(characters) or not _SAID_LIKE.keys() >= set(unread):
        return None
    given = iter(syllables)
    told = [c if c in unread else next(given) for c in characters]
    return [_SAID_LIKE.get(c, syllable) for c, syllable in zip(characters, told, strict=True)]


def main(speech: str, out: str) -> None:
    """Write `OUT/human-{kind}-{train|dev|test}-{speaker}.npz`."""
    shards = defaultdict(list)
    for one in recordings(Path(speech)):
        for speed in _SPEEDS if one.split == "train" else (1.0,):
            name = f"human-{one.kind}-{one.split}-{one.speaker}" + (f"-{speed}" if speed != 1 else "")
            features = fbank(at_16k(one.samples, round(SAMPLE_RATE * speed)))
            shards[name].append((features, one.syllables))
    for name, items in shards.items():
        write_shard(Path(out) / f"{name}.npz", items)
        print(name, len(items))


if __name__ == "__main__":
    main(*sys.argv[1:])
