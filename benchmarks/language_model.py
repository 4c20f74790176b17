"""Scoring text with an ARPA model, against the package kenlm on the same file; pruning and mixing have no peer in pip.

The text and the model are made of random words with Zipf's frequencies, so that most n-grams are rare, as in real text.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from asrkit.formats import arpa
from asrkit.lm import evaluate, prune
from asrkit.lm.mix import Mixer
from asrkit.lm.model import Model
from asrkit.lm.scorers import ArpaScorer

SENTENCES, WORDS_EACH, VOCABULARY = 30_000, 20, 30_000


def main() -> None:
    import kenlm

    from asrkit.lm.counts import count_ngrams
    from asrkit.lm.smoothing import witten_bell

    with tempfile.TemporaryDirectory() as folder:
        texts = [_text(Path(folder) / f"{seed}.txt", seed) for seed in (1, 2)]
        models = [witten_bell.estimate(count_ngrams([text], 3)) for text in texts]
        path = Path(folder) / "lm.arpa"
        arpa.write(path, models[0])
        ngrams = sum(map(len, models[0].grams))
        print(f"language_model: {ngrams / 1e6:.2f} M n-grams of order 3, {SENTENCES * WORDS_EACH / 1e6:.1f} M words")

        theirs, kenlm_model = _cpu(lambda: kenlm.Model(str(path)))
        scoring, log10 = _cpu(lambda: [kenlm_model.score(line) for line in texts[1].read_text().splitlines()])
        ours, model = _cpu(lambda: Model.of(arpa.parse(path)))
        ours_scoring, report = _cpu(lambda: list(evaluate.report(ArpaScorer(model), [texts[1]])))
        difference = abs(float(report[-5].split("\t")[1]) - sum(log10))
        _tell("load an ARPA file", ours, "kenlm.Model", theirs)
        _tell("score a text, with orders, backoffs and totals", ours_scoring, "kenlm.Model.score", scoring)
        print(f"language_model: sums of log10 differ by {difference / abs(sum(log10)):.1e} of the sum")
        for name, work in (
            ("prune to half", lambda: prune.prune_to_size(models[0], max_ngrams=ngrams // 2)),
            ("mix with another of its size", lambda: Mixer(models).mixed([0.5, 0.5])),
        ):
            seconds, _ = _cpu(work)
            print(f"language_model: {name}: {seconds:.2f} CPU-s, {seconds / ngrams * 1e6:.2f} per million n-grams")


def _text(path, seed):
    share = 1.0 / np.arange(1, VOCABULARY + 1)
    drawn = np.random.default_rng(seed).choice(VOCABULARY, (SENTENCES, WORDS_EACH), p=share / share.sum())
    path.write_text("".join(" ".join(f"w{i}" for i in line) + "\n" for line in drawn))
    return path


def _cpu(work):
    begun = time.process_time()
    made = work()
    return time.process_time() - begun, made


def _tell(what, ours, peer, theirs):
    print(f"language_model: {what}: asrkit {ours:.2f} CPU-s, {peer} {theirs:.2f}, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
