"""Choose between a model and one taught further: `python between.py BEFORE AFTER FEATURES OUT`, three checkpoints.

Weights that lie between the two often err less than either (Wortsman et al., "Robust fine-tuning of zero-shot models",
2022). The share that errs least on the development parts, each counting the same, is written; no test part is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from data import Labels, Moments
from network import Paraformer, Shape
from train import error_rate

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of AFTER


def main(before: str, after: str, features: str, out: str) -> None:
    """Print the error rates (toned syllables) of each share and write the best one, as AFTER is written."""
    first, last = (torch.load(path, weights_only=False) for path in (before, after))
    model, labels, moments = Paraformer(Shape(**last["shape"])), Labels(), Moments(*last["moments"])
    model.eval()
    shards = sorted(Path(features).glob("*/*-dev-*.npz"))
    totals, found = {}, {}
    for share in SHARES:
        found[share] = {k: torch.lerp(first["average"][k], v, share) for k, v in last["average"].items()}
        model.load_state_dict(found[share])
        rates = [error_rate(model, shard, moments, labels) for shard in shards]
        totals[share] = sum(rates)
        told = " ".join(f"{shard.stem} {100 * rate:.1f} %" for shard, rate in zip(shards, rates, strict=True))
        print(f"{share}: {told}", flush=True)
    best = min(totals, key=totals.__getitem__)
    print(f"{best} of {after} is written")
    torch.save(last | {"average": found[best]}, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
