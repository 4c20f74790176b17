"""What `asrkit decode` tells of each utterance: hyps.jsonl and failed.jsonl, one JSON object a line.

    hyps.jsonl   line :== { "utt": <id>, "text": <text>, "units": [ <unit>, … ],
                            "unit_times": [ [ <start s>, <end s> ], … ],
                            "words": [ { "word": <word>, "start": <s>, "end": <s>, "confidence": <0…1> }, … ],
                            "scores": { "total": <nat>, "acoustic": …, "lm": …, "hotword": …, "words": … },
                            "hotwords": [ { "phrase": <phrase>, "start": <s>, "end": <s>, "bonus": <nat> }, … ],
                            "nbest": [ { text, units, words, scores, hotwords }, … ],
                            "duration": <s>, "warnings": [ <sentence>, … ] }
    failed.jsonl line :== { "utt": <id>, "reason": <sentence> }

Only `utt` and `text` (`reason`) must be there, so that hypotheses of other tools can be read; other keys are passed
over. Scores are natural logs, higher is better, already scaled, so that the parts add up to the total.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from asrkit.errors import AsrkitError
from asrkit.formats.fields import Once
from asrkit.formats.json_lines import JsonObject, line_of, read_objects
from asrkit.formats.reading import name_of, parse_json

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Word:
    """A word, when it was said (seconds), and how sure it is (0 to 1); None where it is not known."""

    word: str
    start: float | None = None
    end: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The parts of a hypothesis's score and their sum, natural logs, scaled."""

    total: float
    acoustic: float = 0.0
    lm: float = 0.0
    hotword: float = 0.0
    words: float = 0.0


@dataclass(frozen=True, slots=True)
class FiredHotword:
    """A hotword that was found: when (seconds, None if not known), and what it added to the score (natural log)."""

    phrase: str
    start: float | None = None
    end: float | None = None
    bonus: float = 0.0


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to read an utterance."""

    text: str
    units: tuple[str, ...] = ()
    words: tuple[Word, ...] = ()
    scores: Scores | None = None
    hotwords: tuple[FiredHotword, ...] = ()
    unit_times: tuple[tuple[float, float], ...] = ()  # seconds: when each unit begins and ends; empty if not known


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A line of hyps.jsonl: the best reading of an utterance, others on request, its duration in seconds."""

    utt: str
    best: Alternative
    nbest: tuple[Alternative, ...] = ()
    duration: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The best reading's text."""
        return self.best.text


@dataclass(frozen=True, slots=True)
class Failure:
    """A line of failed.jsonl: an utterance without a transcript, and why."""

    utt: str
    reason: str


def parse(path: str | os.PathLike[str]) -> tuple[Hypothesis, ...]:
    """Return the hypotheses in the file `path` (`-`: standard input), none if every utterance failed.

    Raises:
        AsrkitError: as `json_lines.read_objects`; a key that is missing or of the wrong kind; an utterance twice.
    """
    once = Once("utterance", name_of(path))
    hypotheses = []
    for line, value in read_objects(path):
        hypotheses.append(_hypothesis(value))
        once.add(hypotheses[-1].utt, line)
    return tuple(hypotheses)


def serialize(hypotheses: Iterable[Hypothesis]) -> Iterator[str]:
    """Yield the lines of hyps.jsonl; numbers are rounded to six digits behind the point."""
    for hypothesis in hypotheses:
        value: dict[str, Any] = {"utt": hypothesis.utt, **_plain(hypothesis.best)}
        value["nbest"] = [_plain(alternative) for alternative in hypothesis.nbest] or None
        value["duration"] = hypothesis.duration
        value["warnings"] = hypothesis.warnings
        yield line_of(_rounded(value))


def parse_failed(path: str | os.PathLike[str]) -> tuple[Failure, ...]:
    """Return the lines of failed.jsonl, which is empty if nothing failed.

    Raises:
        AsrkitError: as `json_lines.read_objects`; a key that is missing or no string; an utterance twice.
    """
    once = Once("utterance", name_of(path))
    failures = []
    for line, value in read_objects(path):
        failures.append(Failure(_id(value), value.text("reason")))
        once.add(failures[-1].utt, line)
    return tuple(failures)


def serialize_failed(failures: Iterable[Failure]) -> Iterator[str]:
    """Yield the lines of failed.jsonl."""
    for failure in failures:
        yield line_of(asdict(failure))


def parse_line(text: str, where: str) -> Hypothesis | Failure:
    """Return what a line of hyps.jsonl or failed.jsonl, which stands at `where`, says.

    Raises:
        AsrkitError: it is neither.
    """
    value = parse_json(text, where)
    if not isinstance(value, dict):
        raise AsrkitError("this is not a JSON object", where=where, cure="decode anew")
    line = JsonObject(value, where)
    return Failure(_id(line), line.text("reason")) if "reason" in line else _hypothesis(line)


def _id(value: JsonObject) -> str:
    utt = value.text("utt")
    if not utt:
        raise AsrkitError("'utt' is empty", where=value.where, cure="write the utterance's id")
    return utt


def _hypothesis(value: JsonObject) -> Hypothesis:
    nbest = tuple(_alternative(alternative) for alternative in value.objects("nbest"))
    duration = value.number_or_none("duration")
    return Hypothesis(_id(value), _alternative(value), nbest, duration, value.texts("warnings"))


def _alternative(value: JsonObject) -> Alternative:
    words = tuple(
        Word(w.text("word"), w.number_or_none("start"), w.number_or_none("end"), w.number_or_none("confidence"))
        for w in value.objects("words")
    )
    hotwords = tuple(
        FiredHotword(h.text("phrase"), h.number_or_none("start"), h.number_or_none("end"), h.number("bonus", 0.0))
        for h in value.objects("hotwords")
    )
    scores = _scores(value.object("scores")) if "scores" in value else None
    units, times = value.texts("units"), value.value.get("unit_times") or ()
    if times and not (isinstance(times, list) and len(times) == len(units) and all(map(_is_span, times))):
        cure = "write [start, end] for each of the units"
        raise AsrkitError("'unit_times' are not the times of the units", where=value.where, cure=cure)
    spans = tuple((float(start), float(end)) for start, end in times)
    return Alternative(value.text("text"), units, words, scores, hotwords, spans)


def _is_span(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(time) in (int, float) for time in value)


def _scores(value: JsonObject) -> Scores:
    parts = (value.number(part, 0.0) for part in ("acoustic", "lm", "hotword", "words"))
    return Scores(value.number("total"), *parts)


def _plain(alternative: Alternative) -> dict[str, Any]:
    return {
        "text": alternative.text,
        "units": alternative.units,
        **({"unit_times": alternative.unit_times} if alternative.unit_times else {}),
        "words": [_without_none(asdict(word)) for word in alternative.words],
        "scores": asdict(alternative.scores) if alternative.scores else None,
        "hotwords": [_without_none(asdict(hotword)) for hotword in alternative.hotwords],
    }


def _without_none(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if item is not None}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(float(value), _DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
