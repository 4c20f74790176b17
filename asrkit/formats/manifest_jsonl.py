"""Manifests of utterances, one JSON object a line, with the field names of NeMo or of Lhotse.

    NeMo         { "audio_filepath": <path>, "duration": <s>, "offset": <s>, "text": <text>, "id": <id> }
    Lhotse       CUT | RECORDING | SUPERVISION
    CUT          { "id": <id>, "start": <s>, "duration": <s>, "recording": RECORDING,
                   "supervisions": [ SUPERVISION, … ] }
    RECORDING    { "id": <id>, "sources": [ { "type": "file" | "command", "source": <path or command> } ] }
    SUPERVISION  { "id": <id>, "recording_id": <id>, "start": <s>, "duration": <s>, "text": <text>, "speaker": <id> }

`text`, `speaker` and asrkit's own `hotwords`, for this
utterance alone, may stand in a line of any kind: [ <phrase>, … ] or { <phrase>: <weight in nats>, … } or "<phrase>",
a text that may be several lines of a hotword list, or such an object written as a text. In NeMo's form
only `audio_filepath` must be there; without `id` (or `utt`) an utterance has its file's id, as in `paths`, with the
offset in milliseconds after it where a file stands in several lines. Other keys are passed over. A relative path is
taken as `paths.locate` says. A command is refused unless the caller allows it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, refuse_empty
from asrkit.formats.hotword_lines import Phrase, read_native
from asrkit.formats.json_lines import JsonObject, line_of, read_objects
from asrkit.formats.paths import utterance_ids
from asrkit.formats.reading import name_of, parse_json


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line.

    Attributes:
        utt: its id.
        audio: the path as it stands there, or a command; None for a supervision, which names a recording only.
        is_command: whether `audio` is a shell command.
        recording: the recording's id in Lhotse's forms.
        offset: where in the audio it begins, seconds.
        duration: how long it is, seconds; None is up to the audio's end.
        text: what was said, if it is told.
        speaker: who said it, if it is told.
        hotwords: its own hotwords; None if the line has none to say, which is not the same as an empty list.
    """

    utt: str
    audio: str | None
    is_command: bool = False
    recording: str | None = None
    offset: float = 0.0
    duration: float | None = None
    text: str | None = None
    speaker: str | None = None
    hotwords: tuple[Phrase, ...] | None = None
    line: int = field(default=0, compare=False)


def parse(path: str | os.PathLike[str], *, allow_commands: bool = False) -> tuple[Utterance, ...]:
    """Return the utterances of the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `json_lines.read_objects`; a line of no known kind; a key that is missing or of the wrong kind;
            a command although `allow_commands` is false; an id twice; no line.
    """
    utterances = []
    for line, value in read_objects(path):
        utterance = replace(_utterance(value), hotwords=_hotwords(value), line=line)
        if utterance.is_command and not allow_commands:
            cure = "allow it with --allow-commands if you trust this file"
            what = f"this is a command, which would run {shown(utterance.audio or '')}"
            raise AsrkitError(what, where=value.where, cure=cure)
        utterances.append(utterance)
    refuse_empty(utterances, "utterance", path, 'write {"audio_filepath": "…"} on each line')
    utterances = _with_ids(utterances)
    once = Once("id", name_of(path))
    for utterance in utterances:
        once.add(utterance.utt, utterance.line)
    return tuple(utterances)


def serialize(utterances: Iterable[Utterance]) -> Iterator[str]:
    """Yield one line an utterance: NeMo's form with an id, or a supervision of Lhotse where there is no audio."""
    for utterance in utterances:
        value: dict[str, Any] = {"id": utterance.utt}
        if utterance.audio is None:
            value |= {"recording_id": utterance.recording, "start": utterance.offset, "duration": utterance.duration}
        elif utterance.is_command or utterance.recording is not None:
            source = {"type": "command" if utterance.is_command else "file", "source": utterance.audio}
            recording = {"id": utterance.recording or utterance.utt, "sources": [source]}
            value |= {"start": utterance.offset, "duration": utterance.duration, "recording": recording}
        else:
            offset = utterance.offset or None
            value |= {"audio_filepath": utterance.audio, "offset": offset, "duration": utterance.duration}
        value |= {"text": utterance.text, "speaker": utterance.speaker}
        if utterance.hotwords is not None:
            value["hotwords"] = {phrase.text: phrase.weight for phrase in utterance.hotwords}
        yield line_of(value)


