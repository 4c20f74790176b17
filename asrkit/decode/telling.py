"""How a run tells of itself: a bar or lines while it goes on, and at the end where the time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from asrkit import progress
from asrkit.audio.channels import MIXED
from asrkit.audio.unfinished import UNFINISHED
from asrkit.decode.pipeline import Answer
from asrkit.decode.readings import MOSTLY_BLANK
from asrkit.formats.hyps import Failure, Hypothesis

_STAGES = ("opening", "audio", "features", "model", "posteriors", "search")


def told(answers: Iterable[Answer], total: int, jobs: int, *, data: bool) -> Iterator[Answer]:
    """Pass `answers` on and tell how far the run is, which utterances fail, and at the end how it went.

    Args:
        answers: what is passed on.
        total: how many of them come.
        jobs: processes.
        data: whether the results go to standard output as they come.
    """
    tell = teller()
    began, sound, failed, count, clock = time.perf_counter(), 0.0, 0, 0, progress.Clock()
    with progress.track("decoding", total, "utterances", data=data) as advance:
        for answer in answers:
            count += 1
            clock.add(dict(answer.seconds))
            reasons = {result.reason: result.utt for result in answer.results if isinstance(result, Failure)}
            for reason, utt in reasons.items():
                progress.warn(f"{utt}: {reason}", utt=utt)
            good = next((result for result in answer.results if isinstance(result, Hypothesis)), None)
            failed += good is None
            if good is not None:
                tell(good.utt, good.warnings)
            sound += (good.duration or 0.0) if good else 0.0
            advance(1, _note(sound, time.perf_counter() - began, failed))
            yield answer
    spent = time.perf_counter() - began
    factor = f", real-time factor {spent / sound:.3f}" if sound else ""
    utterances = progress.counted(count, "utterance")
    progress.say(f"{utterances}, {failed} failed, {sound:.1f} s of sound in {spent:.1f} s{factor}")
    seconds = clock.taken()
    shares = ", ".join(f"{stage} {seconds[stage]:.2f} s" for stage in _STAGES if stage in seconds)
    if shares:
        beside = " (audio and features go on beside the model)" if "model" in seconds else ""
        how = f" (added up over {jobs} processes)" if jobs > 1 else beside
        progress.say(f"of that: {shares}{how}", seconds=seconds)


def teller() -> Callable[[str, Iterable[str]], None]:
    """Return a function that tells the warnings about how an utterance was read; those of all alike only once."""
    told_of: set[str] = set()

    def tell(utt: str, warnings: Iterable[str]) -> None:
        for warning in warnings:
            if warning == UNFINISHED or (warning in (MIXED, MOSTLY_BLANK) and warning not in told_of):
                told_of.add(warning)
                progress.warn(f"{utt}: {warning}", utt=utt)

    return tell


def _note(sound: float, spent: float, failed: int) -> str:
    factor = f", real-time factor {spent / sound:.3f}" if sound else ""
    return f"{sound:.0f} s of sound{factor}, {failed} failed"
