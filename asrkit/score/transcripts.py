"""Transcripts from whatever file holds them: Kaldi text, TRN, hyps.jsonl or a folder that `asrkit decode` wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asrkit.errors import AsrkitError
from asrkit.formats import hyps, kaldi_dir, trn


@dataclass(frozen=True)
class Transcripts:
    """Utterance id -> text, and what hyps.jsonl knows beside: durations in seconds and the whole hypotheses."""

    texts: Mapping[str, str]
    durations: Mapping[str, float] = field(default_factory=dict)
    hypotheses: Mapping[str, hyps.Hypothesis] = field(default_factory=dict)


def read(path: str | os.PathLike[str]) -> Transcripts:
    """Return the transcripts in `path`, known by its name: a folder, *.jsonl, *.trn, else Kaldi text (`-` too).

    A folder is one that `decode` wrote, or a Kaldi data folder with `text`.

    Raises:
        AsrkitError: the file cannot be read or is of another form.
    """
    name = os.fspath(path)
    if Path(name).is_dir():  # what `decode` wrote, or a Kaldi data folder
        inside = [os.path.join(name, file) for file in ("hyps.jsonl", "text")]
        found = next(filter(os.path.exists, inside), None)
        if found is None:
            cure = "name a folder of asrkit decode, of a sweep the folder of one setting in it, or a Kaldi data folder"
            raise AsrkitError("this folder has neither hyps.jsonl nor text", where=name, cure=cure)
        name = found
    if name.endswith((".jsonl", ".jsonl.gz")):
        hypotheses = {hypothesis.utt: hypothesis for hypothesis in hyps.parse(name)}
        texts = {utt: h.best.text for utt, h in hypotheses.items()}
        durations = {utt: h.duration for utt, h in hypotheses.items() if h.duration is not None}
        return Transcripts(texts, durations, hypotheses)
    if name.endswith((".trn", ".trn.gz")):
        return Transcripts({line.utt: line.text for line in trn.parse(name)})
    return Transcripts({line.utt: line.text for line in kaldi_dir.parse_text(name)})
