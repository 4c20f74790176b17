"""Train the small Paraformer: `torchrun --nproc-per-node 2 train.py FEATURES OUT --minutes 80`.

The learning rate follows the share of the minutes that have passed, so that a run ends trained whatever the machine's
speed. Checkpoints appear whole; a run that was stopped goes on from the last one.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.distributed as distributed
import torch.nn.functional as F
from data import Batch, Labels, Mixture, Moments, collated, moments_of
from features import read_shard
from network import Paraformer, Shape, integrate_and_fire
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from units import END_ID

BATCH = 16  # recordings, each heard in two ways
PEAK_RATE = 1.4e-3
WARM_UP = 300
AVERAGE = 0.999  # decay of the running average of the weights, which is what is exported
PHONES_AGREE, UNITS_AGREE = 0.2, 0.5  # weights of what two ways of hearing a recording differ by
GIVEN = 0.05  # share of the tokens that the second pass is told as they are (Paraformer's sampler)
JOINT_BELOW = 2.4  # the decoder begins once the CTC loss per phone is below this
SECONDS_BETWEEN_CHECKPOINTS = 300
BF16 = torch.cpu.get_capabilities().get("avx512_bf16", False)  # emulated elsewhere, seventy times slower than float32


def losses(model: Paraformer, batch: Batch, joint: bool) -> tuple[dict[str, Tensor], float]:
    """Return the parts of the loss and the share of right tokens, for a batch of pairs (`Mixture.batches`)."""
    mask = batch.mask
    with torch.autocast("cpu", torch.bfloat16, enabled=BF16):
        encoded = model.encode(batch.speech, mask)
        phones = model.phones(encoded)
    encoded = encoded.float()
    log_probs = phones.float().log_softmax(-1).transpose(0, 1)
    ctc = (
        F.ctc_loss(log_probs, batch.phones, batch.steps, batch.phone_counts, reduction="sum", zero_infinity=True)
        / batch.phone_counts.sum()
    )
    alphas = model.predictor(encoded, mask)
    counts = batch.unit_counts.float()
    phones_apart = (difference(log_probs.transpose(0, 1)) * mask.squeeze(-1)).sum() / batch.phone_counts.sum()
    parts = {
        "ctc": ctc,
        "count": (alphas.sum(1) - counts).abs().sum() / counts.sum(),
        "agree": PHONES_AGREE * phones_apart,
    }
    if not joint:
        return parts, 0.0
    shares = integrate_and_fire(alphas * (counts / alphas.sum(1))[:, None], batch.units.size(1))
    acoustic = shares @ encoded
    valid = batch.units >= 0
    token_mask = valid.float()[..., None]
    with torch.autocast("cpu", torch.bfloat16, enabled=BF16):
        first = model.decode(acoustic, token_mask, encoded, mask)
        heard = model.embedded(acoustic, first.detach().float())
        given = (torch.rand(len(valid) // 2, valid.size(1)) < GIVEN).repeat_interleave(2, 0) & valid  # both of a pair
        heard = torch.where(given[..., None], model.embedding(batch.units.clamp_min(0)), heard)
        second = model.decode(heard, token_mask, encoded, mask)
    right = (first.argmax(-1) == batch.units) & valid
    parts["units"] = cross_entropy(first, batch.units) / 2
    parts["again"] = cross_entropy(second, batch.units) / 2
    units_apart = sum(difference(logits.float().log_softmax(-1)) for logits in (first, second)) / 2
    parts["agree"] = parts["agree"] + UNITS_AGREE * (units_apart * valid).sum() / valid.sum()
    return parts, float(right.sum() / valid.sum())


def cross_entropy(logits: Tensor, units: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits (B, N, V) and units (B, N), -1 where there is none."""
    return F.cross_entropy(logits.float().flatten(0, 1), units.flatten(), ignore_index=-1, label_smoothing=0.1)


def difference(log_probs: Tensor) -> Tensor:
    """Return how far each row of (B, T, V) is from what is made of the other way of hearing it: (B, T), nats.

    Utterances 2i and 2i + 1 are the two ways of hearing one recording. What the other way makes of it counts as given,
    as in consistency-regularised CTC (Yao et al., 2024).
    """
    other = log_probs.detach().unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
    return (other.exp() * (other - log_probs)).sum(-1)


@torch.no_grad()
def greedy(model: Paraformer, batch: Batch) -> list[list[int]]:
    """Return the units of each utterance without specials, best at every token."""
    log_probs, counts = model.recognise(*model.hear(batch.speech, batch.mask))
    best = log_probs.argmax(-1)
    return [[u for u in row[: int(n)].tolist() if u > END_ID] for row, n in zip(best, counts, strict=True)]


