"""Training text, one sentence a line with spaces between the words: read into word ids, and the order of the words.

As in lmplz, an empty line is an empty sentence. What differs: text that is not clean UTF-8 is refused, with its line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit.errors import AsrkitError, shown
from asrkit.formats.blocks import LineBlocks
from asrkit.formats.reading import decoded, name_of, open_binary, read_lines, split_fields
from asrkit.formats.specials import BEGIN, END, UNKNOWN, UNKNOWN_SPELLINGS
from asrkit.formats.word_table import COUNT, HEAD, ID, REST, index_words, is_long, move, new_table
from asrkit.lm import tokenise as scan
from asrkit.lm.sort_kernels import radix_sort
from asrkit.lm.tokenise import BOS, EOS, UNK

SPECIAL_WORDS = (UNKNOWN, BEGIN, END)  # with the ids 0, 1, 2 in every model of asrkit
MAX_TOKENS = (1 << 31) - 1
_POLICY_CODES = {"error": scan.REFUSE, "skip": scan.SKIP, "space": scan.SPACE, "unk": scan.COUNT_UNKNOWN}
POLICIES = tuple(_POLICY_CODES)
_WORDS_AT_FIRST = 90_000


@dataclass(frozen=True)
class Vocabulary:
    """The words of a text in an order that does not depend on that of its sentences.

    words: `<unk>`, `<s>`, `</s>`, then by descending count, and of the same count by their UTF-8 bytes; the first
        `kept` of them belong to the model; the others, ordered likewise, were in the text but are not to be.
    ids: int32, for each id of `SentenceReader` the place in `words`.
    counts: int64, how often each of `words` is in the text; the number of sentences for `</s>`, 0 for `<s>`.
    """

    words: tuple[str, ...]
    kept: int
    ids: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]


class SentenceReader:
    """Reads sentences; word ids are given in the order of appearance until the text is read and `vocabulary` known."""

    def __init__(self, special_words: str = "error") -> None:
        """Make a reader.

        `special_words` tells what `<s>`, `</s>` and `<unk>` in the text are: an "error", "space", they let "skip" the
        line, or `<unk>` counts as the unknown word ("unk"), the others being errors. `<UNK>` is `<unk>`.
        """
        self._policy = _POLICY_CODES[special_words]
        raw = "".join(word + "\n" for word in SPECIAL_WORDS).encode()
        self._word_bytes = np.frombuffer(raw, np.uint8).copy()
        self._starts = np.zeros(_WORDS_AT_FIRST + 1, np.int64)
        self._starts[1:4] = np.flatnonzero(self._word_bytes == ord("\n")) + 1
        self._first_lines = np.zeros(_WORDS_AT_FIRST, np.int64)
        self._table = new_table(_WORDS_AT_FIRST)
        self._words = len(SPECIAL_WORDS)
        index_words(self._word_bytes, self._starts[: self._words + 1], self._table)
        self._index_other_spellings()
        self._checked = self._words
        self._ids, self._found = np.empty(0, np.int32), np.empty((0, 4), np.int64)  # kept by `_scan`
        self.tokens = self.sentences = 0

    def _index_other_spellings(self) -> None:
        """Enter the other spellings of the unknown word with its id; they are short: a row holds all of each."""
        others = [spelling for spelling in UNKNOWN_SPELLINGS if spelling != UNKNOWN]
        raw = np.frombuffer("".join(word + "\n" for word in others).encode(), np.uint8)
        ends = np.flatnonzero(raw == ord("\n")) + 1
        index_words(raw.copy(), np.append(0, ends), others_table := new_table(len(others)))
        others_table[others_table[:, ID] >= 0, ID] = UNK
        move(others_table, self._table)

    def read(
        self, paths: Iterable[str | os.PathLike[str]], advance: Callable[[float], None] = lambda size: None
    ) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the word ids of all sentences in blocks of whole sentences, with `</s>` (2) after each.

        `advance` is told the bytes of text as they are read.

        Raises:
            AsrkitError: as `formats.reading`; a special word that is refused; no words at all.
        """
        names = [name_of(path) for path in paths]
        for path, name in zip(paths, names, strict=True):
            with open_binary(path) as stream:
                blocks = LineBlocks(stream, name)
                while blocks.more():
                    before = blocks.at
                    while (ids := self._scan(blocks)) is not None:
                        yield ids
                    advance(blocks.at - before)
        if self.tokens == self.sentences:
            what = "there are no words in this text" if self.tokens else "this text is empty"
            raise AsrkitError(what, where=", ".join(names), cure="write a sentence a line, spaces between its words")

    def _scan(self, blocks: LineBlocks) -> npt.NDArray[np.int32] | None:
        """Return the ids of some sentences, or None if no whole line is left in the block."""
        room = blocks.stop - blocks.at
        if room == 0:
            return None
        needed = int(self._starts[self._words]) + room + 1
        if needed > self._word_bytes.size:
            self._word_bytes.resize(2 * needed, refcheck=False)
        if room >= len(self._ids):
            self._ids, self._found = np.empty(2 * room, np.int32), np.empty((2 * room, 4), np.int64)
        status, at, line, self._words, filled = scan.scan_sentences(
            blocks.buffer, blocks.at, blocks.stop, blocks.line_number, self._words, self._policy, self._ids,
            self._found, self._word_bytes, self._starts, self._table, self._first_lines,
        )  # fmt: skip
        nothing_read = at == blocks.at
        first_line, first_byte, blocks.line_number, blocks.at = blocks.line_number, blocks.at, line, at
        self._check_new_words(blocks, first_line, first_byte)
        if status == scan.BAD:
            raise self._fault(blocks)
        if status == scan.ROOM:
            self._grow()
        elif nothing_read:
            return None
        self.tokens += filled
        ids = self._ids[:filled].copy()
        self.sentences += int(np.count_nonzero(ids == EOS))
        if self.tokens > MAX_TOKENS:
            raise AsrkitError(f"more than {MAX_TOKENS:,} words", where=blocks.where, cure="train on a part of the text")
        return ids

    def _check_new_words(self, blocks: LineBlocks, first_line: int, first_byte: int) -> None:
        new = self._word_bytes[self._starts[self._checked] : self._starts[self._words]].tobytes()
        try:
            new.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = self._checked + new.count(b"\n", 0, error.start)
            number = int(self._first_lines[bad])
            lines = blocks.buffer[first_byte : blocks.stop].tobytes().split(b"\n", number - first_line + 1)
            decoded(lines[number - first_line], blocks.name, number)
            raise
        self._checked = self._words

    def _grow(self) -> None:
        room = 2 * len(self._first_lines)
        self._first_lines.resize(room, refcheck=False)
        self._starts.resize(room + 1, refcheck=False)
        larger = new_table(room)
        move(self._table, larger)
        self._table = larger

    def _fault(self, blocks: LineBlocks) -> AsrkitError:
        where, text = blocks.where, blocks.line() or ""
        for word in split_fields(text):
            refused = (BEGIN, END) if self._policy == scan.COUNT_UNKNOWN else (*SPECIAL_WORDS, *UNKNOWN_SPELLINGS)
            if word in refused:
                cure = "remove it, or choose what to do with --special-words skip, space or unk"
                if word in (BEGIN, END):
                    cure = "remove it, or choose what to do with --special-words skip or space"
                return AsrkitError(f"the special word {word} stands in the text", where=where, cure=cure)
            if (size := len(word.encode())) > scan.MAX_WORD_BYTES:
                what = f"a word of {size:,} bytes, {shown(word, 20)}"
                return AsrkitError(what, where=where, cure="cut the text into words first, with: asrkit segment")
        return AsrkitError("this line cannot be read", where=where, cure="check that it is text")

    def vocabulary(self, keep: frozenset[str] | None = None, min_count: int = 1) -> Vocabulary:
        """Return the vocabulary of the text read so far.

        A word belongs to the model if it is in `keep` (None: any word) and stands at least `min_count` times in the
        text; special words always do. `<unk>` counts only what the text spells so.
        """
        words = self._word_bytes[: self._starts[self._words]].tobytes().decode("utf-8").split("\n")[:-1]
        rows = self._table[self._table[:, ID] >= len(SPECIAL_WORDS)]
        counts = np.zeros(self._words, np.int64)
        counts[rows[:, ID]] = rows[:, COUNT]
        counts[UNK] = self._table[self._table[:, ID] == UNK, COUNT].sum()
        counts[EOS] = self.sentences
        leaves = counts < max(1, min_count)  # words of skipped sentences only have the count 0
        if keep is not None:
            leaves |= np.fromiter((word not in keep for word in words), bool, len(words))
        leaves[: len(SPECIAL_WORDS)] = False
        order = _in_order(rows, words, leaves[rows[:, ID]])
        ids = np.empty(self._words, np.int32)
        ids[order] = np.arange(self._words, dtype=np.int32)
        kept = self._words - int(np.count_nonzero(leaves))
        return Vocabulary(tuple([words[i] for i in order.tolist()]), kept, ids, counts[order])


