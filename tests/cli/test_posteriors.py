"""`asrkit posteriors` as a user runs it."""

import json

import numpy as np
import pytest
import soundfile

from asrkit.cli.main import run
from asrkit.decode.dump import replayed
from asrkit.formats import posteriors
from tests.acoustic import tiny_models


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("posteriors")
    tiny_models.write(folder / "model")
    for name, sound in (("a", tiny_models.sound(1.5)), ("b", tiny_models.sound(2.5, 3)), ("n", np.ones(2, np.float32))):
        soundfile.write(folder / f"{name}.wav", sound, 16000)
    return folder


def _status(*arguments):
    with pytest.raises(SystemExit) as ended:
        run([str(argument) for argument in arguments])
    return ended.value.code


def test_posteriors_and_times_are_written(folder, tmp_path, capfd):
    out = tmp_path / "p.npz"
    assert _status("posteriors", folder / "a.wav", folder / "b.wav", "--model", folder / "model", "-o", out) == 0
    found = posteriors.parse(out)
    assert list(found) == ["a", "b"]
    assert found["a"].log_probs.shape == (len(found["a"].times), len(tiny_models.UNITS))
    assert "2 of 2 utterances" in capfd.readouterr().err


def test_kaldis_form_says_the_same(folder, tmp_path):
    for name in ("p.npz", "p.ark"):
        assert _status("posteriors", folder / "b.wav", "--model", folder / "model", "-o", tmp_path / name) == 0
    np.testing.assert_array_equal(
        posteriors.parse(tmp_path / "p.npz")["b"].log_probs, posteriors.parse(tmp_path / "p.scp")["b"].log_probs
    )


def test_a_bad_recording_is_named_and_the_status_tells(folder, tmp_path, capfd):
    out = tmp_path / "p.npz"
    assert _status("posteriors", folder / "n.wav", folder / "a.wav", "--model", folder / "model", "-o", out) == 3
    assert list(posteriors.parse(out)) == ["a"]
    assert "asrkit: warning: n: " in capfd.readouterr().err
    assert _status("posteriors", folder / "n.wav", "--model", folder / "model", "-o", out) == 1


def test_an_output_of_another_kind_is_wrong_usage(folder, tmp_path, capfd):
    assert _status("posteriors", folder / "a.wav", "--model", folder / "model", "-o", tmp_path / "p.txt") == 2
    assert "let it end in .npz, or .ark" in capfd.readouterr().err


def test_what_was_written_is_heard_again(folder, tmp_path):
    out = tmp_path / "p.npz"
    _status("posteriors", folder / "a.wav", folder / "b.wav", "--model", folder / "model", "-o", out)
    found = posteriors.parse(out)
    for heard, utt in zip(replayed(out), ("a", "b"), strict=True):
        assert heard.utt == utt and heard.reason is None
        np.testing.assert_array_equal(heard.emission.log_probs, found[utt].log_probs)
        np.testing.assert_array_equal(heard.emission.starts, found[utt].times)
        np.testing.assert_allclose(heard.emission.ends[:-1], found[utt].times[1:], atol=1e-6)


def test_times_that_were_estimated_are_still_marked_when_they_are_heard_again(folder, tmp_path, capfd):
    plain = tiny_models.write(tmp_path / "plain", "plain")
    out = tmp_path / "p.npz"
    _status("posteriors", folder / "a.wav", "--model", plain, "-o", out)
    (heard,) = replayed(out)
    assert heard.estimated and heard.emission.starts is not None
    capfd.readouterr()
    said = []
    for source in ([folder / "a.wav"], ["--posteriors-in", out]):
        assert _status("decode", *source, "--model", plain, "--greedy", "--format", "jsonl") == 0
        said.append(json.loads(capfd.readouterr().out))
    assert said[0]["warnings"] == said[1]["warnings"] != []
    assert [word["start"] for word in said[0]["words"]] == [word["start"] for word in said[1]["words"]]
