"""Manifests of utterances, one JSON object a line, with the field names of NeMo or of Lhotse.

    NeMo         { "audio_filepath": <path>, "duration": <s>, "offset": <s>, "text": <text>, "id": <id>,
                   "channel_selector": <channel> | [ <channel>, … ] | "average", "pred_text": <text> }
    Lhotse       CUT | RECORDING | SUPERVISION
    CUT          { "id": <id>, "start": <s>, "duration": <s>, "channel": <channel> | [ <channel>, … ],
                   "recording": RECORDING, "supervisions": [ SUPERVISION, … ] }
    RECORDING    { "id": <id>, "sources": [ { "type": "file" | "command", "source": <path or command>,
                   "channels": [ <channel>, … ] }, … ] }
    SUPERVISION  { "id": <id>, "recording_id": <id>, "start": <s>, "duration": <s>, "channel": …, "text": <text>,
                   "speaker": <id> }

`text`, `speaker` and asrkit's own `hotwords`, for this
utterance alone, may stand in a line of any kind: [ <phrase>, … ] or { <phrase>: <weight in nats>, … } or "<phrase>",
a text that may be several lines of a hotword list, or such an object written as a text. In NeMo's form
only `audio_filepath` must be there; without `id` (or `utt`) an utterance has its file's id, as in `paths`, with the
channel after it where lines of one file name different ones, and with the offset in milliseconds where a file, or
channel, stands in several lines. Other keys are passed over. A relative path is taken as `paths.locate` says. A command
is refused unless the caller allows it. Channels count from 0; `channels` names those of a source of Lhotse. A recording
that Lhotse would change as it reads it (its speed, its volume) is refused, as is a cut of several recordings.
"""

from __future__ import annotations

import json
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
class Piece:
    """A supervision: seconds, its channel if it is of one alone (from 0), who said what."""

    start: float
    end: float
    channel: int | None
    speaker: str | None
    text: str


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
        channels: which channels of the audio it is, from 0; None is all of them.
        text: what was said, if it is told.
        speaker: who said it, if it is told.
        hotwords: its own hotwords; None if the line has none to say, which is not the same as an empty list.
        recognised: what a recogniser wrote into the line (`pred_text`).
        pieces: what was said when, and by whom, in the order of time, where supervisions tell it.
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
    channels: tuple[int, ...] | None = None
    recognised: str | None = field(default=None, compare=False)
    pieces: tuple[Piece, ...] = field(default=(), compare=False)


def parse(path: str | os.PathLike[str], *, allow_commands: bool = False) -> tuple[Utterance, ...]:
    """Return the utterances of the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `json_lines.read_objects`; a line of no known kind; a key that is missing or of the wrong kind;
            a command although `allow_commands` is false; an id twice; no line.
    """
    utterances = []
    for line, value in read_objects(path):
        recognised = value.text("pred_text") if "pred_text" in value else None
        utterance = replace(_utterance(value), hotwords=_hotwords(value), line=line, recognised=recognised)
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
            channels = utterance.channels
            channel = channels[0] if channels is not None and len(channels) == 1 else channels
            value |= {"start": utterance.offset, "duration": utterance.duration, "channel": channel}
            value["recording"] = recording
        else:
            offset = utterance.offset or None
            value |= {"audio_filepath": utterance.audio, "offset": offset, "duration": utterance.duration}
            value["channel_selector"] = utterance.channels
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
        channels = _selected(value)
        return Utterance(
            utt, audio, offset=offset, duration=duration, text=text, speaker=speaker, channels=channels
        )
    if "tracks" in value or value.value.get("type") == "PaddingCut":
        cure = "save each as a recording of its own, with save_audios of Lhotse"
        raise AsrkitError("this is a cut of several recordings, or of none", where=value.where, cure=cure)
    if value.value.keys().isdisjoint(("sources", "recording", "recording_id")):
        cure = "write audio_filepath (NeMo), or recording, sources or recording_id (Lhotse)"
        raise AsrkitError("this line names no audio", where=value.where, cure=cure)
    utt = value.name("id")
    if not utt:
        raise AsrkitError("'id' is missing or empty", where=value.where, cure="write the utterance's id")
    if "sources" in value:  # a recording: all of it is one utterance
        audio, is_command, _ = _source(value, None)
        return Utterance(utt, audio, is_command, utt, 0.0, None, text, speaker)
    start = value.seconds("start", 0.0)
    channels = _channels(value, "channel")
    if "recording" in value:
        recording = value.object("recording")
        audio, is_command, found = _source(recording, channels)
        pieces = _supervised(value, recording)
        if text is None and pieces:
            text = " ".join(piece.text for piece in pieces)
        speakers = {piece.speaker for piece in pieces if piece.speaker is not None}
        speaker = speaker or (speakers.pop() if len(speakers) == 1 else None)
        return Utterance(
            utt, audio, is_command, recording.name("id"), start, duration, text, speaker, channels=found, pieces=pieces
        )
    if "recording_id" in value:
        one = channels[0] if channels and len(channels) == 1 else None
        pieces = (Piece(start, start + (duration or 0.0), one, speaker, text),) if text is not None else ()
        return Utterance(
            utt, None, False, value.name("recording_id"), start, duration, text, speaker, channels=channels,
            pieces=pieces,
        )  # fmt: skip
    raise AsrkitError("this line names no audio", where=value.where, cure='write its "recording"')


