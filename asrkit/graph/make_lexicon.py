"""Words spelled in a model's units: by characters, by toned syllables, or by pieces of words.

    char      阳光 IBM      each character is a unit; a word of letters ends with the unit that the model
                          has between words, if there is one: a space, |, <space> or ▁
    pinyin    bao3 ding4    readings by pypinyin, in the model's own way to write them; several for polyphones
    bpe       hel@@ lo      pieces of which all but the last go on; Chinese characters stand alone
              ▁hel lo       pieces of which the first begins a word

Pieces come from `seg_dict` (a model folder has one), from a sentencepiece model, or else the longest piece that fits is
taken, again and again. A letter that the model has only in the other case is taken in that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from asrkit.errors import AsrkitError, from_os_error, shown
from asrkit.formats.fields import entries
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.reading import split_fields
from asrkit.formats.specials import delimiter_of, has_no_spaces
from asrkit.formats.tokens import UnitTable
from asrkit.text import pinyin

Way = Literal["char", "pinyin", "bpe"]
WAYS: tuple[Way, ...] = ("char", "pinyin", "bpe")
GOES_ON, WORD_START = "@@", "▁"
_RUNS = re.compile("[\u2e80-\U0003ffff]|[^\u2e80-\U0003ffff]+")

Units = tuple[str, ...]


class _Unspellable(Exception):
    """Tells why a word cannot be said."""


@dataclass(frozen=True)
class LeftOut:
    """A word that the model cannot say, and why."""

    word: str
    reason: str


def way_of(units: UnitTable) -> Way:
    """Return the way in which a model with these units most likely spells words."""
    if pinyin.is_syllabic(units.index):
        return "pinyin"
    pieces = any(unit.endswith(GOES_ON) or (unit.startswith(WORD_START) and unit != WORD_START) for unit in units.units)
    return "bpe" if pieces else "char"


def make_lexicon(
    words: Iterable[str],
    units: UnitTable,
    way: Way,
    *,
    seg_dict: Mapping[str, Units] | None = None,
    sentencepiece: Callable[[str], list[str]] | None = None,
) -> tuple[Lexicon, tuple[LeftOut, ...]]:
    """Return the lexicon of `words`, sorted by word, and the words left out, in their order.

    A word stands for itself: its case and width are not changed.

    Args:
        words: each word once or more.
        units: the model's unit table.
        way: how words are spelled.
        seg_dict: word -> pieces, for `bpe`.
        sentencepiece: cuts a text into pieces, for `bpe`; see `sentencepiece_of`.
    """
    spell = {
        "char": _Characters(units),
        "pinyin": lambda word: _by_pinyin(word, units.index),
        "bpe": _Pieces(units.index, seg_dict or {}, sentencepiece),
    }[way]
    made, left_out = [], []
    for word in dict.fromkeys(words):
        try:
            made += [Pronunciation(word, spelling) for spelling in spell(word)]
        except _Unspellable as error:
            left_out.append(LeftOut(word, str(error)))
    return Lexicon(tuple(sorted(made, key=lambda entry: entry.word))), tuple(left_out)


def read_seg_dict(path: str | os.PathLike[str]) -> dict[str, Units]:
    """Return word -> pieces of a FunASR `seg_dict` (`word<TAB>piece piece …` a line).

    Raises:
        AsrkitError: as `fields.entries`; a word without pieces.
    """
    made = {}
    for _, where, word, rest in entries(path, "word"):
        made[word] = tuple(split_fields(rest))
        if not made[word]:
            raise AsrkitError(f"the word {shown(word)} has no pieces", where=where, cure="remove the line")
    return made


def sentencepiece_of(path: str | os.PathLike[str]) -> Callable[[str], list[str]]:
    """Return the function that cuts a text into the pieces of the sentencepiece model `path`.

    Raises:
        AsrkitError: the package sentencepiece is not installed, or the file is no such model.
    """
    try:
        import sentencepiece
    except ImportError as error:
        cure = "install it (pip install sentencepiece), or leave the model out: the longest pieces are taken then"
        raise AsrkitError("the package sentencepiece is not installed", cure=cure) from error
    try:
        with open(path, "rb") as stream:
            content = stream.read()
        processor = sentencepiece.SentencePieceProcessor(model_proto=content)
    except OSError as error:
        raise from_os_error(error, path) from error
    except RuntimeError as error:
        raise AsrkitError("this is not a sentencepiece model", where=os.fspath(path)) from error
    return lambda text: list(processor.encode(text, out_type=str))


class _Characters:
    """Spells words by characters."""

    def __init__(self, units: UnitTable) -> None:
        self._units = units.index
        self._delimiter = delimiter_of(units.index)
        # Whether such a unit comes between a word of letters and a Chinese one, the texts of the model decide.
        self._may_lack_it = any(len(unit) == 1 and has_no_spaces(unit) for unit in units.units)

    def __call__(self, word: str) -> list[Units]:
        if self._delimiter is not None and self._delimiter in word:
            raise _Unspellable(f"{shown(self._delimiter)} is the unit between words in this model, and part of none")
        spelled = tuple(_in_case(character, self._units) or _lacks(character) for character in word)
        if self._delimiter is None or has_no_spaces(word[-1]):
            return [spelled]
        return [(*spelled, self._delimiter), *([spelled] if self._may_lack_it else [])]


def _by_pinyin(word: str, units: Mapping[str, int]) -> list[Units]:
    found = pinyin.readings(word)
    if found is None:
        strange = next(character for character in word if pinyin.readings(character) is None)
        advice = "; write numbers as they are spoken" if strange.isdigit() else ""
        raise _Unspellable(f"{shown(strange)} has no reading in pinyin{advice}")
    spelled = [
        [pinyin.unit_of(syllable, character, units) for syllable, character in zip(reading, word, strict=True)]
        for reading in found
    ]
    complete = [tuple(way) for way in spelled if None not in way]
    if not complete:
        reading, way = found[0], spelled[0]
        _lacks(next((s for s, unit in zip(reading, way, strict=True) if unit is None), "".join(reading)))
    return list(dict.fromkeys(complete))  # type: ignore[arg-type]


class _Pieces:
    """Spells words by `@@` or `▁` pieces."""

    def __init__(
        self, units: Mapping[str, int], seg_dict: Mapping[str, Units], cut: Callable[[str], list[str]] | None
    ) -> None:
        self._units = units
        self._seg_dict = seg_dict
        self._cut = cut
        self._marks_starts = any(unit.startswith(WORD_START) and len(unit) > 1 for unit in units)
        self._longest = max(map(len, units), default=0)

    def __call__(self, word: str) -> list[Units]:
        known = self._seg_dict.get(word) or self._seg_dict.get(word.lower())
        if known is None and self._cut is not None:
            known = tuple(self._cut(word))
        if known is not None:
            for piece in known:
                if piece not in self._units:
                    _lacks(piece)
            return [known]
        return [tuple(unit for run in _RUNS.findall(word) for unit in self._of_run(run))]

    def _of_run(self, run: str) -> list[str]:
        if len(run) == 1 and run >= "\u2e80":
            return [self._one(run) or self._one(WORD_START + run) or _lacks(run)]
        if self._marks_starts:
            run = WORD_START + run
        pieces = []
        at = 0
        while at < len(run):
            for end in range(min(len(run), at + self._longest), at, -1):
                goes_on = GOES_ON if not self._marks_starts and end < len(run) else ""
                unit = self._one(run[at:end] + goes_on)
                if unit is not None:
                    break
            else:
                _lacks(run[at], f", in {shown(run)}")
            pieces.append(unit)
            at = end
        return pieces

    def _one(self, piece: str) -> str | None:
        return _in_case(piece, self._units)


def _in_case(piece: str, units: Mapping[str, int]) -> str | None:
    return next((form for form in (piece, piece.lower(), piece.upper()) if form in units), None)


def _lacks(unit: str, within: str = "") -> str:
    raise _Unspellable(f"the model has no unit {shown(unit)}{within}")
