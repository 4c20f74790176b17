"""How one hotword stands on a line, in each of the formats that `hotword_list` reads.

    native      :== <phrase> [ <weight> ]             the last field is the weight if it is a number
                  | '"' <phrase> '"' [ <weight> ]     '""' is a quote within quotes
    funasr      :== <phrase> <weight>
    sherpa-onnx :== <phrase> [ ':'<score> ] [ '#'<threshold> ] [ '@'<label> ]
    wenet       :== <phrase>
    nemo        :== <phrase> <TAB> <weight>

Fields are separated by spaces or tabs, in native lists also by full-width spaces, as Chinese input methods write; a
phrase of several fields is kept with one space between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import is_number, number
from asrkit.formats.reading import split_fields

_BESIDE_CHINESE = re.compile("(?<=[\u2e80-\U0003ffff]) | (?=[\u2e80-\U0003ffff])")
_WIDE_SPACES = re.compile("[\u3000\xa0]")
_CHINESE_WORD = re.compile("[\u2e80-\U0003ffff]+")
_SHERPA_MARKS = {":": "score", "#": "threshold", "@": "label"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One hotword.

    Attributes:
        text: the phrase as it stands in the list.
        weight: the bonus for the whole phrase, as given; 0 if none is. Its unit depends on the format of the list.
        threshold: sherpa-onnx's, which asrkit does not use.
        label: sherpa-onnx's name of the phrase.
        weighted: whether the list gives a weight.
        line: where it stands.
    """

    text: str
    weight: float = 0.0
    threshold: float | None = None
    label: str | None = None
    weighted: bool = field(default=True, compare=False)
    line: int = field(default=0, compare=False)

    @property
    def identity(self) -> tuple[str, str]:
        """What no two phrases of a list have in common: how they are written, and how a label is said."""
        return self.written, "" if self.label is None else self.text

    @property
    def written(self) -> str:
        """How the phrase is written in transcripts, whatever units the list cuts it into.

        The label if it has one, in which `_` is a space. Of pieces, `▁PER C ENT` or `hel@@ lo`, the words; between
        other fields a space stands where neither neighbour is Chinese.
        """
        text = self.text
        if self.label is not None:
            return self.label.replace("_", " ").strip() or text
        if " " not in text and "▁" not in text:
            return text
        fields = split_fields(text)
        if any("▁" in field for field in fields):
            return " ".join(split_fields("".join(fields).replace("▁", " "))) or text
        plain = " ".join(fields)
        joined = _BESIDE_CHINESE.sub("", plain.replace("@@ ", ""))
        return text if joined == plain else joined


def may_be_several(text: str) -> bool:
    """Return whether the fields of a phrase look like several phrases: Chinese words of two characters or more."""
    if " " not in text:
        return False
    fields = split_fields(text)
    return len(fields) > 1 and all(len(field) > 1 and _CHINESE_WORD.fullmatch(field) for field in fields)


def read_native(text: str, name: str, line: int) -> Phrase:
    """Return the phrase on a line of asrkit's own list, which is no comment."""
    where = f"{name}:{line}"
    text = text.strip(" \t")
    if not text.startswith('"'):
        fields = split_fields(_WIDE_SPACES.sub(" ", text))
        weight = fields.pop() if len(fields) > 1 and is_number(fields[-1]) else None
        return _phrase(" ".join(fields), weight, line)
    end = _closing_quote(text)
    if end < 0:
        cure = "close it, or write the whole phrase in quotes with each quote doubled"
        raise AsrkitError("a quote at the beginning of this line is not closed", where=where, cure=cure)
    phrase = text[1:end].replace('""', '"')
    rest = split_fields(text[end + 1 :])
    if not phrase.strip(" \t"):
        raise AsrkitError("the quotes hold no phrase", where=where, cure="write one or remove the line")
    if len(rest) > 1 or (rest and text[end + 1] not in " \t"):
        what = f"{shown(text[end + 1 :].strip())} after the closing quote is not a weight"
        raise AsrkitError(what, where=where, cure="write a space and a number there, or nothing")
    if rest:
        number(rest[0], "weight", where)
    return _phrase(phrase, rest[0] if rest else None, line)


