"""What is made alike or left out before texts are compared, and how often that happened.

Always, unless a rule says otherwise: one width (NFKC), one case, no punctuation, ’ for '. What carries meaning is no
punctuation: C++ and C#, the sign of -5, 50%, $5.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import filled_lines, refuse_empty
from asrkit.score.units import Unit, split
from asrkit.text.normalise import Normaliser

_FILLERS_ZH = ("嗯", "呃", "唔", "啊", "哦", "噢", "诶", "欸")
_FILLERS_EN = ("uh", "um", "uhm", "er", "erm", "eh", "hm", "hmm", "mm", "mhm", "ah", "huh")


@dataclass(frozen=True)
class Rules:
    """What is compared.

    Attributes:
        unit: what is counted.
        keep_width, keep_case, keep_punctuation, keep_apostrophes: differences of these count.
        drop_tags: what stands in [], {}, <> or 【】 is left out, with its brackets.
        fillers: words that are left out.
        simplified: traditional characters become simplified ones.
        plain_numbers: separators of thousands go, 1,234.5 is 1234.5.
    """

    unit: Unit = "mixed"
    keep_width: bool = False
    keep_case: bool = False
    keep_punctuation: bool = False
    keep_apostrophes: bool = False
    drop_tags: bool = False
    fillers: tuple[str, ...] = ()
    simplified: bool = False
    plain_numbers: bool = False

    def __str__(self) -> str:
        names = {name: getattr(self, f"keep_{name}") for name in ("width", "case", "punctuation", "apostrophes")}
        kept = ", ".join(name for name, keep in names.items() if keep) or "none"
        more = {
            "tags left out": self.drop_tags,
            f"{len(self.fillers)} fillers left out": bool(self.fillers),
            "traditional characters as simplified": self.simplified,
            "numbers without separators": self.plain_numbers,
        }
        rules = "".join(f"; {name}" for name, is_so in more.items() if is_so)
        return f"counted: {self.unit}; differences that count besides words: {kept}{rules}"


PROFILES: Mapping[str, Rules] = {
    "plain": Rules(),
    "strict": Rules(keep_width=True, keep_case=True, keep_punctuation=True, keep_apostrophes=True),
    "mandarin": Rules(drop_tags=True, fillers=_FILLERS_ZH, simplified=True, plain_numbers=True),
    "english": Rules(unit="word", drop_tags=True, fillers=_FILLERS_EN, plain_numbers=True),
}


def read_fillers(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the fillers in the file `path`, one a line.

    Raises:
        AsrkitError: it cannot be read, or has none.
    """
    found = tuple(dict.fromkeys(text for _, _, text in filled_lines(path)))
    refuse_empty(found, "filler", path, "write one a line, such as uh")
    return found


def combined(profile: str | None, unit: Unit | None, fillers: tuple[str, ...] | None, **flags: bool) -> Rules:
    """Return the rules of a profile with what other options add to it.

    Args:
        profile: one of PROFILES; None is "plain".
        unit: in place of the profile's; None leaves it.
        fillers: in place of the profile's; None leaves them.
        flags: rules by their names; those that are true are added.
    """
    base = PROFILES[profile or "plain"]
    values = {field.name: getattr(base, field.name) for field in fields(base)}
    values |= {name: True for name, is_so in flags.items() if is_so}
    if unit is not None:
        values["unit"] = unit
    if fillers is not None:
        values["fillers"] = fillers
    return Rules(**values)


_TAG = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}|【[^【】]*】|<(?=\S)[^<>]*>")
_APOSTROPHES = re.compile("[’‘ʼ＇`´‛]")
_THOUSANDS = re.compile(r"(?<![0-9.,])([0-9]{1,3}(?:[,'’][0-9]{3})+)(?![0-9]|[,'’][0-9])")
# Marks that carry meaning and would go as punctuation, each for a letter of the private area meanwhile.
_MARKS = {mark: chr(0xF8A0 + number) for number, mark in enumerate("+#-%‰$€£¥°")}
_UNMARKED = {ord(letter): mark for mark, letter in _MARKS.items()}
_LETTER = "A-Za-z\u00c0-\u024f"
_CJK = "\u2e80-\u9fff"
_MEANT = re.compile(
    rf"""(?<=[{_LETTER}])(?<![{_LETTER}][{_LETTER}])(?:\+\+|\#) (?![{_LETTER}0-9])  # C++, F#: one letter before
      | (?<![{_LETTER}0-9.,)'+-]) (?<![0-9][{_CJK}]) (?<![0-9][{_CJK}][{_CJK}]) [-−+] (?=[.]?[0-9])  # no range
      | (?<=[0-9])[%‰°]
      | [$€£¥](?=[0-9])""",
    re.VERBOSE,
)


