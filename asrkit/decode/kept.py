"""Answers on the disk while a run goes on: a journal of one line an utterance, read back when all are there.

    line :== RESULT { TAB RESULT } { TAB LATTICE }     a result, then a lattice if wanted, for each setting of the run

RESULT is a line of hyps.jsonl or failed.jsonl, LATTICE a JSON string; JSON has no TAB in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from asrkit.decode.outputs import Result
from asrkit.decode.pipeline import Answer
from asrkit.errors import AsrkitError
from asrkit.formats import hyps
from asrkit.formats.hyps import Hypothesis
from asrkit.store.journal import read_journal


def line_of(answer: Answer) -> str:
    """Return the line of the journal for `answer`."""
    return "\t".join([*map(_result_line, answer.results), *map(json.dumps, answer.lattices)])


class Kept:
    """The answers in the journal of a run, read again for each use, so that few of them are in memory."""

    def __init__(self, path: Path, run: str, count: int) -> None:
        """Read the journal `path` of the run `run` when it has the answers to `count` utterances."""
        self._path = path
        self._run = run
        self._count = count

    def results(self, setting: int = 0) -> Callable[[], Iterator[Result]]:
        """Return a function that yields the results with the setting of this number, in order."""
        return lambda: (hyps.parse_line(fields[setting], str(self._path)) for fields in self._lines())

    def lattices(self, setting: int, settings: int) -> Iterator[tuple[str, str]]:
        """Yield (utterance, lattice) for those that have one."""
        for fields in self._lines():
            lattice = json.loads(fields[settings + setting])
            if lattice:
                yield hyps.parse_line(fields[setting], str(self._path)).utt, lattice

    def _lines(self) -> Iterator[list[str]]:
        count = 0
        for line in read_journal(self._path, self._run):
            yield line.split("\t")
            count += 1
        if count != self._count:
            what = f"the journal has {count:,} of {self._count:,} answers: it was changed while the run went on"
            raise AsrkitError(what, where=str(self._path), cure="go on with it by --resume")


def _result_line(result: Result) -> str:
    serialize = hyps.serialize if isinstance(result, Hypothesis) else hyps.serialize_failed
    (line,) = serialize([result])
    return line
