"""What decoding gives: `hyps.jsonl`, one object an utterance in input order, and `failed.jsonl`.

    {"utt": "u1", "text": "…", "units": ["…"], "duration": 2.5, "warnings": [],
     "words": [{"word": "…", "start": 0.1, "end": 0.4, "confidence": 0.98}],
     "scores": {"total": -3.2, "acoustic": -2.9, "lm": -1.3, "hotword": 1.0, "words": 0.0},
     "hotwords": [{"phrase": "…", "start": 0.1, "end": 0.4, "bonus": 4.0}],
     "nbest": [{"text": "…", "units": ["…"], "words": [], "scores": {}, "hotwords": []}]}
    {"utt": "u2", "reason": "…"}

Times are seconds from the utterance's start. Scores are natural-log, higher is better, already scaled, so that the
parts add up to `total`. `scores` is absent where nothing was searched; `nbest` only on request.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import name_of, parse_json, read_lines

_MAX_LINE = 64 << 20
_CURE = "decode anew, or restore the file"
_DIGITS = 6


@dataclass(frozen=True)
class Word:
    """A word, when it was said (seconds) and how sure the decoder is (0 to 1); None where that is not known."""

    word: str
    start: float | None = None
    end: float | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Scores:
    """The parts of a score, natural log, already scaled; they add up to `total`."""

    total: float
    acoustic: float
    lm: float
    hotword: float
    words: float


@dataclass(frozen=True)
class FiredHotword:
    """A hotword that came out: when (seconds) and the bonus it was paid (natural log)."""

    phrase: str
    start: float | None
    end: float | None
    bonus: float


@dataclass(frozen=True)
class Alternative:
    """One transcript with what belongs to it."""

    text: str
    units: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    scores: Scores | None = None
    hotwords: tuple[FiredHotword, ...] = ()


@dataclass(frozen=True)
class Hypothesis:
    """The result of one utterance: the best transcript, and on request the n best ones, the best first."""

    utt: str
    best: Alternative
    duration: float = 0.0
    warnings: tuple[str, ...] = ()
    nbest: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Failure:
    """An utterance that gave no transcript, and why."""

    utt: str
    reason: str


def parse(path: str | os.PathLike[str]) -> Iterator[Hypothesis]:
    """Yield the hypotheses in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: a line of another form, or an id twice.
    """
    for utt, where, fields in _objects(path):
        try:
            yield Hypothesis(
                utt=utt,
                best=_alternative(fields),
                duration=_number(fields.get("duration", 0.0)),
                warnings=tuple(_strings(fields.get("warnings", []))),
                nbest=tuple(_alternative(item) for item in fields.get("nbest", [])),
            )
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise AsrkitError(f"this is not a hypothesis ({error})", where=where, cure=_CURE) from error


def serialize(hypotheses: Iterable[Hypothesis]) -> Iterator[str]:
    """Yield the lines; numbers are rounded to six digits behind the point."""
    for hypothesis in hypotheses:
        fields = {"utt": hypothesis.utt, **_fields(hypothesis.best)}
        fields |= {"duration": hypothesis.duration, "warnings": hypothesis.warnings}
        if hypothesis.nbest:
            fields["nbest"] = [_fields(alternative) for alternative in hypothesis.nbest]
        yield json.dumps(_rounded(fields), ensure_ascii=False, allow_nan=False)


def parse_failures(path: str | os.PathLike[str]) -> Iterator[Failure]:
    """Yield the failures in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: a line of another form, or an id twice.
    """
    for utt, where, fields in _objects(path):
        if not isinstance(fields.get("reason"), str):
            raise AsrkitError("this line has no reason", where=where, cure=_CURE)
        yield Failure(utt, fields["reason"])


def serialize_failures(failures: Iterable[Failure]) -> Iterator[str]:
    """Yield the lines."""
    for failure in failures:
        yield json.dumps(asdict(failure), ensure_ascii=False)


def _objects(path: str | os.PathLike[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    name = name_of(path)
    line_of: dict[str, int] = {}
    for number, text in read_lines(path, max_bytes=_MAX_LINE):
        if not text.strip():
            continue
        where = f"{name}:{number}"
        value = parse_json(text, name, number)
        if not isinstance(value, dict) or not isinstance(value.get("utt"), str):
            raise AsrkitError("this line is not an object with an utterance id", where=where, cure=_CURE)
        if line_of.setdefault(value["utt"], number) != number:
            what = f"id {shown(value['utt'])} stands in line {line_of[value['utt']]} already"
            raise AsrkitError(what, where=where, cure=_CURE)
        yield value["utt"], where, value


def _alternative(fields: dict[str, Any]) -> Alternative:
    scores = fields.get("scores")
    return Alternative(
        text=_string(fields["text"]),
        units=tuple(_strings(fields.get("units", []))),
        words=tuple(_word(item) for item in fields.get("words", [])),
        scores=None if scores is None else Scores(**{part: _number(value) for part, value in scores.items()}),
        hotwords=tuple(_fired(item) for item in fields.get("hotwords", [])),
    )


def _word(item: dict[str, Any]) -> Word:
    return Word(_string(item["word"]), *(_maybe_number(item.get(key)) for key in ("start", "end", "confidence")))


def _fired(item: dict[str, Any]) -> FiredHotword:
    times = (_maybe_number(item.get(key)) for key in ("start", "end"))
    return FiredHotword(_string(item["phrase"]), *times, _number(item["bonus"]))


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(str(value))} is not a string")
    return value


def _strings(values: Any) -> list[str]:
    if not isinstance(values, list):
        raise TypeError(f"{shown(str(values))} is not a list")
    return [_string(value) for value in values]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < math.inf:
        raise TypeError(f"{shown(str(value))} is not a number")
    return float(value)


def _maybe_number(value: Any) -> float | None:
    return None if value is None else _number(value)


def _fields(alternative: Alternative) -> dict[str, Any]:
    fields = asdict(alternative)
    if alternative.scores is None:
        del fields["scores"]
    return fields


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
