"""G, LG and TLG against kaldilm, and against composing, determinizing and minimizing with kaldifst.

CPU seconds, each side in a process of its own, one after the other. Peers: kaldilm and kaldifst (Kaldi's own arpa2fst,
determinize_star and minimize_encoded, by pip). The lexicon is in pinyin, the language model a trigram of it; both sides
get the same ARPA file, the same L, and the same T.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._lm_corpus import _sentences

LARGE_LEXICON = 350_000
MB = 1e6


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = _language_model(folder / "small", "--prune", "0,0,1")
        large = _language_model(folder / "large")
        print(f"G from ARPA, {_ngrams(large):,} n-grams")
        ours, peer = _apart("our_grammar", large), _apart("kaldilm_grammar", large)
        as_fst = peer["text"] + peer["compile"]
        print(f"  kaldilm, as text     {peer['text']:6.2f} s: {peer['text'] / ours['cpu']:.1f} × asrkit")
        print(f"  and that as an FST   {as_fst:6.2f} s: {as_fst / ours['cpu']:.1f} × asrkit")
        print(f"  asrkit, an FST       {ours['cpu']:6.2f} s")
        tables = _tables(folder / "small")
        print(f"whole graph: {len(tables['words']):,} words in pinyin, {_ngrams(small):,} n-grams")
        _apart("our_parts", folder / "small")
        ours, peer = _apart("our_build", folder / "small"), _apart("kaldi_build", folder / "small")
        for stage, seconds in peer["stages"].items():
            print(f"  kaldi   {stage:18} {seconds:7.2f} s")
        print(f"  kaldi   {peer['cpu']:7.2f} s, peak {peer['peak'] / MB:,.0f} MB")
        ratio = ours["cpu"] / peer["cpu"]
        print(f"  asrkit  {ours['cpu']:7.2f} s, peak {ours['peak'] / MB:,.0f} MB: {ratio:.2f} of it")
        for part in ("states", "arcs"):
            print(f"  LG {part:6} kaldi {peer[part]:>10,}   asrkit {ours[part]:>10,}   {ours[part] / peer[part]:.3f}")
        print(f"  random paths of one in the other: {_apart('same', folder / 'small')['same']}")
        made = _apart("large_build", folder / "large")
        print(f"{LARGE_LEXICON:,} words by character, {_ngrams(large):,} n-grams: {made['cpu']:.1f} s, "
              f"peak {made['peak'] / MB:,.0f} MB, TLG {made['states']:,} states, {made['arcs']:,} arcs, "
              f"{made['bytes'] / MB:,.0f} MB")  # fmt: skip
        opened = _apart("opening", folder / "large" / "graph")
        print(f"opening {opened['bytes'] / MB:,.0f} MB: {1e3 * opened['seconds']:.1f} ms, "
              f"{1e3 * opened['cpu']:.1f} ms of CPU, {opened['resident'] / MB:.0f} MB more resident")  # fmt: skip


def _language_model(folder, *more):
    """Train on a month of the People's Daily, Chinese words only."""
    folder.mkdir()
    text = folder / "text"
    chinese = (re.sub("[^\u4e00-\u9fff ]+", " ", " ".join(words)).split() for words in _sentences())
    text.write_text("".join(" ".join(words) + "\n" for words in chinese if words), "utf-8")
    train = [sys.executable, "-m", "asrkit", "train-lm", str(text), "--order", "3", "-o", str(folder / "lm.arpa")]
    subprocess.run([*train, "--quiet", *more], check=True)
    return folder / "lm.arpa"


def _ngrams(arpa):
    with open(arpa, encoding="utf-8") as stream:
        return sum(int(line.split("=")[1]) for line in (next(stream) for _ in range(8)) if line.startswith("ngram "))


