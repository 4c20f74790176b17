"""Networks of a few nodes with the inputs and outputs of real exports, and sounds to put through them.

Of every fifth step one unit is made, by a matrix of fixed numbers; so what comes out can be computed by hand.
"""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

UNITS = ("<blank>", "<s>", "</s>", "中", "国", "我", "hel@@", "lo", "world", "保", "险", "<unk>")
WIDTH = 560
EVERY = 5
MATRIX = np.sin(np.arange(WIDTH * len(UNITS), dtype=np.float64) ** 1.5).reshape(WIDTH, -1).astype(np.float32) / 5
MATRIX[:, [0, 2]] = 0  # blank and the end are hardly ever the best
SHIFT, SCALE = np.full(WIDTH, -12.5), np.linspace(0.2, 0.3, WIDTH)
_WITH_HOTWORDS, _WITH_STAMPS = ("contextual", "seaco"), ("bicif", "seaco")
_CONFIG = """model: {model}
model_conf: {{predictor_bias: 1}}
frontend_conf: {{fs: 16000, window: hamming, n_mels: 80, frame_length: 25, frame_shift: 10,
                lfr_m: 7, lfr_n: 6, dither: 0.0}}
"""


def sound(seconds, number=0, rate=16000):
    """A rising tone that comes and goes, (samples,) float32; every number sounds different."""
    t = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * (200 + 70 * number + 90 * t) * t) + 0.3 * np.sin(2 * np.pi * 1700 * t)
    return (np.round(9000 * tone * (1 + np.sin(2 * np.pi * (2 + number % 3) * t)) / 2) / 32768).astype(np.float32)


def write(folder, kind="bicif", *, units=UNITS, lengths_type=TensorProto.INT32, outputs=None, name="model.onnx"):
    """Write a FunASR folder: kind is plain, bicif, contextual, seaco or ctc; `outputs` renames the outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(network(kind, lengths_type, outputs), folder / name)
    if kind in _WITH_HOTWORDS:
        onnx.save(_embedder(), folder / "model_eb.onnx")
    (folder / "config.yaml").write_text(_CONFIG.format(model=kind), encoding="utf-8")
    write_cmvn(folder / "am.mvn", WIDTH)
    (folder / "tokens.json").write_text(json.dumps(units, ensure_ascii=False), encoding="utf-8")
    return folder


def write_sherpa(folder, kind="plain", **changes):
    """Write the folder of a network, plain or ctc, for sherpa-onnx; `changes` are of its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "model_type": "sense_voice_ctc" if kind == "ctc" else "paraformer",
        "vocab_size": len(UNITS), "lfr_window_size": 7, "lfr_window_shift": 6,
        "neg_mean": ",".join(map(str, SHIFT)), "inv_stddev": ",".join(map(str, SCALE)), "version": "1",
    } | changes  # fmt: skip
    model = network(kind)
    if kind == "ctc":
        _rename(model, {"speech": "x", "speech_lengths": "x_length", "textnorm": "text_norm", "ctc_logits": "logits"})
    helper.set_model_props(model, {key: str(value) for key, value in facts.items()})
    onnx.save(model, folder / "model.onnx")
    lines = "".join(f"{unit} {number}\n" for number, unit in enumerate(UNITS))
    (folder / "tokens.txt").write_text(lines, encoding="utf-8")
    return folder


def write_cmvn(path, size):
    numbers = [" ".join(f"{x:.8g}" for x in values[:size]) for values in (SHIFT, SCALE)]
    path.write_text(
        f"<Nnet>\n<Splice> {size} {size}\n[ 0 ]\n<AddShift> {size} {size}\n<LearnRateCoef> 0 [ {numbers[0]} ]\n"
        f"<Rescale> {size} {size}\n<LearnRateCoef> 0 [ {numbers[1]} ]\n</Nnet>\n"
    )


