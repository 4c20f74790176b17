r"""Hotword lists: our own and those of other tools.

    native       LINE :== <phrase> [ <weight> ]         the weight is the last field if that is a number;
                        | '"' <phrase> '"' [ <weight> ] quotes keep a phrase whole, \" and \\ stand for " and \;
                        | '#' <comment>
    funasr       LINE :== <phrase> <weight>             FunASR itself ignores a line without a weight; here an error
    funasr-json  FILE :== { "<phrase>": <weight>, … }   the form of FunASR's servers
    sherpa-onnx  LINE :== <phrase> [ :<weight> ] [ #<threshold> ] [ @<label> ]
    wenet        LINE :== <phrase>
    nemo         LINE :== <phrase> TAB <weight>

Fields are separated by spaces or tabs, except that nemo's are separated by one tab. A phrase may hold single spaces.
Blank lines are passed over. Weights are kept as they are written: asrkit's own are nats of the acoustic model, FunASR's
are `am_scale` times that (see `funasr_to_nats`). With `auto`, a JSON object is funasr-json, a list with `:<weight>`,
`#<threshold>` or `@<label>` at a line's end is sherpa-onnx, and every other list is native, which covers plain forms.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import decoded, name_of, open_binary, parse_json, split_fields

Format = Literal["native", "funasr", "funasr-json", "sherpa-onnx", "wenet", "nemo"]
FORMATS: tuple[str, ...] = get_args(Format)
FUNASR_AM_SCALE = 10.0

_MAX_BYTES = 256 << 20
_SHOWN_ERRORS = 10
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SHERPA_MARK = re.compile(r"(:[+-]?[\d.]+|#[\d.]+|@\S+)", re.ASCII)
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"(?:[ \t]+(\S+))?[ \t]*')
_LEAST_FUNASR_WEIGHT = 5  # what FunASR's users write is 10 to 100; in nats such a weight drowns the speech


@dataclass(frozen=True)
class Hotword:
    """A phrase and its weight: the bias for the whole phrase, 0 if the list gives none."""

    phrase: str
    weight: float = 0.0
    line: int = 0


@dataclass(frozen=True)
class HotwordList:
    """The phrases in the order of the file, the format it was taken for, and what a reader of it should be told."""

    hotwords: tuple[Hotword, ...]
    format: str = "native"
    notes: tuple[str, ...] = ()


def parse(path: str | os.PathLike[str], format: str = "auto", *, on_duplicate: str = "error") -> HotwordList:
    """Return the hotword list in the file `path` (`-`: standard input).

    Args:
        path: the file.
        format: one of FORMATS, or `auto`.
        on_duplicate: which line counts for a phrase that stands there with two weights: `error` (refuse the list),
            `first` or `last`.

    Raises:
        AsrkitError: lines that are wrong, all of them named (the first ten in words); no phrase at all.
    """
    name = name_of(path)
    with open_binary(path) as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise AsrkitError("too large for a hotword list", where=name, cure="check that this is the file you meant")
    lines = [decoded(raw, name, number) for number, raw in enumerate(content.split(b"\n"), 1)]
    notes = []
    if format == "auto":
        format, why = _guess(lines)
        notes.append(f"taken as {format} because {why}")
    if format == "funasr-json":
        hotwords, errors = _from_json("\n".join(lines), name)
    else:
        hotwords, errors, more = _from_lines(lines, format)
        notes += more
    hotwords, clashes = _without_duplicates(hotwords, on_duplicate)
    errors += clashes
    if errors:
        raise _all_errors(errors, name)
    if not hotwords:
        raise AsrkitError("this hotword list has no phrase", where=name, cure="write one phrase a line")
    weights = [hotword.weight for hotword in hotwords if hotword.weight]
    if format == "native" and weights and all(w == int(w) and w >= _LEAST_FUNASR_WEIGHT for w in weights):
        notes.append("its weights look like FunASR's, where 20 means 2.0 here; if they are, read it as funasr")
    return HotwordList(tuple(hotwords), format, tuple(notes))


def serialize(hotword_list: HotwordList) -> Iterator[str]:
    """Yield the lines of a native list; phrases that would read differently without quotes are quoted."""
    for hotword in hotword_list.hotwords:
        phrase = hotword.phrase
        fields = split_fields(phrase)
        plain = " ".join(fields) == phrase and phrase[0] not in '"#' and not _NUMBER.fullmatch(fields[-1])
        text = phrase if plain else '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
        yield f"{text} {hotword.weight:.9g}" if hotword.weight else text


def funasr_to_nats(weight: float, am_scale: float = FUNASR_AM_SCALE) -> float:
    """Return FunASR's `weight` in nats of the acoustic model: FunASR adds it to the acoustic score times `am_scale`."""
    return weight / am_scale


def _guess(lines: list[str]) -> tuple[str, str]:
    text = "\n".join(lines).strip()
    if text.startswith("{") and text.endswith("}"):
        return "funasr-json", "it is a JSON object"
    for number, line in enumerate(lines, 1):
        fields = split_fields(line)
        if len(fields) > 1 and not fields[0].startswith("#") and _SHERPA_MARK.fullmatch(fields[-1]):
            return "sherpa-onnx", f"line {number} ends in {shown(fields[-1])}"
    return "native", "it is plain text without the marks of another format"


