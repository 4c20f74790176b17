"""What the network said about the pieces of long recordings, on the disk until the whole recording is in the journal.

A recording of hours is one line of the journal, and the network takes most of the time that it needs. So each piece of
up to `--longest` seconds is written down as soon as it was heard; a run that goes on takes from there what it would
compute. A piece is found by a hash of its features: those of a recording that was replaced meanwhile have others.

    FOLDER/<hash of the utterance>/<hash of the piece> :== <sha256 of the rest: 32 bytes> <steps: int64> <units: int64>
                    <timed: int64> { <log-probability: float32> } [ { <start: float32> } { <end: float32> } ]
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np

from asrkit import store
from asrkit.acoustic.model import Emission, Features
from asrkit.errors import AsrkitError

_HEADER = struct.Struct("<qqq")
_DIGEST = 32
_MOST_BYTES = 4 << 30  # of one recording: those of CTC models with many units are large


class Pieces:
    """The pieces in a folder, which is made when the first one comes."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._written: dict[str, int] = {}

    def find(self, utt: str, features: Features, duration: float) -> Emission | None:
        """Return what the network said about a piece of the utterance, if that is on the disk and whole."""
        try:
            content = self._path(utt, features, duration).read_bytes()
            steps, units, timed = _HEADER.unpack_from(content, _DIGEST)
        except (OSError, struct.error):
            return None
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        numbers = np.frombuffer(content, "<f4", offset=_DIGEST + _HEADER.size)
        log_probs = numbers[: steps * units].reshape(steps, units)
        return Emission(log_probs, *(numbers[steps * units :].reshape(2, steps) if timed else (None, None)))

    def add(self, utt: str, features: Features, duration: float, emission: Emission) -> None:
        """Write down what the network said about a piece; if it cannot be written, it is to be heard again."""
        timed = emission.starts is not None and emission.ends is not None
        arrays = [emission.log_probs, *((emission.starts, emission.ends) if timed else ())]
        body = _HEADER.pack(*emission.log_probs.shape, timed)
        body += b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays)
        self._written[utt] = self._written.get(utt, 0) + len(body)
        if self._written[utt] > _MOST_BYTES:
            return
        path = self._path(utt, features, duration)
        with suppress(OSError, AsrkitError):
            path.parent.mkdir(parents=True, exist_ok=True)
            store.write_bytes(path, hashlib.sha256(body).digest() + body)

    def forget(self, utt: str) -> None:
        """Remove the pieces of an utterance, which is in the journal now."""
        shutil.rmtree(self._of(utt), ignore_errors=True)

    def count(self) -> int:
        """Return how many pieces are on the disk."""
        return sum(path.is_file() for path in self._folder.glob("*/*"))

    def _of(self, utt: str) -> Path:
        return self._folder / hashlib.sha256(utt.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _path(self, utt: str, features: Features, duration: float) -> Path:
        digest = hashlib.sha256(repr((features.shape, str(features.dtype), duration)).encode())
        digest.update(np.ascontiguousarray(features).data)
        return self._of(utt) / digest.hexdigest()[:32]
