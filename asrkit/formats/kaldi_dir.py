"""The files of a Kaldi data folder.

    wav.scp   LINE :== <recording> ( <path> | <command> '|' )
    segments  LINE :== <utterance> <recording> <start> <end>     seconds; end -1: up to the end of the recording
    text      LINE :== <utterance> [ <words> ]
    utt2spk   LINE :== <utterance> <speaker>

Fields are separated by spaces or tabs; a path may hold spaces; blank lines are passed over. The lines need not be
sorted; ids are unique. A relative path is looked for from the current folder, as Kaldi does, then from the list's own.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import STDIN, name_of, read_lines, split_fields

_Items = TypeVar("_Items", bound=Sized)


@dataclass(frozen=True)
class Recording:
    """One line of wav.scp: a file, or a shell command that writes a wav file to its standard output."""

    id: str
    source: str
    is_command: bool = False
    line: int = 0


@dataclass(frozen=True)
class Segment:
    """One line of segments: a part of a recording, in seconds; `end` is None for the recording's end."""

    utt: str
    recording: str
    start: float
    end: float | None
    line: int = 0


def parse_wav_scp(path: str | os.PathLike[str], *, allow_commands: bool = False) -> tuple[Recording, ...]:
    """Return the recordings of a wav.scp (`-`: standard input), their paths looked up.

    Raises:
        AsrkitError: a line without a path; an id twice; a command, unless `allow_commands`; no line at all.
    """
    recordings = []
    for number, where, id_, rest in _keyed_lines(path, "a recording id and a path"):
        is_command = rest.endswith("|")
        if is_command and not allow_commands:
            cure = "run it beforehand, or allow commands with --allow-commands if you trust this list"
            raise AsrkitError(f"recording {shown(id_)} is a command to run", where=where, cure=cure)
        if not rest.removesuffix("|").strip(" \t"):
            raise AsrkitError(f"recording {shown(id_)} has no path", where=where, cure="write the path after the id")
        source = rest.removesuffix("|").rstrip(" \t") if is_command else located(rest, path)
        recordings.append(Recording(id_, source, is_command, number))
    return _some(tuple(recordings), path)


def serialize_wav_scp(recordings: tuple[Recording, ...]) -> Iterator[str]:
    """Yield the lines of a wav.scp."""
    for recording in recordings:
        yield f"{recording.id} {recording.source}{' |' if recording.is_command else ''}"


def parse_segments(path: str | os.PathLike[str]) -> tuple[Segment, ...]:
    """Return the segments of a segments file (`-`: standard input).

    Raises:
        AsrkitError: a line of another form; a start below 0 or an end that does not follow it; an id twice; no line.
    """
    segments = []
    for number, where, utt, rest in _keyed_lines(path, "an utterance id, a recording id, a start and an end"):
        fields = split_fields(rest)
        start, end = (_seconds(field) for field in fields[1:]) if len(fields) == 3 else (None, None)
        if start is None or end is None:
            cure = "write: utterance recording start end, the times in seconds"
            raise AsrkitError(f"{shown(rest)} is not a recording, a start and an end", where=where, cure=cure)
        if start < 0 or (end <= start and end != -1):
            what = f"segment {shown(utt)} from {start:g} s to {end:g} s is empty or begins before the recording"
            raise AsrkitError(what, where=where, cure="mend its times")
        segments.append(Segment(utt, fields[0], start, None if end == -1 else end, number))
    return _some(tuple(segments), path)


def serialize_segments(segments: tuple[Segment, ...]) -> Iterator[str]:
    """Yield the lines of a segments file."""
    for s in segments:
        yield f"{s.utt} {s.recording} {s.start!r} {-1 if s.end is None else repr(s.end)}"


def parse_text(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance id -> text of a text file (`-`: standard input), in its order; a text may be empty.

    Raises:
        AsrkitError: an id twice; no line at all.
    """
    return _some({utt: rest for _, _, utt, rest in _keyed_lines(path, "an utterance id", may_be_alone=True)}, path)


def serialize_text(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a text file."""
    for utt, text in texts.items():
        yield f"{utt} {text}".rstrip(" ")


def parse_utt2spk(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance id -> speaker of an utt2spk file (`-`: standard input), in its order.

    Raises:
        AsrkitError: a line that is not two fields; an id twice; no line at all.
    """
    speakers = {}
    for _, where, utt, rest in _keyed_lines(path, "an utterance id and a speaker"):
        if len(split_fields(rest)) != 1:
            cure = "write the utterance id and one speaker id"
            raise AsrkitError(f"{shown(rest)} is not a speaker id", where=where, cure=cure)
        speakers[utt] = rest
    return _some(speakers, path)


def serialize_utt2spk(speakers: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of an utt2spk file."""
    for utt, speaker in speakers.items():
        yield f"{utt} {speaker}"


def located(path: str, list_path: str | os.PathLike[str]) -> str:
    """Return where `path`, written in the list `list_path`, is: from the current folder, else from the list's own."""
    if os.path.isabs(path) or os.path.exists(path) or os.fspath(list_path) == STDIN:
        return path
    beside = Path(list_path).parent / path
    return str(beside) if beside.exists() else path


def _keyed_lines(
    path: str | os.PathLike[str], wanted: str, *, may_be_alone: bool = False
) -> Iterator[tuple[int, str, str, str]]:
    """Yield (line number, place for messages, id, the rest of the line) and refuse an id that stands twice."""
    name = name_of(path)
    line_of: dict[str, int] = {}
    for number, text in read_lines(path):
        stripped = text.strip(" \t")
        if not stripped:
            continue
        where = f"{name}:{number}"
        key = split_fields(stripped)[0]
        rest = stripped[len(key) :].strip(" \t")
        if not rest and not may_be_alone:
            raise AsrkitError(f"{shown(stripped)} is not {wanted}", where=where, cure="complete the line")
        if line_of.setdefault(key, number) != number:
            what = f"id {shown(key)} stands in line {line_of[key]} already"
            raise AsrkitError(what, where=where, cure="make the ids unique")
        yield number, where, key, rest


def _some(items: _Items, path: str | os.PathLike[str]) -> _Items:
    if not items:
        raise AsrkitError("this list is empty", where=name_of(path), cure="write one item a line")
    return items


def _seconds(field: str) -> float | None:
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
