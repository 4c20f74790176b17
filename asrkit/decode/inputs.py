"""What is to be decoded: any mixture of recordings, folders and lists becomes one list of utterances.

a Kaldi data folder (with wav.scp)  its recordings, or its segments if it has them
another folder                      every recording in it and below, in the order of their paths
*.scp, or lines of ids and paths    a wav.scp
a file of JSON objects, or `-`      a manifest with the field names of NeMo or Lhotse, whatever its name
*.txt *.lst *.list and `-`          a list of paths
anything else                       a recording
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asrkit import progress
from asrkit.audio.channels import UNSAID, Channels
from asrkit.audio.read import WHOLE, Cut, Sound, channel_count
from asrkit.errors import AsrkitError, shown
from asrkit.formats import kaldi_dir, manifest_jsonl, paths, posteriors
from asrkit.formats.fields import entries, is_field, refuse_all
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.reading import head, is_json, name_of
from asrkit.hotwords import lists

_OF_AV = {".m4a", ".aac", ".amr", ".wma"}  # need PyAV
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64", ".sph"} | _OF_AV
)
_LIST_SUFFIXES = frozenset({".txt", ".lst", ".list"})


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing to decode.

    Attributes:
        utt: its id.
        source: a path, a shell command that writes a wav file, or a recording in memory.
        is_command: whether it is a command.
        cut: the part of the recording that it is.
        channels: those that it is.
        hotwords: its own hotwords; None if its list says nothing of them.
        failure: why it cannot be decoded, if its list already shows that.
    """

    utt: str
    source: str | Sound
    is_command: bool = False
    cut: Cut = WHOLE
    channels: Channels = UNSAID
    hotwords: tuple[Phrase, ...] | None = None
    failure: str | None = None


def utterances(
    inputs: Sequence[str], *, allow_commands: bool = False, each_channel: bool = False
) -> list[Utterance]:
    """Return the utterances that the command line names, in its order.

    Args:
        inputs: recordings, folders and lists.
        allow_commands: whether lists may hold commands.
        each_channel: every channel of a recording becomes an utterance of its own, whose id ends in `-0`, `-1` …; what
            has one channel, or is one of a recording by its list, stays as it is. Recordings are opened for that.

    Raises:
        AsrkitError: a list that cannot be read, an id twice (both places named), nothing at all.
    """
    found: list[Utterance] = []
    place: dict[str, str] = {}
    for name in inputs:
        listed = _of_input(name, allow_commands)
        for utterance in (one for u in listed for one in _by_channel(u)) if each_channel else listed:
            if utterance.utt in place:
                what = f"utterance id {shown(utterance.utt)} stands in {place[utterance.utt]} already"
                raise AsrkitError(what, where=name, cure="give the recordings different names, or ids in a wav.scp")
            place[utterance.utt] = name
            found.append(_with_sound_id(utterance))
    if not found:
        raise AsrkitError("there is nothing to decode", where=" ".join(inputs), cure="name recordings or lists of them")
    return found


def of_posteriors(path: str) -> list[Utterance]:
    """Return the utterances of an archive of posteriors, in its order.

    Raises:
        AsrkitError: it is none.
    """
    return [_with_sound_id(Utterance(utt, path)) for utt in posteriors.parse(path)]


def _with_sound_id(utterance: Utterance) -> Utterance:
    """Return `utterance`; one whose id no text file can hold fails by itself, and costs the others nothing."""
    if is_field(utterance.utt) or utterance.failure is not None:
        return utterance
    problem = "is empty" if not utterance.utt else "has white space, NUL or a broken character in it"
    return replace(utterance, failure=f"the id {shown(utterance.utt)} {problem}; give it another id.")


def with_hotwords(utterances: Sequence[Utterance], path: str, settings: lists.Settings) -> list[Utterance]:
    """Return the utterances with the hotword lists that the file `path` gives them.

        line :== <utterance> ' ' <path of a hotword list>

    A list takes the place of the one for all utterances, and of that in a manifest; many utterances may share one.

    Raises:
        AsrkitError: the file or a list cannot be read: all that is wrong is told at once.
    """
    named: dict[str, str] = {}
    for _, where, utt, source in entries(path, "utterance"):
        if not source:
            what = f"no path follows the utterance {shown(utt)}"
            raise AsrkitError(what, where=where, cure="write the path of its hotword list after it")
        named[utt] = paths.locate(source, path)
    phrases: dict[str, tuple[Phrase, ...]] = {}
    errors = []
    for file in dict.fromkeys(named.values()):
        try:
            phrases[file] = lists.read(file, settings).phrases
        except AsrkitError as error:
            errors.append(error)
    refuse_all(errors, "lists of hotwords", path)
    known = {utterance.utt for utterance in utterances}
    if unknown := [utt for utt in named if utt not in known]:
        progress.warn(f"{path}: {len(unknown)} of its utterances are not decoded, such as {shown(unknown[0])}")
    return [replace(u, hotwords=phrases[named[u.utt]]) if u.utt in named else u for u in utterances]


