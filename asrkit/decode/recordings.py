"""Whether the recordings of a run are still those that it began with: by size and time, or by their contents."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from asrkit import store
from asrkit.decode.inputs import Utterance
from asrkit.errors import AsrkitError

Stamp = tuple[int, int] | None  # bytes, and nanoseconds at which they were last changed; None of what is no file
_NAMED = 3


def files(utterances: Sequence[Utterance]) -> Iterator[str]:
    """Yield the path of each recording that is a file, once."""
    sources = (u.source for u in utterances if isinstance(u.source, str) and not u.is_command and u.source)
    yield from dict.fromkeys(sources)


def stamps(utterances: Sequence[Utterance]) -> list[Stamp]:
    """Return the stamp of each utterance's recording."""
    found: list[Stamp] = []
    before, stamp = "", None  # utterances of one recording mostly follow each other; a list of millions is kept small
    for utterance in utterances:
        source = utterance.source
        if utterance.is_command or not isinstance(source, str) or not source:
            found.append(None)
            continue
        if source != before:
            before, stamp = source, _stamp(source)
        found.append(stamp)
    return found


def identity(utterances: Sequence[Utterance], found: Sequence[Stamp], *, verify: bool) -> dict[str, str]:
    """Return a hash of what the recordings are, by `sizes`, or by `contents` if that is asked for: no path, no time.

    Args:
        utterances: of the run.
        found: their stamps.
        verify: read every recording.
    """
    if not verify:
        return {"sizes": _hash(stamp and stamp[0] for stamp in found)}
    digests = {path: _digest(path) for path in files(utterances)}
    return {"contents": _hash(digests.get(u.source) if isinstance(u.source, str) else None for u in utterances)}


def changed(utterances: Sequence[Utterance], before: object, now: Sequence[Stamp]) -> list[str]:
    """Return the ids of the utterances whose recordings have other stamps than before."""
    if not isinstance(before, list) or len(before) != len(now):
        return [utterance.utt for utterance in utterances]
    pairs = zip(utterances, before, now, strict=True)
    return [u.utt for u, then, here in pairs if then != (here and list(here))]  # JSON has lists


def newer(utterances: Sequence[Utterance], now: Sequence[Stamp], results: Path) -> list[str]:
    """Return the ids of the utterances whose recordings were changed after the file `results` was written."""
    written = results.stat().st_mtime_ns
    return [u.utt for u, stamp in zip(utterances, now, strict=True) if stamp and stamp[1] > written]


def named(utts: Sequence[str]) -> str:
    """Return the first few ids in words."""
    more = f" and {len(utts) - _NAMED:,} more" if len(utts) > _NAMED else ""
    return ", ".join(utts[:_NAMED]) + more


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _digest(path: str) -> str | None:
    try:
        return store.hash_file(path, relative_to=".").sha256 if os.path.isfile(path) else None
    except (AsrkitError, ValueError):
        return None  # a recording that cannot be read has that for its result


def _hash(values: Iterable[object]) -> str:
    found = hashlib.sha256()  # one by one: a list of millions takes no more memory
    for value in values:
        found.update(json.dumps(value).encode() + b"\n")
    return found.hexdigest()
