"""How a file is recognised by its first lines."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from asrkit.formats import hotword_list, lexicon
from asrkit.formats.fields import is_number
from asrkit.formats.reading import open_binary, split_fields
from asrkit.formats.specials import EPSILON
from asrkit.units.special import is_special

_SAMPLE_BYTES = 1 << 16
_AUDIO_ENDINGS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".sph", ".aiff", ".m4a")
_NEARLY_ALL = 0.9
_FEW_KINDS = 0.7
_MANY = 1000
_QUOTED = re.compile(r'"[^"]+"([ \t]+[-+.\d]+)?')
AUDIO_KEYS = frozenset({"audio_filepath", "recording", "sources", "recording_id"})  # of a line that names audio


class Sample:
    """The first 64 KiB of a file, unpacked, and what can be seen in them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with open_binary(path) as stream:
            self.head = stream.read(_SAMPLE_BYTES)

    @cached_property
    def lines(self) -> list[str]:
        """The first lines that are not blank, the one that is cut off left out; none if this is no text."""
        text = self.head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="replace")
        if "\0" in text:
            return []
        lines = text.split("\n")
        whole = lines[:-1] if len(self.head) == _SAMPLE_BYTES and len(lines) > 1 else lines
        return [stripped for line in whole if (stripped := line.strip(" \t\r"))]

    @cached_property
    def rows(self) -> list[list[str]]:
        """The fields of `lines`."""
        return [split_fields(line) for line in self.lines]

    @cached_property
    def keys(self) -> set[str]:
        """The keys of the JSON object in the first line; none if there is no such object."""
        try:
            value = json.loads(self.lines[0]) if self.lines else None
        except (ValueError, RecursionError):
            return set()
        return set(value) if isinstance(value, dict) else set()

    def all(self, holds: Callable[[list[str]], bool]) -> bool:
        """Whether there are rows, and `holds` of each."""
        return bool(self.rows) and all(map(holds, self.rows))


def is_whole(field: str) -> bool:
    return field.isascii() and field.isdigit()


def is_units_json(sample: Sample) -> bool:
    """Whether this is a JSON list, or an object with special units and ids from 0 on, as vocab.json is."""
    if not sample.lines or is_symbols(sample):
        return False
    return sample.lines[0].startswith("[") or any(map(is_special, _object_keys(sample)))


def _object_keys(sample: Sample) -> set[str]:
    """Return the keys of a JSON object whose values are different whole numbers from 0 on; none if it is none."""
    try:
        value = json.loads("\n".join(sample.lines)) if sample.lines[0].startswith("{") else None
    except (ValueError, RecursionError):
        return set()
    if not isinstance(value, dict) or set(map(type, value.values())) != {int}:
        return set()
    return set(value) if set(value.values()) == set(range(len(value))) else set()


def is_symbols(sample: Sample) -> bool:
    ids = {row[-1] for row in sample.rows}
    numbered = sample.all(lambda row: len(row) <= 2 and is_whole(row[-1])) and len(ids) == len(sample.rows) > 1
    return numbered and ("0" in ids or any(row[0] == "<eps>" for row in sample.rows))


def is_units_txt(sample: Sample) -> bool:
    names = {row[0] for row in sample.rows}
    return is_symbols(sample) and any(map(is_special, names)) and EPSILON not in names


def is_ctm(sample: Sample) -> bool:
    rows = [row for row in sample.rows if not row[0].startswith(";;")]
    return bool(rows) and all(len(row) in (5, 6) and all(map(is_number, (*row[2:4], *row[5:]))) for row in rows)


def is_segments(sample: Sample) -> bool:
    return sample.all(lambda row: len(row) == 4 and is_number(row[2]) and is_number(row[3]))


def is_wav_scp(sample: Sample) -> bool:
    return sample.all(lambda row: len(row) > 1 and (row[-1].endswith("|") or is_audio(row[-1])))


def is_recording(sample: Sample) -> bool:
    """Whether this is sound by its first bytes: wav, flac, ogg, or MPEG-4 (m4a)."""
    return sample.head[:4] in (b"RIFF", b"fLaC", b"OggS") or sample.head[4:8] == b"ftyp"


def is_audio(field: str) -> bool:
    return field.lower().endswith(_AUDIO_ENDINGS)


def is_hotwords(sample: Sample) -> bool:
    """Whether this is a list of hotwords by its form: JSON, marks of sherpa-onnx, quotes, or weights on most lines."""
    if not sample.lines:
        return False
    if hotword_list.recognise(sample.lines)[0] != "native":
        return True
    phrases = [row for row in sample.rows if not row[0].startswith("#")]
    weighted = sum(len(row) > 1 and is_number(row[-1]) for row in phrases)
    return weighted > len(phrases) / 2 or any(map(_QUOTED.fullmatch, sample.lines))


def is_word_counts(sample: Sample) -> bool:
    """Whether these are words and how often they were counted, far too often for weights."""
    counted = sample.all(lambda row: len(row) in (2, 3) and is_whole(row[1]))
    return counted and max(int(row[1][:18]) for row in sample.rows) >= _MANY


def has_ids(sample: Sample) -> bool:
    """Whether the first fields look like utterance ids: ASCII with a digit, never twice."""
    ids = [row[0] for row in sample.rows]
    marked = sum(i.isascii() and any(map(str.isdigit, i)) for i in ids)
    return bool(ids) and len(set(ids)) == len(ids) and marked >= _NEARLY_ALL * len(ids)


def is_speakers(sample: Sample) -> bool:
    speakers = {row[-1] for row in sample.rows}
    return has_ids(sample) and sample.all(lambda row: len(row) == 2) and speakers.issubset(_heads(sample, speakers))


def _heads(sample: Sample, speakers: set[str]) -> set[str]:
    """Return those of `speakers` that begin the ids of their utterances, as Kaldi asks."""
    return {speaker for speaker in speakers if all(r[0].startswith(speaker) for r in sample.rows if r[-1] == speaker)}


def is_lexicon(sample: Sample) -> bool:
    """Whether these are words and units, not sentences: units come again and again, first fields do not."""
    rows = [row for row in sample.rows if not row[0].startswith(lexicon.COMMENT_LINE)]
    if not rows or not all(len(row) > 1 for row in rows):
        return False
    if all(len(row) > 2 and "." in row[1] and is_number(row[1]) and 0 < float(row[1]) <= 1 for row in rows):
        return True
    words = {row[0] for row in rows}
    units = [unit for row in rows for unit in row[1:]]
    many_units_few_kinds = len(set(units)) < _FEW_KINDS * len(units) and len(words & set(units)) < len(words) / 10
    return _spells(rows) or (many_units_few_kinds and len(words) > _FEW_KINDS * len(rows))


def _spells(rows: list[list[str]]) -> bool:
    """Whether most words are their units one after the other, as in a lexicon of characters, or said by phones."""
    spelled = sum(row[0] == "".join(row[1:]).replace("@@", "").replace("▁", "") for row in rows)
    said = sum(all(map(lexicon.is_phone, row[1:])) for row in rows)
    return max(spelled, said) > len(rows) / 2