def write_native(phrase: Phrase) -> str:
    """Return the line of asrkit's own list for `phrase`, quoted if it must be."""
    fields = split_fields(_WIDE_SPACES.sub(" ", phrase.text))
    plain = " ".join(fields) == phrase.text and phrase.text[0] not in '"#\ufeff'
    text = phrase.text if plain and not is_number(fields[-1]) else '"' + phrase.text.replace('"', '""') + '"'
    return f"{text} {phrase.weight!r}" if phrase.weight else text


def read_funasr(text: str, name: str, line: int) -> Phrase:
    """Return the phrase on a line of FunASR's text list."""
    fields = split_fields(text)
    if len(fields) == 1:
        return _phrase(fields[0], None, line)
    if not is_number(fields[-1]):
        return _phrase(" ".join(fields), None, line)
    return _phrase(" ".join(fields[:-1]), fields[-1], line)


def write_funasr(phrase: Phrase) -> str:
    """Return the line of FunASR's text list for `phrase`; FunASR itself cuts the weight to a whole number."""
    return f"{phrase.text} {phrase.weight!r}"


def read_sherpa(text: str, name: str, line: int) -> Phrase:
    """Return the phrase on a line of sherpa-onnx's list."""
    fields = split_fields(text)
    marks: dict[str, str] = {}
    while len(fields) > 1 and fields[-1][0] in _SHERPA_MARKS:
        mark, value = _SHERPA_MARKS[fields[-1][0]], fields.pop()[1:]
        if mark in marks:
            cure = "keep one of them"
            raise AsrkitError(f"two values for the {mark} stand here", where=f"{name}:{line}", cure=cure)
        if mark == "label" and not value:
            cure = "write one or remove the '@'"
            raise AsrkitError("the label after '@' is empty", where=f"{name}:{line}", cure=cure)
        if mark != "label":
            number(value, mark, f"{name}:{line}")
        marks[mark] = value
    threshold = float(marks["threshold"]) if "threshold" in marks else None
    score = marks.get("score")
    return Phrase(" ".join(fields), float(score or 0), threshold, marks.get("label"), score is not None, line)


def write_sherpa(phrase: Phrase) -> str:
    """Return the line of sherpa-onnx's list for `phrase`."""
    fields = [phrase.text]
    if phrase.weight:
        fields.append(f":{phrase.weight!r}")
    if phrase.threshold is not None:
        fields.append(f"#{phrase.threshold!r}")
    if phrase.label is not None:
        fields.append(f"@{phrase.label}")
    return " ".join(fields)


def read_wenet(text: str, name: str, line: int) -> Phrase:
    """Return the phrase that is a line of WeNet's list."""
    return _phrase(" ".join(split_fields(text)), None, line)


def write_wenet(phrase: Phrase) -> str:
    """Return the line of WeNet's list for `phrase`, which can have no weight."""
    return phrase.text


def read_nemo(text: str, name: str, line: int) -> Phrase:
    """Return the phrase on a line of NeMo's list."""
    where = f"{name}:{line}"
    phrase, tab, weight = text.strip(" \t").rpartition("\t")
    if not tab:
        cure = "write the phrase, a TAB and its weight"
        raise AsrkitError("no TAB stands between phrase and weight", where=where, cure=cure)
    number(weight.strip(" "), "weight", where)
    return _phrase(" ".join(split_fields(phrase)), weight, line)


def write_nemo(phrase: Phrase) -> str:
    """Return the line of NeMo's list for `phrase`."""
    return f"{phrase.text}\t{phrase.weight!r}"


# format -> (reader of a line, its inverse)
LINES: dict[str, tuple[Callable[[str, str, int], Phrase], Callable[[Phrase], str]]] = {
    "native": (read_native, write_native),
    "funasr": (read_funasr, write_funasr),
    "sherpa-onnx": (read_sherpa, write_sherpa),
    "wenet": (read_wenet, write_wenet),
    "nemo": (read_nemo, write_nemo),
}


def _phrase(text: str, weight: str | None, line: int) -> Phrase:
    return Phrase(text, float(weight or 0), weighted=weight is not None, line=line)


def _closing_quote(text: str) -> int:
    """Return the place of the quote that closes the one at place 0, -1 if there is none."""
    at = 1
    while (at := text.find('"', at)) >= 0:
        if not text.startswith('""', at):
            return at
        at += 2
    return -1
