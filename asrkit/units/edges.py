"""Where words begin and end among the units of a model, so far as its unit table tells: hotwords match whole words.

Between two units lies a word edge if the first *closes* a word whatever follows, or the second *opens* one whatever
went before:

    fo@@ c@@ us       a unit without `@@` closes a word
    ▁HE LL O          a unit with `▁` opens one
    f o c u s | o n   letters with a delimiter, `|` or a space: the delimiter opens and closes, letters do neither

In these tables ideographs, kana and punctuation open and close as well. An apostrophe only opens: LINDA may end before
it in LINDA'S, but no word begins behind it. The start and the end of an utterance are edges. Special units are seen
through: between the units on both sides of `<unk>` or `</s>` lies an edge if one would lie there without it.

In every other table (characters, syllables, whole words, single letters without a delimiter) nothing tells where words
begin, and each position counts as an edge.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.specials import has_no_spaces
from asrkit.formats.tokens import UnitTable
from asrkit.units.joining import Joiner
from asrkit.units.special import byte_of, is_special

_WORD_START, _GOES_ON = "▁", "@@"
_APOSTROPHES = frozenset("'’")
_MANY_BYTES = 0x80  # bytes from here on are parts of a character in UTF-8
_CJK_BYTES = frozenset({*range(0xE3, 0xEA), 0xEF, 0xF0})  # the first bytes of ideographs, kana and full-width forms


@dataclass(frozen=True, eq=False)
class WordEdges:
    """What the units say about word edges. All arrays are (units,) bool, read-only.

    Attributes:
        opens: an edge lies before the unit.
        closes: an edge lies behind the unit.
        special: the unit is no text; it is seen through.
    """

    opens: NDArray[np.bool_]
    closes: NDArray[np.bool_]
    special: NDArray[np.bool_]

    def around(self, units: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return before which of `units` (model ids), and behind which of them, an edge lies; (units,) each."""
        said = np.asarray(units, np.int64)
        before, behind = np.ones(len(said), np.bool_), np.ones(len(said), np.bool_)
        text = np.flatnonzero(~self.special[said])
        between = self.closes[said[text[:-1]]] | self.opens[said[text[1:]]]
        before[text[1:]] = behind[text[:-1]] = between
        return before, behind


def word_edges(table: UnitTable) -> WordEdges | None:
    """Return where the units of a model begin and end words; None: each position is an edge."""
    joiner = Joiner(table)
    letters = joiner.spells_letters and bool(joiner.delimiters)
    if not (joiner.marks_starts or joiner.marks_going_on or letters):
        return None
    rows = [_edges_of(unit, joiner) for unit in table.units]
    opens, closes, special = np.array(rows, np.bool_).reshape(-1, 3).T.copy()
    for array in (opens, closes, special):
        array.flags.writeable = False
    return WordEdges(opens, closes, special)


def _edges_of(unit: str, joiner: Joiner) -> tuple[bool, bool, bool]:
    """Return whether the unit opens, whether it closes, and whether it is special."""
    if is_special(unit):
        return False, False, True
    if unit in joiner.delimiters or (joiner.marks_starts and unit == _WORD_START):
        return True, True, False
    byte = byte_of(unit)
    if byte is not None and byte >= _MANY_BYTES:
        return byte in _CJK_BYTES, False, False
    starts = joiner.marks_starts and unit.startswith(_WORD_START)
    goes_on = joiner.marks_going_on and len(unit) > len(_GOES_ON) and joiner.goes_on(unit)
    text = unit if byte is None else chr(byte)
    text = text.removesuffix(_GOES_ON) if goes_on else text.removeprefix(_WORD_START) if starts else text
    opens = starts or text[0] in _APOSTROPHES or not _is_inside_words(text[0])
    closes = not _is_inside_words(text[-1]) and not goes_on
    if joiner.marks_going_on and not joiner.marks_starts:
        closes = not goes_on
    return opens, closes, False


def _is_inside_words(character: str) -> bool:
    """Whether words that are parted by spaces may go on with this character: a letter, digit, accent, apostrophe."""
    return character in _APOSTROPHES or (unicodedata.category(character)[0] in "LMN" and not has_no_spaces(character))
