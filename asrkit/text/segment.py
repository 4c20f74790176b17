"""Text into words: the best path over the word graph of each line.

Nodes are the places between characters. A word of the lexicon that stands in the text is an arc, which costs
−ln(count / sum of counts). Each character, and each Latin word or number, is an arc too: at the cost of a word counted
once where it is not in the lexicon. Latin words and numbers, and those of other scripts that are written with spaces
(`normalise` says which), are never cut. The path
of least cost wins; of several, the one whose first word that differs is the longest. Costs are whole numbers, of
2^-20 nats each, so that sums are exact and the result is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from asrkit.compiled import allocating_kernel, kernel
from asrkit.formats import word_counts
from asrkit.text.normalise import JOINERS, WORD_RANGES, Normaliser

SHIPPED = "words_zh.txt.gz"  # see lexicons/README.md
COSTS_PER_NAT = 1 << 20
_SPACE, _NEWLINE = 32, 10
_CODES = 0x110000
_BLOCK_CHARACTERS = 1 << 20


def shipped_lexicon() -> dict[str, int]:
    """Return the Chinese words, with counts, that come with asrkit."""
    with as_file(files("asrkit.text") / SHIPPED) as path:
        return word_counts.parse(path)


class Segmenter:
    """Cuts normalised text into the words of a lexicon."""

    def __init__(self, counts: Mapping[str, int], normaliser: Normaliser | None = None) -> None:
        """`counts` is the lexicon; words are spelt as `normaliser` spells text, and those that become one add up."""
        self.normaliser = normaliser or Normaliser()
        merged: dict[str, int] = {}
        spelt = self.normaliser.characters("\n".join(counts)).split("\n")
        for word, count in zip(spelt, counts.values(), strict=True):
            merged[word] = merged.get(word, 0) + count
        merged.pop("", None)
        words = sorted(merged)
        self._letters = _code_points("".join(words))
        self._starts = np.zeros(len(words) + 1, np.int64)
        np.cumsum([len(word) for word in words], out=self._starts[1:])
        number = np.array([merged[word] for word in words], np.float64)
        total = number.sum()
        self._costs = np.round(np.log(total / number) * COSTS_PER_NAT).astype(np.int64)
        self._unknown_cost = round(float(np.log(total)) * COSTS_PER_NAT) if words else 1
        heads = self._letters[self._starts[:-1]]
        self._first = np.zeros(_CODES + 1, np.int64)
        np.cumsum(np.bincount(heads, minlength=_CODES), out=self._first[1:])
        self._is_whole = _table_of_whole()

    def text(self, text: str) -> str:
        """Return `text` with one space between words and none at the ends of lines; it has as many lines as before."""
        codes = _code_points(self.normaliser(text))
        made = np.empty(2 * len(codes), np.uint32)
        lexicon = (self._letters, self._starts, self._costs, self._first)
        size = _cut(codes, self._is_whole, *lexicon, self._unknown_cost, made)
        return made[:size].tobytes().decode("utf-32-le")

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield each of `lines` as its words with one space between; a line without words as an empty one."""
        block: list[str] = []
        size = 0
        for line in lines:
            block.append(line)
            size += len(line) + 1
            if size >= _BLOCK_CHARACTERS:
                yield from self.text("\n".join(block)).split("\n")
                block, size = [], 0
        if block:
            yield from self.text("\n".join(block)).split("\n")


def _code_points(text: str) -> np.ndarray:
    """Return the code points of `text` as (characters,) uint32."""
    return np.frombuffer(bytearray(text.encode("utf-32-le")), np.uint32)


@cache
def _table_of_whole() -> np.ndarray:
    """Return for each code point whether it is one of those whose runs are kept whole, (0x110000,) bool."""
    table = np.zeros(_CODES, np.bool_)
    for first, last in WORD_RANGES:
        table[ord(first) : ord(last) + 1] = True
    table[[ord(joiner) for joiner in JOINERS]] = True
    return table


@kernel("int64(uint32[::1], int64[::1], int64, int64, int64, uint32)")
def _bound(letters: np.ndarray, starts: np.ndarray, low: int, high: int, at: int, character: int) -> int:
    """Return the first of the words low to high whose letter `at` is not below `character`."""
    while low < high:
        middle = (low + high) >> 1
        if letters[starts[middle] + at] < character:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("int64(uint32[::1], int32[::1], uint32[::1])")
def _write(text: np.ndarray, length: np.ndarray, made: np.ndarray) -> int:
    """Write words of the given lengths with one space between them into `made`; return how much was written."""
    written = 0
    at = 0
    line_is_empty = True
    while at < len(text):
        if length[at] == 0:
            if text[at] == _NEWLINE:
                made[written] = _NEWLINE
                written += 1
                line_is_empty = True
            at += 1
            continue
        if not line_is_empty:
            made[written] = _SPACE
            written += 1
        line_is_empty = False
        for _ in range(length[at]):
            made[written] = text[at]
            written += 1
            at += 1
    return written


@allocating_kernel(
    "int64(uint32[::1], boolean[::1], uint32[::1], int64[::1], int64[::1], int64[::1], int64, uint32[::1])"
)
def _cut(
    text: np.ndarray,
    is_whole: np.ndarray,
    letters: np.ndarray,
    starts: np.ndarray,
    costs: np.ndarray,
    first: np.ndarray,
    unknown_cost: int,
    made: np.ndarray,
) -> int:
    """Write the words of `text` into `made`; return how many code points were written.

    The lexicon is a sorted list: word k is letters[starts[k]:starts[k + 1]], words first[c] to first[c + 1] begin with
    the character c. Words that begin alike lie together: a word is found by narrowing a range, letter by letter.
    """
    size = len(text)
    least = np.zeros(size + 1, np.int64)  # cost of the best path from here to the end
    length = np.zeros(size + 1, np.int32)  # of the first word of that path; 0 at a space
    run_end = size
    for i in range(size - 1, -1, -1):
        character = text[i]
        if character in (_SPACE, _NEWLINE):
            least[i] = least[i + 1]
            continue
        if not (is_whole[character] and i + 1 < size and is_whole[text[i + 1]]):
            run_end = i + 1
        if i > 0 and is_whole[character] and is_whole[text[i - 1]]:
            continue  # inside a Latin word: no path comes here
        least[i] = unknown_cost + least[run_end]
        length[i] = run_end - i
        low, high, end = first[character], first[character + 1], i + 1
        while low < high:
            if starts[low + 1] - starts[low] == end - i:
                if end == size or not (is_whole[text[end - 1]] and is_whole[text[end]]):
                    cost = costs[low] + least[end]
                    if cost <= least[i]:
                        least[i] = cost
                        length[i] = end - i
                low += 1
            if end == size or text[end] in (_SPACE, _NEWLINE):
                break
            low = _bound(letters, starts, low, high, end - i, text[end])
            high = _bound(letters, starts, low, high, end - i, text[end] + np.uint32(1))
            end += 1
    return _write(text, length, made)
