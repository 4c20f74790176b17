"""Lists of hotwords: asrkit's own and those of other tools.

    native       a phrase a line, with or without a weight; '#' begins a comment line; quotes keep a phrase whole
    funasr       FunASR's text: a phrase and its weight
    funasr-json  FunASR's server form: { "<phrase>": <weight>, … }
    sherpa-onnx  a phrase, ':' score, '#' threshold, '@' label
    wenet        a phrase a line
    nemo         a phrase, a TAB, a weight

`hotword_lines` has the grammar of a line. Blank lines are passed over. `auto` finds out which one it is and tells why.

A weight is the bonus for the whole phrase, in nats, and is kept as the list gives it. FunASR's weights are on the scale
of its acoustic cost, which it multiplies by am_scale = 10: divide by that to get nats (`HotwordList.in_nats`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from asrkit import progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import is_number, refuse_all
from asrkit.formats.hotword_lines import LINES, Phrase
from asrkit.formats.reading import name_of, parse_json, read_lines, split_fields

Format = Literal["native", "funasr", "funasr-json", "sherpa-onnx", "wenet", "nemo"]
OnDuplicate = Literal["error", "first", "last", "highest"]
FORMATS: tuple[Format, ...] = get_args(Format)
FUNASR_AM_SCALE = 10.0

_TOLD = 100  # wrong lines named at once: a list is mended in one go
_MAX_BYTES = 64 << 20  # of one line: JSON is often a single one
_TOO_MUCH = 10.0  # a weight that nobody means in nats: e^10 = 22,000 : 1
_SHERPA_SCORE = re.compile(r"[ \t](:[-+]?[.\d]+)(?![^ \t])", re.ASCII)
_SHERPA_END = re.compile(r"#[.\d]+|@.+", re.ASCII)
_SHERPA_KEYWORD = re.compile("[^\u2e80-\U0003ffff]+[ \t]@[^ \t]*[\u2e80-\U0003ffff][^ \t]*(?:[ \t]+[:#][.\\d]+)*")
_ALMOST_NUMBER = re.compile(r"[-+]?([\d.,]*\d[\d.,]*(e[-+]?\d+)?|nan|inf)", re.IGNORECASE)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class HotwordList:
    """Phrases in the order of the list, no text twice.

    Attributes:
        phrases: the phrases.
        format: the format that the list was read as.
        reason: why `auto` took that format; "" if the caller named it.
        repeated: what stood in the list again, and was not taken.
    """

    phrases: tuple[Phrase, ...]
    format: Format = "native"
    reason: str = field(default="", compare=False)
    repeated: tuple[Phrase, ...] = field(default=(), compare=False)

    def in_nats(self, am_scale: float = FUNASR_AM_SCALE) -> HotwordList:
        """Return the list as a native one: FunASR's weights divided by `am_scale`, all others as they are."""
        scale = am_scale if self.format in ("funasr", "funasr-json") else 1.0
        return replace(self.divided(scale), format="native")

    def divided(self, scale: float) -> HotwordList:
        """Return the list with all its weights divided by `scale`."""
        if scale == 1:
            return self
        phrases, repeated = (
            tuple(replace(phrase, weight=phrase.weight / scale) for phrase in some)
            for some in (self.phrases, self.repeated)
        )
        return replace(self, phrases=phrases, repeated=repeated)


def parse(
    path: str | os.PathLike[str], *, format: Format | Literal["auto"] = "auto", on_duplicate: OnDuplicate = "error"
) -> HotwordList:
    """Return the hotword list in the file `path` (`-`: standard input); tell what `auto` took, and what is suspicious.

    Args:
        path: the file.
        format: how to read it.
        on_duplicate: what a phrase that stands twice with different weights is: an error, or which weight counts. One
            that stands twice with the same weight is taken once, with a warning.

    Raises:
        AsrkitError: as `reading.read_lines`; all the wrong lines, up to a hundred of them told; no phrase at all.
    """
    name = name_of(path)
    texts = [text.strip(" \t") for _, text in read_lines(path, max_bytes=_MAX_BYTES)]
    reason = ""
    if format == "auto" and any(texts):
        format, reason = recognise(texts)
        progress.say(f"{name}: read as a {format} list of hotwords: {reason}", format=format)
    found, errors = _from_json(texts, name) if format == "funasr-json" else _from_lines(texts, name, format)
    if not found and not errors:
        cure = "write one phrase a line, or leave the option out"
        raise AsrkitError("no phrase stands in this list of hotwords", where=name, cure=cure)
    phrases, repeated = _without_duplicates(found, name, on_duplicate, errors)
    errors.sort(key=lambda error: int((error.where or "").rpartition(":")[2]))
    refuse_all(errors, "places in this list of hotwords", name, _TOLD)
    for suspicion in _suspicions(phrases, format):
        progress.warn(f"{name}: {suspicion}")
    return HotwordList(tuple(phrases), format, reason, tuple(repeated))


