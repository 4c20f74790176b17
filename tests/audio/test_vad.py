"""Speech found by a network with the inputs and outputs of silero-vad's."""

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from asrkit.audio import vad
from asrkit.errors import AsrkitError


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package silero_vad whose network finds speech where the loudest of the 512 new samples is above 0.25."""
    folder = tmp_path / "silero_vad" / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    onnx.save(_network(), folder / "silero_vad.onnx")
    monkeypatch.syspath_prepend(tmp_path)


def _network():
    f32, i64 = TensorProto.FLOAT, TensorProto.INT64
    n = helper.make_node
    constants = {"from": np.array([64]), "to": np.array([576]), "axis": np.array([1]), "two": np.array(2.0, np.float32)}
    nodes = [
        n("Slice", ["input", "from", "to", "axis"], ["new"]), n("Abs", ["new"], ["sizes"]),
        n("ReduceMax", ["sizes"], ["loudest"], axes=[1], keepdims=1), n("Mul", ["loudest", "two"], ["output"]),
        n("Identity", ["state"], ["stateN"]),
    ]  # fmt: skip
    values = {"input": (f32, ["B", "T"]), "state": (f32, [2, "B", 128]), "sr": (i64, [])}
    results = {"output": (f32, ["B", 1]), "stateN": (f32, [2, "B", 128])}
    graph = helper.make_graph(
        nodes, "vad", *([helper.make_tensor_value_info(k, *v) for k, v in some.items()] for some in (values, results)),
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.usefixtures("installed")
def test_speech_is_where_the_network_says_so_with_margins():
    samples = np.zeros(6 * vad.RATE, np.float32)
    samples[2 * vad.RATE : 3 * vad.RATE] = 0.5
    ((first, last),) = vad.SileroVad().speech(samples, vad.RATE)
    assert first / vad.RATE == pytest.approx(1.8, abs=0.04) and last / vad.RATE == pytest.approx(3.2, abs=0.04)


@pytest.mark.usefixtures("installed")
def test_another_rate_is_refused():
    with pytest.raises(AsrkitError, match="16000 Hz, but this model wants 8000"):
        vad.SileroVad().speech(np.zeros(8000, np.float32), 8000)


def test_a_package_that_is_not_there_is_told_with_the_cure(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(AsrkitError, match="needs the package silero-vad"):
        vad.SileroVad()
