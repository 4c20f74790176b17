"""What is counted: characters, words, or the mixture that Mandarin with English needs."""

from __future__ import annotations

import re
from typing import Literal

Unit = Literal["char", "word", "mixed"]

_FIRST_CJK = "\u2e80"  # from the CJK radicals on, one character is one unit
_MIXED = re.compile(rf"[^\s{_FIRST_CJK}-\U0010ffff]+|\S")


def split(text: str, unit: Unit) -> tuple[str, ...]:
    """Return the units of `text`.

    `char`: every character that is not white space. `word`: what white space separates. `mixed`: each Chinese,
    Japanese or Korean character, and each run of other characters between white space.
    """
    if unit == "word":
        return tuple(text.split())
    if unit == "char":
        return tuple("".join(text.split()))
    return tuple(_MIXED.findall(text))
