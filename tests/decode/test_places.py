"""Where a phrase may have been said, and posteriors that leave only these places free."""

import numpy as np
import pytest

from asrkit.decode.places import bound_elsewhere, likely_places, windows


def posteriors(rng, steps, units):
    logits = rng.normal(0, 3, (steps, units))
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_outside_the_windows_only_what_was_read_is_possible(seed):
    rng = np.random.default_rng(seed)
    log_probs, read = posteriors(rng, 30, 5), rng.integers(0, 5, 30)
    bound, elsewhere = bound_elsewhere(log_probs, read, [(4, 9), (20, 22)])
    free = np.r_[4:9, 20:22]
    fixed = np.setdiff1d(np.arange(30), free)
    np.testing.assert_array_equal(bound[free], log_probs[free])
    assert np.all(bound[fixed, read[fixed]] == 0) and np.isneginf(bound[fixed]).sum() == 4 * len(fixed)
    assert elsewhere == pytest.approx(sum(float(log_probs[step, read[step]]) for step in fixed), rel=1e-6)


def test_a_path_that_ends_early_binds_nothing():
    log_probs = posteriors(np.random.default_rng(0), 6, 3)
    bound, elsewhere = bound_elsewhere(log_probs, np.zeros(5, np.int64), [(0, 1)])
    np.testing.assert_array_equal(bound, log_probs)
    assert elsewhere == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_place_is_that_of_the_least_sum_of_gaps_and_no_other_overlaps_it(seed):
    rng = np.random.default_rng(seed)
    rows, spellings = posteriors(rng, 25, 6), [(1, 2), (3, 4, 5)]
    behind = {
        (start, start + len(units)): sum(rows[start + k].max() - rows[start + k, u] for k, u in enumerate(units))
        for units in spellings
        for start in range(25 - len(units) + 1)
    }
    places = likely_places(rows, spellings, 3)
    assert behind[places[0]] == min(behind.values()) and len(places) == 3
    assert [behind[place] for place in places] == sorted(behind[place] for place in places)
    assert all(a[1] <= b[0] or b[1] <= a[0] for i, a in enumerate(places) for b in places[:i])


def test_windows_reach_eight_units_to_both_sides_and_not_beyond_the_utterance():
    unit_steps = list(range(0, 60, 2))  # a unit every second step
    assert list(windows([(12, 14), (3, 5), (27, 30)], unit_steps, 61)) == [(8, 44), (0, 26), (38, 61)]
