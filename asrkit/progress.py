"""What a running command tells on standard error: stages, progress, warnings.

A bar is drawn only on a terminal; elsewhere a plain line comes every few seconds. `--quiet` leaves warnings and
errors only; `--log-json` makes each message one JSON object a line. Data never goes here.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SECONDS_BETWEEN_LINES = 5.0


@dataclass
class _Settings:
    quiet: bool = False
    json_lines: bool = False


_settings = _Settings()


def configure(*, quiet: bool | None = None, json_lines: bool | None = None) -> None:
    """Set how messages are told from here on; None leaves a setting as it is."""
    if quiet is not None:
        _settings.quiet = quiet
    if json_lines is not None:
        _settings.json_lines = json_lines


def settings() -> dict[str, bool]:
    """Return what `configure` takes to make another process tell its messages as this one does."""
    return {"quiet": _settings.quiet, "json_lines": _settings.json_lines}


def say(message: str, **fields: Any) -> None:
    """Tell `message` unless the command is to be quiet; `fields` go into the JSON form only."""
    if not _settings.quiet:
        _write("info", message, fields)


def warn(message: str, **fields: Any) -> None:
    """Tell a warning, in quiet commands too."""
    _write("warning", message, fields)


def error(message: str, **fields: Any) -> None:
    """Tell the sentence that a command ends with."""
    _write("error", message, fields)


def counted(count: int, noun: str) -> str:
    """Return `1 phrase`, `2,000 phrases`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def stage(number: int, total: int, name: str) -> None:
    """Tell that stage `number` of `total` begins: `=== 1/5 counting n-grams ===`."""
    say(f"=== {number}/{total} {name} ===", stage=number, stages=total)


Advance = Callable[..., None]  # advance(amount, note=""): so much more is done; the note stands behind the count


@contextmanager
def track(what: str, total: float | None = None, unit: str = "", *, data: bool = False) -> Iterator[Advance]:
    """Yield `advance(amount, note="")`, to be called as the work goes on.

    Args:
        what: the work.
        total: the whole amount, if known.
        unit: of the amounts.
        data: whether data goes to standard output meanwhile; if that is a terminal, it shows how far the work is, and
            a bar would stand in between.
    """
    if _settings.quiet or (data and sys.stdout is not None and sys.stdout.isatty()):
        yield lambda amount, note="": None
    elif sys.stderr and sys.stderr.isatty() and not _settings.json_lines:
        with _bar(what, total, unit) as advance:
            yield advance
    else:
        yield _plain_lines(what, total, unit)


class Clock:
    """Seconds by stage, added up from any thread: `with clock("model"): …`."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the time that this block takes for `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add({stage: time.perf_counter() - began})

    def add(self, seconds: dict[str, float]) -> None:
        """Count what another clock has counted."""
        with self._lock:
            for stage, spent in seconds.items():
                self._seconds[stage] = self._seconds.get(stage, 0.0) + spent

    def taken(self) -> dict[str, float]:
        """Return the seconds of each stage since this was last asked."""
        with self._lock:
            seconds, self._seconds = self._seconds, {}
        return seconds


@contextmanager
def _bar(what: str, total: float | None, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), unit, TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total, note="")
        yield lambda amount, note="": bars.update(task, advance=amount, note=note)


def _plain_lines(what: str, total: float | None, unit: str) -> Advance:
    done = 0.0
    told_at = time.monotonic()

    def advance(amount: float, note: str = "") -> None:
        nonlocal done, told_at
        done += amount
        if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
            told_at = time.monotonic()
            share = f" of {total:,.0f}" if total else ""
            behind = f", {note}" if note else ""
            say(f"{what}: {done:,.0f}{share} {unit}".rstrip() + behind, done=done, total=total)

    return advance


def _write(level: str, message: str, fields: dict[str, Any]) -> None:
    if _settings.json_lines:
        line = json.dumps({"level": level, "message": message, **fields}, ensure_ascii=False)
    else:
        line = message if level == "info" else f"asrkit: {level}: {message}"
    if sys.stderr is not None:  # print would take standard output then, where data goes
        print(line, file=sys.stderr, flush=True)
