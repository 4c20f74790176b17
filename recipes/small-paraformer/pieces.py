"""Cut the human sentences between syllables: `python pieces.py CHECKPOINT FEATURES`.

A model in training finds the syllables (CTC alignment of its phones). Pieces of one to five syllables, and clips of a
single one, go into shards of their own, from which training makes sentences that nobody said: the few recorded ones are
soon known by heart, word for word.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from data import Labels, Moments
from features import STRIDE, read_shard, write_shard
from network import Paraformer, Shape
from numpy.typing import NDArray
from units import initial_and_final

_PASSES = 4  # ways in which each sentence is cut
_LONGEST = 5


def aligned(log_probs: NDArray[np.float32], labels: list[int]) -> NDArray[np.int64] | None:
    """Return the step at which the best CTC path first emits each label, or None if there are too few steps.

    `log_probs` is (steps, phones), natural log, blank 0. Viterbi over blank label blank label … blank.
    """
    path = [0, *(x for label in labels for x in (label, 0))]
    cost = np.full(len(path), np.inf)
    cost[:2] = -log_probs[0, path[:2]]
    came = np.zeros((len(log_probs), len(path)), np.int64)
    may_skip = np.array([i > 1 and x != 0 and x != path[i - 2] for i, x in enumerate(path)])
    for step in range(1, len(log_probs)):
        choices = np.full((3, len(path)), np.inf)
        choices[0] = cost
        choices[1, 1:] = cost[:-1]
        choices[2, 2:] = np.where(may_skip[2:], cost[:-2], np.inf)
        came[step] = choices.argmin(0)
        cost = choices.min(0) - log_probs[step, path]
    at = len(path) - 1 if cost[-1] < cost[-2] else len(path) - 2
    if not np.isfinite(cost[at]):
        return None
    first = np.zeros(len(labels), np.int64)
    for step in range(len(log_probs) - 1, -1, -1):
        if at % 2:
            first[at // 2] = step
        at -= came[step, at]
    return first


def syllable_ends(log_probs: NDArray[np.float32], syllables: list[str], labels: Labels) -> NDArray[np.int64] | None:
    """Return the step after which each syllable but the last ends."""
    first = aligned(log_probs, labels.phones(syllables))
    if first is None:
        return None
    sizes = [sum(bool(half) for half in initial_and_final(s)) for s in syllables]
    begins = np.cumsum([0, *sizes[:-1]])
    return (first[begins[1:] - 1] + first[begins[1:]] + 1) // 2


def cut(
    frames: NDArray[np.float16], syllables: list[str], ends: NDArray[np.int64], longest: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.float16], list[str]]]:
    """Yield the sentence in pieces of one to `longest` syllables."""
    edges = np.concatenate([[0], ends * STRIDE, [len(frames)]])
    at = 0
    while at < len(syllables):
        until = min(len(syllables), at + int(rng.integers(1, longest + 1)))
        yield frames[edges[at] : edges[until]], syllables[at:until]
        at = until


def main(checkpoint: str, features: str) -> None:
    """Write human-pieces-train-{speaker}.npz and human-clips-train-{speaker}.npz beside the sentences."""
    saved = torch.load(checkpoint, weights_only=False)
    model = Paraformer(Shape(**saved["shape"]))
    model.load_state_dict(saved["average"])
    model.eval()
    moments, labels, rng = Moments(*saved["moments"]), Labels(), np.random.default_rng(0)
    for path in sorted(Path(features).glob("human/human-sentences-train-*.npz")):
        pieces, clips = [], []
        for frames, syllables in read_shard(path):
            speech = torch.from_numpy(moments.normalised(frames.astype(np.float32)))[None]
            with torch.no_grad():
                log_probs = model.phones(model.encode(speech, torch.ones(1, speech.size(1), 1))).log_softmax(-1)
            ends = syllable_ends(log_probs[0].numpy(), syllables, labels)
            if ends is not None and np.all(np.diff(ends) > 0):
                for _ in range(_PASSES):
                    pieces += cut(frames, syllables, ends, _LONGEST, rng)
                clips += cut(frames, syllables, ends, 1, rng)
        for kind, items in (("pieces", pieces), ("clips", clips)):
            write_shard(path.with_name(path.name.replace("sentences", kind)), items)
        print(path.stem, len(pieces), "pieces", len(clips), "clips", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
