"""Posteriors in which it is known what was said, and graphs of a few sentences for them."""

import json

import numpy as np

from asrkit.formats import posteriors
from asrkit.formats.posteriors import Posteriors
from tests.cli.running import asrkit as run


def said(units, steps, sure=0.98):
    """Return the log-probabilities, (steps, units) float32, of `steps`: unit names, or {unit: probability}."""
    rows = np.full((len(steps), len(units)), (1 - sure) / len(units))
    for row, step in zip(rows, steps, strict=True):
        for unit, probability in (step if isinstance(step, dict) else {step: sure}).items():
            row[units.index(unit)] = probability
    return np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)


def write_posteriors(path, units, utterances, *, seconds=0.2, sure=0.98):
    """Write what was said in each utterance, with a step every `seconds`; None: without times."""
    items = []
    for utt, steps in utterances.items():
        rows = said(units, steps.split() if isinstance(steps, str) else steps, sure)
        times = None if seconds is None else (np.arange(len(rows)) * seconds).astype(np.float32)
        items.append((utt, Posteriors(rows, times)))
    posteriors.write(path, items)
    return path


def make_graph(folder, units, text, *build, words=None):
    """Build a graph of the words of `text`, lines with spaces between words, in `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokens.json").write_text(json.dumps(units, ensure_ascii=False), encoding="utf-8")
    (folder / "text").write_text(text, encoding="utf-8")
    (folder / "words").write_text("\n".join(sorted(set(words or text.split()))) + "\n", encoding="utf-8")
    tokens = folder / "tokens.json"
    run("train-lm", folder / "text", "-o", folder / "lm", "--order", 2, "--discount-fallback", "--quiet")
    run("make-lexicon", folder / "words", "--units", tokens, "-o", folder / "lexicon", "--quiet")
    made = ("--lexicon", folder / "lexicon", "--lm", folder / "lm", "--tokens", tokens)
    run("build-graph", *made, "-o", folder / "graph", "--quiet", *build)
    return folder / "graph"
