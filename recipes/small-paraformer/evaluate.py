"""Greedy syllable error rates of a model folder: `python evaluate.py MODEL SET…`.

A SET is a folder with Kaldi's `wav.scp` and `text`, or `SPEECH/manifest.tsv:KIND` for the test split of a kind of
recordings (`aishell-sample`, `words`). Needs only what asrkit itself depends on.
"""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
from features import fbank, read_audio, stacked
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from units import BLANK, END, START, marked, syllables_of

_TONES = {"\u0304", "\u0301", "\u030c", "\u0300"}


class Model:
    """A FunASR model folder, decoded greedily."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(folder / "model_quant.onnx", options, ["CPUExecutionProvider"])
        self.tokens = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
        lines = (folder / "am.mvn").read_text().splitlines()
        vectors = [line.split()[3:-1] for line in lines if line.startswith("<LearnRateCoef>")]
        self.shift, self.scale = np.array(vectors, np.float32)

    def syllables(self, samples: NDArray[np.float32]) -> list[str]:
        """Return the best unit of each token, specials dropped."""
        speech = ((stacked(fbank(samples)) + self.shift) * self.scale)[None].astype(np.float32)
        length = np.array([speech.shape[1]], np.int32)
        logits, count, *_ = self.session.run(None, {"speech": speech, "speech_lengths": length})
        best = [self.tokens[i] for i in logits[0, : count[0]].argmax(-1)]
        return [unit for unit in best if unit not in (BLANK, START, END)]


def toneless(unit: str) -> str:
    """Return a syllable without its tone mark."""
    return unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", unit) if c not in _TONES))


def recordings(name: str) -> Iterator[tuple[Path, list[str]]]:
    """Yield (path, syllables with tone marks) of a set."""
    if ":" in name:
        manifest, kind = name.rsplit(":", 1)
        with open(manifest, encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row["split"] == "test" and row["path"].startswith(kind + "/"):
                    yield Path(manifest).parent / row["path"], [marked(s) for s in row["syllables"].split()]
        return
    folder = Path(name)
    texts = dict(line.split(maxsplit=1) for line in (folder / "text").read_text(encoding="utf-8").splitlines())
    for line in (folder / "wav.scp").read_text(encoding="utf-8").splitlines():
        utt, path = line.split(maxsplit=1)
        yield folder / path, [marked(s) for s in syllables_of(texts[utt]) or []]


def main(model_folder: str, *sets: str) -> None:
    """Print a table of error rates."""
    model = Model(Path(model_folder))
    print("| set | recordings | syllables | toned | toneless |\n|---|---|---|---|---|")
    for name in sets:
        errors = errors_toneless = length = count = 0
        for path, said in recordings(name):
            heard = model.syllables(read_audio(path))
            errors += Levenshtein.distance(said, heard)
            errors_toneless += Levenshtein.distance([toneless(s) for s in said], [toneless(s) for s in heard])
            length, count = length + len(said), count + 1
        shown = name.rsplit(":", 1)[-1].rstrip("/").rsplit("/", 1)[-1]
        toned, bare = (100 * n / length for n in (errors, errors_toneless))
        print(f"| {shown} | {count} | {length} | {toned:.1f} % | {bare:.1f} % |")


if __name__ == "__main__":
    main(*sys.argv[1:])
