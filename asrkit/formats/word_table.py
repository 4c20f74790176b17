"""A hash table of words as kernels use it: bytes to ids.

`word_bytes` holds each word and one byte more, word i from word_starts[i] on; `hashes` is the hash of each word;
`slots` is a power of two of places, more than there are words, with the id of a word or -1.
"""

# ruff: noqa: ANN001, ANN201  (the types of a kernel stand in its decorator)

from __future__ import annotations

from asrkit.compiled import kernel

_FNV_START, _FNV_PRIME, _LOW_32 = 2166136261, 16777619, 0xFFFFFFFF


def table_size(count: int) -> int:
    """Return how many slots a table of `count` entries has: a power of two, at least twice as many."""
    return 1 << max(1, (2 * count - 1).bit_length())


@kernel("int64(uint8[::1], int64, int64)")
def hash_bytes(text, start, end):
    """Return the 32-bit FNV-1a hash of text[start:end]."""
    h = _FNV_START
    for i in range(start, end):
        h = ((h ^ int(text[i])) * _FNV_PRIME) & _LOW_32
    return h


@kernel("int64(uint8[::1], int64, int64, uint8[::1], int64[::1], uint32[::1], int32[::1])")
def find_word(text, start, end, word_bytes, word_starts, hashes, slots):
    """Return the id of the word text[start:end], or the slot where it would stand as -1 - slot."""
    mask = slots.shape[0] - 1
    h = hash_bytes(text, start, end)
    slot = h & mask
    while slots[slot] >= 0:
        word = slots[slot]
        if hashes[word] == h:
            first = word_starts[word]
            size = word_starts[word + 1] - 1 - first  # a line end stands between the words
            if size == end - start:
                i = 0
                while i < size and word_bytes[first + i] == text[start + i]:
                    i += 1
                if i == size:
                    return word
        slot = (slot + 1) & mask
    return -1 - slot


@kernel("int64(uint8[::1], int64[::1], uint32[::1], int32[::1])")
def index_words(word_bytes, word_starts, hashes, slots):
    """Fill the hash table `slots` (all -1) and `hashes` with every word; return the first double one, or -1."""
    for word in range(word_starts.shape[0] - 1):
        start, end = word_starts[word], word_starts[word + 1] - 1
        found = find_word(word_bytes, start, end, word_bytes, word_starts, hashes, slots)
        if found >= 0:
            return word
        slots[-1 - found] = word
        hashes[word] = hash_bytes(word_bytes, start, end)
    return -1
