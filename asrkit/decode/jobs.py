"""Utterances through recognisers in several processes; a process that dies costs no other utterance its result."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from asrkit.decode.inputs import Utterance
from asrkit.decode.recogniser import Recogniser, Setup
from asrkit.formats.hyps import Failure, Hypothesis

_CHUNK = 8  # utterances that go to a process at once
_KILLED = "the process that decoded it was killed twice, perhaps for want of memory; try fewer --jobs."

_recogniser: Recogniser | None = None


def results(setup: Setup, utterances: Sequence[Utterance], jobs: int) -> Iterator[Hypothesis | Failure]:
    """Yield one result for each utterance, in their order, whatever the number of jobs (laws 9 and 10).

    Raises:
        AsrkitError: the setup cannot be used.
    """
    if jobs == 1:
        yield from Recogniser(setup).decoded(utterances)
        return
    Recogniser(setup)  # so that a wrong setup is told once and before any process is begun
    waiting = deque(list(utterances[i : i + _CHUNK]) for i in range(0, len(utterances), _CHUNK))
    while waiting:
        chunks = list(waiting)
        done = 0
        try:
            for found in _in_processes(setup, chunks, jobs):
                yield from found
                done += 1
            return
        except BrokenProcessPool:
            yield from _retried(setup, chunks[done])
            waiting = deque(chunks[done + 1 :])


def _in_processes(
    setup: Setup, chunks: list[list[Utterance]], jobs: int
) -> Iterator[list[Hypothesis | Failure]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(setup,)) as pool:
        ahead: deque[Future[list[Hypothesis | Failure]]] = deque()
        try:
            for chunk in chunks:
                ahead.append(pool.submit(_decode, chunk))
                if len(ahead) > 2 * jobs:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def _retried(setup: Setup, chunk: list[Utterance]) -> Iterator[Hypothesis | Failure]:
    """Decode each utterance of a chunk whose process died in a process of its own."""
    for utterance in chunk:
        try:
            (found,) = _in_processes(setup, [[utterance]], 1)
            yield from found
        except BrokenProcessPool:
            yield Failure(utterance.utt, _KILLED)


def _begin(setup: Setup) -> None:
    global _recogniser  # noqa: PLW0603
    _recogniser = Recogniser(setup)


def _decode(chunk: list[Utterance]) -> list[Hypothesis | Failure]:
    assert _recogniser is not None
    return list(_recogniser.decoded(chunk))