def _selected(value: JsonObject) -> tuple[int, ...] | None:
    """Return the channels that NeMo's `channel_selector` names."""
    return None if value.value.get("channel_selector") == "average" else _channels(value, "channel_selector")


def _channels(value: JsonObject, key: str) -> tuple[int, ...] | None:
    """Return the channels that `key` names, one or a list; None if it names none."""
    if key not in value:
        return None
    named = value.value[key]
    channels = named if isinstance(named, list) else [named]
    if not channels or not all(isinstance(c, int) and not isinstance(c, bool) and c >= 0 for c in channels):
        cure = "write a channel, counted from 0, or a list of some"
        raise AsrkitError(f"{shown(key)} is {json.dumps(named)[:40]}, no channel", where=value.where, cure=cure)
    if len(set(channels)) != len(channels):
        raise AsrkitError(f"a channel is listed twice in {shown(key)}", where=value.where, cure="remove one")
    return tuple(channels)


def _source(recording: JsonObject, wanted: tuple[int, ...] | None) -> tuple[str, bool, tuple[int, ...] | None]:
    """Return the source of a recording of Lhotse, whether it is a command, and which channels of it are wanted.

    None is all of them. Channels that `wanted` names are those of the recording, which the sources share among them.
    """
    sources = recording.objects("sources")
    if len(sources) > 1 and wanted is not None:
        sources = tuple(s for s in sources if not set(_channels(s, "channels") or ()).isdisjoint(wanted))
    if len(sources) != 1:
        what = f"a recording has {len(sources)} sources{' with this channel' if wanted else ''}, but one is needed"
        raise AsrkitError(what, where=recording.where, cure="mix them into one file")
    changes = {str(change.value.get("name")) for change in recording.objects("transforms")} - {"Resample"}
    if changes:
        what = f"Lhotse changes this recording as it reads it ({', '.join(sorted(changes))}), which is not done here"
        raise AsrkitError(what, where=recording.where, cure="save it as it is to be, with save_audios of Lhotse")
    kind = sources[0].text("type", "file")
    if kind not in ("file", "command"):
        what = f"a source of type {shown(kind)} cannot be read"
        raise AsrkitError(what, where=recording.where, cure="save it as a file")
    source = sources[0].text("source")
    if not source or "\0" in source:
        raise AsrkitError("the source of a recording is no path", where=recording.where, cure="write one")
    there = _channels(sources[0], "channels")
    if wanted is None or there is None:
        return source, kind == "command", wanted
    if lacking := [channel for channel in wanted if channel not in there]:
        what = f"there is no channel {lacking[0]} in this recording, only {', '.join(map(str, there))}"
        raise AsrkitError(what, where=recording.where, cure='correct "channel"')
    found = tuple(there.index(channel) for channel in wanted)
    return source, kind == "command", None if len(found) == len(there) > 1 else found


def _supervised(cut: JsonObject, recording: JsonObject) -> tuple[Piece, ...]:
    """Return what the supervisions of a cut say, in the order of time; channels as they stand in its file."""
    pieces = []
    there = [_channels(source, "channels") for source in recording.objects("sources")]
    for supervision in cut.objects("supervisions"):
        if "text" not in supervision:
            continue
        start, named = supervision.number("start", 0.0), _channels(supervision, "channel") or ()
        channel = named[0] if len(named) == 1 else None
        if len(there) == 1 and channel is not None and channel in (there[0] or ()):
            channel = (there[0] or ()).index(channel)
        end = start + supervision.number("duration", 0.0)
        pieces.append(Piece(start, end, channel, supervision.name("speaker"), supervision.text("text")))
    return tuple(sorted(pieces, key=lambda piece: piece.start))


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
    of_file: dict[str | None, set[tuple[int, ...] | None]] = {}
    for utterance in utterances:
        if not utterance.utt:
            of_file.setdefault(utterance.audio, set()).add(utterance.channels)
    lines = Counter((u.audio, u.channels) for u in utterances if not u.utt)
    named = []
    for utterance in utterances:
        utt = utterance.utt or ids[utterance.audio or ""]
        if not utterance.utt and len(of_file[utterance.audio]) > 1 and utterance.channels is not None:
            utt = f"{utt}-{'+'.join(map(str, utterance.channels))}"
        if not utterance.utt and lines[utterance.audio, utterance.channels] > 1:
            utt = f"{utt}-{round(utterance.offset * 1000):08d}"
        named.append(replace(utterance, utt=utt))
    return named