def _tables(folder):
    """Write the unit table and the pinyin lexicon of the text's words."""
    from asrkit.formats import lexicon, tokens
    from asrkit.formats.tokens import UnitTable
    from asrkit.graph.make_lexicon import make_lexicon
    from asrkit.store import write_lines
    from asrkit.text import pinyin

    words = sorted(set((folder / "text").read_text("utf-8").split()))
    syllables = {s for word in words for reading in pinyin.readings(word) or () for s in reading}
    units = UnitTable(("<blank>", "<s>", "</s>", *sorted(syllables)))
    made, _ = make_lexicon(words, units, "pinyin")
    write_lines(folder / "tokens.json", tokens.serialize(units))
    write_lines(folder / "lexicon.txt", lexicon.serialize(made))
    return {"words": {entry.word for entry in made.entries}}


def _apart(function, path):
    """Run a function of this module in a process of its own; return what it returns, with CPU and peak memory."""
    code = f"import benchmarks.graph as b; b._tell(b.{function}, {str(path)!r})"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


def _tell(function, path):
    from asrkit import progress

    progress.configure(quiet=True)
    result = function(Path(path)) or {}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print("\n" + json.dumps({"peak": usage.ru_maxrss << 10, **result}))


class _Clock:
    def __init__(self):
        self.begin = self.last = time.process_time()
        self.stages = {}

    def lap(self, name):
        now = time.process_time()
        self.stages[name], self.last = now - self.last, now

    @property
    def total(self):
        return self.last - self.begin


def our_grammar(arpa_path):
    import numpy as np

    from asrkit.formats import arpa
    from asrkit.graph import grammar_fst, vocabulary

    def once():
        model = arpa.parse(arpa_path)
        labels = np.arange(1, len(model.words) + 1, dtype=np.int32)
        labels[[model.words.index("<s>"), model.words.index("</s>")]] = 0
        grammar_fst.grammar_fst(model, vocabulary.Vocabulary(model.words, None, (), labels, 0, ()))

    return {"cpu": _median(once)}


def kaldilm_grammar(arpa_path):
    import kaldifst
    import kaldilm

    def as_text():
        return kaldilm.arpa2fst(str(arpa_path), disambig_symbol="#0", max_order=3)

    text = as_text()
    return {"text": _median(as_text), "compile": _median(lambda: kaldifst.compile(text, acceptor=False))}


