"""A list of recordings in, one result each out, whatever is wrong with some of them."""

import re
from dataclasses import dataclass

import numpy as np
import pytest
import soundfile

from asrkit.acoustic import listening
from asrkit.acoustic.model import AcousticModel
from asrkit.audio.channels import UNSAID, Channels
from asrkit.audio.read import WHOLE, Cut
from asrkit.errors import AsrkitError
from tests.acoustic import tiny_models
from tests.random_cases import random_cases


@dataclass
class Source:
    utt: str
    source: str
    is_command: bool = False
    cut: Cut = WHOLE
    channels: Channels = UNSAID
    failure: str | None = None


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return AcousticModel.open(tiny_models.write(tmp_path_factory.mktemp("model") / "bicif"))


@pytest.fixture
def heard(model):
    def hear(*sources, **options):
        return list(listening.hear(model, sources, listening.Options(**options)))

    return hear


def _write(path, samples, rate=16000, subtype="PCM_16"):
    soundfile.write(path, samples, rate, subtype=subtype)
    return Source(path.stem, str(path))


def _bad_recordings(folder):
    """Yield (source, what its reason must say), as the list of bad inputs has them."""
    yield _write(folder / "none.wav", np.zeros(0, np.float32)), "this recording is empty"
    yield _write(folder / "three.wav", np.ones(3, np.float32) / 2), "has 3 samples, which are too few"
    nan = tiny_models.sound(1.0)
    nan[777] = np.nan
    yield _write(folder / "nan.wav", nan, subtype="FLOAT"), "not a number"
    loud = 9000 * tiny_models.sound(1.0)
    yield _write(folder / "integers.wav", loud, subtype="FLOAT"), "floats from -1 to 1 are the whole range"
    (folder / "text.wav").write_text("这不是录音\n")
    yield Source("text", str(folder / "text.wav")), "not a recording that can be read"
    _write(folder / "whole.flac", tiny_models.sound(3.0))
    content = (folder / "whole.flac").read_bytes()
    (folder / "cut.flac").write_bytes(content[: len(content) // 2])
    yield Source("cut", str(folder / "cut.flac")), "damaged or cut short|is cut short"
    (folder / "empty.wav").touch()
    yield Source("empty", str(folder / "empty.wav")), "this file is empty"
    _write(folder / "lost.wav", tiny_models.sound(3.0))
    content = (folder / "lost.wav").read_bytes()
    (folder / "lost.wav").write_bytes(content[: len(content) // 2])
    yield Source("lost", str(folder / "lost.wav")), "is cut short: 47978 of 96000 bytes"
    yield Source("missing", str(folder / "missing.wav")), "no such file"
    yield Source("listed", "", failure="wav.scp:3: there is no path."), "there is no path"


def test_every_bad_recording_has_a_reason_and_the_others_are_heard(tmp_path, heard):
    good = _write(tmp_path / "good.wav", tiny_models.sound(2.0))
    bad = list(_bad_recordings(tmp_path))
    results = heard(good, *(source for source, _ in bad), Source("again", good.source))
    assert [one.utt for one in results] == ["good", *(source.utt for source, _ in bad), "again"]
    for one, (_, told) in zip(results[1:-1], bad, strict=True):
        assert one.emission is None
        assert re.search(told, one.reason), one.reason
        assert "\n" not in one.reason and one.reason.endswith(".")
    assert len(results[0].emission.log_probs) > 3
    np.testing.assert_array_equal(results[0].emission.log_probs, results[-1].emission.log_probs)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(8000, 1, "PCM_16"), (48000, 2, "PCM_16"), (16000, 1, "PCM_24"), (16000, 2, "FLOAT")],
)
def test_other_rates_channels_and_sample_sizes_are_heard_as_well(tmp_path, heard, rate, channels, subtype):
    samples = np.stack([tiny_models.sound(2.0, rate=rate)] * channels, axis=1)
    one, plain = heard(
        _write(tmp_path / "a.wav", samples, rate, subtype), _write(tmp_path / "b.wav", tiny_models.sound(2.0))
    )
    assert one.reason is None and one.duration == pytest.approx(2.0, abs=0.01)
    assert len(one.emission.log_probs) == len(plain.emission.log_probs)


def test_a_path_with_spaces_and_chinese_characters_is_heard(tmp_path, heard):
    folder = tmp_path / "录音 一" / "今天 的"
    folder.mkdir(parents=True)
    (one,) = heard(_write(folder / "第 1 句.flac", tiny_models.sound(1.5)))
    assert len(one.emission.log_probs) > 0


def test_a_wav_file_from_a_pipe_whose_header_knows_no_size_is_heard(tmp_path, heard):
    known = _write(tmp_path / "known.wav", tiny_models.sound(1.5))
    content = bytearray((tmp_path / "known.wav").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff" * 4
    (tmp_path / "piped.wav").write_bytes(content)
    one, other = heard(known, Source("piped", str(tmp_path / "piped.wav")))
    np.testing.assert_array_equal(one.emission.log_probs, other.emission.log_probs)


def test_silence_gives_no_units_but_a_warning(tmp_path, heard):
    rng = np.random.default_rng(1)
    quiet = rng.normal(0, 1e-4, 16000 * 2).astype(np.float32)
    zeros = _write(tmp_path / "zeros.wav", np.zeros(32000, np.float32))
    for one in heard(zeros, _write(tmp_path / "quiet.wav", quiet, subtype="FLOAT")):
        assert one.reason is None and one.emission.log_probs.shape == (0, len(tiny_models.UNITS))
        assert one.warnings == ("no speech was found in it",)


def test_long_recordings_are_cut_at_silences_and_times_are_put_back(tmp_path, heard):
    word, pause = tiny_models.sound(2.0), np.zeros(16000, np.float32)
    long = _write(tmp_path / "long.wav", np.concatenate([word, pause] * 4))
    alone = heard(_write(tmp_path / "word.wav", word))[0].emission
    emission = heard(long, longest=4.0)[0].emission
    assert np.all(np.diff(emission.starts) >= 0) and np.all(emission.ends >= emission.starts)
    assert emission.ends[-1] <= 12.0 and emission.starts[-1] > 9.0
    assert len(emission.log_probs) >= 4 * len(alone.log_probs)
    whole = heard(long, longest=60.0)[0].emission
    assert abs(len(whole.log_probs) - len(emission.log_probs)) <= 8


def test_speech_that_is_pointed_at_is_all_that_is_heard(tmp_path, heard):
    recording = _write(tmp_path / "r.wav", tiny_models.sound(6.0))
    (one,) = heard(recording, speech=lambda samples, rate: [(rate, 3 * rate), (4 * rate, 5 * rate)])
    assert one.emission.starts[0] >= 1.0 and one.emission.ends[-1] <= 5.0
    assert not np.any((one.emission.starts > 3.0) & (one.emission.starts < 4.0))
    assert heard(recording, speech=lambda samples, rate: [])[0].warnings


def test_one_channel_can_be_chosen(tmp_path, heard):
    left, right = tiny_models.sound(2.0, 1), tiny_models.sound(2.0, 5)
    both = _write(tmp_path / "both.wav", np.stack([left, right], axis=1))
    expected = heard(_write(tmp_path / "right.wav", right))[0].emission.log_probs
    np.testing.assert_array_equal(heard(both, channel=1)[0].emission.log_probs, expected)
    assert "no channel 2" in heard(both, channel=2)[0].reason


def test_a_segment_is_heard_like_a_recording_of_its_own(tmp_path, heard):
    samples = tiny_models.sound(4.0)
    whole = _write(tmp_path / "whole.wav", samples)
    part = _write(tmp_path / "part.wav", samples[16000:40000])
    one, other = heard(Source("s", whole.source, cut=Cut(1.0, 2.5)), part)
    np.testing.assert_array_equal(one.emission.log_probs, other.emission.log_probs)


def test_batches_say_what_single_recordings_say_in_the_same_order(tmp_path, heard):
    sources = [_write(tmp_path / f"{n}.wav", tiny_models.sound(0.5 + n % 4, n)) for n in range(9)]
    sources.insert(4, Source("missing", str(tmp_path / "missing.wav")))
    single, batched = heard(*sources), heard(*sources, batch_seconds=8.0)
    assert [one.utt for one in single] == [one.utt for one in batched] == [source.utt for source in sources]
    for one, other in zip(single, batched, strict=True):
        assert (one.emission is None) == (other.emission is None)
        if one.emission is not None:
            np.testing.assert_allclose(one.emission.log_probs, other.emission.log_probs, atol=1e-3)
            np.testing.assert_allclose(one.emission.starts, other.emission.starts, atol=1e-6)


def test_a_recording_on_which_the_network_fails_costs_no_other_one_in_its_batch(tmp_path, heard, model, monkeypatch):
    sources = [_write(tmp_path / f"{n}.wav", tiny_models.sound(1.0 + n / 4, n)) for n in range(4)]
    single, ask = heard(*sources), model.log_probs
    bad = len(model.features(tiny_models.sound(1.5)))

    def fails(batch, durations=None):
        if any(len(features) == bad for features in batch):
            raise AsrkitError("the network failed")
        return ask(batch, durations)

    monkeypatch.setattr(model, "log_probs", fails)
    batched = heard(*sources, batch_seconds=60.0)
    assert [one.reason for one in batched] == [None, None, "the network failed.", None]
    for n in (0, 1, 3):
        np.testing.assert_allclose(single[n].emission.log_probs, batched[n].emission.log_probs, atol=1e-3)


def test_a_recording_in_which_no_unit_is_counted_has_a_warning(tmp_path, heard):
    (one,) = heard(_write(tmp_path / "short.wav", tiny_models.sound(0.2)))
    assert one.reason is None and len(one.emission.log_probs) == 0
    assert one.warnings == ("no speech was found in it",)


@random_cases(200)
def test_batches_hold_everything_once_within_the_bound(rng):
    lengths = rng.integers(1, 200, rng.integers(0, 40)).tolist()
    bound = int(rng.integers(1, 1000))
    groups = listening.batches(lengths, bound)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[index] for index in group) <= bound


def test_times_of_a_model_without_stamps_lie_in_the_voiced_part_and_are_marked(tmp_path):
    plain = AcousticModel.open(tiny_models.write(tmp_path / "plain", "plain"))
    quiet = np.zeros(8000, np.float32)
    source = _write(tmp_path / "r.wav", np.concatenate([quiet, tiny_models.sound(2.0), quiet]))
    (one,) = listening.hear(plain, [source])
    assert one.estimated
    assert one.emission.starts[0] >= 0.4 and one.emission.ends[-1] <= 2.6
    assert np.all(np.diff(one.emission.starts) > 0)
