"""Model folders of both runtimes: what is read from them, what the networks say, and what is refused."""

import base64
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from asrkit.acoustic import greedy
from asrkit.acoustic.describe import describe
from asrkit.acoustic.model import AcousticModel
from asrkit.acoustic.session import Session
from asrkit.errors import AsrkitError
from asrkit.units.joining import Joiner
from asrkit.units.special import is_special
from tests.acoustic import tiny_models
from tests.acoustic.make_facts import FACTS, FUNASR_KINDS, SOUNDS

KINDS = ("plain", "bicif", "contextual", "seaco", "ctc")
SHERPA = {"sherpa": "plain", "sherpa ctc": "ctc"}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    base = tmp_path_factory.mktemp("models")
    opened = {kind: AcousticModel.open(tiny_models.write(base / kind, kind)) for kind in KINDS}
    sherpa = {name: tiny_models.write_sherpa(base / name, kind) for name, kind in SHERPA.items()}
    return opened | {name: AcousticModel.open(folder) for name, folder in sherpa.items()}


@pytest.fixture(scope="module")
def facts():
    return json.loads(FACTS.read_text(encoding="utf-8"))


def _by_hand(features):
    """The log-probabilities of every row that the tiny network makes, the last one too."""
    scores = features[:: tiny_models.EVERY] @ tiny_models.MATRIX
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("kind", FUNASR_KINDS)
def test_features_texts_and_times_are_those_of_funasr_onnx(models, facts, kind):
    model = models[kind]
    compared_times = 0
    for utt, sound in SOUNDS.items():
        theirs = facts[f"funasr_onnx {kind}"][utt]
        features = model.features(tiny_models.sound(*sound))
        rows = np.frombuffer(base64.b64decode(theirs["features"]), "<f4").reshape(-1, tiny_models.WIDTH)
        assert len(features) == theirs["steps"]
        np.testing.assert_allclose(features[theirs["rows"]], rows, atol=1e-4, rtol=0)
        emission = model.log_probs([features], [sound[0]])[0]
        units, _ = greedy.best_steps(emission.log_probs, model)
        assert units == tuple(unit for unit in theirs["tokens"] if not is_special(unit))
        if "hel@@国" not in "".join(units):  # a piece that goes on in a Chinese unit: theirs puts it behind that
            assert Joiner(model.package.units).text(units) == theirs["text"]
        if theirs["times"]:
            ours = 1000 * np.stack([emission.starts, emission.ends], axis=1)
            np.testing.assert_allclose(ours[:-1], theirs["times"][:-1], atol=1.01)  # theirs are cut to whole ms
            assert ours[-1, 0] == pytest.approx(theirs["times"][-1][0], abs=1.01)
            compared_times += 1
    assert (compared_times > 0) == model.has_timestamps


def test_texts_are_those_of_sherpa_onnx(models, facts):
    for utt, sound in SOUNDS.items():
        emission = models["sherpa"].log_probs([models["sherpa"].features(tiny_models.sound(*sound))])[0]
        units = tuple(tiny_models.UNITS[unit] for unit in emission.log_probs.argmax(axis=1))
        assert units == tuple(facts["sherpa_onnx"][utt]["tokens"])


def test_without_a_predictor_bias_units_end_before_the_first_end_of_a_sentence_whatever_its_id(tmp_path, models):
    sound = tiny_models.sound(2.2)
    whole = models["sherpa"].log_probs([models["sherpa"].features(sound)])[0].log_probs
    best = whole.argmax(axis=1).tolist()
    end = next(unit for unit in best if unit != best[0])
    folder = tiny_models.write_sherpa(tmp_path / "m")
    names = ["</s>" if n == end else "x" if unit == "</s>" else unit for n, unit in enumerate(tiny_models.UNITS)]
    (folder / "tokens.txt").write_text("".join(f"{unit} {n}\n" for n, unit in enumerate(names)), encoding="utf-8")
    cut = AcousticModel.open(folder).log_probs([models["sherpa"].features(sound)])[0].log_probs
    np.testing.assert_array_equal(cut, whole[: best.index(end)])
    assert 0 < len(cut) < len(whole)


