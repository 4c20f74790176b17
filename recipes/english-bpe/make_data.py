"""A stand-in for an English model: `python make_data.py STYLE OUT` writes OUT/tokens.json and OUT/heard.npz.

STYLE is @@ (pieces that go on end in @@, as in FunASR's models) or ▁ (pieces that begin a word begin with ▁, as
sentencepiece writes them). The pieces are learned from text.txt by byte-pair encoding (Sennrich et al., 2016). The
posteriors are made from test.txt, not heard: each piece of a sentence is one step; a third of the steps prefer
another piece.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from asrkit.formats import posteriors
from asrkit.formats.posteriors import Posteriors
from asrkit.formats.tokens import UnitTable
from asrkit.graph.make_lexicon import make_lexicon

HERE = Path(__file__).parent
SPECIALS = ("<blank>", "<s>", "</s>")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MERGES = 150
MISHEARD, SURE = 0.35, 4.5
SEED = 8


def merged(words: Counter[str]) -> set[str]:
    """Return the pieces that MERGES merges make: the most frequent pair of neighbours becomes one, again and again."""
    spelled = {word: list(word) for word in words}
    pieces = set()
    for _ in range(MERGES):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, count in words.items():
            for pair in zip(spelled[word], spelled[word][1:], strict=False):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        pieces.add("".join(best))
        for parts in spelled.values():
            at = 0
            while at + 1 < len(parts):
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    return pieces


def units(style: str) -> UnitTable:
    """Return the unit table of one style: every piece in the middle or at an edge of a word."""
    words = Counter((HERE / "text.txt").read_text(encoding="utf-8").split())
    pieces = sorted({*LETTERS, *merged(words)})
    forms = [(piece + "@@", piece) if style == "@@" else ("▁" + piece, piece) for piece in pieces]
    return UnitTable((*SPECIALS, *(form for pair in forms for form in pair)))


def main(style: str, out: str) -> None:
    """Write the unit table and the posteriors."""
    table = units(style)
    (Path(out) / "tokens.json").write_text(json.dumps(table.units, ensure_ascii=False), encoding="utf-8")
    sentences = [line.split() for line in (HERE / "test.txt").read_text(encoding="utf-8").splitlines()]
    lexicon, _ = make_lexicon({word for _, *words in sentences for word in words}, table, "bpe")
    spelling = {entry.word: entry.units for entry in lexicon.entries}
    rng = np.random.default_rng(SEED)
    with posteriors.writer(str(Path(out) / "heard.npz")) as add:
        for utt, *words in sentences:
            said = [table.index[unit] for word in words for unit in spelling[word]]
            scores = rng.normal(0, 1, (len(said), len(table.units)))
            scores[range(len(said)), said] += SURE
            for step in np.flatnonzero(rng.random(len(said)) < MISHEARD):
                scores[step, rng.integers(len(SPECIALS), len(table.units))] = scores[step].max() + rng.exponential(3)
            log_probs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
            add(utt, Posteriors(log_probs.astype(np.float32)))


if __name__ == "__main__":
    main(*sys.argv[1:])
