"""JSONL manifests of recordings: one JSON object a line, with the field names of NeMo or of Lhotse.

    NeMo     {"audio_filepath": PATH, "offset": s, "duration": s, "text": "…"}
    Lhotse   a cut        {"id": ID, "start": s, "duration": s, "channel": n,
                           "supervisions": [{"text": "…", "speaker": "…"}],
                           "recording": {"id": ID, "sources": [{"type": "file", "source": PATH}]}}
             a recording  {"id": ID, "sources": [{"type": "file", "source": PATH}], "duration": s}

Every form may also have "utt" or "id" (else the file's name without suffix is the id) and asrkit's own "hotwords", a
list of phrases for this utterance. Fields that asrkit has no use for are left alone. A relative path is looked for from
the current folder, then from the manifest's own.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asrkit.errors import AsrkitError, shown
from asrkit.formats.kaldi_dir import located
from asrkit.formats.reading import name_of, parse_json, read_lines

_MAX_LINE = 16 << 20
_CURE = "see the field names of NeMo and Lhotse manifests"


@dataclass(frozen=True)
class Entry:
    """One utterance: a recording or a part of it, in seconds; None where the manifest says nothing."""

    utt: str
    path: str
    offset: float = 0.0
    duration: float | None = None
    channel: int | None = None
    text: str | None = None
    speaker: str | None = None
    hotwords: tuple[str, ...] | None = None
    line: int = 0


def parse(path: str | os.PathLike[str]) -> tuple[Entry, ...]:
    """Return the utterances of the manifest `path` (`-`: standard input).

    Raises:
        AsrkitError: a line that is not such an object, a field of the wrong type, an id twice, no line at all.
    """
    name = name_of(path)
    entries: dict[str, Entry] = {}
    for number, text in read_lines(path, max_bytes=_MAX_LINE):
        if not text.strip():
            continue
        where = f"{name}:{number}"
        value = parse_json(text, name, number)
        if not isinstance(value, dict):
            raise AsrkitError("this line is not a JSON object", where=where, cure=_CURE)
        entry = _entry(_Fields(value, where), path, number)
        before = entries.setdefault(entry.utt, entry)
        if before is not entry:
            what = f"id {shown(entry.utt)} stands in line {before.line} already"
            raise AsrkitError(what, where=where, cure='give each line an "id" of its own')
    if not entries:
        raise AsrkitError("this manifest is empty", where=name, cure="write one utterance a line")
    return tuple(entries.values())


def serialize(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the lines, with NeMo's field names and an "id"."""
    for e in entries:
        fields = {
            "id": e.utt, "audio_filepath": e.path, "offset": e.offset or None, "duration": e.duration,
            "channel": e.channel, "text": e.text, "speaker": e.speaker,
            "hotwords": None if e.hotwords is None else list(e.hotwords),
        }  # fmt: skip
        yield json.dumps({key: value for key, value in fields.items() if value is not None}, ensure_ascii=False)


class _Fields:
    """The fields of one object, taken out with their types checked."""

    def __init__(self, value: dict[str, Any], where: str) -> None:
        self.value = value
        self.where = where

    def get(self, key: str, kind: type | tuple[type, ...]) -> Any:
        found = self.value.get(key)
        if found is None or (isinstance(found, kind) and not isinstance(found, bool)):
            return found
        raise AsrkitError(f"field {key!r} has a value of the wrong type", where=self.where, cure=_CURE)

    def seconds(self, key: str) -> float | None:
        found = self.get(key, (int, float))
        if found is not None and not (abs(found) < 1e12 and math.isfinite(found) and found >= 0):
            raise AsrkitError(f"field {key!r} must be seconds from 0 on", where=self.where, cure="mend the line")
        return None if found is None else float(found)

    def inner(self, key: str) -> _Fields:
        return _Fields(self.get(key, dict) or {}, self.where)

    def first(self, key: str) -> _Fields:
        items = self.get(key, list) or [{}]
        if not isinstance(items[0], dict):
            raise AsrkitError(f"field {key!r} must be a list of objects", where=self.where, cure=_CURE)
        return _Fields(items[0], self.where)


def _entry(fields: _Fields, list_path: str | os.PathLike[str], number: int) -> Entry:
    recording = fields if "sources" in fields.value else fields.inner("recording")
    source = recording.first("sources")
    kind = source.get("type", str)
    if kind not in (None, "file"):
        raise AsrkitError(f"a source of type {shown(kind)} cannot be read", where=fields.where, cure="use files")
    path = fields.get("audio_filepath", str) or source.get("source", str)
    if not path:
        cure = 'write "audio_filepath", or a Lhotse recording with "sources"'
        raise AsrkitError("no recording is named", where=fields.where, cure=cure)
    supervision = fields.first("supervisions")
    hotwords = fields.get("hotwords", list)
    if hotwords is not None and not all(isinstance(phrase, str) for phrase in hotwords):
        raise AsrkitError("field 'hotwords' must be a list of strings", where=fields.where, cure="mend the line")
    utt = fields.get("utt", (str, int)) or fields.get("id", (str, int)) or Path(path).stem
    if not str(utt) or any(c in " \t\r\n" for c in str(utt)):
        what = f"id {shown(str(utt))} is empty or has white space in it"
        raise AsrkitError(what, where=fields.where, cure='give the line an "id" without white space')
    duration = fields.seconds("duration")
    if duration == 0:
        raise AsrkitError("this utterance lasts 0 seconds", where=fields.where, cure='mend "duration" or leave it out')
    return Entry(
        utt=str(utt),
        path=located(path, list_path),
        offset=fields.seconds("offset") or fields.seconds("start") or 0.0,
        duration=duration,
        channel=fields.get("channel", int),
        text=_first_given(fields.get("text", str), supervision.get("text", str)),
        speaker=_first_given(fields.get("speaker", str), supervision.get("speaker", str)),
        hotwords=None if hotwords is None else tuple(hotwords),
        line=number,
    )


def _first_given(one: str | None, other: str | None) -> str | None:
    return other if one is None else one
