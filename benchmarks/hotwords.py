"""Hotword lists of 100 to 100,000 phrases: building them, and the search with them against the search without."""

import gzip
import time
from importlib import resources

import numpy as np

from asrkit.formats.openfst import ARC, Fst
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.search.options import Options

SIZES = (100, 1_000, 10_000, 100_000)
VOCABULARY, UTTERANCES, STEPS = 60_000, 30, 30
CONFUSIONS = 40  # units that sound a little like the right one, at each step


def main():
    rng = np.random.default_rng(7)
    words = _words()
    characters = sorted({c for word in words for c in word})
    index = {c: i + 1 for i, c in enumerate(characters)}  # unit 0 is blank
    spelled = [tuple(index[c] for c in word) for word in words]
    graph = _graph(spelled[:VOCABULARY], len(characters) + 1, rng)
    utterances = [_posteriors(spelled, len(characters) + 1, rng) for _ in range(UTTERANCES)]
    names = [i for i in range(len(words)) if len(words[i]) > 1]
    options = Options(lm_scale=0.5)

    print("Real Chinese words as hotwords, a unigram lexicon graph of 60,000 words, 30 utterances of 30 characters.")
    print("CPU seconds; the search without hotwords is measured anew beside each list.\n")
    print("| phrases | build, ms | states | MB | with hotwords / without | candidates, ratio |")
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        chosen = rng.choice(names, size, replace=False)
        listed = [SpelledPhrase(words[i], 0.0, (spelled[i],)) for i in chosen]
        built = [_timed(lambda: HotwordGraph.build(listed, len(characters) + 1)) for _ in range(3)]  # noqa: B023
        build, hotwords = min(built, key=lambda timed: timed[0])
        ratio, candidates = _ratio(utterances, graph, hotwords.table, options)
        row = f"| {size:,} | {1e3 * build:.1f} | {hotwords.states:,} | {hotwords.bytes / 1e6:.1f} |"
        print(f"{row} {ratio:.2f} | {candidates:.2f} |", flush=True)


def _ratio(utterances, graph, table, options):
    """Return the ratio of the best of three times with and without hotwords, and the ratio of candidates."""
    without, with_hotwords = [], []
    for _ in range(3):
        without.append(_timed(lambda: [decode(log_probs, graph, None, options) for log_probs in utterances]))
        with_hotwords.append(_timed(lambda: [decode(log_probs, graph, table, options) for log_probs in utterances]))
    work = [sum(found.candidates for found in run[0][1]) for run in (with_hotwords, without)]
    return min(t for t, _ in with_hotwords) / min(t for t, _ in without), work[0] / work[1]


def _timed(work):
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _words():
    with resources.files("asrkit.text").joinpath("words_zh.txt.gz").open("rb") as packed:
        lines = gzip.decompress(packed.read()).decode().splitlines()
    counted = [(-int(line.split()[1]), line.split()[0]) for line in lines if len(line.split()) > 1]
    return list(dict.fromkeys(word for _, word in sorted(counted)))


def _graph(spelled, units, rng):
    """Return a lexicon tree whose words end in its root, most probable words first: an LG of a unigram model."""
    arcs, child = [], {}
    states = 1
    for number, word in enumerate(spelled, 1):
        state = 0
        for unit in word[:-1]:
            if (state, unit) not in child:
                child[state, unit] = states
                arcs.append((state, unit + 1, 0, 0.0, states))
                states += 1
            state = child[state, unit]
        arcs.append((state, word[-1] + 1, number, 4 + np.log(number), 0))
    arcs.append((0, 1, 0, 0.0, 0))
    arcs.sort(key=lambda arc: arc[:2])
    finals = np.full(states, np.inf, np.float32)
    finals[0] = 0
    rows = np.array([arc[1:] for arc in arcs], ARC)
    fst = Fst.from_arcs(0, np.array([arc[0] for arc in arcs], np.int32), rows, finals)
    return search_graph(fst, units, "identity", [0])


def _posteriors(spelled, units, rng):
    """Return (STEPS, units) log-probabilities of a random sentence, each step with confusions."""
    said = []
    while len(said) < STEPS:
        said += spelled[int(VOCABULARY ** rng.random())]
    logits = rng.normal(-10, 2, (STEPS, units))
    for step, unit in enumerate(said[:STEPS]):
        logits[step, rng.integers(1, units, CONFUSIONS)] = rng.normal(1, 3, CONFUSIONS)
        logits[step, unit] = rng.normal(7, 2)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logits.astype(np.float32)
