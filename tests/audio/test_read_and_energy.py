"""Recordings as samples, and where they are silent."""

from itertools import pairwise

import numpy as np
import pytest
import soundfile

from asrkit.audio import energy, vad
from asrkit.audio.channels import Channels
from asrkit.audio.read import Cut, Sound, read, read_command, seconds
from asrkit.errors import AsrkitError
from tests.random_cases import random_cases

RATE = 16000


def _tone(length, rate=RATE, pitch=440):
    return (0.5 * np.sin(2 * np.pi * pitch * np.arange(int(length * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_every_format_gives_the_same_sound(tmp_path, suffix):
    soundfile.write(tmp_path / f"a.{suffix}", _tone(1.0), RATE)
    samples = read(tmp_path / f"a.{suffix}", RATE)
    assert samples.dtype == np.float32 and abs(len(samples) - RATE) < 3000
    middle = samples[4000:12000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_other_rates_are_resampled(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", _tone(1.0, rate), rate)
    samples = read(tmp_path / "a.wav", RATE)
    assert len(samples) == RATE
    np.testing.assert_allclose(samples[2000:14000], _tone(1.0)[2000:14000], atol=0.01)


def test_channels_are_mixed_or_chosen(tmp_path):
    left, right = _tone(0.5), _tone(0.5, pitch=880)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(read(tmp_path / "a.wav", RATE), (left + right) / 2, atol=1e-6)
    np.testing.assert_array_equal(read(tmp_path / "a.wav", RATE, channels=Channels((1,))), right)
    with pytest.raises(AsrkitError, match="no channel 2, only 2"):
        read(tmp_path / "a.wav", RATE, channels=Channels((2,)))


def test_floats_on_the_scale_of_integers_are_refused_and_a_little_too_loud_ones_are_not(tmp_path):
    soundfile.write(tmp_path / "loud.wav", 3 * _tone(0.5), RATE, subtype="FLOAT")
    assert read(tmp_path / "loud.wav", RATE).max() == pytest.approx(1.5, abs=0.01)
    for sign in (1, -1):
        with pytest.raises(AsrkitError, match=r"reach .*, where floats from -1 to 1 are the whole range; divide them"):
            read(Sound(sign * 32768 * np.maximum(_tone(0.5), 0), RATE), RATE)
    assert read(Sound((32767 * _tone(0.5)).astype(np.int16), RATE), RATE).max() <= 1


def test_a_part_is_cut_and_one_outside_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", _tone(2.0), RATE, subtype="FLOAT")
    np.testing.assert_array_equal(read(tmp_path / "a.wav", RATE, cut=Cut(0.5, 1.25)), _tone(2.0)[8000:20000])
    assert len(read(tmp_path / "a.wav", RATE, cut=Cut(1.5))) == 8000
    with pytest.raises(AsrkitError, match=r"segment from 3 s to 4 s lies outside this recording of 2\.00 s"):
        read(tmp_path / "a.wav", RATE, cut=Cut(3, 4))
    assert seconds(tmp_path / "a.wav") == 2.0


def test_a_command_gives_its_recording_or_its_failure(tmp_path):
    soundfile.write(tmp_path / "a b.wav", _tone(1.0), RATE)
    assert len(read_command(f"cat '{tmp_path}/a b.wav'", RATE)) == RATE
    with pytest.raises(AsrkitError, match="failed with status 3"):
        read_command("exit 3", RATE)
    with pytest.raises(AsrkitError, match="did not write a recording"):
        read_command("echo hello", RATE)


def test_speech_between_silences_is_found():
    samples = np.concatenate([np.zeros(RATE, np.float32), _tone(1.0), np.zeros(RATE // 2, np.float32)])
    begin, end = energy.span_of_speech(samples, RATE)
    assert begin == pytest.approx(1.0, abs=0.02) and end == pytest.approx(2.0, abs=0.02)
    assert not energy.is_silent(samples, RATE)
    assert energy.is_silent(np.zeros(RATE, np.float32), RATE)
    assert energy.is_silent(np.zeros(0, np.float32), RATE)


@random_cases(50)
def test_parts_follow_each_other_and_none_is_too_long(rng):
    samples = rng.normal(size=int(rng.integers(0, 20 * RATE))).astype(np.float32)
    samples *= np.repeat(rng.choice([0, 1.0], 40), len(samples) // 40 + 1)[: len(samples)].astype(np.float32)
    longest = float(rng.uniform(0.5, 8))
    parts = energy.cut_at_silences(samples, RATE, longest)
    assert parts[0][0] == 0 and parts[-1][1] == len(samples)
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert all(last - first <= longest * RATE + 160 for first, last in parts)


def test_cuts_are_made_in_the_pause():
    samples = np.concatenate([_tone(3.0), np.zeros(RATE // 2, np.float32), _tone(3.0)])
    parts = energy.cut_at_silences(samples, RATE, 5.0)
    assert len(parts) == 2 and 3.0 <= parts[0][1] / RATE <= 3.5


def test_pieces_of_speech_have_margins_and_merge_when_they_touch():
    probabilities = np.zeros(200, np.float32)
    probabilities[20:40] = 0.9
    probabilities[45:60] = 0.9  # a pause of five chunks is none
    probabilities[100] = 0.9  # a click is no speech
    probabilities[150:170] = 0.9
    margin = int(0.2 * vad.RATE)
    assert vad.pieces(probabilities, 200 * 512) == [
        (20 * 512 - margin, 60 * 512 + margin),
        (150 * 512 - margin, 170 * 512 + margin),
    ]
    assert vad.pieces(np.ones(10, np.float32), 5000) == [(0, 5000)]
    assert vad.pieces(np.zeros(0, np.float32), 0) == []