@pytest.mark.parametrize("kind", ["plain", "bicif", "contextual", "seaco"])
def test_log_probs_are_the_rows_without_the_last_one(models, kind):
    features = models[kind].features(tiny_models.sound(2.2))
    emission = models[kind].log_probs([features])[0]
    if kind in ("plain", "bicif"):
        np.testing.assert_allclose(emission.log_probs, _by_hand(features)[:-1], atol=1e-4)
    assert emission.log_probs.dtype == np.float32
    np.testing.assert_allclose(np.exp(emission.log_probs).sum(axis=1), 1, atol=1e-5)
    assert (emission.starts is None) == (kind not in ("bicif", "seaco"))


@pytest.mark.parametrize("kind", ["contextual", "seaco"])
def test_a_contextual_model_is_given_the_embedding_of_the_start_symbol(models, kind):
    features = models["plain"].features(tiny_models.sound(2.2))
    plain, contextual = (models[name].log_probs([features])[0].log_probs for name in ("plain", kind))
    more = contextual - plain  # the tiny embedder gives 1 to the unit that it is asked for
    assert np.all(more[:, 1] > 0) and np.all(np.delete(more, 1, axis=1) < 0)


@pytest.mark.parametrize("kind", ["ctc", "sherpa ctc"])
def test_ctc_rows_begin_behind_the_prompt_and_are_log_probabilities(models, kind):
    features = models[kind].features(tiny_models.sound(1.0))
    emission = models[kind].log_probs([features], [1.0])[0]
    scores = features @ tiny_models.MATRIX
    np.testing.assert_allclose(emission.log_probs - emission.log_probs[:, :1], scores - scores[:, :1], atol=1e-4)
    np.testing.assert_allclose(np.exp(emission.log_probs).sum(axis=1), 1, atol=1e-5)
    assert emission.starts[1] == pytest.approx(0.06) and emission.ends[-1] == pytest.approx(1.0)


def test_ctc_rows_end_where_the_network_says_so(tmp_path, models):
    network = tiny_models.network("ctc")
    (prompt,) = (constant for constant in network.graph.initializer if constant.name == "prompt")
    prompt.CopyFrom(onnx.numpy_helper.from_array(np.array(2, np.int32), "prompt"))  # two steps fewer than there are
    folder = tiny_models.write(tmp_path / "m", "ctc")
    onnx.save(network, folder / "model.onnx")
    model = AcousticModel.open(folder)
    sounds = [model.features(tiny_models.sound(seconds)) for seconds in (1.0, 2.0)]
    for features, emission in zip(sounds, model.log_probs(sounds), strict=True):
        whole = models["ctc"].log_probs([features])[0].log_probs
        np.testing.assert_allclose(emission.log_probs, whole[:-2], atol=1e-5)


@pytest.mark.parametrize("kind", [*KINDS, *SHERPA])
def test_a_batch_says_what_its_members_say_alone(models, kind):
    sounds = [models[kind].features(tiny_models.sound(0.3 + 0.7 * number, number)) for number in range(5)]
    for alone, together in zip(sounds, models[kind].log_probs(sounds), strict=True):
        emission = models[kind].log_probs([alone])[0]
        np.testing.assert_allclose(together.log_probs, emission.log_probs, atol=1e-3)
        if emission.starts is not None:
            np.testing.assert_allclose(together.starts, emission.starts, atol=1e-6)


def test_the_type_of_the_counts_is_that_of_the_session(tmp_path, models):
    model = AcousticModel.open(tiny_models.write(tmp_path / "m", "plain", lengths_type=TensorProto.INT64))
    features = model.features(tiny_models.sound(2.0))
    np.testing.assert_array_equal(
        model.log_probs([features])[0].log_probs, models["plain"].log_probs([features])[0].log_probs
    )


def test_precision_chooses_the_file_and_a_file_may_be_named_itself(tmp_path):
    folder = tiny_models.write(tmp_path / "m", "plain")
    onnx.save(tiny_models.network("bicif"), folder / "model_quant.onnx")
    assert not AcousticModel.open(folder).has_timestamps
    assert not AcousticModel.open(folder, precision="fp32").has_timestamps
    assert AcousticModel.open(folder, precision="int8").has_timestamps
    assert AcousticModel.open(folder / "model_quant.onnx").has_timestamps


def test_info_tells_variant_units_rate_and_outputs(tmp_path):
    told = "\n".join(describe(tiny_models.write(tmp_path / "m", "bicif")))
    for part in ("bicif", "12, of which special", "16,000 Hz", "560", "us_alphas", "from the model", "FunASR"):
        assert part in told


