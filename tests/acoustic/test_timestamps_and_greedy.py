"""When units were said, and the text that they make."""

import numpy as np
import pytest

from asrkit.acoustic import timestamps
from asrkit.acoustic.frontend import stacked
from tests.random_cases import random_cases

STEP = 0.02


def _peaks(fires, length):
    peaks = np.full(length, 0.5, np.float32)
    peaks[fires] = 1
    return peaks


def test_a_unit_lasts_from_its_peak_to_the_next_one():
    starts, ends = timestamps.from_peaks(np.zeros(60, np.float32), _peaks([10, 20, 35], 60), 2, step=STEP, duration=1.2)
    np.testing.assert_allclose(starts, [8.5 * STEP, 18.5 * STEP], atol=1e-6)
    np.testing.assert_allclose(ends, [18.5 * STEP, 33.5 * STEP], atol=1e-6)


def test_what_follows_thirty_steps_after_a_peak_is_silence():
    starts, ends = timestamps.from_peaks(np.zeros(90, np.float32), _peaks([10, 80], 90), 1, step=STEP, duration=1.8)
    assert ends[0] - starts[0] == pytest.approx(30 * STEP)


def test_other_numbers_of_peaks_than_units_are_integrated_anew():
    alphas = np.zeros(100, np.float32)
    alphas[[20, 40, 60, 80]] = 0.4  # four humps for three units, whose sum is not four
    starts, ends = timestamps.from_peaks(alphas, _peaks([5], 100), 3, step=STEP, duration=2.0)
    np.testing.assert_allclose(starts, (np.array([20, 40, 60]) - 1.5) * STEP, atol=1e-6)
    np.testing.assert_allclose(ends, (np.array([40, 60, 80]) - 1.5) * STEP, atol=1e-6)


def test_alphas_integrated_anew_begin_the_first_unit_and_end_the_last_one():
    """Their sum is scaled to the units + 1: a peak begins the first unit, and the last peak ends the last one."""
    alphas = np.full(100, 0.01, np.float32)
    starts, ends = timestamps.from_peaks(alphas, _peaks([5], 100), 3, step=STEP, duration=2.0)
    np.testing.assert_allclose(starts, (np.array([24, 49, 74]) - 1.5) * STEP, atol=1e-6)
    np.testing.assert_allclose(ends, (np.array([49, 74, 99]) - 1.5) * STEP, atol=1e-6)


@random_cases(300)
def test_times_are_ordered_and_inside_the_recording_whatever_the_network_says(rng):
    length, units = int(rng.integers(1, 200)), int(rng.integers(0, 40))
    alphas = rng.choice([0, 1], length).astype(np.float32) * rng.random(length, np.float32)
    if rng.random() < 0.1:
        alphas[:] = -1
    peaks = np.where(rng.random(length) < rng.random(), 1, 0).astype(np.float32)
    duration = length * STEP * rng.uniform(0.9, 1.0)
    starts, ends = timestamps.from_peaks(alphas, peaks, units, step=STEP, duration=duration)
    assert len(starts) == len(ends) == units
    assert np.all(np.diff(starts) >= 0) and np.all(ends >= starts) and np.all(ends[:-1] <= starts[1:] + 1e-6)
    assert units == 0 or (starts[0] >= 0 and ends[-1] <= duration + 1e-6)


def test_units_without_stamps_share_the_voiced_part():
    starts, ends = timestamps.spread(4, 1.0, 2.0)
    np.testing.assert_allclose(starts, [1, 1.25, 1.5, 1.75])
    np.testing.assert_allclose(ends, [1.25, 1.5, 1.75, 2])


def test_ends_follow_from_beginnings():
    ends = timestamps.ends_of(np.array([0.1, 0.4, 2.0], np.float32), 2.3)
    np.testing.assert_allclose(ends, [0.4, 1.0, 2.3], atol=1e-6)
    assert len(timestamps.ends_of(np.zeros(0, np.float32))) == 0


def test_the_last_frame_is_as_long_as_the_others_where_only_beginnings_are_known():
    starts, ends = timestamps.of_frames(20, step=0.06, duration=1.2)
    np.testing.assert_allclose(timestamps.ends_of(starts), ends, atol=1e-6)


def _stacked_slowly(frames, stack, stride):
    before = [frames[0]] * ((stack - 1) // 2)
    long = [*before, *frames]
    rows = []
    for step in range(-(-len(frames) // stride)):
        row = long[step * stride : step * stride + stack]
        row += [long[-1]] * (stack - len(row))
        rows.append(np.concatenate(row))
    return np.array(rows)


@random_cases(100)
def test_frames_are_stacked_as_a_loop_would(rng):
    stack, stride = int(rng.integers(1, 9)), int(rng.integers(1, 8))
    frames = rng.normal(size=(int(rng.integers(1, 40)), 3)).astype(np.float32)
    np.testing.assert_array_equal(stacked(frames, stack, stride), _stacked_slowly(frames, stack, stride))
