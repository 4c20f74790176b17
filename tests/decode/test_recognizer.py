"""`asrkit.Recognizer`, the Python face of decoding."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import asrkit
from asrkit.cli.decode import command
from asrkit.decode.setup import DEFAULT_BEAM, DEFAULT_LM_SCALE
from asrkit.errors import AsrkitError
from asrkit.hotwords.graph import DEFAULT_INCREMENTAL_BIAS
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO

RECORDING = DEMO / "demo-04.flac"


@pytest.fixture(scope="module")
def recognizer(graph):
    return asrkit.Recognizer(graph=graph)


@pytest.fixture
def sound():
    return soundfile.read(RECORDING, dtype="float32")


def test_importing_asrkit_imports_nothing_heavy():
    code = "import sys; before = set(sys.modules); import asrkit; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names} == {"asrkit"}


def test_its_errors_are_caught_by_the_name_that_the_package_gives():
    with pytest.raises(asrkit.AsrkitError, match="no such file or folder"):
        asrkit.Recognizer().transcribe("missing.wav")
    assert asrkit.AsrkitError is AsrkitError and "AsrkitError" in dir(asrkit)


def test_what_it_says_is_what_the_command_says(recognizer, graph, tmp_path):
    (tmp_path / "names").write_text("林婉清 1\n", encoding="utf-8")
    for path in (None, tmp_path / "names"):
        recognizer.hotwords = path
        told = json.loads(run("decode", RECORDING, "--graph", graph, "--format", "jsonl",
                              *(["--hotwords", path] if path else [])).stdout)  # fmt: skip
        found = recognizer.transcribe(RECORDING)
        assert (found.utt, found.text) == ("demo-04", told["text"])
        assert found.duration == pytest.approx(told["duration"], abs=1e-6)
        assert found.best.scores.total == pytest.approx(told["scores"]["total"], abs=1e-5)
        assert [hotword.phrase for hotword in found.best.hotwords] == [h["phrase"] for h in told["hotwords"]]
        assert [word.start for word in found.best.words] == pytest.approx([w["start"] for w in told["words"]])


def test_its_defaults_are_those_of_the_command():
    defaults = {option.name: option.default for option in command.params}
    assert (defaults["beam"], defaults["lm_scale"]) == (DEFAULT_BEAM, DEFAULT_LM_SCALE)


def test_arrays_of_any_form_say_what_the_file_says(recognizer, sound):
    samples, rate = sound
    wanted = recognizer.transcribe(str(RECORDING)).text
    whole = np.round(samples * 32768).clip(-32768, 32767).astype(np.int16)
    for array in (samples, samples.astype(np.float64), whole, np.stack([samples, samples], axis=1)):
        assert recognizer.transcribe(array, rate).text == wanted
    assert recognizer.transcribe(samples).text == wanted  # the model's own rate
    assert recognizer.transcribe(np.zeros(16000, np.float32)).text == ""


def test_hotwords_are_swapped_between_calls(recognizer, sound):
    texts = []
    for hotwords in (None, ["林婉清"], {"林婉清": 9.0}, [], ["欧阳雨桐"], None):
        recognizer.hotwords = hotwords
        texts.append(recognizer.transcribe(*sound).text)
    assert ["林婉清" in text for text in texts[1:3]] == [True, True] and texts[3] == texts[0] == texts[5]
    recognizer.hotwords = {"林婉清": 9.0}
    compiled = recognizer.hotwords
    assert compiled.phrases == ("林婉清",)
    recognizer.hotwords = None
    assert recognizer.hotwords is None
    recognizer.hotwords = compiled.with_added([])
    assert recognizer.transcribe(*sound).text == texts[2]
    recognizer.hotwords = None


def test_hotwords_of_one_call_count_for_that_call_alone(recognizer, sound):
    recognizer.hotwords = ["欧阳雨桐"]
    before = recognizer.transcribe(*sound)
    assert not before.best.hotwords
    (fired,) = recognizer.transcribe(*sound, hotwords={"林婉清": 9.0}).best.hotwords
    assert fired.phrase == "林婉清" and fired.bonus == 9 + 3 * DEFAULT_INCREMENTAL_BIAS
    assert recognizer.transcribe(*sound) == before and recognizer.hotwords.phrases == ("欧阳雨桐",)
    recognizer.hotwords = {"林婉清": 9.0}
    assert not recognizer.transcribe(*sound, hotwords=None).best.hotwords
    recognizer.hotwords = None


def test_several_readings_come_if_they_are_wanted(graph):
    found = asrkit.Recognizer(graph=graph, nbest=3).transcribe(RECORDING)
    assert 1 < len(found.nbest) <= 3 and found.nbest[0] == found.best


def test_what_cannot_be_used_is_told_in_a_sentence(recognizer, graph, tmp_path):
    for wrong, sentence in [
        ("gone.wav", "gone.wav: no such file or folder"),
        (np.zeros((2, 2, 2)), "the array: this array has 3 dimensions of type float64"),
        (np.zeros(0, np.float32), "the array: this recording is empty"),
        (np.full(9000, np.nan, np.float32), "the array: a sample of this recording is not a number"),
        (np.zeros(9, bool), "of type bool"),
        (np.zeros(3, np.float32), "^the array: this recording has 3 samples, which are too few"),
        ([[0.1, 0.2], [0.3]], "this is neither a path nor an array"),
        (None, "the array: this array has 0 dimensions of type object"),
        (b"demo.wav", "the array: this array has 0 dimensions"),
    ]:
        with pytest.raises(AsrkitError, match=sentence):
            recognizer.transcribe(wrong)
    for rate in (0, -1, 1, True, float("nan"), float("inf"), "16000", 16000 + 0j):
        with pytest.raises(AsrkitError, match=r"^the array: the rate of this recording is"):
            recognizer.transcribe(np.zeros(16000, np.float32), rate)
    with pytest.raises(AsrkitError, match="hotwords need a graph"):
        asrkit.Recognizer(greedy=True, hotwords=["林婉清"])
    for wrong, sentence in [
        (["Ж"], "none of the 1 hotwords can be spelled"),
        ("林婉清", "林婉清: no such list of hotwords; check the path; phrases go into a list"),
        ({"林婉清": "2"}, "'林婉清' with the weight '2' is no hotword"),
        ([1], "1 is no hotword; give phrases, or phrases with numbers"),
        ([("林婉清", 2.0)], "('林婉清', 2.0) is no hotword"),
        ([["林婉清"]], "['林婉清'] is no hotword"),
        (5, "5 is no list of hotwords; give phrases"),
    ]:
        with pytest.raises(AsrkitError, match=re.escape(sentence)):
            recognizer.hotwords = wrong
    for name in ("beam", "lm_scale", "incremental_bias", "hotword_scale"):
        with pytest.raises(AsrkitError, match=f"{name} is '8', but must be a number"):
            asrkit.Recognizer(graph=graph, **{name: "8"})
    for wrong in ({"nbest": 0}, {"threads": 0}, {"nbest": 2.5}):
        with pytest.raises(AsrkitError, match="must be a whole number of 1 or more"):
            asrkit.Recognizer(graph=graph, **wrong)
    with pytest.raises(AsrkitError, match="no such model folder"):
        asrkit.Recognizer(model=tmp_path / "none", graph=graph)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = asrkit.nothing


def test_without_model_and_graph_it_uses_those_that_ship():
    spoken = (DEMO / "text").read_text(encoding="utf-8").splitlines()[3].split()[1]
    text = asrkit.Recognizer().transcribe(DEMO / "demo-04.flac").text
    assert len(set(spoken) & set(text)) >= len(spoken) // 3


def test_a_channel_of_a_recording_can_be_chosen(recognizer, sound, tmp_path):
    samples, rate = sound
    both = np.stack([0 * samples, samples], axis=1)
    soundfile.write(tmp_path / "both.wav", both, rate, subtype="FLOAT")
    for recording in (both, tmp_path / "both.wav"):
        found = recognizer.transcribe(recording, rate, channel=1)
        assert found.text == recognizer.transcribe(samples, rate).text and found.warnings == ()
        assert any("channels differ" in warning for warning in recognizer.transcribe(recording, rate).warnings)
        with pytest.raises(AsrkitError, match="there is no channel 2, only 2"):
            recognizer.transcribe(recording, rate, channel=2)