@pytest.mark.parametrize("name", ["config.yaml", "am.mvn", "tokens.json", "model.onnx"])
def test_a_folder_that_lacks_a_file_is_refused(tmp_path, name):
    folder = tiny_models.write(tmp_path / "m")
    (folder / name).unlink()
    with pytest.raises(AsrkitError, match=r"neither a config|no such file|no model\.onnx"):
        AcousticModel.open(folder)


def test_an_empty_folder_and_no_folder_are_refused(tmp_path):
    with pytest.raises(AsrkitError, match=r"no model\.onnx or"):
        AcousticModel.open(tmp_path)
    with pytest.raises(AsrkitError, match="no such"):
        AcousticModel.open(tmp_path / "none" / "deeper")
    (tmp_path / "model.txt").write_text("x")
    with pytest.raises(AsrkitError, match="not a model folder"):
        AcousticModel.open(tmp_path / "model.txt")


def test_means_of_another_size_are_refused(tmp_path):
    folder = tiny_models.write(tmp_path / "m")
    tiny_models.write_cmvn(folder / "am.mvn", 80)
    with pytest.raises(AsrkitError, match="for 80 numbers a step, but 80 bins × 7 frames are 560"):
        AcousticModel.open(folder)


def test_units_that_are_not_the_networks_are_refused(tmp_path):
    folder = tiny_models.write(tmp_path / "m", units=tiny_models.UNITS[:-1])
    with pytest.raises(AsrkitError, match=r"12 units, but the files beside it are for 11"):
        AcousticModel.open(folder)


def test_a_network_of_something_else_is_refused(tmp_path):
    folder = tiny_models.write(tmp_path / "m")
    onnx.save(tiny_models.image_network(), folder / "model.onnx")
    with pytest.raises(AsrkitError, match="outputs of this network are classes"):
        AcousticModel.open(folder)


def test_a_network_whose_outputs_are_renamed_is_refused(tmp_path):
    folder = tiny_models.write(tmp_path / "m", "plain", outputs=("a", "b"))
    with pytest.raises(AsrkitError, match="outputs of this network are a, b, not logits and token_num"):
        AcousticModel.open(folder)


@pytest.mark.parametrize("content", [b"", b"no network", bytes(range(256)) * 8])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    folder = tiny_models.write(tmp_path / "m")
    (folder / "model.onnx").write_bytes(content)
    with pytest.raises(AsrkitError, match=r"model\.onnx") as told:
        AcousticModel.open(folder)
    assert "\n" not in str(told.value)


def test_weights_that_lie_in_a_missing_file_are_told(tmp_path):
    folder = tiny_models.write(tmp_path / "m")
    path = str(folder / "model.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights.data", size_threshold=1024)
    AcousticModel.open(folder)
    (folder / "weights.data").write_bytes((folder / "weights.data").read_bytes()[:100])
    with pytest.raises(AsrkitError, match="weights that belongs beside this one is missing or cut short"):
        AcousticModel.open(folder)
    (folder / "weights.data").unlink()
    with pytest.raises(AsrkitError, match=r"is missing or cut short \(weights\.data\)"):
        AcousticModel.open(folder)


def test_a_contextual_model_without_its_embedder_is_refused_with_the_reason(tmp_path):
    folder = tiny_models.write(tmp_path / "m", "contextual")
    (folder / "model_eb.onnx").unlink()
    with pytest.raises(AsrkitError, match=r"no model_eb\.onnx is there"):
        AcousticModel.open(folder)
    assert any("hotword bias" in line and "missing" in line for line in describe(folder))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model_type": "whisper"}, "says 'whisper'"),
        ({"vocab_size": 5}, "12 units, but the metadata of model.onnx says 5"),
        ({"lfr_window_size": "x"}, "lfr_window_size in the metadata"),
        ({"neg_mean": "1,2,x"}, "neg_mean in the metadata"),
        ({"inv_stddev": "1,2"}, "a step, but"),
    ],
)
def test_metadata_that_cannot_be_right_is_refused(tmp_path, changes, told):
    with pytest.raises(AsrkitError, match=told):
        AcousticModel.open(tiny_models.write_sherpa(tmp_path / "m", **changes))


def test_a_provider_that_is_not_there_is_told(tmp_path):
    folder = tiny_models.write(tmp_path / "m")
    with pytest.raises(AsrkitError, match="no provider cuda here; install onnxruntime-gpu"):
        Session(folder / "model.onnx", provider="cuda")