def _in_order(rows: npt.NDArray[np.int64], words: list[str], leaves: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the ids in `words`, special ones first, then those that stay, by count and bytes, then the others."""
    keys = np.column_stack([rows[:, COUNT].max(initial=0) - rows[:, COUNT], rows[:, HEAD], rows[:, REST], rows[:, ID]])
    keys[:, 0] |= leaves.astype(np.int64) << 40
    if radix_sort(keys, spare := np.empty_like(keys), np.zeros(3, np.int64), 63):
        keys = spare
    order = keys[:, 3]
    same = (keys[1:, :2] == keys[:-1, :2]).all(axis=1)
    for start, end in _stretches(same):
        if is_long(keys[end - 1, 2]):  # of some of these words, which agree in seven bytes, the row does not hold all
            order[start:end] = sorted(order[start:end].tolist(), key=words.__getitem__)
    return np.concatenate([np.arange(len(SPECIAL_WORDS)), order])


def _stretches(same: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the rows that belong together when same[i] says that row i and row i + 1 do."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        yield start, end + 1


def read_vocabulary(path: str | os.PathLike[str]) -> frozenset[str]:
    """Return the words in the text file `path`, which spaces, tabs and line ends separate.

    Raises:
        AsrkitError: as `formats.reading`; no words in it.
    """
    words = frozenset(word for _, text in read_lines(path) for word in split_fields(text))
    if not words:
        raise AsrkitError("there are no words in this vocabulary", where=name_of(path), cure="write one word a line")
    return words


__all__ = ["BOS", "EOS", "POLICIES", "SPECIAL_WORDS", "UNK", "SentenceReader", "Vocabulary", "read_vocabulary"]