def _utterance(value: JsonObject) -> Utterance:
    text = value.text("text") if "text" in value else None
    speaker = value.name("speaker")
    duration = value.seconds("duration") if "duration" in value else None
    if duration == 0:
        raise AsrkitError("this utterance lasts 0 seconds", where=value.where, cure='mend "duration" or leave it out')
    if "audio_filepath" in value:
        utt = value.name("id") or value.name("utt") or ""
        audio = value.text("audio_filepath")
        if not audio or "\0" in audio:
            raise AsrkitError("'audio_filepath' is no path", where=value.where, cure="write the path of the audio file")
        offset = value.seconds("offset", 0.0)
        return Utterance(utt, audio, offset=offset, duration=duration, text=text, speaker=speaker)
    utt = value.name("id")
    if not utt:
        raise AsrkitError("'id' is missing or empty", where=value.where, cure="write the utterance's id")
    if "sources" in value:  # a recording: all of it is one utterance
        audio, is_command = _source(value)
        return Utterance(utt, audio, is_command, utt, 0.0, None, text, speaker)
    start = value.seconds("start", 0.0)
    if "recording" in value:
        recording = value.object("recording")
        audio, is_command = _source(recording)
        text, speaker = _supervised(value, text, speaker)
        return Utterance(utt, audio, is_command, recording.name("id"), start, duration, text, speaker)
    if "recording_id" in value:
        return Utterance(utt, None, False, value.name("recording_id"), start, duration, text, speaker)
    cure = "write audio_filepath (NeMo), or recording, sources or recording_id (Lhotse)"
    raise AsrkitError("this line names no audio", where=value.where, cure=cure)


def _source(recording: JsonObject) -> tuple[str, bool]:
    """Return the one source of a recording of Lhotse, and whether it is a command."""
    sources = recording.objects("sources")
    if len(sources) != 1:
        what = f"a recording has {len(sources)} sources, but one is needed"
        raise AsrkitError(what, where=recording.where, cure="mix them into one file")
    kind = sources[0].text("type", "file")
    if kind not in ("file", "command"):
        what = f"a source of type {shown(kind)} cannot be read"
        raise AsrkitError(what, where=recording.where, cure="save it as a file")
    channels = sources[0].value.get("channels")
    if isinstance(channels, list) and len(channels) > 1:
        what = f"a recording has {len(channels)} channels, but one is needed"
        raise AsrkitError(what, where=recording.where, cure="save each as a file")
    source = sources[0].text("source")
    if not source or "\0" in source:
        raise AsrkitError("the source of a recording is no path", where=recording.where, cure="write one")
    return source, kind == "command"


def _supervised(cut: JsonObject, text: str | None, speaker: str | None) -> tuple[str | None, str | None]:
    """Return the text of all supervisions of a cut in the order of time, and their speaker if it is only one."""
    supervisions = sorted(cut.objects("supervisions"), key=lambda supervision: supervision.number("start", 0.0))
    texts = [supervision.text("text") for supervision in supervisions if "text" in supervision]
    speakers = {supervision.name("speaker") for supervision in supervisions if "speaker" in supervision}
    if text is None and texts:
        text = " ".join(texts)
    return text, speaker or (speakers.pop() if len(speakers) == 1 else None)


def _hotwords(value: JsonObject) -> tuple[Phrase, ...] | None:
    given = value.value.get("hotwords")
    if given is None:
        return None
    if isinstance(given, str):
        phrases = _of_text(given, value)
    elif isinstance(given, list):
        phrases = tuple(Phrase(text, weighted=False) for text in value.texts("hotwords"))
    else:
        weights = value.object("hotwords")
        phrases = tuple(Phrase(text, weights.number(text)) for text in weights.value)
    if any(not phrase.text.strip() for phrase in phrases):
        raise AsrkitError("a phrase in 'hotwords' is empty", where=value.where, cure="remove it")
    if len({phrase.text for phrase in phrases}) != len(phrases):
        raise AsrkitError("a phrase stands twice in 'hotwords'", where=value.where, cure="remove one")
    return phrases


def _of_text(text: str, value: JsonObject) -> tuple[Phrase, ...]:
    """Return the phrases in a text: lines of a hotword list, or the JSON object that FunASR's clients send."""
    name, _, line = value.where.rpartition(":")
    if text.lstrip().startswith("{"):
        weights = JsonObject(parse_json(text, name, int(line)), value.where)
        return tuple(Phrase(phrase, weights.number(phrase)) for phrase in weights.value)
    phrases = (read_native(one, name, int(line)) for one in text.split("\n") if one.strip(" \t"))
    return tuple(replace(phrase, line=0) for phrase in phrases)


def _with_ids(utterances: list[Utterance]) -> list[Utterance]:
    """Return `utterances`, those without an id with one made from their file."""
    files = list(dict.fromkeys(u.audio for u in utterances if not u.utt and u.audio))
    ids = dict(zip(files, utterance_ids(files), strict=True))
    lines_of_file = Counter(u.audio for u in utterances if not u.utt)
    named = []
    for utterance in utterances:
        utt = utterance.utt or ids[utterance.audio or ""]
        if not utterance.utt and lines_of_file[utterance.audio] > 1:
            utt = f"{utt}-{round(utterance.offset * 1000):08d}"
        named.append(replace(utterance, utt=utt))
    return named
