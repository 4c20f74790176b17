r"""ARPA: a backoff n-gram model as text.

    ARPA     :== { <comment line> } "\data\" <counts> <section> … "\end\"
    counts   :== "ngram 1=" <number> …            one line for each order
    section  :== "\" <n> "-grams:" <entry> …      one entry for each n-gram of order n, a line each
    entry    :== <log10 probability> <word>{n} [ <log10 backoff> ]

Spaces and tabs separate fields; blank lines may be anywhere. The format is that of Doug Paul (MIT Lincoln
Laboratory), as SRILM's ngram-format(5) describes it. What is refused: counts that differ from the sections,
log probabilities above 0, a backoff other than 0 on the highest order, n-grams that stand twice or whose words or
context (the n-gram without its last word) the model does not have.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asrkit.errors import AsrkitError, shown
from asrkit.formats import arpa_scan as scan
from asrkit.formats.arpa_render import Piece, writing
from asrkit.formats.blocks import LineBlocks
from asrkit.formats.reading import decoded, name_of, open_binary, split_fields
from asrkit.formats.specials import UNKNOWN_SPELLINGS, canonical
from asrkit.formats.word_table import index_words, new_table

MAX_ORDER = 32
_MAX_NGRAMS = (1 << 31) - 1
_ROOM_AT_FIRST = 1 << 20
_PIECE_ROWS = 1 << 16


@dataclass(frozen=True, eq=False)
class Arpa:
    """A backoff n-gram model of order N.

    words: the vocabulary in the order of the 1-gram section, usually with `<unk>`, `<s>` and `</s>`; a file's `<UNK>`
        is `<unk>` here.
    grams[n - 1]: (count, n) int32, word ids (places in `words`), the oldest word first.
    log10_probs[n - 1]: (count,) float32, log10 of the probability of the last word after the others.
    log10_backoffs[n - 1]: (count,) float32, log10 of the weight paid for leaving this context; 0 where none is given.
    """

    words: tuple[str, ...]
    grams: tuple[npt.NDArray[np.int32], ...]
    log10_probs: tuple[npt.NDArray[np.float32], ...]
    log10_backoffs: tuple[npt.NDArray[np.float32], ...]

    @property
    def order(self) -> int:
        """The length of the longest n-grams."""
        return len(self.grams)


def parse(path: str | os.PathLike[str]) -> Arpa:
    """Return the model in the ARPA file `path` (`-`: standard input; gzip by content).

    Raises:
        AsrkitError: as `formats.reading`; the file is not ARPA or not a sound model (see above), with its line.
    """
    name = name_of(path)
    with open_binary(path) as stream:
        blocks = LineBlocks(stream, name)
        counts = _read_counts(blocks)
        sections = _Sections(blocks, counts)
        for order in range(1, len(counts) + 1):
            sections.read(order)
        _read_end(blocks)
    words = tuple(map(canonical, sections.words))
    return Arpa(words, tuple(sections.grams), tuple(sections.log10_probs), tuple(sections.log10_backoffs))


def write(path: str | os.PathLike[str], model: Arpa) -> None:
    """Publish `model` as the ARPA file `path` (`-`: standard output; a name in .gz is compressed).

    Numbers are written in the shortest form that reads back as the same float32; a log10 of −inf as -99.

    Raises:
        AsrkitError: a number that is NaN or out of range, a log probability above 0, a word that is no word; as
            `store.publish_file`.
    """
    with writing(path, model.words, [len(grams) for grams in model.grams]) as section:
        for order, columns in enumerate(zip(model.grams, model.log10_probs, model.log10_backoffs, strict=True), 1):
            section(order, _in_pieces(columns))


def _in_pieces(columns: Piece) -> Iterator[Piece]:
    grams, probs, backoffs = columns
    for at in range(0, len(grams), _PIECE_ROWS):
        rows = slice(at, at + _PIECE_ROWS)
        yield grams[rows], probs[rows], backoffs[rows]


def _read_counts(blocks: LineBlocks) -> list[int]:
    """Read up to and with the mark of the 1-grams; return how many n-grams of each order are promised."""
    while (text := blocks.next_text()) != "\\data\\":
        if text is None:
            what, cure = "no line \\data\\: this is not an ARPA file", "name a model made by train-lm, lmplz or SRILM"
            raise AsrkitError(what, where=blocks.name, cure=cure)
        if text.startswith("mmap lm http://kheafield.com/code"):
            what, cure = "this is a KenLM binary, an ARPA file is needed", "name the ARPA file it was made from"
            raise AsrkitError(what, where=blocks.name, cure=cure)
    counts: list[int] = []
    while (text := blocks.next_text()) is not None and (match := re.fullmatch(r"ngram\s+(\d+)\s*=\s*(\d+)", text)):
        order, count = (int(digits[:12]) for digits in match.groups())
        if order != len(counts) + 1 or order > MAX_ORDER:
            what = f"the count of {order}-grams stands where that of {len(counts) + 1}-grams should"
            raise AsrkitError(what, where=blocks.last_where(), cure=f"count each order from 1 to at most {MAX_ORDER}")
        if count > _MAX_NGRAMS:
            what = f"{match[2]} {order}-grams are promised; at most {_MAX_NGRAMS:,} can be read"
            raise AsrkitError(what, where=blocks.last_where(), cure="check the number")
        counts.append(count)
    if not counts or text is None:
        raise AsrkitError("no counts (ngram 1=…) after \\data\\", where=blocks.last_where(), cure="make the model anew")
    _check_mark(text, 1, blocks)
    return counts


def _check_mark(text: str | None, order: int, blocks: LineBlocks) -> None:
    if text != f"\\{order}-grams:":
        found = "the file ends" if text is None else f"{shown(text)} stands"
        what = f"{found} where the mark \\{order}-grams: should stand"
        raise AsrkitError(what, where=blocks.last_where(), cure="compare the counts after \\data\\ with the sections")


def _read_end(blocks: LineBlocks) -> None:
    text = blocks.next_text()
    if text != "\\end\\":
        found = "the file ends" if text is None else f"{shown(text)} stands"
        cure = "it may be cut short: copy or make it anew"
        raise AsrkitError(f"{found} where \\end\\ should stand", where=blocks.last_where(), cure=cure)
    if (text := blocks.next_text()) is not None:
        raise AsrkitError(f"{shown(text)} stands after \\end\\", where=blocks.last_where(), cure="remove it")


class _Sections:
    """Reads the sections one after the other, and knows the words and n-grams read so far."""

    def __init__(self, blocks: LineBlocks, counts: list[int]) -> None:
        self.blocks = blocks
        self.counts = counts
        self.words: list[str] = []
        self.grams: list[npt.NDArray[np.int32]] = []
        self.log10_probs: list[npt.NDArray[np.float32]] = []
        self.log10_backoffs: list[npt.NDArray[np.float32]] = []
        self.word_bytes = np.empty(0, np.uint8)
        self.word_starts = np.zeros(1, np.int64)
        self.word_table = new_table(0)
        self.table_begins = [0, 0, 0]  # of orders 0, 1, 2, …: the tables of `scan.link`
        self.table_keys = np.empty(0, np.int64)
        self.table_rows = np.empty(0, np.int32)
        self.blanks: list[int] = []  # of the section at hand, the rows before which there is a blank line

    def read(self, order: int) -> None:
        blocks = self.blocks
        if order > 1:
            _check_mark(blocks.next_text(), order, blocks)
        first_line = blocks.line_number
        self.blanks = []
        rows = self._scan(order)
        if rows != self.counts[order - 1]:
            what = f"\\data\\ promises {self.counts[order - 1]:,} {order}-grams, {rows:,} are here"
            cure = "the file may be cut short or edited: make it anew"
            raise AsrkitError(what, where=blocks.where, cure=cure)
        if order == 1:
            self._index_words(first_line)
        else:
            self._link(order, first_line)

    def _scan(self, order: int) -> int:
        blocks, promised = self.blocks, self.counts[order - 1]
        room = min(promised, _ROOM_AT_FIRST)
        probs, backoffs = np.empty(room, np.float32), np.empty(room, np.float32)
        grams = np.empty((room, order), np.int32)
        if order == 1:
            self.word_starts = np.zeros(room + 1, np.int64)
        row = 0
        while True:
            if order == 1:
                needed = int(self.word_starts[row]) + blocks.stop - blocks.at
                self.word_bytes.resize(max(needed, self.word_bytes.size), refcheck=False)
            status, at, after = scan.scan_section(
                blocks.buffer, blocks.at, blocks.stop, order, order == len(self.counts), row, probs, backoffs, grams,
                self.word_bytes, self.word_starts, self.word_table,
            )  # fmt: skip
            blocks.line_number += after - row
            blocks.at, row = at, after
            if status == scan.SECTION_ENDS and row < promised and blocks.skip_blank():
                self.blanks.append(row)
                continue
            if status == scan.SECTION_ENDS or (status == scan.MORE and not blocks.more()):
                break
            if status == scan.BAD:
                raise self._fault(order)
            if status == scan.FULL:
                if row == promised:
                    cure = "the counts or the section are wrong: make the model anew"
                    what = f"more {order}-grams than the {promised:,} that \\data\\ promises"
                    raise AsrkitError(what, where=blocks.where, cure=cure)
                room = min(promised, 2 * room)
                for array in (probs, backoffs):
                    array.resize(room, refcheck=False)
                grams.resize((room, order), refcheck=False)
                if order == 1:
                    self.word_starts.resize(room + 1, refcheck=False)
        self.grams.append(grams[:row])
        self.log10_probs.append(probs[:row])
        self.log10_backoffs.append(backoffs[:row])
        return row

    def _index_words(self, first_line: int) -> None:
        count = self.counts[0]
        self.word_starts = self.word_starts[: count + 1].copy()
        self.word_bytes = self.word_bytes[: self.word_starts[-1]].copy()
        raw = self.word_bytes.tobytes()
        try:
            self.words = raw.decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError:
            for row, word in enumerate(raw.split(b"\n")):
                decoded(word, self.blocks.name, self._line(first_line, row))
            raise
        self.word_table = new_table(count)
        twice = index_words(self.word_bytes, self.word_starts, self.word_table)
        if twice >= 0:
            what = f"the word {shown(self.words[twice])} stands twice"
            raise AsrkitError(what, where=self._where(first_line, twice), cure="remove one of the lines")
        unknown = [row for row, word in enumerate(self.words) if word in UNKNOWN_SPELLINGS]
        if len(unknown) > 1:
            what = f"the unknown word is there twice, as {' and as '.join(self.words[row] for row in unknown)}"
            raise AsrkitError(what, where=self._where(first_line, unknown[1]), cure="train the model again")

    def _link(self, order: int, first_line: int) -> None:
        """Check that every context exists and no n-gram stands twice; keep a table of this order for the next one."""
        grams = self.grams[-1]
        own_keys = np.empty(len(grams), np.int64)
        bad = scan.link(grams, np.array(self.table_begins), self.table_keys, self.table_rows, own_keys)
        if bad >= 0:
            text = self._text(grams[bad])
            what = f"the context of the {order}-gram {shown(text)} is not among the {order - 1}-grams"
            cure = "the model is damaged or was pruned wrongly: make it anew"
            raise AsrkitError(what, where=self._where(first_line, bad), cure=cure)
        if order < len(self.counts):
            begin, size = self.table_begins[-1], scan.keys_for(len(grams))
            self.table_keys.resize(begin + size, refcheck=False)
            self.table_rows.resize(begin + size, refcheck=False)
            self.table_keys[begin:] = -1
            self.table_begins.append(begin + size)
            twice = scan.enter(own_keys, self.table_keys, self.table_rows, begin, size)
        else:
            twice = _double(own_keys)
        if twice >= 0:
            what = f"the {order}-gram {shown(self._text(grams[twice]))} stands twice"
            raise AsrkitError(what, where=self._where(first_line, twice), cure="remove one of the lines")

    def _line(self, first_line: int, row: int) -> int:
        return first_line + row + bisect_right(self.blanks, row)

    def _where(self, first_line: int, row: int) -> str:
        return f"{self.blocks.name}:{self._line(first_line, row)}"

    def _text(self, gram: Iterable[int]) -> str:
        return " ".join(self.words[word] for word in gram)

    def _fault(self, order: int) -> AsrkitError:
        """Return the error that tells what is wrong with the next line, which the kernel did not understand."""
        where = self.blocks.where
        fields = split_fields(self.blocks.line() or "")
        prob, words, rest = fields[0], fields[1 : order + 1], fields[order + 1 :]
        highest = order == len(self.counts)
        cure = f"write a log10 probability, {order} word{'s'[: order > 1]}" + (" and a backoff" if not highest else "")
        if (what := _number_fault(prob, "log10 probability")) is not None:
            return AsrkitError(what, where=where, cure=cure)
        if float(prob) > 0:
            return AsrkitError(f"the log10 probability {prob} is above 0", where=where, cure="make the model anew")
        if len(words) < order:
            return AsrkitError(f"{len(words)} words stand in the line of a {order}-gram", where=where, cure=cure)
        if order > 1 and (unknown := sorted(set(words) - set(self.words), key=words.index)):
            what = f"the word {shown(unknown[0])} is not among the 1-grams"
            return AsrkitError(what, where=where, cure="add it there or remove this line")
        if len(rest) > 1:
            what = f"{len(fields)} fields stand in the line of a {order}-gram"
            return AsrkitError(what, where=where, cure=cure)
        if rest and (what := _number_fault(rest[0], "log10 backoff")) is not None:
            return AsrkitError(what, where=where, cure=cure)
        if rest and highest:
            what = f"a backoff of {rest[0]} stands on the highest order"
            return AsrkitError(what, where=where, cure="remove it or make the model anew")
        return AsrkitError("this line is not an n-gram", where=where, cure=cure)


def _number_fault(text: str, what: str) -> str | None:
    try:
        value = float(text) if re.fullmatch(r"[-+0-9.eE]+", text) else np.nan
    except ValueError:
        value = np.nan
    return None if abs(value) < 1e38 else f"{shown(text)} is not a {what}"


def _double(keys: npt.NDArray[np.int64]) -> int:
    """Return a row whose key stands in an earlier row too, or -1."""
    in_order = np.sort(keys)
    same = np.flatnonzero(in_order[1:] == in_order[:-1])
    return int(np.flatnonzero(keys == in_order[same[0]])[1]) if len(same) else -1
