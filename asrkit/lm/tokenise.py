"""The inner loop of reading training text: bytes in, ids of words out."""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

from asrkit.compiled import kernel
from asrkit.formats.word_table import COUNT, ID, enter_word, find_word

MORE, ROOM, BAD = 0, 1, 2
UNK, BOS, EOS = 0, 1, 2
REFUSE, SPACE, SKIP = 0, 1, 2  # what to do with <s>, </s> and <unk> in the text

MAX_WORD_BYTES = 4096


@kernel(
    "Tuple((int64, int64, int64, int64, int64))(uint8[::1], int64, int64, int64, int64, int64, int32[::1],"
    " int64[::1], uint8[::1], int64[::1], int64[:, ::1], int64[::1])"
)
def scan_sentences(text, at, stop, line, words, specials, ids, slots, word_bytes, word_starts, table, first_lines):
    """Write the ids of the words in the lines of text[at:stop] to `ids`, and the id of </s> after each line.

    A new word gets the next id, its bytes to `word_bytes` (room for stop - at bytes more is needed), the number of its
    line to `first_lines`. The table counts the words. `ids` and `slots`, where the words of one line wait to be
    counted, must have room for stop - at + 1 of them.

    Returns:
        (status, place in the text, line number, number of words, number of ids): `MORE` at the end of the last whole
        line; `ROOM` if the line there could have more new words than the table has room for; `BAD` if it cannot be
        read: it holds a NUL, a carriage return, too long a word, or a special word that is refused.
    """
    filled = 0
    while True:
        end = at
        while end < stop and text[end] != 10:
            end += 1
        if end == stop:
            return MORE, at, line, words, filled
        if words + (end - at) // 2 + 1 > first_lines.shape[0]:
            return ROOM, at, line, words, filled
        line_start, first = at, filled
        next_line = end + 1
        if end > at and text[end - 1] == 13:
            end -= 1
        skipped = False
        while True:
            while at < end and (text[at] == 32 or text[at] == 9):
                at += 1
            if at == end:
                break
            start = at
            while at < end and text[at] != 32 and text[at] != 9:
                if text[at] == 0 or text[at] == 13:
                    return BAD, line_start, line, words, first
                at += 1
            if at - start > MAX_WORD_BYTES:
                return BAD, line_start, line, words, first
            slot = find_word(text, start, at, word_bytes, word_starts, table)
            if slot < 0:
                slot = -1 - slot
                enter_word(text, start, at, words, table, slot)
                used = word_starts[words]
                for i in range(start, at):
                    word_bytes[used + i - start] = text[i]
                word_bytes[used + at - start] = 10
                first_lines[words] = line
                words += 1
                word_starts[words] = used + at - start + 1
            word = table[slot, ID]
            if word <= EOS:
                if specials == REFUSE:
                    return BAD, line_start, line, words, first
                skipped = skipped or specials == SKIP
                continue
            slots[filled] = slot
            ids[filled] = word
            filled += 1
        if skipped:
            filled = first
        else:
            for i in range(first, filled):
                table[slots[i], COUNT] += 1
            ids[filled] = EOS
            filled += 1
        line += 1
        at = next_line
