"""The inner loop of reading training text: bytes in, ids of words out."""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

from asrkit.compiled import kernel
from asrkit.formats.word_table import COUNT, ID, PIECE, enter_word, find_packed, hash_of

MORE, ROOM, BAD = 0, 1, 2
UNK, BOS, EOS = 0, 1, 2
REFUSE, SPACE, SKIP, COUNT_UNKNOWN = 0, 1, 2, 3  # what to do with <s>, </s> and <unk> in the text

MAX_WORD_BYTES = 4096
_NO_END, _UNREADABLE = -1, -2  # in place of a number of words


@kernel("Tuple((int64, int64))(uint8[::1], int64, int64, int64[:, ::1])")
def split_line(text, at, stop, found):
    """Write the words of the line that starts at text[at], as `word_table` packs them, to rows of `found`.

    A row is (head, rest, start, end). One look at each byte, since this is where most of the time goes.

    Returns:
        The number of words and the start of the next line; or _NO_END, if the line does not end before `stop`, or
        _UNREADABLE, if it holds a NUL, a carriage return not at its end, or a word of more than MAX_WORD_BYTES.
    """
    count = head = rest = size = 0
    for i in range(at, stop):
        byte = int(text[i])
        if byte > 32 or not (byte == 32 or byte == 10 or byte == 9 or byte == 13 or byte == 0):
            if size < PIECE:
                head = head << 8 | byte
            elif size < 2 * PIECE:
                rest = rest << 8 | byte
            size += 1
            continue
        if size > 0:
            start = i - size
            if size < PIECE:
                head <<= 8 * (PIECE - size)
            elif size < 2 * PIECE:
                rest <<= 8 * (2 * PIECE - size)
            elif size > MAX_WORD_BYTES:
                return _UNREADABLE, at
            elif size > 2 * PIECE:
                rest = hash_of(text, start, i)
            found[count, 0], found[count, 1], found[count, 2], found[count, 3] = head, rest, start, i
            count += 1
            head = rest = size = 0
        if byte == 10:
            return count, i + 1
        if byte == 0 or (byte == 13 and i + 1 < stop and text[i + 1] != 10):
            return _UNREADABLE, at
    return _NO_END, at


@kernel(
    "Tuple((int64, int64, int64, int64, int64))(uint8[::1], int64, int64, int64, int64, int64, int32[::1],"
    " int64[:, ::1], uint8[::1], int64[::1], int64[:, ::1], int64[::1])"
)
def scan_sentences(text, at, stop, line, words, specials, ids, found, word_bytes, word_starts, table, first_lines):
    """Write the ids of the words in the lines of text[at:stop] to `ids`, and the id of </s> after each line.

    A new word gets the next id, its bytes to `word_bytes` (room for stop - at bytes more is needed), the number of its
    line to `first_lines`. The table counts the words. `ids` and `found`, four columns for the words of one line, must
    have room for stop - at + 1 of them.

    Returns:
        (status, place in the text, line number, number of words, number of ids): `MORE` at the end of the last whole
        line; `ROOM` if the line there could have more new words than the table has room for; `BAD` if it cannot be
        read: it holds a NUL, a carriage return, too long a word, or a special word that is refused.
    """
    filled = 0
    while True:
        count, next_line = split_line(text, at, stop, found)
        if count == _NO_END:
            return MORE, at, line, words, filled
        if count == _UNREADABLE:
            return BAD, at, line, words, filled
        if words + count > first_lines.shape[0]:
            return ROOM, at, line, words, filled
        first, skipped = filled, False
        for w in range(count):
            head, rest, start, end = found[w, 0], found[w, 1], found[w, 2], found[w, 3]
            slot = find_packed(head, rest, text, start, end, word_bytes, word_starts, table)
            if slot < 0:
                slot = -1 - slot
                enter_word(head, rest, words, table, slot)
                used = word_starts[words]
                for i in range(start, end):
                    word_bytes[used + i - start] = text[i]
                word_bytes[used + end - start] = 10
                first_lines[words] = line
                words += 1
                word_starts[words] = used + end - start + 1
            word = table[slot, ID]
            if word <= EOS and not (specials == COUNT_UNKNOWN and word == UNK):
                if specials in (REFUSE, COUNT_UNKNOWN):
                    return BAD, at, line, words, first
                skipped = skipped or specials == SKIP
                continue
            found[filled - first, 0] = slot  # of a word that is done with
            ids[filled] = word
            filled += 1
        if skipped:
            filled = first
        else:
            for w in range(filled - first):
                table[found[w, 0], COUNT] += 1
            ids[filled] = EOS
            filled += 1
        line += 1
        at = next_line
