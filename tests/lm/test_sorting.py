from concurrent.futures import ThreadPoolExecutor

import numpy as np

from asrkit.lm.pile import Memory
from asrkit.lm.sorting import Sorter, Workshop
from tests.random_cases import random_cases


def _sorted(rows, lows, counting, chunk_bytes, memory, jobs, rng):
    with ThreadPoolExecutor(jobs) as pool:
        sorter = Sorter(Workshop(pool, jobs, Memory(memory), chunk_bytes), rows.shape[1], lows, 63, counting=counting)
        at = 0
        while at < len(rows):
            size = int(rng.integers(1, 3000))
            sorter.add(rows[at : at + size])
            at += size
        return np.concatenate([block.copy() for block in sorter.merged()])


@random_cases(12)
def test_rows_are_counted_in_order_whatever_the_memory(rng):
    width, bits = int(rng.integers(1, 4)), int(rng.integers(2, 24))
    low = 63 - bits
    count = int(rng.integers(1, 20_000))
    rows = rng.integers(0, 1 << bits, (count, width)) << low
    wanted, counts = np.unique(rows, axis=0, return_counts=True)
    for chunk_bytes, memory, jobs in ((1 << 20, 1 << 30, 1), (20_000, 0, 2), (30_000, 100_000, 3)):
        found = _sorted(rows, [low] * width, True, chunk_bytes, memory, jobs, rng)
        np.testing.assert_array_equal(found[:, :-1], wanted)
        np.testing.assert_array_equal(found[:, -1], counts)


@random_cases(12)
def test_rows_with_the_same_key_stay_in_the_order_of_their_last_column(rng):
    width, bits = int(rng.integers(1, 4)), int(rng.integers(2, 12))
    low = 63 - bits
    count = int(rng.integers(1, 20_000))
    keys = rng.integers(0, 1 << bits, (count, width)) << low
    rows = np.column_stack([keys, np.arange(count)])
    wanted = rows[np.lexsort(keys.T[::-1])]
    for chunk_bytes, memory, jobs in ((1 << 20, 1 << 30, 1), (20_000, 0, 2), (30_000, 100_000, 3)):
        np.testing.assert_array_equal(_sorted(rows, [low] * width, False, chunk_bytes, memory, jobs, rng), wanted)
