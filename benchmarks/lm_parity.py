"""Whether train-lm writes lmplz's numbers: the largest difference to each of its ARPA files.

ORACLES names a folder of what lmplz made: corpus_zh.txt, corpus_tiny.txt, vocab500.txt and the ARPA files of CASES.
"""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from asrkit import progress
from asrkit.formats import arpa
from asrkit.lm.corpus import read_vocabulary
from asrkit.lm.modified_kneser_ney import Options, train

FALLBACK = (0.5, 1.0, 1.5)
CASES = {
    **{f"tiny_o{n}_fallback": Options(order=n, discount_fallback=FALLBACK) for n in (2, 3)},
    **{f"zh_o{n}": Options(order=n) for n in range(1, 7)},
    "zh_o3_prune001": Options(order=3, prune=(0, 0, 1)),
    "zh_o4_prune0112": Options(order=4, prune=(0, 1, 1, 2)),
    "zh_o3_limitvocab500": Options(order=3),
    "zh_o3_nointerpuni": Options(order=3, interpolate_unigrams=False),
}


def main():
    if not os.environ.get("ORACLES"):
        print("ORACLES names no folder of lmplz's ARPA files: nothing to compare with")
        return
    progress.configure(quiet=True)
    oracles = Path(os.environ["ORACLES"])
    print("| lmplz's file | n-grams | not in both | log10 probabilities differ by | backoffs differ by |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            count, other, probability, backoff = differences(oracles, name, Path(folder))
            print(f"| {name}.arpa.gz | {count:,} | {other} | {probability:.1e} | {backoff:.1e} |")


def differences(oracles, name, folder):
    """Train as the case `name` says; return how many n-grams lmplz has, how many are not in both models, and by how
    much log10 probabilities and backoffs differ at most."""
    options = CASES[name]
    if "limitvocab" in name:
        options = replace(options, keep=read_vocabulary(oracles / "vocab500.txt"))
    train([oracles / f"corpus_{name[: name.index('_')]}.txt"], folder / "lm.arpa", options)
    (ours, theirs) = (_table(arpa.parse(path)) for path in (folder / "lm.arpa", oracles / f"{name}.arpa.gz"))
    both = sorted(ours.keys() & theirs.keys())
    difference = np.abs(np.array([ours[gram] for gram in both]) - [theirs[gram] for gram in both])
    return len(theirs), len(ours.keys() ^ theirs.keys()), *difference.max(axis=0)


def _table(model):
    """Return n-gram -> (log10 probability, backoff)."""
    return {
        tuple(model.words[i] for i in gram): (probability, backoff)
        for grams, *numbers in zip(model.grams, model.log10_probs, model.log10_backoffs, strict=True)
        for gram, probability, backoff in zip(grams.tolist(), *map(np.ndarray.tolist, numbers), strict=True)
    }


if __name__ == "__main__":
    sys.exit(main())
