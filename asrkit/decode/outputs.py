"""Results as text: the lines of each file of an output folder, and of each format on standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, get_args

from asrkit import progress
from asrkit.errors import AsrkitError
from asrkit.formats import ctm, hyps, kaldi_dir, trn
from asrkit.formats.ctm import CtmWord
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.formats.kaldi_dir import Transcript
from asrkit.units.joining import text_of

Format = Literal["text", "jsonl", "ctm", "trn", "srt"]
FORMATS: tuple[str, ...] = get_args(Format)
_CHANNEL = "1"
_LONGEST_CAPTION = 6.0  # seconds
_PAUSE = 0.6  # seconds of silence that end a caption

Result = Hypothesis | Failure


def lines(format: str, results: Iterable[Result]) -> Iterator[str]:
    """Yield the lines of `results` in one of FORMATS as they come; failures have none.

    Raises:
        AsrkitError: the format is made of times and no word has any.
    """
    good = (result for result in results if isinstance(result, Hypothesis))
    if format == "jsonl":
        yield from hyps.serialize(good)
    elif format == "ctm":
        yield from ctm.serialize(_ctm_words(_with_times(good, format)))
    elif format == "srt":
        yield from _captions(_with_times(good, format))
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


def _captions(hypotheses: Iterable[Hypothesis]) -> Iterator[str]:
    """SubRip: a number, the times, the text, an empty line; a caption ends at a pause or when it grows long."""
    number = 0
    for hypothesis in hypotheses:
        timed = [w for w in hypothesis.best.words if w.start is not None and w.end is not None]
        begin = 0
        for i, word in enumerate(timed):
            following = timed[i + 1] if i + 1 < len(timed) else None
            pause = following is None or following.start - word.end >= _PAUSE
            if pause or following.end - timed[begin].start > _LONGEST_CAPTION:
                number += 1
                yield str(number)
                yield f"{_clock(timed[begin].start)} --> {_clock(word.end)}"
                yield text_of(w.word for w in timed[begin : i + 1])
                yield ""
                begin = i + 1


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"
