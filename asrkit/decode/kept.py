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
from asrkit.errors import from_os_error
from asrkit.formats import hyps
from asrkit.formats.hyps import Hypothesis


def line_of(answer: Answer) -> str:
    """Return the line of the journal for `answer`."""
    return "\t".join([*map(_result_line, answer.results), *map(json.dumps, answer.lattices)])


class Kept:
    """The answers in a journal, read anew for each use, so that few of them are in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path

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
        try:
            with open(self._path, encoding="utf-8", newline="\n") as stream:
                for line in stream:
                    yield line.rstrip("\n").split("\t")
        except OSError as error:
            raise from_os_error(error, self._path) from error


def _result_line(result: Result) -> str:
    serialize = hyps.serialize if isinstance(result, Hypothesis) else hyps.serialize_failed
    (line,) = serialize([result])
    return line
