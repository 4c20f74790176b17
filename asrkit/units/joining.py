"""Units to words, and words to text: the one way in which asrkit writes what was recognized.

How units join is a property of the unit table:

    hel@@ lo        a piece with `@@` goes on in the next unit (subword-nmt; FunASR's Chinese and English models)
    ▁hel lo         a piece with `▁` begins a word (SentencePiece)
    h e l l o |     single letters; a delimiter, `|` or a space, stands between words (wav2vec2, NeMo)
    A P P 手 机      single letters without a delimiter: neighbours are joined (WeNet's Chinese tables)
    hello 你 好      otherwise each unit is a word
    1 5 % 3 . 1 4   in a Chinese table the digits, points and percent signs of a number are one word

An ideograph or kana is a word of its own everywhere. Spaces stand between words, except where one of the two
neighbouring characters is an ideograph, kana or full-width mark and the other is not Hangul. A unit that is a toned
syllable (`zhōng`) is no text: it is written as its most frequent character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from asrkit.formats.specials import delimiter_of, has_no_spaces
from asrkit.formats.tokens import UnitTable
from asrkit.units.special import byte_of, is_special
from asrkit.units.syllables import characters_of

_GOES_ON = "@@"
_WORD_START = "▁"
_NUMBER = re.compile(r"\d[\d%‰.:]$|\d[.:]\d$")  # 15, 100%, 3.14, 12:30
_WHITE = re.compile(r"[\s\0\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class UnitWord:
    """A word that units spell: its text, and the place of the first unit and behind the last one."""

    text: str
    first: int
    end: int


class Joiner:
    """Joins the units of one model; see the module's docstring. Immutable, so safe to share between threads.

    Attributes:
        marks_starts: units with `▁` begin words.
        marks_going_on: units with `@@` go on in the next one.
        spells_letters: the units of alphabets are single letters.
        delimiters: the units that stand between words.
    """

    def __init__(self, units: UnitTable) -> None:
        spoken = [unit for unit in units.units if not is_special(unit)]
        self.marks_starts = any(unit.startswith(_WORD_START) for unit in spoken)
        self.marks_going_on = any(len(unit) > 2 and unit.endswith(_GOES_ON) for unit in spoken)
        letters = [unit for unit in spoken if _is_latin(unit)]
        self.spells_letters = not (self.marks_starts or self.marks_going_on) and all(
            len(letter) == 1 for letter in letters
        )
        self._joins_digits = not self.marks_starts and any(has_no_spaces(unit[:1]) for unit in spoken)
        self.delimiters = frozenset((delimiter_of(units.units), *units.index.keys() & {" ", "<space>"})) - {None}
        self._units = units

    @cached_property
    def _characters(self) -> Mapping[str, str]:
        """The character of each unit that is a syllable; read when it is first needed, which takes a while."""
        return characters_of(self._units)

    def words(self, units: Sequence[str]) -> list[UnitWord]:
        """Return the words that `units` spell; special units and delimiters are part of none."""
        texts: list[bytearray] = []
        places: list[list[int]] = []
        joins_next = apart = False
        for place, unit in enumerate(units):
            if is_special(unit):
                continue
            if unit in self.delimiters:
                apart, joins_next = True, False
                continue
            piece = self._piece(unit)
            begins = apart or (self.marks_starts and unit.startswith(_WORD_START))
            if piece:
                if texts and not begins and (joins_next or self._joins(_ending(texts[-1]), piece, unit)):
                    texts[-1] += piece
                    places[-1][1] = place + 1
                else:
                    texts.append(bytearray(piece))
                    places.append([place, place + 1])
                begins = False
            apart = begins
            joins_next = unit.endswith(_GOES_ON)
        found = []
        for text, (first, end) in zip(texts, places, strict=True):
            parts = _WHITE.split(text.decode("utf-8", "replace"))
            found += [UnitWord(part, first, end) for part in parts if part]
        return found

    def text(self, units: Sequence[str]) -> str:
        """Return the text that `units` spell."""
        return text_of(word.text for word in self.words(units))

    def goes_on(self, unit: str) -> bool:
        """Whether the word that `unit` is part of goes on in the next unit whatever that is: it ends in `@@`."""
        return unit.endswith(_GOES_ON)

    def is_inside(self, unit: str) -> bool:
        """Whether `unit` goes on with the word before it: a SentencePiece unit without `▁` that is no ideograph."""
        if not self.marks_starts or is_special(unit) or unit in self.delimiters:
            return False
        return not unit.startswith(_WORD_START) and not has_no_spaces(unit[:1])

    def _piece(self, unit: str) -> bytes:
        byte = byte_of(unit)
        if byte is not None:
            return bytes([byte])
        character = self._characters.get(unit)
        if character is not None:
            return character.encode()
        text = unit.removesuffix(_GOES_ON) if len(unit) > 2 else unit
        return (text.removeprefix(_WORD_START) if self.marks_starts else text).encode("utf-8", "replace")

    def _joins(self, ending: str, piece: bytes, unit: str) -> bool:
        """Whether a piece without a mark of its own goes on with the word that ends in the characters `ending`."""
        last = ending[-1:]
        if byte_of(unit) is not None and (last == "\ufffd" or 0x80 <= piece[0] < 0xC0):
            return True  # the bytes of one character
        first = piece.decode("utf-8", "replace")[:1]
        if self._joins_digits and len(unit) == 1 and _is_number(ending + first):
            return True  # a Chinese model says 15 digit by digit, as FunASR's post-processing has it
        if not (self.marks_starts or self.spells_letters):
            return False
        return not has_no_spaces(first) and not has_no_spaces(last) and unit not in self._characters


def text_of(words: Iterable[str]) -> str:
    """Return the line that `words` make: a space between two words, but none beside an ideograph, kana or their marks.

    Between an ideograph and Hangul a space stands, since Korean is written with spaces.
    """
    text = ""
    for word in words:
        if text and word and _apart(text[-1], word[0]):
            text += " "
        text += word
    return text


def _apart(last: str, first: str) -> bool:
    if not has_no_spaces(last) and not has_no_spaces(first):
        return True
    return _is_hangul(last) or _is_hangul(first)


def _is_hangul(character: str) -> bool:
    return unicodedata.name(character, "").startswith("HANGUL")


def _is_latin(unit: str) -> bool:
    """Whether `unit` has letters of an alphabet, which words are spelled with."""
    return any(unicodedata.category(c)[0] == "L" and not has_no_spaces(c) for c in unit)


def _is_number(text: str) -> bool:
    """Whether `text`, the two characters before a unit of one character and that unit, ends in part of a number."""
    return _NUMBER.search(text) is not None


def _ending(text: bytearray) -> str:
    """Return the last two characters of `text`; a broken one is U+FFFD."""
    return text[-8:].decode("utf-8", "replace")[-2:]
