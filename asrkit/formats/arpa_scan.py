"""The inner loops of reading ARPA text: bytes in, flat arrays out, and a status for the slow path that explains faults.

Every kernel takes whole lines only. A line that a kernel does not understand is left to `asrkit.formats.arpa`, which
reads it again at leisure and says what is wrong with it; so the kernels know one kind of fault, `BAD`.
"""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import numpy as np

from asrkit.compiled import allocating_kernel, kernel
from asrkit.formats.word_table import ID, find_word

MORE, SECTION_ENDS, FULL, BAD = 0, 1, 2, 3

POWERS = 10.0 ** np.arange(61)
_LARGEST = 3.0e38  # of what float32 holds
_LOW_32 = 0xFFFFFFFF


@kernel("Tuple((float64, int64))(uint8[::1], int64, int64)")
def number(text, at, end):
    """Return the decimal number that starts at text[at] and where it ends; -1 for the place if there is none.

    The value is the float64 nearest to the digits when there are at most 15 of them and an exponent below 22.
    """
    negative = False
    if at < end and (text[at] == 45 or text[at] == 43):
        negative = text[at] == 45
        at += 1
    mantissa, digits, exponent, any_digit, seen_point = 0, 0, 0, False, False
    while at < end:
        c = text[at]
        if 48 <= c <= 57:
            any_digit = True
            if digits < 18:
                mantissa = mantissa * 10 + (int(c) - 48)
                digits += mantissa > 0
                exponent -= seen_point
            else:
                exponent += not seen_point
        elif c == 46 and not seen_point:
            seen_point = True
        else:
            break
        at += 1
    if not any_digit:
        return 0.0, -1
    if at < end and (text[at] == 101 or text[at] == 69):
        at += 1
        down = False
        if at < end and (text[at] == 45 or text[at] == 43):
            down = text[at] == 45
            at += 1
        power, any_digit = 0, False
        while at < end and 48 <= text[at] <= 57:
            any_digit = True
            power = min(power * 10 + (int(text[at]) - 48), 10000)
            at += 1
        if not any_digit:
            return 0.0, -1
        exponent += -power if down else power
    value = float(mantissa)
    if mantissa > 0:
        while exponent < -60 and value > 0.0:
            value /= POWERS[60]
            exponent += 60
        if exponent > 60 - 18:
            return 0.0, -1
        value = value / POWERS[max(-exponent, 0)] if exponent < 0 else value * POWERS[exponent]
        if value > _LARGEST:
            return 0.0, -1
    return -value if negative else value, at


@kernel("int64(uint8[::1], int64, int64)")
def _line_end(text, at, stop):
    while at < stop and text[at] != 10:
        at += 1
    return at


@kernel("int64(uint8[::1], int64, int64)")
def _skip_blanks(text, at, end):
    while at < end and (text[at] == 32 or text[at] == 9):
        at += 1
    return at


@kernel("int64(uint8[::1], int64, int64)")
def _field_end(text, at, end):
    while at < end and text[at] != 32 and text[at] != 9:
        at += 1
    return at


@kernel("boolean(uint8[::1], int64, int64, int64, float32[::1], boolean)")
def _read_backoff(text, at, end, row, backoffs, highest):
    """Read what stands after the words: nothing, or a backoff, which the highest order has not (0 is let through)."""
    backoffs[row] = 0.0
    at = _skip_blanks(text, at, end)
    if at == end:
        return True
    value, at = number(text, at, end)
    if at < 0 or _skip_blanks(text, at, end) != end or (highest and value != 0.0):
        return False
    backoffs[row] = value
    return True


@kernel("boolean(uint8[::1], int64, int64, int64)")
def _same_word(text, start, end, before):
    """Whether the word that starts at `before`, earlier in the text, is text[start:end]."""
    for i in range(end - start):
        if text[before + i] != text[start + i]:
            return False
    after = text[before + end - start]
    return after == 32 or after == 9


