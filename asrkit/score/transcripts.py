"""Transcripts from whatever file holds them, known by its content; by its name where the content leaves it open.

JSON objects, one a line      hyps.jsonl, or a manifest of NeMo or Lhotse with texts
*.stm *.ctm *.trn, or lines   those of NIST
that are none but such
*.csv *.tsv                   a table with heads; so is any file of which a column is named
a folder                      one that `decode` wrote, or a Kaldi data folder with `text`
anything else, and `-`        Kaldi text
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asrkit import progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats import csv_text, ctm, hyps, kaldi_dir, manifest_jsonl, stm, trn
from asrkit.formats.fields import is_number
from asrkit.formats.reading import head, is_json, name_of, split_fields
from asrkit.score.spoken import Piece, texts_of

_ID = re.compile(r"[!-~]*[0-9][!-~]*")
_AUDIO_KEYS = ('"audio_filepath"', '"recording"', '"recording_id"', '"sources"')


@dataclass(frozen=True)
class Transcripts:
    """Utterance id -> text, and what hyps.jsonl knows beside: durations in seconds and the whole hypotheses."""

    texts: Mapping[str, str]
    durations: Mapping[str, float] = field(default_factory=dict)
    hypotheses: Mapping[str, hyps.Hypothesis] = field(default_factory=dict)


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are named by the user; None is the first usual one that is there."""

    id: str | None = None
    text: str | None = None


def read(
    path: str | os.PathLike[str],
    *,
    known: Collection[str] = (),
    columns: Columns | None = None,
    recognised: bool = False,
) -> Transcripts:
    """Return the transcripts in `path`.

    Args:
        path: a file or folder; see the head of this module.
        known: ids of what it is compared with: they tell whether the channels of a recording are apart.
        columns: of a table; if any is named, the file is taken as a table.
        recognised: this is what a recogniser wrote: of a manifest, `pred_text` counts if it is there.

    Raises:
        AsrkitError: the file cannot be read or is of another form; an id twice; speakers that overlap.
    """
    name, columns = os.fspath(path), columns or Columns()
    if Path(name).is_dir():  # what `decode` wrote, or a Kaldi data folder
        inside = [os.path.join(name, file) for file in ("hyps.jsonl", "text")]
        found = next(filter(os.path.exists, inside), None)
        if found is None:
            cure = "name a folder of asrkit decode, of a sweep the folder of one setting in it, or a Kaldi data folder"
            raise AsrkitError("this folder has neither hyps.jsonl nor text", where=name, cure=cure)
        name = found
    ending, beginning = name.lower().removesuffix(".gz"), head(name) if _can_be_seen(name) else ""
    lines = beginning.split("\n")
    lines = [line.strip(" \t\r") for line in (lines[:-1] if len(lines) > 1 and lines[-1] else lines) if line.strip()]
    named = columns.id is not None or columns.text is not None
    if not named and (ending.endswith(".jsonl") or is_json(beginning)):
        is_manifest = any(key in lines[0] for key in _AUDIO_KEYS) if lines else False
        return _of_manifest(name, known, recognised) if is_manifest else _of_hyps(name)
    if named or ending.endswith((".csv", ".tsv")):
        rows = csv_text.parse(name, id_column=columns.id, text_column=columns.text)
        return Transcripts({row.utt: row.text for row in rows})
    if ending.endswith(".stm") or stm.looks_like(lines):
        return Transcripts(texts_of(_of_stm(name), known))
    if ending.endswith(".trn") or _are_trn(lines):
        return Transcripts({line.utt: line.text for line in trn.parse(name)})
    if ending.endswith(".ctm") or _are_ctm(lines):
        return Transcripts(texts_of(_of_ctm(name), known))
    return Transcripts({line.utt: line.text for line in kaldi_dir.parse_text(name)})


def check_common(references: Collection[str], hypotheses: Collection[str], name: str) -> None:
    """Refuse two sides that have no utterance in common: every one would be an error, and the rate says nothing.

    Raises:
        AsrkitError: they have none.
    """
    if references and hypotheses and not set(references) & set(hypotheses):
        ours, theirs = (shown(next(iter(ids))) for ids in (references, hypotheses))
        what = f"no utterance of it is in the reference: {theirs} here, {ours} there"
        raise AsrkitError(what, where=name_of(name), cure="give both the same ids")


