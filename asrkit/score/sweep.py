"""The table of a sweep: one line a setting, with the error rate where the references are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from asrkit.score.rates import Tally, score, total
from asrkit.score.report import RATE_NAMES
from asrkit.score.spelling import Spelling

_UNIT = "mixed"


class Row(NamedTuple):
    """A setting: the values that are swept, what was recognised with it, and how long the search took (seconds)."""

    values: Mapping[str, str]
    texts: Mapping[str, str]
    seconds: float


def table(rows: Sequence[Row], references: Mapping[str, str] | None, *, timed: bool) -> list[list[str]]:
    """Return the table, its heads first.

    Errors are counted as `asrkit score` does without options; an utterance without a transcript is all deleted. The
    setting with the fewest errors is marked.

    Args:
        rows: the settings.
        references: utterance id -> what was said; None leaves the errors out.
        timed: whether the seconds of the search are wanted.
    """
    heads = [*rows[0].values, "utterances"]
    made = [[*row.values.values(), str(len(row.texts))] for row in rows]
    if timed:
        heads.append("search s")
        for line, row in zip(made, rows, strict=True):
            line.append(f"{row.seconds:.1f}")
    if references is not None:
        heads += [RATE_NAMES[_UNIT], "substituted", "deleted", "inserted", ""]
        tallies = [_tally(row.texts, references) for row in rows]
        fewest = min(tally.errors for tally in tallies)
        for line, tally in zip(made, tallies, strict=True):
            counts = map(str, (tally.substitutions, tally.deletions, tally.insertions))
            best = "fewest errors" if tally.errors == fewest else ""
            line += [f"{100 * tally.rate:.2f} %" if tally.reference else "n/a", *counts, best]
    return [heads, *made]


def padded(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of `table` with its columns one under another."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        yield "  ".join(field.rjust(width) for field, width in zip(line, widths, strict=True)).rstrip()


def _tally(texts: Mapping[str, str], references: Mapping[str, str]) -> Tally:
    alike = Spelling()
    wanted = {utt: alike(text) for utt, text in references.items()}
    found = {utt: alike(text) for utt, text in texts.items() if utt in wanted}
    return total(one.tally for one in score(wanted, found, _UNIT))