def _from_json(text: str, name: str) -> tuple[list[Hotword], list[str]]:
    value = parse_json(text, name)
    if not isinstance(value, dict):
        cure = 'write {"phrase": weight, …}'
        raise AsrkitError("a funasr-json list must be a JSON object", where=name, cure=cure)
    hotwords, errors = [], []
    for phrase, weight in value.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not math.isfinite(weight):
            errors.append(f"the weight of {shown(phrase)} is not a number")
        elif fault := _fault_of(phrase):
            errors.append(f"{fault} ({shown(phrase)})")
        else:
            hotwords.append(Hotword(phrase, float(weight)))
    return hotwords, errors


def _from_lines(lines: list[str], format: str) -> tuple[list[Hotword], list[str], list[str]]:
    """Return the hotwords, what is wrong ("line 3: …"), and notes."""
    read = _READERS[format]
    hotwords, errors = [], []
    thresholds = 0
    for number, line in enumerate(lines, 1):
        if not split_fields(line) or (format == "native" and line.lstrip(" \t").startswith("#")):
            continue
        try:
            phrase, weight, has_threshold = read(line)
        except ValueError as error:
            errors.append(f"line {number}: {error}")
            continue
        if fault := _fault_of(phrase):
            errors.append(f"line {number}: {fault}")
            continue
        thresholds += has_threshold
        hotwords.append(Hotword(phrase, weight, number))
    notes = [f"{thresholds} thresholds or labels belong to keyword spotting and are not used"] if thresholds else []
    return hotwords, errors, notes


def _read_native(line: str) -> tuple[str, float, bool]:
    if line.lstrip(" \t").startswith('"'):
        quoted = _QUOTED.fullmatch(line)
        if not quoted:
            raise ValueError("its quotes are not closed, or more than a weight follows them")
        phrase = re.sub(r"\\(.)", r"\1", quoted[1])
        return phrase, _weight(quoted[2]) if quoted[2] else 0.0, False
    fields = split_fields(line)
    if len(fields) > 1 and _NUMBER.fullmatch(fields[-1]):
        return " ".join(fields[:-1]), _weight(fields[-1]), False
    return " ".join(fields), 0.0, False


def _read_funasr(line: str) -> tuple[str, float, bool]:
    fields = split_fields(line)
    if len(fields) < 2 or not _NUMBER.fullmatch(fields[-1]):
        raise ValueError(f"{shown(line)} has no weight, so that FunASR would ignore it")
    return " ".join(fields[:-1]), _weight(fields[-1]), False


def _read_sherpa(line: str) -> tuple[str, float, bool]:
    fields = split_fields(line)
    weight, has_threshold = 0.0, False
    while len(fields) > 1 and _SHERPA_MARK.fullmatch(fields[-1]):
        mark = fields.pop()
        if mark[0] == ":":
            weight = _weight(mark[1:])
        else:
            has_threshold = True
    return " ".join(fields), weight, has_threshold


def _read_wenet(line: str) -> tuple[str, float, bool]:
    return " ".join(split_fields(line)), 0.0, False


def _read_nemo(line: str) -> tuple[str, float, bool]:
    phrase, tab, weight = line.rpartition("\t")
    if not tab or not _NUMBER.fullmatch(weight.strip(" ")):
        raise ValueError(f"{shown(line)} is not a phrase, a tab and a weight")
    return " ".join(split_fields(phrase)), _weight(weight.strip(" ")), False


_READERS = {
    "native": _read_native,
    "funasr": _read_funasr,
    "sherpa-onnx": _read_sherpa,
    "wenet": _read_wenet,
    "nemo": _read_nemo,
}


def _weight(field: str) -> float:
    if not _NUMBER.fullmatch(field) or not math.isfinite(float(field)):
        raise ValueError(f"weight {shown(field)} is not a finite number")
    return float(field)


def _fault_of(phrase: str) -> str | None:
    """Return what is wrong with `phrase`, or None."""
    if not phrase.strip():
        return "the phrase is empty"
    control = next((c for c in phrase if not c.isprintable() and c not in "\u3000\u00a0"), None)
    return f"the phrase has the control character {shown(control)} in it" if control else None


def _without_duplicates(hotwords: list[Hotword], on_duplicate: str) -> tuple[list[Hotword], list[str]]:
    kept: dict[str, Hotword] = {}
    errors = []
    for hotword in hotwords:
        before = kept.setdefault(hotword.phrase, hotword)
        if before.weight != hotword.weight:
            if on_duplicate == "error":
                errors.append(
                    f"line {hotword.line}: {shown(hotword.phrase)} has weight {hotword.weight:g}, "
                    f"but {before.weight:g} in line {before.line}"
                )
            elif on_duplicate == "last":
                kept[hotword.phrase] = hotword
    return list(kept.values()), errors


def _all_errors(errors: list[str], name: str) -> AsrkitError:
    told = "; ".join(errors[:_SHOWN_ERRORS])
    more = f"; and {len(errors) - _SHOWN_ERRORS} more" if len(errors) > _SHOWN_ERRORS else ""
    count = "one thing is wrong" if len(errors) == 1 else f"{len(errors)} things are wrong"
    return AsrkitError(f"{count}: {told}{more}", where=name, cure="mend the list, or name its format with --format")
