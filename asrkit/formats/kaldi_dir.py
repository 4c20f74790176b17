"""The files of a Kaldi data folder.

    wav.scp   line :== <recording> ( <path> | <command> '|' )
    segments  line :== <utterance> <recording> <start> <end>     seconds; an end of -1 is the recording's own
    text      line :== <utterance> { <word> }
    utt2spk   line :== <utterance> <speaker>

The first field ends at a space or tab; a path may hold spaces. Lines need not be sorted; their order is kept. Blank
lines are passed over. No first field stands twice in a file. A relative path counts from the current folder, as Kaldi
has it, or from the list's own (`located`). A command is a program to be run: it is refused unless the caller allows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import entries, number, refuse_empty, written, written_rest
from asrkit.formats.reading import STDIN, split_fields


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of wav.scp: a file, or a shell command that writes a wav file to its standard output."""

    id: str
    source: str
    is_command: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of segments: a part of a recording, in seconds; `end` is None for the recording's end."""

    utt: str
    recording: str
    start: float
    end: float | None
    line: int = field(default=0, compare=False)


def parse_wav_scp(path: str | os.PathLike[str], *, allow_commands: bool = False) -> tuple[Recording, ...]:
    """Return the recordings of the wav.scp `path` (`-`: standard input), their paths looked up.

    Raises:
        AsrkitError: as `reading.read_lines`; a recording twice; no path; a command although `allow_commands` is false;
            no line at all.
    """
    recordings = []
    for line, where, recording, source in entries(path, "recording"):
        if not source.rstrip("| \t"):
            what = f"no path follows the recording {shown(recording)}"
            raise AsrkitError(what, where=where, cure="write the path of its audio file after it")
        if not source.endswith("|"):
            recordings.append(Recording(recording, located(source, path), line=line))
        elif allow_commands:
            recordings.append(Recording(recording, source[:-1].rstrip(" \t"), is_command=True, line=line))
        else:
            cure = "run it beforehand, or allow commands with --allow-commands if you trust this list"
            what = f"the recording {shown(recording)} is a command to run, {shown(source)}"
            raise AsrkitError(what, where=where, cure=cure)
    refuse_empty(recordings, "recording", path, "write a recording's id and the path of its audio file a line")
    return tuple(recordings)


def serialize_wav_scp(recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield the lines of a wav.scp.

    Raises:
        AsrkitError: an id or a source that no line can hold.
    """
    for recording in recordings:
        source = written_rest(recording.source, "source")
        if not source.rstrip("| \t") or (source.endswith("|") and not recording.is_command):
            raise AsrkitError(f"the source {shown(source)} cannot be written into a wav.scp", cure="rename the file")
        yield f"{written(recording.id, 'recording')} {source}{' |' if recording.is_command else ''}"


def parse_segments(path: str | os.PathLike[str]) -> tuple[Segment, ...]:
    """Return the segments of the file `path` (`-`: standard input).

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


def serialize_segments(segments: Iterable[Segment]) -> Iterator[str]:
    """Yield the lines of a segments file.

    Raises:
        AsrkitError: an id that no line can hold.
    """
    for segment in segments:
        ids = f"{written(segment.utt, 'utterance')} {written(segment.recording, 'recording')}"
        yield f"{ids} {segment.start!r} {-1 if segment.end is None else repr(segment.end)}"


def parse_text(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance -> text of the file `path` (`-`: standard input), in its order; a text may be empty.

    Raises:
        AsrkitError: as `reading.read_lines`; an utterance twice; no line.
    """
    texts = {utt: text for _, _, utt, text in entries(path, "utterance")}
    refuse_empty(texts, "utterance", path, "write an utterance's id and its words a line")
    return texts


def serialize_text(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a text file.

    Raises:
        AsrkitError: an id or a text that no line can hold.
    """
    for utt, text in texts.items():
        yield f"{written(utt, 'utterance')} {written_rest(text, 'text')}".rstrip(" ")


def parse_utt2spk(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance -> speaker of the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `reading.read_lines`; an utterance twice; not two fields; no line.
    """
    speakers = {}
    for _, where, utt, rest in entries(path, "utterance"):
        if len(split_fields(rest)) != 1:
            cure = "write an utterance's id, a space and its speaker"
            count = len(split_fields(rest)) + 1
            raise AsrkitError(f"two fields are needed, {count} stand here", where=where, cure=cure)
        speakers[utt] = rest
    refuse_empty(speakers, "utterance", path, "write an utterance's id and its speaker a line")
    return speakers


def serialize_utt2spk(speakers: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of an utt2spk file.

    Raises:
        AsrkitError: an id that no line can hold.
    """
    for utt, speaker in speakers.items():
        yield f"{written(utt, 'utterance')} {written(speaker, 'speaker')}"


def located(path: str, list_path: str | os.PathLike[str]) -> str:
    """Return where `path`, written in the list `list_path`, is: from the current folder, else from the list's own."""
    if os.path.isabs(path) or os.fspath(list_path) == STDIN or _exists(path):
        return path
    beside = str(Path(list_path).parent / path)
    return beside if _exists(beside) else path


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except OSError:  # a name that is too long, for example
        return False
