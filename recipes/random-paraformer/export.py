"""Export Paraformers with random weights, as FunASR exports real ones: `python export.py KIND SIZE OUT`.

KIND is plain, bicif, contextual, seaco or sensevoice; SIZE is large (the shape of Paraformer-large: 50 encoder layers,
16 decoder layers, width 512, 8,404 units) or tiny. Needs the extra `train`. The networks and the way of exporting are
those of the package `funasr`; only the weights mean nothing, so that names, types, shapes, time and memory can be
tried without a download.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import yaml
from funasr.models.bicif_paraformer.cif_predictor import CifPredictorV3  # noqa: F401  registers itself
from funasr.models.bicif_paraformer.model import BiCifParaformer
from funasr.models.contextual_paraformer.decoder import ContextualParaformerDecoder  # noqa: F401
from funasr.models.contextual_paraformer.model import ContextualParaformer
from funasr.models.paraformer.model import Paraformer
from funasr.models.seaco_paraformer.model import SeacoParaformer
from funasr.models.sense_voice.model import SenseVoiceSmall

_INPUT = 560
_SEED = 20261123
_WITH_HOTWORDS = ("contextual", "seaco")


class Size(NamedTuple):
    """Sizes of a network."""

    units: int
    width: int
    hidden: int
    encoder: int
    decoder: int


SIZES = {"large": Size(8404, 512, 2048, 50, 16), "tiny": Size(8404, 64, 64, 2, 2)}
CLASSES = {
    "plain": Paraformer, "bicif": BiCifParaformer, "contextual": ContextualParaformer, "seaco": SeacoParaformer,
    "sensevoice": SenseVoiceSmall,
}  # fmt: skip


def main(kind: str, size_name: str, out: str) -> None:
    """Write model.onnx (and model_eb.onnx), config.yaml, am.mvn and tokens.json."""
    torch.manual_seed(_SEED)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    size = SIZES[size_name]
    config = _config(kind, size)
    network = CLASSES[kind](
        input_size=_INPUT, vocab_size=size.units,
        **{key: value for key, value in _copy(config).items() if key not in ("model", "model_conf", "frontend")},
        **config["model_conf"],
    ).eval()  # fmt: skip
    if kind != "sensevoice":  # random weights fire seldom; a bias makes a token of every five steps or so
        with torch.no_grad():
            network.predictor.cif_output.bias.fill_(-1.4)
    names = {key: value for key, value in config.items() if isinstance(value, str) and key != "model"}
    exported = network.export(type="onnx", device="cpu", max_seq_len=2048, **names)
    for part in exported if isinstance(exported, tuple) else (exported,):
        _write_onnx(part, folder, size)
    rng = np.random.default_rng(_SEED)
    _write_cmvn(folder / "am.mvn", rng.normal(-12, 1, _INPUT), rng.uniform(0.2, 0.3, _INPUT))
    (folder / "tokens.json").write_text(json.dumps(_units(size.units), ensure_ascii=False, indent=0), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _config(kind: str, size: Size) -> dict[str, Any]:
    encoder = {
        "output_size": size.width, "attention_heads": 4, "linear_units": size.hidden, "num_blocks": size.encoder,
        "dropout_rate": 0.1, "positional_dropout_rate": 0.1, "attention_dropout_rate": 0.1, "input_layer": "pe",
        "normalize_before": True, "kernel_size": 11, "sanm_shfit": 0, "selfattention_layer_type": "sanm",
    }  # fmt: skip
    frontend = {
        "fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10, "dither": 0.0,
        "lfr_m": 7, "lfr_n": 6,
    }  # fmt: skip
    if kind == "sensevoice":
        return {
            "model": "SenseVoiceSmall", "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2},
            "encoder": "SenseVoiceEncoderSmall",
            "encoder_conf": {key: encoder[key] for key in encoder if key != "selfattention_layer_type"}
            | {"tp_blocks": 2}, "frontend": "WavFrontend", "frontend_conf": frontend,
        }  # fmt: skip
    decoder = {
        "attention_heads": 4, "linear_units": size.hidden, "num_blocks": size.decoder, "dropout_rate": 0.1,
        "positional_dropout_rate": 0.1, "self_attention_dropout_rate": 0.1, "src_attention_dropout_rate": 0.1,
        "att_layer_num": size.decoder, "kernel_size": 11, "sanm_shfit": 0,
    }  # fmt: skip
    predictor = {"idim": size.width, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45}
    finer = {
        "smooth_factor2": 0.25, "noise_threshold2": 0.01, "upsample_times": 3, "use_cif1_cnn": False,
        "upsample_type": "cnn_blstm",
    }  # fmt: skip
    model = {"ctc_weight": 0.0, "lsm_weight": 0.1, "predictor_weight": 1.0, "predictor_bias": 1, "sampling_ratio": 0.75}
    has_stamps = kind in ("bicif", "seaco")
    config = {
        "model": CLASSES[kind].__name__, "model_conf": model, "encoder": "SANMEncoder", "encoder_conf": encoder,
        "decoder": "ParaformerSANMDecoder", "decoder_conf": decoder,
        "predictor": "CifPredictorV3" if has_stamps else "CifPredictorV2",
        "predictor_conf": predictor | (finer if has_stamps else {}),
        "frontend": "WavFrontend", "frontend_conf": frontend,
    }  # fmt: skip
    if kind in _WITH_HOTWORDS:
        model |= {"inner_dim": size.width, "bias_encoder_type": "lstm", "bias_encoder_bid": False}
    if kind == "contextual":
        config["decoder"] = "ContextualParaformerDecoder"
    if kind == "seaco":
        of_hotwords = {"num_blocks": 6, "att_layer_num": 6, "use_output_layer": False, "wo_input_layer": True}
        config |= {"seaco_decoder": "ParaformerSANMDecoder", "seaco_decoder_conf": decoder | of_hotwords}
    return config


def _copy(config: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(config))


def _write_onnx(part: Any, folder: Path, size: Size) -> None:
    name = part.export_name if isinstance(part.export_name, str) else part.export_name()
    example = part.export_dummy_inputs()
    if "bias_embed" in part.export_input_names():  # the example has the width of the large one
        example = (*example[:2], torch.randn(2, 1, size.width))
    axes = part.export_dynamic_axes()
    with torch.no_grad():
        torch.onnx.export(
            part.eval(), example, str(folder / f"{name.removesuffix('.onnx')}.onnx"),
            input_names=part.export_input_names(), output_names=part.export_output_names(),
            dynamic_axes={name: axis for name, axis in axes.items() if name != "pre_acoustic_embeds"},
            opset_version=14, do_constant_folding=True, dynamo=False,
        )  # fmt: skip


def _write_cmvn(path: Path, shift: np.ndarray, scale: np.ndarray) -> None:
    vectors = [" ".join(f"{x:.8g}" for x in values) for values in (shift, scale)]
    path.write_text(
        f"<Nnet>\n<Splice> {_INPUT} {_INPUT}\n[ 0 ]\n<AddShift> {_INPUT} {_INPUT}\n<LearnRateCoef> 0 [ {vectors[0]} ]\n"
        f"<Rescale> {_INPUT} {_INPUT}\n<LearnRateCoef> 0 [ {vectors[1]} ]\n</Nnet>\n",
        encoding="utf-8",
    )


def _units(count: int) -> list[str]:
    """Return specials, CJK characters, and a few English pieces, as the Chinese models have them."""
    pieces = ["the", "hel@@", "lo", "a@@", "b@@", "c"]
    characters = [chr(0x4E00 + i) for i in range(count - 4 - len(pieces))]
    return ["<blank>", "<s>", "</s>", *pieces, *characters, "<unk>"]


if __name__ == "__main__":
    main(*sys.argv[1:])