def _by_channel(utterance: Utterance) -> Iterator[Utterance]:
    """Yield an utterance for each channel of `utterance`."""
    numbers = utterance.channels.numbers
    if numbers is None and utterance.failure is None:
        try:
            numbers = tuple(range(channel_count(utterance.source, is_command=utterance.is_command)))
        except AsrkitError:
            numbers = None  # it is told when the turn comes to it
    if numbers is None or len(numbers) == 1:
        yield utterance
        return
    for number in numbers:
        yield replace(utterance, utt=f"{utterance.utt}-{number}", channels=Channels((number,)))


def _of_input(name: str, allow_commands: bool) -> Iterator[Utterance]:
    path = Path(name)
    suffix = path.suffix.lower()
    if name != "-" and path.is_dir():
        if (path / "wav.scp").exists():
            yield from _of_data_folder(path, allow_commands)
        else:
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file())
            yield from _of_files([str(p) for p in found])
    elif suffix == ".scp":
        for recording in kaldi_dir.parse_wav_scp(path, allow_commands=allow_commands):
            yield _of_recording(recording, path)
    elif name.lower().endswith((".jsonl", ".jsonl.gz")) or _is_json(path, suffix):
        yield from _of_manifest(path, allow_commands)
    elif _may_be_list(path, suffix) and _is_wav_scp(name):
        for recording in kaldi_dir.parse_wav_scp(name, allow_commands=allow_commands):
            yield _of_recording(recording, path)
    elif name == "-" or suffix in _LIST_SUFFIXES or (_may_be_list(path, suffix) and _is_list(name)):
        yield from _of_files([paths.locate(listed.path, name) for listed in paths.parse(name)])
    else:
        yield from _of_files([name])


def _is_json(path: Path, suffix: str) -> bool:
    """Whether an input holds JSON; what is no ordinary file could be read only once."""
    if os.fspath(path) != "-" and (suffix in AUDIO_SUFFIXES or not path.is_file()):
        return False
    try:
        return is_json(head(path))
    except AsrkitError:
        return False  # whoever reads it tells why


def _is_wav_scp(name: str) -> bool:
    """Whether the first line of a list is no path, but an id with a path, or a command, behind it."""
    try:
        first = next((line.strip(" \t\r") for line in head(name).split("\n") if line.strip()), "")
    except AsrkitError:
        return False  # whoever reads it tells why
    utt, _, source = first.replace("\t", " ").partition(" ")
    source = first[len(utt) :].strip(" \t")
    if not source or os.path.exists(paths.locate(first, name)):
        return False
    return source.endswith("|") or os.path.exists(paths.locate(source, name))


def _may_be_list(path: Path, suffix: str) -> bool:
    """Whether an input may be a list by its name; what is no ordinary file could be read only once."""
    return os.fspath(path) == "-" or suffix in _LIST_SUFFIXES or (suffix not in AUDIO_SUFFIXES and path.is_file())


def _is_list(name: str) -> bool:
    """Whether the first line of a file is the path of another file."""
    try:
        first = next((line.strip(" \t\r") for line in head(name).split("\n") if line.strip()), "")
        return bool(first) and Path(paths.locate(first, name)).is_file()
    except (AsrkitError, OSError, ValueError):
        return False  # whoever reads it tells why


def _of_files(files: Sequence[str]) -> Iterator[Utterance]:
    for utt, file in zip(paths.utterance_ids(files), files, strict=True):
        yield Utterance(utt, file)


def _of_recording(recording: kaldi_dir.Recording, scp: Path) -> Utterance:
    source = recording.source if recording.is_command else paths.locate(recording.source, scp)
    return Utterance(recording.recording, source, recording.is_command)


def _of_data_folder(folder: Path, allow_commands: bool) -> Iterator[Utterance]:
    data = kaldi_dir.parse(folder, allow_commands=allow_commands)
    recordings = {r.recording: _of_recording(r, folder / "wav.scp") for r in data.recordings}
    for recording, channel in data.channels.items():
        if recording in recordings:
            recordings[recording] = replace(recordings[recording], channels=Channels((channel,), if_several=True))
    if not data.segments:
        yield from recordings.values()
    for segment in data.segments:
        whole = recordings[segment.recording]
        yield Utterance(segment.utt, whole.source, whole.is_command, Cut(segment.start, segment.end), whole.channels)


def _of_manifest(path: Path, allow_commands: bool) -> Iterator[Utterance]:
    for line in manifest_jsonl.parse(path, allow_commands=allow_commands):
        if line.audio is None:
            reason = f"{name_of(path)}:{line.line}: this line names no audio file."
            yield Utterance(line.utt, "", failure=reason)
            continue
        end = None if line.duration is None else line.offset + line.duration
        cut = WHOLE if line.offset == 0 and end is None else Cut(line.offset, end)
        source = line.audio if line.is_command else paths.locate(line.audio, path)
        channels = UNSAID if line.channels is None else Channels(line.channels)
        yield Utterance(line.utt, source, line.is_command, cut, channels, line.hotwords)