@allocating_kernel(
    "Tuple((int64, int64, int64))(uint8[::1], int64, int64, int64, boolean, int64, float32[::1], float32[::1],"
    " int32[:, ::1], uint8[::1], int64[::1], int64[:, ::1])"
)
def scan_section(text, at, stop, order, highest, row, probs, backoffs, grams, word_bytes, word_starts, table):
    """Read lines of n-grams from text[at:stop] into the rows from `row` on.

    Of 1-grams, the word goes to `word_bytes`, with a line end after it (room for stop - at more bytes is needed), and
    its end to `word_starts`; of longer ones the words' ids go to `grams`, found in the table that `index_words` made.

    Returns:
        (status, place in the text, row): with `BAD`, the place is that of the bad line.
    """
    begun = row
    starts = np.zeros(order, np.int64)  # of the words in the line before, many of which come again
    while True:
        line = at
        end = _line_end(text, at, stop)
        if end == stop:
            return MORE, line, row
        next_line = end + 1
        if end > at and text[end - 1] == 13:
            end -= 1
        at = _skip_blanks(text, at, end)
        if at == end or text[at] == 92:
            return SECTION_ENDS, line, row
        if row == probs.shape[0]:
            return FULL, line, row
        value, at = number(text, at, end)
        if at < 0 or value > 0.0:
            return BAD, line, row
        probs[row] = value
        for n in range(order):
            start = _skip_blanks(text, at, end)
            if start in (at, end):
                return BAD, line, row
            at = _field_end(text, start, end)
            if order == 1:
                used = word_starts[row]
                for i in range(start, at):
                    if text[i] == 0 or text[i] == 13:
                        return BAD, line, row
                    word_bytes[used + i - start] = text[i]
                word_bytes[used + at - start] = 10
                word_starts[row + 1] = used + at - start + 1
                grams[row, 0] = row
            else:
                if row > begun and _same_word(text, start, at, starts[n]):
                    grams[row, n] = grams[row - 1, n]
                else:
                    slot = find_word(text, start, at, word_bytes, word_starts, table)
                    if slot < 0:
                        return BAD, line, row
                    grams[row, n] = table[slot, ID]
                starts[n] = start
        if not _read_backoff(text, at, end, row, backoffs, highest):
            return BAD, line, row
        row += 1
        at = next_line


def keys_for(count: int) -> int:
    """Return how many keys a hash table of `count` n-grams has: a power of two, at least twice as many."""
    return 1 << max(1, (2 * count - 1).bit_length())


@kernel("int64(int64, int64[::1], int64, int64)")
def _slot_of(key, keys, begin, size):
    """Return the slot in keys[begin:begin + size] that holds `key`, or the free one where it belongs, as -1 - slot."""
    h = ((key >> 32) * 2654435761) ^ ((key & _LOW_32) * 2246822507)
    slot = (h ^ (h >> 25)) & (size - 1)
    while keys[begin + slot] >= 0:
        if keys[begin + slot] == key:
            return begin + slot
        slot = (slot + 1) & (size - 1)
    return -1 - (begin + slot)


@allocating_kernel("int64(int32[:, ::1], int64[::1], int64[::1], int32[::1], int64[::1])")
def link(grams, begins, keys, rows, own_keys):
    """Write the key of each n-gram of one order, its context's row << 32 | its last word, to `own_keys`.

    The hash table of order n's keys and rows is keys[begins[n]:begins[n + 1]] (a power of two), for orders from 2 on.

    Returns:
        The first row whose context is not in the model, or -1.
    """
    last = grams.shape[1] - 1
    chain = np.zeros(last + 1, np.int64)  # rows of the first 1, 2, … words of the n-gram before
    for row in range(grams.shape[0]):
        n = 0
        while row > 0 and n < last and grams[row, n] == grams[row - 1, n]:
            n += 1
        while n < last:
            if n == 0:
                chain[0] = grams[row, 0]
            else:
                order = n + 1
                key = chain[n - 1] << 32 | grams[row, n]
                slot = _slot_of(key, keys, begins[order], begins[order + 1] - begins[order])
                if slot < 0:
                    return row
                chain[n] = rows[slot]
            n += 1
        own_keys[row] = chain[last - 1] << 32 | grams[row, last]
    return -1


@kernel("int64(int64[::1], int64[::1], int32[::1], int64, int64)")
def enter(own_keys, keys, rows, begin, size):
    """Enter one order's keys into its hash table keys[begin:begin + size]; return the first double row, or -1."""
    for row in range(own_keys.shape[0]):
        slot = _slot_of(own_keys[row], keys, begin, size)
        if slot >= 0:
            return row
        keys[-1 - slot] = own_keys[row]
        rows[-1 - slot] = row
    return -1
