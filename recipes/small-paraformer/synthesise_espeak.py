"""Synthetic speech of many voices by espeak-ng: `python synthesise_espeak.py SENTENCES.tsv OUT FIRST LAST`.

Reads lines FIRST to LAST of the sentences and writes shards of features. With `--held-out` the voices, and only
they, are the ones that training never hears.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import numpy as np
from features import at_16k, fbank, trimmed, write_shard
from numpy.typing import NDArray

_NUMBERED = ("m1", "m2", "m3", "m4", "m5", "m6", "f1", "f2", "f3", "f4", "klatt2", "klatt4")
_NAMED = ("Andy", "Annie", "Denis", "Diogo", "Gene", "Lee", "Michael", "belinda", "linda", "max", "pablo", "paul")
TRAINING_VOICES = (*_NUMBERED, *_NAMED, "steph", "travis", "victor", "adam", "boris", "john")
HELD_OUT_VOICES = ("m7", "f5", "Mario", "rob")
# Words per minute, 0 to 99, percent; the last is left out. At the pitch of 50 and the range of 100 % that espeak-ng
# takes by itself, its male voices speak at 70 to 90 Hz and move by a semitone and a half, which nobody does and which
# features of 25 ms do not show; people speak at 110 to 300 Hz and move by two to four.
_SPEED, _PITCH, _RANGE = (120, 221), (60, 100), (120, 261)
_RATE = 22_050
_WAV_HEADER = 44
_SHARD = 1000


def speak(
    syllables: list[str], voice: str, words_per_minute: int, pitch: int, pitch_range: int = 100
) -> NDArray[np.float32] | None:
    """Return 16 kHz samples of the syllables (`zhong1`), or None where espeak-ng fails on this voice and pitch.

    `pitch` goes from 0 to 99; `pitch_range` is in percent of the voice's own.
    """
    text = f'<prosody range="{pitch_range}%">{" ".join(s.replace("ü", "v") for s in syllables)}</prosody>'
    command = ["espeak-ng", "-m", "-v", f"cmn-latn-pinyin+{voice}"]
    command += ["-s", str(words_per_minute), "-p", str(pitch), "--stdout"]
    done = subprocess.run([*command, text], capture_output=True, check=False)
    if done.returncode != 0 or len(done.stdout) <= _WAV_HEADER + _RATE // 5:
        return None
    samples = np.frombuffer(done.stdout[_WAV_HEADER:], np.int16).astype(np.float32) / 32768
    return trimmed(at_16k(samples, _RATE))


def main() -> None:
    """Synthesise the sentences that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    lines = options.sentences.read_text(encoding="utf-8").splitlines()[options.first : options.last]
    voices = HELD_OUT_VOICES if options.held_out else TRAINING_VOICES
    rng = np.random.default_rng(options.first)
    shard = []
    for number, line in enumerate(lines, 1):
        syllables = line.split("\t")[1].split()
        voice, settings = str(rng.choice(voices)), rng.integers(*zip(_SPEED, _PITCH, _RANGE, strict=True))
        samples = speak(syllables, voice, *(int(x) for x in settings))
        if samples is not None:
            shard.append((fbank(samples), syllables))
        if len(shard) == _SHARD or (number == len(lines) and shard):
            write_shard(options.out / f"espeak-{options.first + number:06d}.npz", shard)
            shard = []


if __name__ == "__main__":
    main()