def serialize(hotwords: HotwordList, format: Format | None = None) -> Iterator[str]:
    """Yield the lines of `hotwords` in `format` (None: in its own).

    Raises:
        AsrkitError: a phrase that the format cannot hold.
    """
    format = format or hotwords.format
    for phrase in hotwords.phrases:
        if not _can_hold(format, phrase):
            what = f"a {format} list of hotwords cannot hold the phrase {shown(phrase.text)} as it is"
            raise AsrkitError(what, cure="write another format")
    if format == "funasr-json":
        weights = {phrase.text: phrase.weight for phrase in hotwords.phrases}
        yield from json.dumps(weights, ensure_ascii=False, indent=0).split("\n")
    else:
        _, write = LINES[format]
        yield from map(write, hotwords.phrases)


def recognise(texts: list[str]) -> tuple[Format, str]:
    """Return which format the lines `texts` are, and why."""
    texts = [stripped for text in texts if (stripped := text.strip(" \t"))]
    if texts[0].startswith("{") and texts[-1].endswith("}"):
        return "funasr-json", "it is a JSON object"
    phrases = [text for text in texts if not text.startswith("#")]
    for text in phrases:
        if match := _SHERPA_SCORE.search(text):
            return "sherpa-onnx", f"{shown(match[1])} is a score of sherpa-onnx"
        if _SHERPA_KEYWORD.fullmatch(text):
            return "sherpa-onnx", f"{shown(text)} is a keyword of sherpa-onnx with its label"
    last = [fields[-1] if len(fields := split_fields(text)) > 1 else "" for text in phrases]
    if phrases and all(_SHERPA_END.fullmatch(field) for field in last):
        return "sherpa-onnx", "each line ends in a threshold or label of sherpa-onnx"
    quoted = any(text.startswith('"') for text in phrases)
    if len(phrases) == len(texts) and not quoted and all(map(is_number, last)):
        if all(field.isdigit() and float(field) >= _TOO_MUCH for field in last):
            return "funasr", f"each line ends in a whole number of {_TOO_MUCH:g} or more, far too much for nats"
        if all(is_number(text.rpartition("\t")[2].strip(" ")) and "\t" in text for text in phrases):
            return "nemo", "each line ends in a TAB and a number"
    return "native", "it has one phrase a line, with or without a weight"


def _can_hold(format: Format, phrase: Phrase) -> bool:
    """Whether `phrase` is the same after writing and reading it."""
    if not phrase.text.strip(" \t"):
        return False
    if format == "funasr-json":
        return phrase.threshold is None and phrase.label is None
    read, write = LINES[format]
    line = write(phrase)
    try:
        return not any(c in line for c in "\n\r\0") and read(line, "", 0) == phrase
    except AsrkitError:
        return False


def _from_lines(texts: list[str], name: str, format: str) -> tuple[list[Phrase], list[AsrkitError]]:
    read, _ = LINES[format if format != "auto" else "native"]
    phrases, errors = [], []
    for line, text in enumerate(texts, 1):
        if not text or (format == "native" and text.startswith("#")):
            continue
        try:
            phrases.append(read(text, name, line))
        except AsrkitError as error:
            errors.append(error)
    return phrases, errors


def _from_json(texts: list[str], name: str) -> tuple[list[Phrase], list[AsrkitError]]:
    text = "\n".join(texts)
    pairs = parse_json(text, name, to_object=_Pairs)
    if not isinstance(pairs, _Pairs):
        what = "this is not a JSON object of phrases and weights"
        raise AsrkitError(what, where=name, cure='write { "phrase": weight, … }')
    strings = _JSON_STRING.finditer(text)
    phrases: list[Phrase] = []
    errors: list[AsrkitError] = []
    line, at = 1, 0
    for phrase, weight in pairs:
        key = next(strings)
        line += text.count("\n", at, key.start())
        at = key.start()
        if not phrase.strip(" \t"):
            errors.append(AsrkitError("a phrase is empty", where=f"{name}:{line}", cure="remove it"))
        elif isinstance(weight, bool) or not isinstance(weight, int | float) or abs(weight) > sys.float_info.max:
            what = f"the weight of {shown(phrase)} is not a number that can be used"
            errors.append(AsrkitError(what, where=f"{name}:{line}", cure="write one such as 20, without quotes"))
            if not isinstance(weight, int | float | None):
                break  # strings within the value would be taken for keys
        else:
            phrases.append(Phrase(phrase, float(weight), line=line))
    return phrases, errors