def network(kind, lengths_type=TensorProto.INT32, outputs=None):
    f32, i32, i64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
    size = len(UNITS)
    constants = {
        "matrix": MATRIX, "zero": np.array([0]), "far": np.array([2**31]), "axis": np.array([1]),
        "every": np.array([EVERY]), "five": np.array(EVERY), "four": np.array(EVERY - 1),
    }  # fmt: skip
    inputs = [("speech", f32, ["B", "T", WIDTH]), ("speech_lengths", i32, ["B"])]
    names = {"logits": (f32, ["B", "N", size]), "token_num": (lengths_type, ["B"])}
    n = helper.make_node
    if kind == "ctc":
        inputs += [("language", i32, ["B"]), ("textnorm", i32, ["B"])]
        names = {"ctc_logits": (f32, ["B", "N", size]), "encoder_out_lens": (i32, ["B"])}
        constants |= {"pads": np.array([0, 4, 0, 0, 0, 0]), "prompt": np.array(4, np.int32)}
        nodes = [
            n("Pad", ["speech", "pads"], ["prompted"]), n("MatMul", ["prompted", "matrix"], ["ctc_logits"]),
            n("Add", ["speech_lengths", "prompt"], ["encoder_out_lens"]),
        ]  # fmt: skip
    else:
        nodes = [
            n("Slice", ["speech", "zero", "far", "axis", "every"], ["rows"]),
            n("MatMul", ["rows", "matrix"], ["scores"]),
            n("Cast", ["speech_lengths"], ["lengths"], to=i64),
            n("Add", ["lengths", "four"], ["more"]), n("Div", ["more", "five"], ["count"]),
            n("Cast", ["count"], ["token_num"], to=lengths_type),
        ]  # fmt: skip
        if kind in _WITH_HOTWORDS:
            inputs.append(("bias_embed", f32, ["B", "H", size]))
            nodes += [
                n("ReduceMean", ["bias_embed"], ["bias"], axes=[1], keepdims=1),
                n("Add", ["scores", "bias"], ["biased"]), n("LogSoftmax", ["biased"], ["logits"], axis=-1),
            ]  # fmt: skip
        else:
            nodes.append(n("LogSoftmax", ["scores"], ["logits"], axis=-1))
        if kind in _WITH_STAMPS:
            names |= {"us_alphas": (f32, ["B", "F"]), "us_cif_peak": (f32, ["B", "F"])}
            constants |= {
                "ones": np.array([1, 1, 3]), "flat": np.array([0, -1]), "last_axis": np.array([2]),
                "cum_axis": np.array(1), "tiny": np.array(1e-4, np.float32), "nought": np.array(0, np.float32),
                "share": np.array(1 / (3 * EVERY), np.float32),
            }  # fmt: skip
            nodes += [  # every fine step weighs 1/15; its integral is (step mod 15 + 1) / 15
                n("Slice", ["speech", "zero", "axis", "last_axis"], ["column"]),
                n("Tile", ["column", "ones"], ["tiled"]), n("Reshape", ["tiled", "flat"], ["fine"]),
                n("Mul", ["fine", "nought"], ["nothing"]), n("Add", ["nothing", "share"], ["us_alphas"]),
                n("CumSum", ["us_alphas", "cum_axis"], ["sums"]),
                n("Sub", ["sums", "tiny"], ["below"]), n("Floor", ["below"], ["whole"]),
                n("Sub", ["sums", "whole"], ["us_cif_peak"]),
            ]  # fmt: skip
    used = {name for node in nodes for name in node.input}
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items() if name in used]
    renamed = dict(zip(names, outputs or names, strict=True))
    for node in nodes:
        node.output[:] = [renamed.get(output, output) for output in node.output]
        node.input[:] = [renamed.get(value, value) for value in node.input]
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info(renamed[name], *rest) for name, rest in names.items()], initializers,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _rename(model, names):
    graph = model.graph
    for value in (*graph.input, *graph.output):
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]


def image_network():
    """A network of something else."""
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in ("image", "classes")]
    graph = helper.make_graph([helper.make_node("Relu", ["image"], ["classes"])], "image", values[:1], values[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _embedder():
    f32, i32 = TensorProto.FLOAT, TensorProto.INT32
    table = numpy_helper.from_array(np.eye(len(UNITS), dtype=np.float32), "table")
    nodes = [
        helper.make_node("Gather", ["table", "hotword"], ["by_hotword"]),
        helper.make_node("Transpose", ["by_hotword"], ["hw_embed"], perm=[1, 0, 2]),
    ]
    graph = helper.make_graph(
        nodes, "embedder", [helper.make_tensor_value_info("hotword", i32, ["H", 10])],
        [helper.make_tensor_value_info("hw_embed", f32, [10, "H", len(UNITS)])], [table],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
