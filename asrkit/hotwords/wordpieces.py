"""All the ways in which a model's units spell a text, where units are characters, letters, words or pieces of words.

    阳光, IBM            units as they are
    hel@@ lo, he@@ llo   pieces of which all but a word's last go on
    ▁hel lo, ▁he llo     pieces of which the first begins a word; ▁ may stand alone
    h e l l o            letters, where the table has no pieces: a word whole or letter by letter
    i b m                letter by letter, for a run of capitals, whatever the units are

A model may split a word in another way than the one that learned the pieces would: all splits are ways to say it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asrkit.hotwords.kbest import Way, k_best

GOES_ON, WORD_START = "@@", "▁"
CHINESE = "\u2e80"  # from here on a character stands by itself
PIECE_COST = 0.01  # an order, not a likelihood: fewer pieces come first

_RUN = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+")
_LONGEST_INITIALS = 6


class WordPieces:
    """Splits texts into units; never changed once made.

    Attributes:
        in_pieces: whether a word may have several splits.
        splits_chinese: whether Chinese may have them, too.
    """

    def __init__(self, units: Mapping[str, int]) -> None:
        """`units`: those that say something, folded as the texts will be, and their ids."""
        self._units = units
        self._longest = max(map(len, units), default=0)
        self._joined = any(unit.endswith(GOES_ON) for unit in units)
        self._marked = not self._joined and any(unit.startswith(WORD_START) for unit in units)
        several = any(len(unit) > 1 and unit[0] >= CHINESE and not unit.endswith(GOES_ON) for unit in units)
        self.splits_chinese = self._marked or several
        self.in_pieces = self._joined or self.splits_chinese

    def ways(self, part: str, folded: str, most: int) -> list[Way]:
        """Return the `most` splits of fewest units of a text without spaces; [] if there is none.

        Args:
            part: the text as it is written: capitals count.
            folded: the same as the units are.
            most: how many are wanted.
        """
        run_ends = {match.start(): match.end() for match in _RUN.finditer(folded)}
        inside = {place for begin, end in run_ends.items() for place in range(begin + 1, end)}
        initials = {end: begin for begin, end in run_ends.items() if self._are_initials(part, begin, end, folded)}

        def arcs(end: int) -> Iterator[tuple[int, list[Way]]]:
            for begin in range(max(0, end - self._longest), end):
                if ways := self._spelled(folded, begin, end, inside):
                    yield begin, ways
            if end in initials:
                letters = [self._spelled(letter, 0, 1, set()) for letter in folded[initials[end] : end]]
                if all(letters):
                    cost = 2 * PIECE_COST * len(letters)
                    yield initials[end], [(cost, tuple(unit for ways in letters for unit in ways[0][1]))]

        return k_best(len(folded), arcs, most)[-1]

    @staticmethod
    def _are_initials(part: str, begin: int, end: int, folded: str) -> bool:
        return len(part) == len(folded) and 1 < end - begin <= _LONGEST_INITIALS and part[begin:end].isupper()

    def _spelled(self, text: str, begin: int, end: int, inside: set[int]) -> list[Way]:
        """Return how text[begin:end] is one unit, or one with a mark of its own; `inside`: places inside a word."""
        piece = text[begin:end]
        plain = (self._units.get(piece),)
        if self._joined:
            goes_on = (self._units.get(piece + GOES_ON),)
            may_go_on = end < len(text) and (text[end - 1] < CHINESE and text[end] < CHINESE)
            found = [*([plain] if end not in inside else []), *([goes_on] if may_go_on else [])]
        elif self._marked:
            found = []
            if begin == 0:
                found = [(self._units.get(WORD_START + piece),), (self._units.get(WORD_START), *plain)]
            elif max(text[begin - 1], piece[0]) >= CHINESE:
                found = [(self._units.get(WORD_START + piece),)]
            if begin > 0 or not piece[0].isalpha() or piece[0] >= CHINESE:
                found.append(plain)
        else:
            is_part = end - begin > 1 and (begin in inside or end in inside)
            found = [] if is_part else [plain]
        return [(PIECE_COST * len(way), way) for way in found if None not in way]  # type: ignore[misc]
