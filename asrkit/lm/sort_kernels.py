"""The inner loops of sorting rows of int64: a stable radix sort, summing equal rows, merging sorted runs."""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import numpy as np

from asrkit.compiled import allocating_kernel, kernel

_DIGIT = 11  # bits


@allocating_kernel("boolean(int64[:, ::1], int64[:, ::1], int64[::1], int64)")
def radix_sort(rows, spare, lows, high):
    """Sort `rows` by the columns 0, 1, …, len(lows) - 1, of which only the bits lows[c] to high - 1 are not 0.

    Rows with the same keys stay in their order. Least digit first, each pass from one of the two arrays to the other.

    Returns:
        Whether the result is in `spare`.
    """
    count, width = rows.shape
    from_, to = rows, spare
    swapped = False
    starts = np.empty((1 << _DIGIT) + 1, np.int64)
    for c in range(lows.shape[0] - 1, -1, -1):
        bits = high - lows[c]
        passes = (bits + _DIGIT - 1) // _DIGIT
        digit = (bits + passes - 1) // passes
        mask = (1 << digit) - 1
        for p in range(passes):
            shift = lows[c] + p * digit
            starts[: mask + 2] = 0
            for i in range(count):
                starts[((from_[i, c] >> shift) & mask) + 1] += 1
            for d in range(1, mask + 2):
                starts[d] += starts[d - 1]
            if width == 1:
                for i in range(count):
                    key = from_[i, 0]
                    d = (key >> shift) & mask
                    to[starts[d], 0] = key
                    starts[d] += 1
            elif width == 2:
                for i in range(count):
                    d = (from_[i, c] >> shift) & mask
                    place = starts[d]
                    to[place, 0] = from_[i, 0]
                    to[place, 1] = from_[i, 1]
                    starts[d] = place + 1
            else:
                for i in range(count):
                    d = (from_[i, c] >> shift) & mask
                    place = starts[d]
                    for k in range(width):
                        to[place, k] = from_[i, k]
                    starts[d] = place + 1
            from_, to = to, from_
            swapped = not swapped
    return swapped


@kernel("int64(int64[:, ::1], int64[:, ::1])")
def count_equal(rows, out):
    """Write each distinct one of the sorted `rows` once to `out`, and how often it stood there as one more column.

    Returns:
        The number of distinct rows.
    """
    count, width = rows.shape
    filled = 0
    for i in range(count):
        k = 0
        if i > 0:
            while k < width and rows[i, k] == rows[i - 1, k]:
                k += 1
        if i > 0 and k == width:
            out[filled - 1, width] += 1
        else:
            for c in range(width):
                out[filled, c] = rows[i, c]
            out[filled, width] = 1
            filled += 1
    return filled


@kernel("boolean(int64[:, ::1], int64, int64, int64)")
def _before(rows, a, b, keys):
    """Return whether row a of `rows` comes before row b, or is the earlier one of two equal ones."""
    for c in range(keys):
        if rows[a, c] != rows[b, c]:
            return rows[a, c] < rows[b, c]
    return a < b


@allocating_kernel("int64(int64[:, ::1], int64[::1], int64[::1], boolean[::1], int64, boolean, int64[:, ::1], int64)")
def merge(rows, heads, ends, lasting, keys, sums, out, filled):
    """Merge sorted runs, whose next rows are rows[heads[r]:ends[r]], to `out` from row `filled` on.

    Rows are compared by their first `keys` columns. With `sums`, of rows with equal keys one stays, with the sum of
    their last columns. It goes on until a run that is `lasting`, that is, has more rows elsewhere, is used up.

    Returns:
        The number of rows in `out`.
    """
    width = rows.shape[1]
    heap = np.empty(heads.shape[0], np.int64)
    size = 0
    for r in range(heads.shape[0]):
        if heads[r] < ends[r]:
            child = size
            size += 1
            while child > 0 and _before(rows, heads[r], heads[heap[(child - 1) // 2]], keys):
                heap[child] = heap[(child - 1) // 2]
                child = (child - 1) // 2
            heap[child] = r
        elif lasting[r]:
            return filled
    while size > 0:
        r = heap[0]
        row = heads[r]
        k = 0
        if sums and filled > 0:
            while k < keys and rows[row, k] == out[filled - 1, k]:
                k += 1
        if sums and k == keys:
            out[filled - 1, width - 1] += rows[row, width - 1]
        else:
            for c in range(width):
                out[filled, c] = rows[row, c]
            filled += 1
        heads[r] += 1
        if heads[r] == ends[r]:
            if lasting[r]:
                return filled
            size -= 1
            r = heap[size]
        parent = 0
        while True:
            child = 2 * parent + 1
            if child >= size:
                break
            if child + 1 < size and _before(rows, heads[heap[child + 1]], heads[heap[child]], keys):
                child += 1
            if not _before(rows, heads[heap[child]], heads[r], keys):
                break
            heap[parent] = heap[child]
            parent = child
        heap[parent] = r
    return filled
