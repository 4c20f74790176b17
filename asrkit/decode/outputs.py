"""Results as text: the lines of each file of an output folder, and of each format on standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, get_args

from asrkit import progress
from asrkit.decode import captions
from asrkit.errors import AsrkitError
from asrkit.formats import ctm, hyps, kaldi_dir, trn
from asrkit.formats.ctm import CtmWord
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.formats.kaldi_dir import Transcript

Format = Literal["text", "jsonl", "ctm", "trn", "srt", "vtt"]
FORMATS: tuple[str, ...] = get_args(Format)
_CHANNEL = "1"

Result = Hypothesis | Failure


def lines(format: str, results: Iterable[Result], limits: captions.Limits | None = None) -> Iterator[str]:
    """Yield the lines of `results` in one of FORMATS as they come; failures have none.

    Raises:
        AsrkitError: the format is made of times and no word has any.
    """
    good = (result for result in results if isinstance(result, Hypothesis))
    if format == "jsonl":
        yield from hyps.serialize(good)
    elif format == "ctm":
        yield from ctm.serialize(_ctm_words(_with_times(good, format)))
    elif format in captions.FORMATS:
        yield from captions.lines(format, _with_times(good, format), limits)
    elif format == "trn":
        yield from trn.serialize(Transcript(result.utt, result.text) for result in good)
    else:
        yield from kaldi_dir.serialize_text(Transcript(result.utt, result.text) for result in good)


def files(results: Callable[[], Iterable[Result]]) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield (name, lines) of each file of an output folder; `results` gives all of them each time it is called."""
    yield "hyps.jsonl", lines("jsonl", results())
    yield "text", lines("text", results())
    good = (result for result in results() if isinstance(result, Hypothesis))
    yield "ctm", ctm.serialize(_ctm_words(_with_times(good, "ctm", needed=False)))
    yield "trn", lines("trn", results())
    yield "failed.jsonl", hyps.serialize_failed(result for result in results() if isinstance(result, Failure))


def _with_times(hypotheses: Iterable[Hypothesis], format: str, *, needed: bool = True) -> Iterator[Hypothesis]:
    """Yield all hypotheses, and warn of those whose words have no times; if none has any, that is `needed` an error."""
    timed = untimed = 0
    for hypothesis in hypotheses:
        yield hypothesis
        if hypothesis.best.words:
            has_times = any(word.start is not None for word in hypothesis.best.words)
            timed, untimed = timed + has_times, untimed + (not has_times)
    if untimed and not timed and needed:
        what = f"no word has a time, and {format} is made of times: neither the model nor the posteriors tell them"
        cure = "use --format text, or write the times into the posteriors (UTT/times)"
        raise AsrkitError(what, cure=cure)
    if untimed:
        progress.warn(f"{progress.counted(untimed, 'utterance')} without times of words, left out of {format}")


def _ctm_words(hypotheses: Iterable[Hypothesis]) -> Iterator[CtmWord]:
    for hypothesis in hypotheses:
        for word in hypothesis.best.words:
            if word.start is not None and word.end is not None:
                yield CtmWord(hypothesis.utt, _CHANNEL, word.start, word.end - word.start, word.word, word.confidence)

