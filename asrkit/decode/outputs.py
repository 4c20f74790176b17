"""Results as text: the lines of each file of an output folder, and of each format on standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, get_args

from asrkit import progress
from asrkit.decode import captions
from asrkit.errors import shown
from asrkit.formats import ctm, hyps, kaldi_dir, trn
from asrkit.formats.ctm import CtmWord
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.formats.kaldi_dir import Transcript

Format = Literal["text", "jsonl", "ctm", "trn", "srt", "vtt"]
FORMATS: tuple[str, ...] = get_args(Format)
_CHANNEL = "1"

Result = Hypothesis | Failure


def lines(format: str, results: Iterable[Result], limits: captions.Limits | None = None) -> Iterator[str]:
    """Yield the lines of `results` in one of FORMATS as they come; failures have none."""
    good = (result for result in results if isinstance(result, Hypothesis))
    if format == "jsonl":
        yield from hyps.serialize(good)
    elif format == "ctm":
        yield from ctm.serialize(_ctm_words(good))
    elif format in captions.FORMATS:
        yield from captions.lines(format, good, limits)
    elif format == "trn":
        yield from trn.serialize(_without_brackets(good))
    else:
        yield from kaldi_dir.serialize_text(Transcript(result.utt, result.text) for result in good)


def files(results: Callable[[], Iterable[Result]]) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield (name, lines) of each file of an output folder; `results` gives all of them each time it is called."""
    yield "hyps.jsonl", lines("jsonl", results())
    yield "text", lines("text", results())
    yield "ctm", lines("ctm", results())
    yield "trn", lines("trn", results())
    yield "failed.jsonl", hyps.serialize_failed(result for result in results() if isinstance(result, Failure))


def _without_brackets(hypotheses: Iterable[Hypothesis]) -> Iterator[Transcript]:
    """Yield the transcripts whose ids a TRN file can hold, and warn if there are others."""
    others = []
    for hypothesis in hypotheses:
        if "(" in hypothesis.utt:
            others.append(hypothesis.utt)
        else:
            yield Transcript(hypothesis.utt, hypothesis.text)
    if others:
        count = progress.counted(len(others), "utterance")
        progress.warn(f"{count} left out of trn, which cannot hold a bracket in an id, such as {shown(others[0])}")


def _ctm_words(hypotheses: Iterable[Hypothesis]) -> Iterator[CtmWord]:
    for hypothesis in hypotheses:
        for word in hypothesis.best.words:
            if word.start is not None and word.end is not None:
                yield CtmWord(hypothesis.utt, _CHANNEL, word.start, word.end - word.start, word.word, word.confidence)

