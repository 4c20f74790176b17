"""The best unit of every step, and the text that units make, without lexicon or graph."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic.model import AcousticModel
from asrkit.formats.specials import SPECIAL_UNITS

_TAG = re.compile(r"<\|.*\|>")
_GOES_ON = "@@"
_WORD_START = "▁"
_NO_SPACES = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def is_special(unit: str) -> bool:
    """Whether a unit is never part of a text."""
    return unit in SPECIAL_UNITS or _TAG.fullmatch(unit) is not None


def best_steps(log_probs: NDArray[np.float32], model: AcousticModel) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the units of the best path through `log_probs`, specials left out, and the step of each, (units,).

    Of a CTC model, equal units in a row are one.
    """
    best = log_probs.argmax(axis=1) if len(log_probs) else np.zeros(0, np.int64)
    kept = np.ones(len(best), bool)
    if model.topology == "ctc":
        kept[1:] = best[1:] != best[:-1]
        kept &= best != model.package.blank
    names = model.package.units.units
    steps = np.array([step for step in np.flatnonzero(kept) if not is_special(names[best[step]])], np.int64)
    return tuple(names[best[step]] for step in steps), steps


def text_of(units: Iterable[str]) -> str:
    """Return the text of units: `@@` and `▁` pieces joined, a space only between two words of letters."""
    words: list[str] = []
    goes_on = False
    units = [unit for unit in units if not is_special(unit)]
    marks_starts = any(unit.startswith(_WORD_START) for unit in units)
    for unit in units:
        piece = unit.removesuffix(_GOES_ON).removeprefix(_WORD_START)
        joins = goes_on or (marks_starts and not unit.startswith(_WORD_START) and not _is_spaceless(piece[:1]))
        if joins and words and not (marks_starts and _is_spaceless(words[-1][-1:])):
            words[-1] += piece
        elif piece:
            words.append(piece)
        goes_on = unit.endswith(_GOES_ON)
    text = ""
    for word in words:
        text += " " + word if text and _is_of_letters(text[-1]) and _is_of_letters(word[0]) else word
    return text


def _is_spaceless(character: str) -> bool:
    return _NO_SPACES.fullmatch(character) is not None


def _is_of_letters(character: str) -> bool:
    return not _is_spaceless(character) and (unicodedata.category(character)[0] in "LM" or character == "'")
