"""What is to be decoded: any mixture of recordings, folders and lists becomes one list of utterances.

a Kaldi data folder (with wav.scp)  its recordings, or its segments if it has them
another folder                      every recording in it and below, in the order of their paths
*.scp                               a wav.scp
*.jsonl                             a manifest with the field names of NeMo or Lhotse
*.txt *.lst *.list and `-`          a list of paths
anything else                       a recording
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from asrkit.audio.read import WHOLE, Cut
from asrkit.errors import AsrkitError, shown
from asrkit.formats import kaldi_dir, manifest_jsonl, paths

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64", ".sph"})
_LIST_SUFFIXES = frozenset({".txt", ".lst", ".list"})


@dataclass(frozen=True)
class Utterance:
    """One thing to decode. `failure` is the reason why it cannot be, if its list already shows that."""

    utt: str
    source: str
    is_command: bool = False
    cut: Cut = WHOLE
    channel: int | None = None
    hotwords: tuple[str, ...] | None = None
    failure: str | None = None


def utterances(inputs: Sequence[str], *, allow_commands: bool = False) -> list[Utterance]:
    """Return the utterances that the command line names, in its order.

    Raises:
        AsrkitError: a list that cannot be read, an id twice (both places named), nothing at all.
    """
    found: list[Utterance] = []
    place: dict[str, str] = {}
    for name in inputs:
        for utterance in _of_input(name, allow_commands):
            if utterance.utt in place:
                what = f"utterance id {shown(utterance.utt)} stands in {place[utterance.utt]} already"
                raise AsrkitError(what, where=name, cure="give the recordings different names, or ids in a wav.scp")
            place[utterance.utt] = name
            found.append(utterance)
    if not found:
        raise AsrkitError("there is nothing to decode", where=" ".join(inputs), cure="name recordings or lists of them")
    return found


def _of_input(name: str, allow_commands: bool) -> Iterator[Utterance]:
    path = Path(name)
    suffix = path.suffix.lower()
    if name != "-" and path.is_dir():
        if (path / "wav.scp").exists():
            segments = path / "segments"
            yield from _of_scp(path / "wav.scp", segments if segments.exists() else None, allow_commands)
        else:
            found = (p for p in path.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file())
            yield from (Utterance(p.stem, str(p)) for p in sorted(found))
    elif suffix == ".scp":
        yield from _of_scp(path, None, allow_commands)
    elif suffix == ".jsonl" or name.lower().endswith(".jsonl.gz"):
        yield from _of_manifest(path)
    elif name == "-" or suffix in _LIST_SUFFIXES:
        yield from (Utterance(r.id, r.source) for r in paths.parse(name))
    else:
        yield Utterance(path.stem, name)


def _of_scp(path: Path, segments: Path | None, allow_commands: bool) -> Iterator[Utterance]:
    recordings = {r.id: r for r in kaldi_dir.parse_wav_scp(path, allow_commands=allow_commands)}
    if segments is None:
        yield from (Utterance(r.id, r.source, r.is_command) for r in recordings.values())
        return
    for segment in kaldi_dir.parse_segments(segments):
        recording = recordings.get(segment.recording)
        if recording is None:
            reason = f"{os.fspath(segments)}:{segment.line}: recording {shown(segment.recording)} is not in {path}."
            yield Utterance(segment.utt, "", failure=reason)
        else:
            cut = Cut(segment.start, segment.end)
            yield Utterance(segment.utt, recording.source, recording.is_command, cut)


def _of_manifest(path: Path) -> Iterator[Utterance]:
    for entry in manifest_jsonl.parse(path):
        end = None if entry.duration is None else entry.offset + entry.duration
        cut = WHOLE if entry.offset == 0 and entry.duration is None else Cut(entry.offset, end)
        yield Utterance(entry.utt, entry.path, cut=cut, channel=entry.channel, hotwords=entry.hotwords)