class _Pairs(list[tuple[str, object]]):
    """A JSON object as its pairs, repeated keys and all."""


def _without_duplicates(
    found: list[Phrase], name: str, on_duplicate: OnDuplicate, errors: list[AsrkitError]
) -> tuple[list[Phrase], list[Phrase]]:
    """Return the phrases to take and those left out; add to `errors` what `on_duplicate` forbids."""
    phrases: dict[str, Phrase] = {}
    left_out: list[Phrase] = []
    repeated: list[tuple[int, int]] = []
    for phrase in found:
        first = phrases.setdefault(phrase.text, phrase)
        if first is phrase:
            continue
        if first.weight == phrase.weight:
            repeated.append((first.line, phrase.line))
        elif on_duplicate == "error":
            what = f"{shown(phrase.text)} has weight {phrase.weight:g} here and {first.weight:g} on line {first.line}"
            cure = "remove one of the two lines, or choose by --on-duplicate"
            errors.append(AsrkitError(what, where=f"{name}:{phrase.line}", cure=cure))
        is_better = phrase.weight > first.weight if on_duplicate == "highest" else on_duplicate == "last"
        left_out.append(first if is_better else phrase)
        if is_better:
            phrases[phrase.text] = phrase
    if repeated and not errors:
        first_line, line = repeated[0]
        count = f" ({len(repeated)} such lines)" if len(repeated) > 1 else ""
        progress.warn(f"{name}: line {line} repeats line {first_line}{count}; each phrase is taken once")
    return list(phrases.values()), left_out


def _suspicions(phrases: list[Phrase], format: Format) -> Iterator[str]:
    """Yield a sentence for each thing that its writer hardly meant, or that the other tool treats in another way."""
    weighted = [phrase for phrase in phrases if phrase.weighted]
    if format in ("funasr", "funasr-json"):
        yield from _told([p for p in phrases if not p.weighted], "no weight; FunASR ignores it, here its weight is 0")
        fractions = [p for p in weighted if p.weight != int(p.weight)]
        yield from _told(fractions, "a weight that FunASR cuts to a whole number; here it counts in full")
    if format == "sherpa-onnx" and weighted:
        yield "sherpa-onnx adds a score for each token; here a weight counts once for the whole phrase"
    if format == "sherpa-onnx":
        yield from _told([p for p in phrases if p.threshold is not None], "a threshold; asrkit does not use it")
    if format == "wenet":
        numbered = [p for p in phrases if is_number(p.text.rpartition(" ")[2]) and " " in p.text]
        yield from _told(numbered, "a number at its end, which WeNet's format makes a part of the phrase")
    if format == "native" and len(weighted) < len(phrases) / 2:
        what = "the last number is the weight, which few phrases here have; quote the phrase if it belongs to it"
        yield from _told([phrase for phrase in weighted if _may_end_in_its_weight(phrase)], what)
    if format in ("native", "funasr"):
        almost = [phrase for phrase in phrases if not phrase.weighted and _ends_almost_in_a_number(phrase.text)]
        yield from _told(almost, "the last field is almost a number, but not the weight")
    if format in ("native", "nemo"):
        large = [p for p in weighted if abs(p.weight) >= _TOO_MUCH]
        what = f"a weight of {_TOO_MUCH:g} nats or more overrules the acoustic model; FunASR's 20 is 2 here"
        yield from _told(large, what)


def _told(phrases: list[Phrase], what: str) -> Iterator[str]:
    if phrases:
        more = f" and {len(phrases) - 1} more" if len(phrases) > 1 else ""
        yield f"line {phrases[0].line}, {shown(phrases[0].text)}{more}: {what}"


def _may_end_in_its_weight(phrase: Phrase) -> bool:
    """Whether the weight may have been meant as a part of the phrase, as in `iphone 15`."""
    last = phrase.text.rpartition(" ")[2]
    return phrase.weight.is_integer() and last[-1:].isascii() and last[-1:].isalnum() and not is_number(last)


def _ends_almost_in_a_number(text: str) -> bool:
    before, _, last = text.rpartition(" ")
    return bool(before) and _ALMOST_NUMBER.fullmatch(last) is not None and not is_number(last)