def _can_be_seen(name: str) -> bool:
    return name == "-" or Path(name).is_file()


def _of_hyps(name: str) -> Transcripts:
    hypotheses = {hypothesis.utt: hypothesis for hypothesis in hyps.parse(name)}
    texts = {utt: h.best.text for utt, h in hypotheses.items()}
    durations = {utt: h.duration for utt, h in hypotheses.items() if h.duration is not None}
    return Transcripts(texts, durations, hypotheses)


def _of_manifest(name: str, known: Collection[str], recognised: bool) -> Transcripts:
    utterances, without = manifest_jsonl.parse(name, allow_commands=True), []
    durations = {u.utt: u.duration for u in utterances if u.duration is not None}
    ids, texts, pieces = set(known), {}, []
    for utterance in utterances:
        where = f"{name_of(name)}:{utterance.line}"
        text = utterance.recognised if recognised and utterance.recognised is not None else utterance.text
        if text is None:
            without.append(utterance.utt)
        elif utterance.pieces and (utterance.audio is not None or utterance.utt not in ids):
            by_recording = utterance.audio is None and ids and utterance.recording
            owner = (utterance.recording if by_recording else utterance.utt) or ""
            pieces += [Piece(owner, p.channel, p.start, p.end, p.speaker, p.text, where) for p in utterance.pieces]
        else:
            texts[utterance.utt] = text
    if len(without) == len(utterances):
        cure = 'write "text" on each line'
        raise AsrkitError("no line of this manifest has a text", where=name_of(name), cure=cure)
    if without:
        count = progress.counted(len(without), "line")
        progress.warn(f"{name_of(name)}: {count} without a text, not counted, such as {shown(without[0])}")
    joined = texts_of(pieces, known)
    order = {utterance.utt: texts.get(utterance.utt) for utterance in utterances}
    texts = {utt: text for utt, text in order.items() if text is not None} | joined
    return Transcripts(texts, durations)


def _of_stm(name: str) -> list[Piece]:
    pieces, ignored = [], 0
    for turn in stm.parse(name):
        is_ignored = turn.text.upper() == stm.IGNORED
        ignored += is_ignored
        text, where = "" if is_ignored else turn.text, f"{name_of(name)}:{turn.line}"
        pieces.append(Piece(turn.recording, turn.channel, turn.start, turn.end, turn.speaker, text, where))
    if ignored:
        count = progress.counted(ignored, "time")
        progress.warn(f"{name_of(name)}: {count} not to be scored; what was recognised then counts as inserted")
    return pieces


def _of_ctm(name: str) -> list[Piece]:
    words = ctm.parse(name)
    channels: dict[str, list[str]] = {}
    for word in words:
        if word.channel not in channels.setdefault(word.utt, []):
            channels[word.utt].append(word.channel)
    pieces = []
    for word in words:
        where, channel = f"{name_of(name)}:{word.line}", None
        if len(channels[word.utt]) > 1:
            channel = kaldi_dir.channel_number(word.channel, where)
        pieces.append(Piece(word.utt, channel, word.start, word.start + word.duration, None, word.word, where))
    return pieces


def _are_trn(lines: list[str]) -> bool:
    """Whether lines end in ids in brackets; `u1 hello (laughs)` is Kaldi text, so an id needs a digit here."""
    ids = [line.rpartition("(")[2].removesuffix(")") for line in lines]
    closed = all("(" in line and line.endswith(")") for line in lines)
    return bool(lines) and closed and len(set(ids)) == len(ids) and all(map(_ID.fullmatch, ids))


def _are_ctm(lines: list[str]) -> bool:
    rows = [split_fields(line) for line in lines if not line.startswith(";;")]
    return bool(rows) and all(
        len(row) in (5, 6) and "." in row[2] and all(map(is_number, (*row[2:4], *row[5:]))) and len(row[1]) == 1
        for row in rows
    )
