"""The inner loop of reading training text: bytes in, ids of words out."""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

from asrkit.compiled import kernel
from asrkit.formats.word_table import find_word, hash_bytes

MORE, ROOM, BAD, SPECIAL = 0, 1, 2, 3
UNK, BOS, EOS = 0, 1, 2
REFUSE, SPACE, SKIP = 0, 1, 2  # what to do with <s>, </s> and <unk> in the text

MAX_WORD_BYTES = 4096


@kernel(
    "Tuple((int64, int64, int64, int64, int64))(uint8[::1], int64, int64, int64, int64, int64, int32[::1],"
    " uint8[::1], int64[::1], uint32[::1], int32[::1], int64[::1], int64[::1])"
)
def scan_sentences(
    text, at, stop, line, words, specials, ids, word_bytes, word_starts, hashes, slots, counts, first_lines
):
    """Write the ids of the words in the lines of text[at:stop] to `ids`, and the id of </s> after each line.

    A new word gets the next id, its bytes to `word_bytes` (room for stop - at bytes more is needed), the number of its
    line to `first_lines`. `counts` counts the words. `ids` must have room for stop - at + 1 of them.

    Returns:
        (status, place in the text, line number, number of words, number of ids): `MORE` at the end of the last whole
        line; `ROOM` if the tables of words are full, `BAD` or `SPECIAL` for a line that cannot be read (it holds a NUL,
        a carriage return, too long a word, a special word), with the place at its start.
    """
    mask = slots.shape[0] - 1
    filled = 0
    while True:
        end = at
        while end < stop and text[end] != 10:
            end += 1
        if end == stop:
            return MORE, at, line, words, filled
        line_start, filled_before = at, filled
        next_line = end + 1
        if end > at and text[end - 1] == 13:
            end -= 1
        status = MORE
        while True:
            while at < end and (text[at] == 32 or text[at] == 9):
                at += 1
            if at == end:
                break
            start = at
            while at < end and text[at] > 32:
                at += 1
            while at < end and text[at] != 32 and text[at] != 9:
                if text[at] == 0 or text[at] == 13:
                    status = BAD
                at += 1
            if at - start > MAX_WORD_BYTES:
                status = BAD
            if status != MORE:
                break
            word = find_word(text, start, at, word_bytes, word_starts, hashes, slots)
            if word < 0:
                if words == hashes.shape[0] or 2 * words > mask:
                    status = ROOM
                    break
                slots[-1 - word] = words
                word = words
                used = word_starts[word]
                for i in range(start, at):
                    word_bytes[used + i - start] = text[i]
                word_starts[word + 1] = used + at - start + 1
                word_bytes[used + at - start] = 10
                hashes[word] = hash_bytes(text, start, at)
                first_lines[word] = line
                counts[word] = 0
                words += 1
            elif word <= EOS:
                if specials == SPACE:
                    continue
                status = SPECIAL
                break
            counts[word] += 1
            ids[filled] = word
            filled += 1
        if status != MORE:
            for i in range(filled_before, filled):
                counts[ids[i]] -= 1
            filled = filled_before
            if status != SPECIAL or specials == REFUSE:
                return status, line_start, line, words, filled
        else:
            counts[EOS] += 1
            ids[filled] = EOS
            filled += 1
        line += 1
        at = next_line
