"""One spelling for one word: width, case, punctuation and invisible characters.

The steps, each of which can be left out:

1. NFKC of Unicode: full-width Latin and digits become ASCII, ligatures and other compatibility forms are opened.
2. Case folding: letters become lower case.
3. Punctuation and symbols (categories P* and S*) become spaces.

White space and control characters always become single-width spaces, and characters that nobody sees (category Cf, as
the zero-width joiner) go. Line feeds stay, so that a text keeps its lines.

A *joiner*, one of ' ’ . & - and the comma, is a part of the word or number that it stands in: don't, covid-19, at&t,
3.14, 1,000. Elsewhere (2010-2012, 3,4, the end of a sentence) it is punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Letters, digits and combining marks of what is written with spaces between words: Latin, Greek, Cyrillic, Hebrew,
# Arabic, the scripts of India from Devanagari to Malayalam, Hangul.
WORD_RANGES = (
    ("0", "9"), ("A", "Z"), ("a", "z"), ("ª", "ª"), ("º", "º"), ("À", "Ö"), ("Ø", "ö"), ("ø", "\u02af"),
    ("\u0300", "\u036f"), ("Ͱ", "ͽ"), ("Ϳ", "Ϳ"), ("Ά", "Ά"), ("Έ", "ϵ"), ("Ϸ", "ҁ"), ("\u0483", "\u052f"),
    ("\u1e00", "\u1fbc"), ("\u0591", "\u05bd"), ("א", "ת"), ("\u0610", "\u061a"), ("\u0620", "\u0669"),
    ("\u066e", "\u06d3"), ("\u0900", "\u0963"), ("\u0966", "\u096f"), ("\u0971", "\u0d7f"), ("\u1100", "\u11ff"),
    ("\u3131", "\u318e"), ("\ua960", "\ua97c"), ("가", "힣"), ("\ud7b0", "\ud7fb"),
)  # fmt: skip
JOINERS = "'’.&,-"

_WORD = "".join(f"{first}-{last}" for first, last in WORD_RANGES)
# A joiner that joins nothing. The joiner is matched first and then looked around from: ten times faster so.
_LOOSE_JOINER = re.compile(
    rf"""['’.&,-] (?:
        (?! [{_WORD}] )                                       # no letter after it
      | (?<! [{_WORD}]['’.&,-] )                              # no letter before it
      | (?<= , ) (?! (?<= [0-9], ) [0-9]{{3}} (?! [0-9] ) )   # a comma, but not of thousands
      | (?<= [0-9]['’&-] ) (?= [0-9] )                        # a range of numbers
    )""",
    re.VERBOSE,
)


class _Characters(dict[int, int | None]):
    """What str.translate makes of each code point; filled as code points are met."""

    def __init__(self, *, remove_punctuation: bool) -> None:
        super().__init__({ord("\n"): ord("\n")} | {ord(joiner): ord(joiner) for joiner in JOINERS})
        self._remove_punctuation = remove_punctuation

    def __missing__(self, code: int) -> int | None:
        category = unicodedata.category(chr(code))
        if category == "Cf":
            made = None
        elif category[0] == "Z" or category == "Cc" or (category[0] in "PS" and self._remove_punctuation):
            made = ord(" ")
        else:
            made = code
        self[code] = made
        return made


_KEEPING = _Characters(remove_punctuation=False)
_REMOVING = _Characters(remove_punctuation=True)


@dataclass(frozen=True)
class Normaliser:
    """The three steps as a function of a text; applied again, it changes nothing."""

    nfkc: bool = True
    fold_case: bool = True
    remove_punctuation: bool = True

    def __call__(self, text: str) -> str:
        """Return `text` normalised; it has as many lines as before. Spaces may stand in rows or at the ends of lines.

        Where punctuation is kept, spaces are set around joiners that join nothing.
        """
        text = self.characters(text).translate(_REMOVING if self.remove_punctuation else _KEEPING)
        return _LOOSE_JOINER.sub(" " if self.remove_punctuation else r" \g<0> ", text)

    def characters(self, text: str) -> str:
        """Return `text` after steps 1 and 2 only: how the words of a lexicon are spelt."""
        if self.nfkc:
            text = unicodedata.normalize("NFKC", text)
        if self.fold_case:
            text = text.lower()
            if self.nfkc:
                text = unicodedata.normalize("NFKC", text)
        return text
