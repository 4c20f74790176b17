"""Kaldi's data folders: wav.scp, segments, text, utt2spk, reco2file_and_channel.

    wav.scp  line :== <recording> ( <path> | <command> '|' )
    segments line :== <utterance> <recording> <start> <end>        in seconds; an end of -1 is the recording's own
    text     line :== <utterance> { <word> }
    utt2spk  line :== <utterance> <speaker>
    reco2file_and_channel line :== <recording> <file> ( 'A' | 'B' | <channel, from 1> )

The first field ends at a space or tab; a path may hold spaces. Lines need not be sorted; their order is kept. Blank
lines are passed over. No first field stands twice in a file. A relative path is taken as `paths.locate` says. A command
is a program to be run: it is refused unless the caller allows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asrkit import progress
from asrkit.errors import AsrkitError, from_os_error, shown
from asrkit.formats.fields import entries, escaped, number, one_line, refuse_empty, written, written_rest
from asrkit.formats.reading import split_fields

WAV_SCP, SEGMENTS, TEXT, UTT2SPK = "wav.scp", "segments", "text", "utt2spk"
CHANNELS = "reco2file_and_channel"
_MOST_CHANNELS = 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """A line of wav.scp: `source` is a path as it stands there, or a shell command without its `|`."""

    recording: str
    source: str
    is_command: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Segment:
    """A line of segments: where an utterance lies in its recording, in seconds; `end` None is the recording's end."""

    utt: str
    recording: str
    start: float
    end: float | None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """An utterance and its words, as one text, which may be empty."""

    utt: str
    text: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Speaker:
    """A line of utt2spk."""

    utt: str
    speaker: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class DataFolder:
    """A data folder; `segments` is empty if each recording is one utterance, the others if they are not given."""

    recordings: tuple[Recording, ...]
    segments: tuple[Segment, ...] = ()
    texts: tuple[Transcript, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    channels: Mapping[str, int] = field(default_factory=dict)  # of recordings, from 0

    def utterances(self) -> tuple[str, ...]:
        """Return the ids of the utterances, in the order of segments, or of wav.scp if there are none."""
        return tuple(s.utt for s in self.segments) or tuple(r.recording for r in self.recordings)


def parse(folder: str | os.PathLike[str], *, allow_commands: bool = False) -> DataFolder:
    """Return the data folder `folder`, which has at least wav.scp; warn of texts and speakers of no utterance.

    Raises:
        AsrkitError: wav.scp is missing; as the parsers of its files; a segment of a recording that wav.scp lacks.
    """
    base = Path(folder)
    if not (base / WAV_SCP).is_file():
        if not base.is_dir():
            raise from_os_error(FileNotFoundError(2, "") if not base.exists() else NotADirectoryError(20, ""), base)
        raise AsrkitError("this folder has no wav.scp", where=str(base), cure="name a Kaldi data folder")
    data = DataFolder(
        parse_wav_scp(base / WAV_SCP, allow_commands=allow_commands),
        parse_segments(base / SEGMENTS) if (base / SEGMENTS).exists() else (),
        parse_text(base / TEXT) if (base / TEXT).exists() else (),
        parse_utt2spk(base / UTT2SPK) if (base / UTT2SPK).exists() else (),
        parse_channels(base / CHANNELS) if (base / CHANNELS).exists() else {},
    )
    known = {recording.recording for recording in data.recordings}
    for segment in data.segments:
        if segment.recording not in known:
            what = f"the recording {shown(segment.recording)} does not stand in wav.scp"
            cure = "add it there or remove the segment"
            raise AsrkitError(what, where=f"{base / SEGMENTS}:{segment.line}", cure=cure)
    utterances = set(data.utterances())
    for name, lines in ((TEXT, data.texts), (UTT2SPK, data.speakers)):
        stray = [line for line in lines if line.utt not in utterances]
        if stray:
            told = f"{shown(stray[0].utt)} on line {stray[0].line}"
            progress.warn(f"{base / name}: {len(stray)} ids are of no utterance, the first is {told}")
    if unknown := [recording for recording in data.channels if recording not in known]:
        count = progress.counted(len(unknown), "recording")
        progress.warn(f"{base / CHANNELS}: {count} not in wav.scp, such as {shown(unknown[0])}")
    return data


def parse_wav_scp(path: str | os.PathLike[str], *, allow_commands: bool = False) -> tuple[Recording, ...]:
    """Return the lines of wav.scp.

    Raises:
        AsrkitError: as `reading.read_lines`; a recording twice; no path; a command although `allow_commands` is false;
            no line at all.
    """
    recordings = []
    for line, where, recording, source in entries(path, "recording"):
        is_command = source.endswith("|")
        if not source.rstrip("| \t"):
            what = f"no path follows the recording {shown(recording)}"
            raise AsrkitError(what, where=where, cure="write the path of its audio file after it")
        if is_command and not allow_commands:
            cure = "allow it with --allow-commands if you trust this file, or write the path of an audio file"
            raise AsrkitError(f"this is a command, which would run {shown(source)}", where=where, cure=cure)
        recordings.append(Recording(recording, source.removesuffix("|").rstrip(" \t"), is_command, line))
    refuse_empty(recordings, "recording", path, "write a recording's id and the path of its audio file a line")
    return tuple(recordings)


def serialize_wav_scp(recordings: tuple[Recording, ...]) -> Iterator[str]:
    """Yield the lines of wav.scp.

    Raises:
        AsrkitError: an id or a source that no line can hold.
    """
    for recording in recordings:
        source = written_rest(recording.source, "source")
        if not source or source.endswith("|"):
            raise AsrkitError(f"{shown(source)} cannot be written into wav.scp", cure="rename the file")
        yield f"{written(recording.recording, 'recording')} {source}{' |' if recording.is_command else ''}"


def parse_segments(path: str | os.PathLike[str]) -> tuple[Segment, ...]:
    """Return the lines of segments.

    Raises:
        AsrkitError: as `reading.read_lines`; an utterance twice; not four fields; times that are no span; no line.
    """
    segments = []
    for line, where, utt, rest in entries(path, "utterance"):
        fields = split_fields(rest)
        if len(fields) != 3:
            cure = "write: utterance recording start end"
            raise AsrkitError(f"four fields are needed, {len(fields) + 1} stand here", where=where, cure=cure)
        start = number(fields[1], "start", where, low=0)
        end: float | None = number(fields[2], "end", where, low=-1)
        if end == -1:
            end = None
        elif end <= start:
            what = f"the segment ends at {fields[2]} s, not after its start at {fields[1]} s"
            raise AsrkitError(what, where=where, cure="write a later end, or -1 for the end of the recording")
        segments.append(Segment(utt, fields[0], start, end, line))
    refuse_empty(segments, "segment", path, "write: utterance recording start end; or remove the file")
    return tuple(segments)


def serialize_segments(segments: tuple[Segment, ...]) -> Iterator[str]:
    """Yield the lines of segments.

    Raises:
        AsrkitError: an id that no line can hold.
    """
    for segment in segments:
        ids = f"{written(segment.utt, 'utterance')} {written(segment.recording, 'recording')}"
        yield f"{ids} {segment.start!r} {-1 if segment.end is None else repr(segment.end)}"


def parse_text(path: str | os.PathLike[str]) -> tuple[Transcript, ...]:
    """Return the lines of text; an utterance without words has the text "".

    Raises:
        AsrkitError: as `reading.read_lines`; an utterance twice; no line.
    """
    texts = tuple(Transcript(utt, text, line) for line, _, utt, text in entries(path, "utterance"))
    refuse_empty(texts, "utterance", path, "write an utterance's id and its words a line")
    return texts


def serialize_text(texts: Iterable[Transcript]) -> Iterator[str]:
    """Yield the lines of text; an id or a text that no line can hold is `fields.escaped` or made `fields.one_line`."""
    for transcript in texts:
        yield f"{escaped(transcript.utt)} {one_line(transcript.text)}".rstrip(" ")


def parse_utt2spk(path: str | os.PathLike[str]) -> tuple[Speaker, ...]:
    """Return the lines of utt2spk.

    Raises:
        AsrkitError: as `reading.read_lines`; an utterance twice; not two fields; no line.
    """
    speakers = []
    for line, where, utt, rest in entries(path, "utterance"):
        if len(split_fields(rest)) != 1:
            cure = "write an utterance's id, a space and its speaker"
            count = len(split_fields(rest)) + 1
            raise AsrkitError(f"two fields are needed, {count} stand here", where=where, cure=cure)
        speakers.append(Speaker(utt, rest, line))
    refuse_empty(speakers, "utterance", path, "write an utterance's id and its speaker a line")
    return tuple(speakers)


def parse_channels(path: str | os.PathLike[str]) -> dict[str, int]:
    """Return recording -> channel, from 0, of reco2file_and_channel.

    Raises:
        AsrkitError: as `reading.read_lines`; a recording twice; not three fields; no channel.
    """
    channels = {}
    for _, where, recording, rest in entries(path, "recording"):
        fields = split_fields(rest)
        if len(fields) != 2:
            cure = "write: recording file channel"
            raise AsrkitError(f"three fields are needed, {len(fields) + 1} are here", where=where, cure=cure)
        channels[recording] = channel_number(fields[1], where)
    return channels


def channel_number(field: str, where: str) -> int:
    """Return the channel, from 0, that `A`, `B` … or 1, 2 … name.

    Raises:
        AsrkitError: it is neither.
    """
    if len(field) == 1 and "A" <= field.upper() <= "Z":
        return ord(field.upper()) - ord("A")
    if not (field.isascii() and field.isdigit() and 0 < int(field[:6]) <= _MOST_CHANNELS):
        raise AsrkitError(f"{shown(field)} is no channel", where=where, cure="write A, B … or 1, 2 …")
    return int(field) - 1


def serialize_utt2spk(speakers: tuple[Speaker, ...]) -> Iterator[str]:
    """Yield the lines of utt2spk.

    Raises:
        AsrkitError: an id that no line can hold.
    """
    for speaker in speakers:
        yield f"{written(speaker.utt, 'utterance')} {written(speaker.speaker, 'speaker')}"