def _median(function, times=3):
    seconds = []
    for _ in range(times):
        begin = time.process_time()
        function()
        seconds.append(time.process_time() - begin)
    return sorted(seconds)[times // 2]


def _inputs(folder):
    from asrkit.formats import arpa, lexicon, tokens
    from asrkit.graph.vocabulary import choose

    model = arpa.parse(folder / "lm.arpa")
    units = tokens.parse(folder / "tokens.json")
    words = lexicon.parse(folder / "lexicon.txt")
    return model, units, choose(words, model.words, model.log10_probs[0], units)


def our_parts(folder):
    """Write L, G and T for the peer."""
    from asrkit.formats import openfst
    from asrkit.graph import grammar_fst
    from asrkit.graph.lexicon_fst import lexicon_fst
    from asrkit.graph.tokens_fst import tokens_fst

    model, units, chosen = _inputs(folder)
    openfst.write(folder / "G.fst", grammar_fst.grammar_fst(model, chosen).fst, "vector")
    openfst.write(folder / "L.fst", lexicon_fst(chosen), "vector")
    openfst.write(folder / "T.fst", tokens_fst(units, "identity"), "vector")
    (folder / "first_mark").write_text(str(chosen.unit_marks))


def our_build(folder):
    from asrkit.formats import openfst
    from asrkit.graph import build

    clock = _Clock()
    inputs = (str(folder / name) for name in ("lexicon.txt", "lm.arpa", "tokens.json"))
    build.build(*inputs, folder / "graph", build.Options(unknown_cost=0.0, keep_parts=True))
    clock.lap("all")
    made = openfst.parse(folder / "graph" / "LG.fst")
    return {"cpu": clock.total, "states": len(made.states), "arcs": len(made.arcs)}


def kaldi_build(folder):
    import kaldifst
    import kaldilm

    clock = _Clock()
    kaldilm.arpa2fst(str(folder / "lm.arpa"), disambig_symbol="#0", max_order=3)
    clock.lap("G by kaldilm")
    lexicon, grammar = (kaldifst.StdVectorFst.read(str(folder / name)) for name in ("L.fst", "G.fst"))
    kaldifst.arcsort(lexicon, "olabel")
    clock.lap("reading L, G")
    graph = kaldifst.compose(lexicon, grammar)
    clock.lap("compose")
    graph.write(str(folder / "composed.fst"))  # kaldifst.compose gives a type that determinize_star does not take
    graph = kaldifst.StdVectorFst.read(str(folder / "composed.fst"))
    clock.last = time.process_time()
    kaldifst.determinize_star(graph, use_log=True)
    clock.lap("determinize_star")
    kaldifst.minimize_encoded(graph)
    clock.lap("minimize_encoded")
    graph.write(str(folder / "kaldi.fst"))
    kaldifst.arcsort(graph, "ilabel")
    tokens = kaldifst.StdVectorFst.read(str(folder / "T.fst"))
    kaldifst.arcsort(tokens, "olabel")
    kaldifst.compose(tokens, graph).write(str(folder / "kaldi_tlg.fst"))
    clock.lap("T, writing")
    arcs = sum(graph.num_arcs(state) for state in range(graph.num_states))
    return {"cpu": sum(clock.stages.values()), "stages": clock.stages, "states": graph.num_states, "arcs": arcs}


def same(folder):
    """Compare random paths of Kaldi's LG, its marks removed, with ours."""
    import pynini

    from asrkit.formats import openfst
    from asrkit.graph.arrays import sorted_by_input

    kaldi, first_mark = openfst.parse(folder / "kaldi.fst"), int((folder / "first_mark").read_text())
    arcs = kaldi.arcs.copy()
    arcs["ilabel"][arcs["ilabel"] >= first_mark] = 0
    unmarked = sorted_by_input(kaldi.start, kaldi.sources, arcs, kaldi.states["final"])
    ours = openfst.to_pynini(openfst.parse(folder / "graph" / "LG.fst"))
    paths = {"npath": 100, "delta": 1e-2, "seed": 1, "max_length": 40}
    return {"same": pynini.randequivalent(openfst.to_pynini(unmarked), ours, **paths)}


def large_build(folder):
    from asrkit.formats import lexicon, tokens
    from asrkit.formats.tokens import UnitTable
    from asrkit.graph import build
    from asrkit.graph.make_lexicon import make_lexicon
    from asrkit.store import read_manifest, write_lines
    from asrkit.text.segment import shipped_lexicon

    of_text = sorted(set((folder / "text").read_text("utf-8").split()))
    words = list(dict.fromkeys([*of_text, *shipped_lexicon()]))[:LARGE_LEXICON]
    units = UnitTable(("<blank>", "<s>", "</s>", *sorted({letter for word in words for letter in word})))
    write_lines(folder / "tokens.json", tokens.serialize(units))
    write_lines(folder / "lexicon.txt", lexicon.serialize(make_lexicon(words, units, "char")[0]))
    clock = _Clock()
    inputs = (str(folder / name) for name in ("lexicon.txt", "lm.arpa", "tokens.json"))
    build.build(*inputs, folder / "graph")
    clock.lap("all")
    made = read_manifest(folder / "graph").facts["parts"]["TLG"]
    return {"cpu": clock.total, "bytes": (folder / "graph" / "TLG.fst").stat().st_size, **made}


def opening(folder):
    from asrkit.graph.folder import open_graph

    open_graph(folder)  # imports; the file is mapped again below, and its hash is known by now
    before, begin, cpu = _resident(), time.perf_counter(), time.process_time()
    opened = open_graph(folder)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    size = opened.fst.states.nbytes + opened.fst.arcs.nbytes
    return {"bytes": size, "seconds": seconds, "cpu": cpu, "resident": _resident() - before}


def _resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