class Spelling:
    """The rules as a function of a text, and how often each of them changed something.

    Attributes:
        rules: those.
        counts: rule -> how many tags, fillers, characters, numbers or apostrophes it changed or left out.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        """Take the rules; None is those of `asrkit score` without options.

        Raises:
            AsrkitError: a filler that is nothing but punctuation; the package for traditional characters is missing.
        """
        self.rules = rules or Rules()
        self.counts: Counter[str] = Counter()
        self._alike = Normaliser(
            nfkc=not self.rules.keep_width,
            fold_case=not self.rules.keep_case,
            remove_punctuation=not self.rules.keep_punctuation,
        )
        self._simplify = _converter() if self.rules.simplified else None
        self._fillers: dict[int, set[tuple[str, ...]]] = {}
        for filler in self.rules.fillers:
            units = self._units(filler)
            if not units:
                raise AsrkitError(f"the filler {shown(filler)} has no word in it", cure="remove it from the list")
            self._fillers.setdefault(len(units), set()).add(units)
        self.counts.clear()

    def __call__(self, text: str) -> str:
        """Return `text` as it is compared: its units with spaces between them."""
        return " ".join(self.units(text))

    def units(self, text: str) -> tuple[str, ...]:
        """Return the units of `text` that are compared."""
        rules = self.rules
        if rules.drop_tags:
            text = self._changed("tags", _TAG, " ", text)
        return self._without_fillers(self._units(text))

    def _units(self, text: str) -> tuple[str, ...]:
        rules = self.rules
        if not rules.keep_apostrophes:
            text = self._changed("apostrophes", _APOSTROPHES, "'", text)
        if self._simplify is not None:
            made = self._simplify(text)
            self.counts["traditional characters"] += sum(a != b for a, b in zip(text, made, strict=False))
            text = made
        text = self._alike.characters(text)
        if rules.plain_numbers:
            text = self._changed("numbers", _THOUSANDS, lambda found: re.sub("[,'’]", "", found[1]), text)
        if not rules.keep_punctuation:
            text = _MEANT.sub(lambda found: "".join(_MARKS["-" if c == "−" else c] for c in found[0]), text)
        return split(self._alike(text).translate(_UNMARKED), rules.unit)

    def _changed(self, rule: str, pattern: re.Pattern, by: str | Callable[[re.Match], str], text: str) -> str:
        text, count = pattern.subn(by, text)
        self.counts[rule] += count
        return text

    def _without_fillers(self, units: Sequence[str]) -> tuple[str, ...]:
        if not self._fillers:
            return tuple(units)
        kept, at, lengths = [], 0, sorted(self._fillers, reverse=True)
        while at < len(units):
            length = next((n for n in lengths if tuple(units[at : at + n]) in self._fillers[n]), 0)
            if length:
                self.counts["fillers"] += 1
            else:
                kept.append(units[at])
            at += length or 1
        return tuple(kept)


def told(reference: Counter[str], hypothesis: Counter[str]) -> str | None:
    """Return the line that counts what was made alike or left out on the two sides; None if nothing was."""
    names = [name for name in ("tags", "fillers", "traditional characters", "numbers", "apostrophes")
             if reference[name] or hypothesis[name]]  # fmt: skip
    if not names:
        return None
    counts = ", ".join(f"{name} {reference[name]:,} and {hypothesis[name]:,}" for name in names)
    return f"made alike or left out (reference and hypothesis): {counts}"


def _converter() -> Callable[[str], str]:
    try:
        from opencc import OpenCC
    except ImportError as error:
        what = "traditional characters need the package opencc-python-reimplemented"
        raise AsrkitError(what, cure="install it with: pip install opencc-python-reimplemented") from error
    return OpenCC("t2s").convert
