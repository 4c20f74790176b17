"""Utterances through pipelines in several processes; a process that dies costs no other utterance its result.

Each process has a pipe over which it gets a few utterances at a time and sends the answers back. What a process held
when it was killed is given out once more, each utterance by itself; one that takes a second process with it fails.
"""

from __future__ import annotations

import io
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from asrkit import progress
from asrkit.decode.inputs import Utterance
from asrkit.decode.pipeline import Answer, Pipeline
from asrkit.decode.setup import Setup
from asrkit.errors import AsrkitError
from asrkit.formats.hyps import Failure

_CHUNK = 8  # utterances that go to a process at once, at most
_AHEAD = 4  # chunks for each process that may be done before their turn
_KILLED = "the process that decoded it was killed twice, perhaps for want of memory; try fewer --jobs."


def answers(setup: Setup, utterances: Sequence[Utterance], jobs: int) -> Iterator[Answer]:
    """Yield one answer to each utterance, in their order, whatever the number of jobs (laws 9 and 10).

    Raises:
        AsrkitError: the setup cannot be used; a process cannot be begun.
    """
    if jobs == 1:
        yield from Pipeline(setup).answers(utterances)
        return
    yield from _Pool(setup, utterances, min(jobs, -(-len(utterances) // _CHUNK) or 1)).answers()


def chunks(count: int, jobs: int) -> Iterator[tuple[int, int]]:
    """Yield the first utterance and the number of each chunk; they grow small, so that all processes end together."""
    first = 0
    while first < count:
        size = max(1, min(_CHUNK, (count - first) // (2 * jobs)))
        yield first, size
        first += size


@dataclass
class _Task:
    """Utterances for one process: `utterances[first : first + count]`."""

    first: int
    count: int
    again: bool = False


class _Worker:
    """A process and our end of its pipe."""

    def __init__(self, setup: Setup) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.task: _Task | None = None
        self.process = context.Process(target=_serve, args=(theirs, setup, progress.settings()), daemon=True)
        self.process.start()
        theirs.close()

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()


class _Pool:
    def __init__(self, setup: Setup, utterances: Sequence[Utterance], jobs: int) -> None:
        self._setup, self._utterances, self._jobs = setup, utterances, jobs
        self._waiting = deque(_Task(first, count) for first, count in chunks(len(utterances), jobs))
        self._done: dict[int, Answer] = {}
        self._workers: list[_Worker] = []

    def answers(self) -> Iterator[Answer]:
        try:
            self._workers = [_Worker(self._setup) for _ in range(self._jobs)]
            for number, worker in enumerate(self._workers):
                self._receive_ready(worker, tell=number == 0)
            for number in range(len(self._utterances)):
                while number not in self._done:
                    self._give_out(number)
                    self._take_in()
                yield self._done.pop(number)
        finally:
            for worker in self._workers:
                worker.end()

    def _give_out(self, number: int) -> None:
        for worker in self._workers:
            near = self._waiting and self._waiting[0].first < number + _AHEAD * self._jobs * _CHUNK
            if worker.task is None and near:
                worker.task = self._waiting.popleft()
                first = worker.task.first
                with suppress(OSError):  # it has died: `_take_in` finds its pipe at an end
                    worker.pipe.send(self._utterances[first : first + worker.task.count])

    def _take_in(self) -> None:
        busy = {worker.pipe: worker for worker in self._workers if worker.task is not None}
        for pipe in wait(list(busy)):
            worker = busy[pipe]
            assert worker.task is not None
            try:
                found = worker.pipe.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if isinstance(found, Exception):
                raise found
            self._done.update(enumerate(found, worker.task.first))
            worker.task = None

    def _bury(self, worker: _Worker) -> None:
        """Put a new process in the place of a dead one, and see to what it held."""
        task = worker.task
        assert task is not None
        worker.end()
        self._workers[self._workers.index(worker)] = another = _Worker(self._setup)
        self._receive_ready(another, tell=False)
        if task.again:
            failure = Failure(self._utterances[task.first].utt, _KILLED)
            settings = len(self._setup.settings)
            lattices = ("",) * settings if self._setup.lattices else ()
            self._done[task.first] = Answer((failure,) * settings, lattices, searches=(0.0,) * settings)
        else:
            count = progress.counted(task.count, "utterance")
            progress.warn(f"a process was killed; what it held, {count}, is decoded once more, one by one")
            ours = [_Task(number, 1, again=True) for number in range(task.first, task.first + task.count)]
            self._waiting.extendleft(reversed(ours))

    def _receive_ready(self, worker: _Worker, *, tell: bool) -> None:
        """Wait until the process has opened the setup; `tell` what it had to say of it, such as left-out phrases."""
        try:
            error, messages = worker.pipe.recv()
        except (EOFError, OSError) as gone:
            what = "a process for decoding was killed before it had begun, perhaps for want of memory"
            raise AsrkitError(what, cure="try fewer --jobs") from gone
        if tell and sys.stderr is not None:
            sys.stderr.write(messages)
        if error is not None:
            raise error


def _serve(pipe: Connection, setup: Setup, messages: dict[str, bool]) -> None:
    """Answer over `pipe` until its other end is closed. What is to be told goes to the process that asks."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as background jobs have it
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it and its commands; the process that asked tells
    progress.configure(**messages)
    told, failure = io.StringIO(), None
    try:
        with redirect_stderr(told):
            pipeline = Pipeline(setup)
    except Exception as error:
        failure = error
    answer: Any = (failure, told.getvalue())
    with suppress(EOFError, OSError):
        while True:
            pipe.send(answer)
            asked = pipe.recv()
            try:
                answer = list(pipeline.answers(asked))
            except Exception as error:
                answer = error
