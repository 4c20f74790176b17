"""JSONL manifests of recordings: one JSON object a line, with the field names of NeMo or of Lhotse.

    NeMo       { "audio_filepath": <path>, "offset": <s>, "duration": <s>, "text": <text> }
    Lhotse     CUT | RECORDING
    CUT        { "id": <id>, "start": <s>, "duration": <s>, "channel": <number>, "recording": RECORDING,
                 "supervisions": [ { "start": <s>, "text": <text>, "speaker": <id> }, … ] }
    RECORDING  { "id": <id>, "sources": [ { "type": "file", "source": <path> } ] }

Every form may also have "utt" or "id" (else the id is that of the file, see `paths`), "text", "speaker", "channel"
(from 0), and asrkit's own "hotwords": a list of phrases for this utterance alone. The texts of several supervisions are
joined in the order of time. Other fields are passed over. A relative path counts from the current folder or from the
manifest's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, refuse_empty
from asrkit.formats.json_lines import JsonObject, line_of, read_objects
from asrkit.formats.kaldi_dir import located
from asrkit.formats.paths import recording_id
from asrkit.formats.reading import name_of, split_fields

_CURE_AUDIO = 'write "audio_filepath", or a Lhotse recording with "sources"'


@dataclass(frozen=True, slots=True)
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
    line: int = field(default=0, compare=False)


def parse(path: str | os.PathLike[str]) -> tuple[Entry, ...]:
    """Return the utterances of the manifest `path` (`-`: standard input), their paths looked up.

    Raises:
        AsrkitError: as `json_lines.read_objects`; no recording, or one that is no file; a field of the wrong kind; an
            id that has spaces or stands twice; no line at all.
    """
    once = Once("id", name_of(path))
    found = []
    for line, value in read_objects(path):
        found.append(_entry(value, path, line))
        once.add(found[-1].utt, line)
    refuse_empty(found, "utterance", path, 'write {"audio_filepath": "…"} on each line')
    return tuple(found)


def serialize(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the lines, with NeMo's field names and an "id"."""
    for entry in entries:
        value = {"id": entry.utt, "audio_filepath": entry.path, "offset": entry.offset or None}
        value |= {"duration": entry.duration, "channel": entry.channel, "text": entry.text, "speaker": entry.speaker}
        yield line_of(value | {"hotwords": entry.hotwords})


def _entry(value: JsonObject, list_path: str | os.PathLike[str], line: int) -> Entry:
    source = value.text("audio_filepath") if "audio_filepath" in value else _source(value)
    if not source or "\0" in source:
        raise AsrkitError("this line names no recording", where=value.where, cure=_CURE_AUDIO)
    utt = value.name("utt") or value.name("id") or recording_id(source)
    if split_fields(utt) != [utt] or "\n" in utt or "\r" in utt:
        what = f"the id {shown(utt)} has white space in it"
        raise AsrkitError(what, where=value.where, cure='give the line an "id" without white space')
    duration = value.seconds("duration") if "duration" in value else None
    if duration == 0:
        raise AsrkitError("this utterance lasts 0 seconds", where=value.where, cure='mend "duration" or leave it out')
    hotwords = value.texts("hotwords") if "hotwords" in value else None
    if hotwords and not all(phrase.strip(" \t") for phrase in hotwords):
        raise AsrkitError("a phrase in 'hotwords' is empty", where=value.where, cure="remove it")
    offset = value.seconds("offset" if "offset" in value else "start", 0.0)
    text, speaker = _supervised(value)
    return Entry(utt, located(source, list_path), offset, duration, _channel(value), text, speaker, hotwords, line)


def _source(value: JsonObject) -> str:
    """Return the file of a recording or cut of Lhotse, "" if there is none."""
    recording = value.object("recording") if "recording" in value else value
    sources = recording.objects("sources")
    if len(sources) > 1:
        what = f"a recording has {len(sources)} sources, but one is needed"
        raise AsrkitError(what, where=value.where, cure="save them as one file")
    kind = sources[0].text("type", "file") if sources else "file"
    if kind != "file":
        raise AsrkitError(f"a source of type {shown(kind)} cannot be read", where=value.where, cure="save it as a file")
    return sources[0].text("source") if sources else ""


def _channel(value: JsonObject) -> int | None:
    channel = value.seconds("channel") if "channel" in value else None
    if channel is not None and not channel.is_integer():
        raise AsrkitError(f"'channel' is {channel:g}", where=value.where, cure="write a whole number from 0 on")
    return None if channel is None else int(channel)


def _supervised(value: JsonObject) -> tuple[str | None, str | None]:
    """Return text and speaker: the line's own, else the texts of its supervisions, and their speaker if it is one."""
    supervisions = sorted(value.objects("supervisions"), key=lambda supervision: supervision.number("start", 0.0))
    texts = [supervision.text("text") for supervision in supervisions if "text" in supervision]
    speakers = {supervision.name("speaker") for supervision in supervisions if "speaker" in supervision}
    text = value.text("text") if "text" in value else " ".join(texts) if texts else None
    return text, value.name("speaker") or (speakers.pop() if len(speakers) == 1 else None)
