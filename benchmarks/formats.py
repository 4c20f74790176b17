"""Mapping a million-arc FST, against OpenFst (pynini) reading the same file."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pynini

from asrkit.formats import openfst


def main():
    rng = np.random.default_rng(1)
    states, arcs = 300_000, 1_000_000
    table = np.zeros(arcs, openfst.ARC)
    table["ilabel"] = rng.integers(1, 5000, arcs)
    table["weight"] = rng.random(arcs)
    table["next"] = rng.integers(0, states, arcs)
    fst = openfst.Fst.from_arcs(0, rng.integers(0, states, arcs), table, rng.random(states).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.fst"
        openfst.write(path, fst)
        ours = _best_of_five(lambda: openfst.parse(path))
        unchecked = _best_of_five(lambda: openfst.parse(path, check_arcs=False))
        theirs = _best_of_five(lambda: pynini.Fst.read(str(path)))
    print(f"| {arcs:,} arcs | ms | pynini / ours |\n|---|---|---|")
    print(f"| pynini.Fst.read | {1e3 * theirs:.1f} | 1 |")
    print(f"| asrkit, all checked | {1e3 * ours:.1f} | {theirs / ours:.1f} |")
    print(f"| asrkit, arcs checked when followed | {1e3 * unchecked:.1f} | {theirs / unchecked:.1f} |")


def _best_of_five(work):
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
