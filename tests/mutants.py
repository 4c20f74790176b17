"""Damaged versions of a good file, and the check that a reader survives them.

A reader survives a mutant if it returns a value or raises an AsrkitError of one sentence that names the file, within
a few seconds. Anything else, a traceback or a hang, fails the test, with the seed of the mutant.
"""

import gzip
import os
import signal
from contextlib import contextmanager

import numpy as np

from asrkit.errors import AsrkitError
from tests.random_cases import DEFAULT_SEED

SECONDS = 10
_ODD_BYTES = (b"\0", b"\xff", b"\xe9", b"\xef\xbb\xbf", b"\x1f\x8b", b"\r", b"\r\n", b"\n", b"\n\n", b"\t", b"  ")
_ODD_TEXT = ('"', "{", "[", "#", "\\end\\", "-1", "0", "nan", "inf", "1e999", "9" * 20, "\u3000", "\u2028")
_ODD = (*_ODD_BYTES, *(text.encode() for text in _ODD_TEXT))


def mutant(good, rng):
    """Return the bytes `good` after one to four random damages."""
    data = bytearray(good)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(0, len(data) + 1))
        size = int(rng.integers(1, 20))
        match rng.integers(0, 9):
            case 0 if data:  # a bit flips
                data[at % len(data)] ^= 1 << int(rng.integers(0, 8))
            case 1:  # cut short
                del data[at:]
            case 2:  # a piece is lost
                del data[at : at + size]
            case 3:  # a piece stands twice
                data[at:at] = data[at : at + size]
            case 4:  # something odd comes in
                data[at:at] = _ODD[int(rng.integers(0, len(_ODD)))]
            case 5:  # random bytes come in
                data[at:at] = rng.bytes(size)
            case 6:  # two lines change places
                lines = data.split(b"\n")
                i, j = rng.integers(0, len(lines), 2)
                lines[i], lines[j] = lines[j], lines[i]
                data = bytearray(b"\n".join(lines))
            case 7:  # something odd replaces a piece
                data[at : at + size] = _ODD[int(rng.integers(0, len(_ODD)))]
            case 8:  # a field goes, or stands twice
                fields = data.split(b" ")
                i = int(rng.integers(0, len(fields)))
                fields[i : i + 1] = [fields[i]] * int(rng.integers(0, 3))
                data = bytearray(b" ".join(fields))
    if rng.random() < 0.05:
        data = bytearray(gzip.compress(bytes(data)))
        if rng.random() < 0.5:
            del data[int(rng.integers(2, len(data))) :]
    return bytes(data)


def survives(read, good, path, count=1000):
    """Check that `read(path)` survives `count` mutants of the bytes `good`; return (values, errors) as counts.

    `read` must consume what it reads, if it is lazy.
    """
    seed = int(os.environ.get("ASRKIT_SEED", DEFAULT_SEED))
    values = errors = 0
    path.touch()
    for case in range(count):
        damaged = mutant(good, np.random.default_rng([seed, case]))
        with path.open("r+b") as stream:  # not truncated before: ext4 would flush the disk at each mutant
            stream.write(damaged)
            stream.truncate()
        try:
            with _no_hang():
                read(path)
            values += 1
        except AsrkitError as error:
            errors += 1
            sentence = str(error)
            assert "\n" not in sentence and path.name in sentence, f"seed {seed}, mutant {case}: {sentence!r}"
        except BaseException as error:
            error.add_note(f"seed {seed}, mutant {case}: {damaged[:300]!r}")
            raise
    assert values + errors == count
    return values, errors


@contextmanager
def _no_hang():
    def stop(number, frame):
        raise TimeoutError(f"still reading after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
