"""Which channels are heard, recordings that were never finished, and what only PyAV reads."""

import struct
import sys

import numpy as np
import pytest
import soundfile

from asrkit.audio.channels import MIXED, UNSAID, Channels
from asrkit.audio.read import Cut, channel_count, read, read_command, seconds
from asrkit.audio.unfinished import UNFINISHED
from asrkit.errors import AsrkitError
from tests.random_cases import random_cases

RATE = 16000


def _noise(seed, seconds=0.5):
    return (0.1 * np.random.default_rng(seed).normal(size=int(seconds * RATE))).astype(np.float32)


def _read(path, **options):
    """Return the samples of a recording and what was warned of."""
    warnings = []
    return read(path, RATE, warn=warnings.append, **options), warnings


def _written(path, *channels):
    soundfile.write(path, np.stack(channels, axis=1), RATE, subtype="FLOAT")
    return path


def test_channels_that_differ_are_told_when_they_are_mixed(tmp_path):
    differ = _written(tmp_path / "a.wav", _noise(1), _noise(2))
    alike = _written(tmp_path / "b.wav", _noise(1), _noise(1) + 1e-4 * _noise(2))
    silent = _written(tmp_path / "c.wav", 0 * _noise(1), 0 * _noise(1))
    one_sided = _written(tmp_path / "d.wav", _noise(1), 0 * _noise(1))
    assert _read(differ)[1] == _read(one_sided)[1] == [MIXED]
    assert _read(alike)[1] == _read(silent)[1] == []
    assert _read(differ, channels=Channels((1,)))[1] == []


@random_cases(30)
def test_chosen_channels_are_their_mean(tmp_path, rng):
    count = int(rng.integers(1, 5))
    tracks = [_noise(int(seed), 0.05) for seed in rng.integers(0, 99, count)]
    numbers = tuple(int(n) for n in rng.permutation(count)[: rng.integers(1, count + 1)])
    samples, _ = _read(_written(tmp_path / "a.wav", *tracks), channels=Channels(numbers))
    np.testing.assert_allclose(samples, sum(tracks[n] for n in numbers) / len(numbers), atol=1e-6)


def test_a_recording_of_one_channel_is_that_which_kaldi_names_and_no_other_s(tmp_path):
    mono, stereo = _written(tmp_path / "m.wav", _noise(1)), _written(tmp_path / "s.wav", _noise(1), _noise(2))
    np.testing.assert_array_equal(read(mono, RATE, channels=Channels((1,), if_several=True)), _noise(1))
    np.testing.assert_array_equal(read(stereo, RATE, channels=Channels((1,), if_several=True)), _noise(2))
    for path, choice in ((mono, Channels((1,))), (stereo, Channels((2,), if_several=True))):
        with pytest.raises(AsrkitError, match=rf"{path.name}: there is no channel {choice.numbers[0]}, only"):
            read(path, RATE, channels=choice)


def test_the_channels_of_files_and_commands_are_counted(tmp_path):
    path = _written(tmp_path / "s.wav", _noise(1), _noise(2), _noise(3))
    assert channel_count(path) == channel_count(f"cat {path}", is_command=True) == 3


def _unfinished(path, samples, *, extra=b""):
    """Write a wav as a recorder leaves it that died: both sizes 0."""
    body = (np.round(samples * 32767)).astype("<i2").tobytes()
    head = b"RIFF\0\0\0\0WAVE" + extra + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    path.write_bytes(head + b"data\0\0\0\0" + body)
    return path


@pytest.mark.parametrize("extra", [b"", b"LIST\x05\0\0\0abcde\0"])
def test_a_wav_that_was_never_finished_is_read_to_its_end_with_a_warning(tmp_path, extra):
    path = _unfinished(tmp_path / "a.wav", _noise(1), extra=extra)
    samples, warnings = _read(path)
    np.testing.assert_allclose(samples, _noise(1), atol=1e-4)
    assert warnings == [UNFINISHED]
    assert seconds(path) == 0.5 and channel_count(path) == 1
    np.testing.assert_array_equal(_read(path, cut=Cut(0.125, 0.25))[0], samples[2000:4000])
    np.testing.assert_array_equal(read_command(f"cat {path}", RATE), samples)


def test_a_wav_that_is_empty_is_not_taken_for_one_that_was_never_finished(tmp_path):
    _unfinished(tmp_path / "a.wav", _noise(1)[:0])
    _unfinished(tmp_path / "b.wav", _noise(1)[:0])
    with (tmp_path / "b.wav").open("ab") as file:
        file.write(b"LIST\x06\0\0\0INFOab")
    for name in ("a.wav", "b.wav"):
        with pytest.raises(AsrkitError, match="this recording is empty"):
            read(tmp_path / name, RATE)


def _m4a(path, samples, channels=1):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono" if channels == 1 else "stereo")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(samples.reshape(channels, -1), "fltp", stream.layout.name)
        frame.sample_rate, frame.pts = RATE, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def test_m4a_is_read_through_pyav(tmp_path):
    times = np.arange(RATE) / RATE
    left, right = (0.5 * np.sin(2 * np.pi * pitch * times).astype(np.float32) for pitch in (440, 880))
    path = _m4a(tmp_path / "a.m4a", np.stack([left, right]), channels=2)
    assert channel_count(path) == 2
    for number, track in enumerate((left, right)):
        samples = read(path, RATE, channels=Channels((number,)))
        assert abs(len(samples) - RATE) <= 2048
        np.testing.assert_allclose(samples[3000:12000], track[3000:12000], atol=0.02)
    assert len(read(path, RATE, cut=Cut(0.25, 0.5))) == RATE // 4
    assert read(path, RATE, channels=UNSAID).dtype == np.float32


def test_without_pyav_the_refusal_names_the_extra(tmp_path, monkeypatch):
    path = _m4a(tmp_path / "a.m4a", _noise(1))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(AsrkitError, match=r"a\.m4a: this is not .*m4a, AAC and others: pip install 'asrkit"):
        read(path, RATE)


def test_what_pyav_cannot_read_either_is_told_in_one_sentence(tmp_path):
    good = _m4a(tmp_path / "good.m4a", _noise(1)).read_bytes()
    for content in (b"hello, this is text", good[:300], good[:40] + bytes(400)):
        (tmp_path / "a.m4a").write_bytes(content)
        with pytest.raises(AsrkitError, match=r"^[^\n]*a\.m4a: [^\n]*$"):
            read(tmp_path / "a.m4a", RATE)