def error_rate(model: Paraformer, path: Path, moments: Moments, labels: Labels) -> float:
    """Return the toned syllable error rate on a shard."""
    errors = length = 0
    utterances = [(frames.astype(np.float32), said) for frames, said in read_shard(path)]
    utterances.sort(key=lambda item: len(item[0]))
    for at in range(0, len(utterances), BATCH):
        some = utterances[at : at + BATCH]
        for (_, said), heard in zip(some, greedy(model, collated(some, moments, labels)), strict=True):
            errors += Levenshtein.distance(labels.units(said), heard)
            length += len(said)
    return errors / length


def average_gradients(model: Paraformer, workers: int) -> None:
    """Make every worker's gradients the mean of all."""
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in model.parameters()]
    flat = torch.cat([g.flatten() for g in gradients])
    if workers > 1:
        distributed.all_reduce(flat)
    at = 0
    for parameter in model.parameters():
        parameter.grad = (flat[at : at + parameter.numel()] / workers).view_as(parameter)
        at += parameter.numel()


def main() -> None:
    """Train as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    options = parser.parse_args()
    rank, workers = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    if workers > 1:
        distributed.init_process_group("gloo")
    options.out.mkdir(parents=True, exist_ok=True)
    mixture, labels = Mixture(options.features), Labels()
    checkpoint = options.out / "checkpoint.pt"
    saved = torch.load(checkpoint, weights_only=False) if checkpoint.exists() else None
    moments = Moments(*saved["moments"]) if saved else moments_of(mixture)
    shape = Shape(labels.unit_count, len(labels.phone) + 1)
    torch.manual_seed(1)
    model, average = Paraformer(shape), Paraformer(shape)
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    step, minutes_before, joint = 0, 0.0, False
    if saved:
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step, minutes_before, joint = saved["step"], saved["minutes"], saved["joint"]
    average.load_state_dict(saved["average"] if saved else model.state_dict())
    average.eval()
    batches = mixture.batches(BATCH, moments, labels, np.random.default_rng([rank, step]))
    began, saved_at, smooth, told_at = time.time(), time.time(), {}, time.time()

    while True:
        minutes = torch.tensor(minutes_before + (time.time() - began) / 60)
        if workers > 1:
            distributed.broadcast(minutes, 0)
        share = float(minutes) / options.minutes
        falling = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, share)))
        rate = options.rate * min(1, (step + 1) / WARM_UP) * falling
        for group in optimiser.param_groups:
            group["lr"] = rate
        if share < 1:
            parts, right = losses(model, next(batches), joint)
            optimiser.zero_grad()
            sum(parts.values()).backward()
            average_gradients(model, workers)
            if math.isfinite(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0))):
                optimiser.step()
            step += 1
            decay = min(AVERAGE, step / (step + 10))
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
            told = {**{name: float(part.detach()) for name, part in parts.items()}, "right": right}
            smooth = {k: 0.97 * smooth.get(k, v) + 0.03 * v for k, v in told.items()}
            agreed = torch.tensor(smooth["ctc"])
            if workers > 1:
                distributed.broadcast(agreed, 0)
            joint = joint or (float(agreed) < JOINT_BELOW and step > WARM_UP)
        if rank == 0 and step % 50 == 0:
            figures = " ".join(f"{k} {v:.3f}" for k, v in smooth.items())
            pace = (time.time() - told_at) / 50
            told_at = time.time()
            print(f"step {step} minute {float(minutes):.1f} rate {rate:.2e} {figures} {pace:.2f} s/step", flush=True)
        if rank == 0 and (share >= 1 or time.time() - saved_at > SECONDS_BETWEEN_CHECKPOINTS):
            saved_at = time.time()
            state = {
                "model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
                "step": step, "minutes": float(minutes), "joint": joint, "shape": asdict(shape),
                "moments": (moments.mean, moments.deviation),
            }  # fmt: skip
            torch.save(state, checkpoint.with_suffix(".tmp"))
            checkpoint.with_suffix(".tmp").replace(checkpoint)
            if joint:
                for shard in sorted(options.features.glob("*/*-dev-*.npz")):
                    print(f"  {shard.stem}: {100 * error_rate(average, shard, moments, labels):.1f} %", flush=True)
        if share >= 1:
            break


if __name__ == "__main__":
    main()
