"""Go on from a model that was exported: `python again.py MODEL FEATURES CHECKPOINT`, then train.py in its folder.

An export lacks what only training uses, the CTC head. It is taught here while everything else stays as it is; the
checkpoint that comes of it is one that train.py continues. It has no corrector: corrector.py teaches it afterwards.
int8 weights are read as what they stand for.
"""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from data import Labels, Mixture, Moments
from network import Paraformer, Shape
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor
from train import BATCH, losses

_TRAINING_ONLY = "phones."
_TAUGHT_LAST = "corrector."
_STEPS = 300
_RATE = 3e-3


def exported_weights(path: Path) -> dict[str, Tensor]:
    """Return the parameters of a model that export.py wrote, by their names in the network."""
    graph = onnx.load(path).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {
        name.removeprefix("model.").removesuffix("_quantized"): _whole(arrays, name)
        for name in arrays
        if name.startswith("model.") and not name.endswith(("_scale", "_zero_point"))
    }
    for node in graph.node:
        matrix = node.input[1] if node.op_type in ("MatMul", "MatMulInteger") else ""
        if matrix in arrays and not matrix.startswith("model."):
            name = re.sub(r"/feed/feed\.", "/feed.", node.name).strip("/").replace("/", ".")
            name = re.sub(r"^finer_out", "predictor.finer_out", re.sub(r"\.MatMul(_quant)?$", ".weight", name))
            name = re.sub(r"_1(?=\.)", "", name)  # the decoder's second pass
            found[name] = _whole(arrays, matrix).T
    return {name: torch.from_numpy(np.array(array, np.float32)) for name, array in found.items()}


def _whole(arrays: dict[str, NDArray], matrix: str) -> NDArray:
    """Return a matrix as float32, whether it is stored so or as int8 with scales and zero points."""
    if not matrix.endswith("_quantized"):
        return arrays[matrix]
    stem = matrix.removesuffix("_quantized")
    zero, scale = arrays[f"{stem}_zero_point"].astype(np.float32), arrays[f"{stem}_scale"]
    return (arrays[matrix].astype(np.float32) - zero) * scale


def exported_moments(path: Path) -> Moments:
    """Return the moments that an `am.mvn` holds."""
    lines = [line.split()[3:-1] for line in path.read_text().splitlines() if line.startswith("<LearnRateCoef>")]
    shift, scale = np.array(lines, np.float32)[:, :80]
    return Moments(-shift, 1 / scale)


def main(folder: str, features: str, checkpoint: str) -> None:
    """Write a checkpoint that holds the exported model and heads taught to it."""
    labels, mixture = Labels(), Mixture(Path(features))
    moments = exported_moments(Path(folder) / "am.mvn")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    shape = Shape(labels.unit_count, len(labels.phone) + 1)
    model = Paraformer(shape)
    weights = exported_weights(Path(folder) / "model_quant.onnx").items()
    missing = model.load_state_dict({k: v for k, v in weights if not k.startswith(_TAUGHT_LAST)}, strict=False)
    wrong = [*missing.unexpected_keys, *(k for k in missing.missing_keys if not k.startswith(_TRAINING_ONLY))]
    if wrong:
        raise SystemExit(f"{folder} is no export of this network: {', '.join(wrong)}")
    taught = [p for name, p in model.named_parameters() if name.startswith(_TRAINING_ONLY)]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(_TRAINING_ONLY))
    optimiser = torch.optim.Adam(taught, lr=_RATE)
    batches = mixture.batches(BATCH, moments, labels, np.random.default_rng(0))
    for step in range(1, _STEPS + 1):
        optimiser.param_groups[0]["lr"] = _RATE * (1 - step / (_STEPS + 1))
        parts, right = losses(model, next(batches), joint=True)
        optimiser.zero_grad()
        sum(parts.values()).backward()
        optimiser.step()
        if step % 50 == 0:
            figures = " ".join(f"{name} {float(part.detach()):.3f}" for name, part in parts.items())
            print(f"step {step} {figures} right {right:.3f}", flush=True)
    fresh = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    state = {
        "model": model.state_dict(), "average": model.state_dict(), "optimiser": fresh.state_dict(), "step": 0,
        "minutes": 0.0, "joint": True, "shape": asdict(shape), "moments": (moments.mean, moments.deviation),
    }  # fmt: skip
    Path(checkpoint).parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, checkpoint)


if __name__ == "__main__":
    main(*sys.argv[1:])
