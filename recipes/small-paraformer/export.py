"""Export a checkpoint as a FunASR model folder: `python export.py CHECKPOINT OUT`.

The graph is the contract of FunASR's BiCif export: `speech` (B, T, 560) float32 and `speech_lengths` (B,) int32 in;
`logits` (B, N, V) float32, log-softmax, `token_num` (B,) int32, `us_alphas` and `us_cif_peak` (B, 3T) float32 out.
CIF is written as a matrix instead of a loop, so that a batch costs no more steps than one utterance.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
import yaml
from network import FINER, FIRE, HEARINGS, INPUT, SHORTFALL, Paraformer, Shape
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from units import tokens

_INPUTS = ("speech", "speech_lengths")
_OUTPUTS = ("logits", "token_num", "us_alphas", "us_cif_peak")
_AXES = {
    "speech": {0: "batch", 1: "steps"}, "speech_lengths": {0: "batch"}, "logits": {0: "batch", 1: "tokens"},
    "token_num": {0: "batch"}, "us_alphas": {0: "batch", 1: "fine"}, "us_cif_peak": {0: "batch", 1: "fine"},
}  # fmt: skip


class Exported(nn.Module):
    """What the ONNX file computes."""

    def __init__(self, model: Paraformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, speech: Tensor, speech_lengths: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        steps = torch.arange(speech.size(1))
        mask = (steps[None] < speech_lengths[:, None]).float()[..., None]
        encoded, alphas, finer_mask = self.model.hear(speech, mask)
        logits, counts = self.model.recognise(encoded, alphas, finer_mask)
        first_hearing = encoded[:, :: len(HEARINGS)]  # which is what stamps.py teaches the head with
        stamps = self.model.predictor.stamps(first_hearing, mask)
        stamps = stamps * (counts / stamps.sum(1).clamp_min(1e-6))[:, None]
        sums = stamps.cumsum(1)
        before = F.pad(sums, (1, 0))[:, :-1]
        peaks = sums - FIRE * (before / FIRE).floor()
        return logits, counts.to(torch.int32), stamps, peaks


def main(checkpoint: str, out: str) -> None:
    """Write model_quant.onnx, config.yaml, am.mvn and tokens.json."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    saved = torch.load(checkpoint, weights_only=False)
    shape = Shape(**saved["shape"])
    model = Paraformer(shape)
    model.load_state_dict(saved["average"])
    model.eval()
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / "model.onnx"
        example = (torch.randn(2, 30, INPUT), torch.tensor([30, 25], dtype=torch.int32))
        torch.onnx.export(
            Exported(model).eval(), example, str(whole), input_names=list(_INPUTS), output_names=list(_OUTPUTS),
            dynamic_axes=_AXES, opset_version=17, dynamo=False,
        )  # fmt: skip
        _share_weights(whole)
        quantize_dynamic(
            whole, folder / "model_quant.onnx", op_types_to_quantize=["MatMul", "Gemm", "Gather"], per_channel=True,
            weight_type=QuantType.QUInt8, nodes_to_exclude=_kept_whole(whole),
        )  # fmt: skip
    _write_cmvn(folder / "am.mvn", *saved["moments"])
    (folder / "tokens.json").write_text(json.dumps(tokens(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    config = _config(shape)
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _share_weights(path: Path) -> None:
    """Let all nodes name a shared weight itself, not a copy of it, so that it is quantized for each of them.

    The decoder and the corrector run twice, and their weights come a second time as copies (Identity).
    """
    network = onnx.load(path)
    weights = {one.name for one in network.graph.initializer}
    copies = {node.output[0]: node for node in network.graph.node if node.op_type == "Identity"}
    copies = {name: node for name, node in copies.items() if node.input[0] in weights}
    for node in network.graph.node:
        node.input[:] = [copies[name].input[0] if name in copies else name for name in node.input]
    for node in copies.values():
        network.graph.node.remove(node)
    onnx.save(network, path)


def _kept_whole(path: Path) -> list[str]:
    """Return the nodes that stay float32: the decoder's output layer in both passes, as in FunASR's own export."""
    nodes = onnx.load(path).graph.node
    output = next(node.input[1] for node in nodes if node.name == "/output/MatMul")
    return [node.name for node in nodes if output in node.input]


def _write_cmvn(path: Path, mean: np.ndarray, deviation: np.ndarray) -> None:
    shift = " ".join(f"{x:.8g}" for x in np.tile(-mean, 7))
    scale = " ".join(f"{x:.8g}" for x in np.tile(1 / deviation, 7))
    path.write_text(
        f"<Nnet>\n<Splice> {INPUT} {INPUT}\n[ 0 ]\n<AddShift> {INPUT} {INPUT}\n<LearnRateCoef> 0 [ {shift} ]\n"
        f"<Rescale> {INPUT} {INPUT}\n<LearnRateCoef> 0 [ {scale} ]\n</Nnet>\n",
        encoding="utf-8",
    )


def _config(shape: Shape) -> dict:
    encoder = {
        "output_size": shape.width, "attention_heads": shape.heads, "linear_units": shape.hidden,
        "num_blocks": shape.encoder_layers, "input_layer": "pe", "kernel_size": shape.kernel, "sanm_shfit": 0,
    }  # fmt: skip
    decoder = {
        "attention_heads": shape.heads, "linear_units": shape.hidden, "num_blocks": shape.decoder_layers,
        "att_layer_num": shape.decoder_layers, "kernel_size": shape.kernel, "sanm_shfit": 0,
    }  # fmt: skip
    predictor = {"idim": shape.width, "threshold": 1.0, "tail_threshold": 0.5 + SHORTFALL, "upsample_times": FINER}
    frontend = {
        "fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10, "dither": 0.0,
        "lfr_m": 7, "lfr_n": 6,
    }  # fmt: skip
    return {
        "model": "BiCifParaformer", "model_conf": {"predictor_bias": 1},
        "encoder": "SANMEncoder", "encoder_conf": encoder,
        "decoder": "ParaformerSANMDecoder", "decoder_conf": decoder, "predictor": "CifPredictorV3",
        "predictor_conf": predictor, "frontend": "WavFrontend", "frontend_conf": frontend, "tokenizer": "CharTokenizer",
    }  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
