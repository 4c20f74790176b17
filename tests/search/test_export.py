"""Lattices given to other tools, and rescored with another model."""

import math
import tracemalloc

import numpy as np
import pynini
import pytest

from asrkit.formats.openfst import to_pynini
from asrkit.search.decoder import decode
from asrkit.search.export import to_fst, to_kaldi_raw_text, to_kaldi_text
from asrkit.search.rescore import rescore
from asrkit.search.word_lattice import Acyclic
from tests.random_cases import random_cases
from tests.search.graphs import identity_graph
from tests.search.test_lattice import paths_of, random_case

BIGRAM = r"""\data\
ngram 1=6
ngram 2=4

\1-grams:
-1.2	<unk>	0
0	<s>	-0.3
-0.9	</s>	0
-0.7	w1	-0.2
-0.5	w2	-0.4
-1.1	w3	0

\2-grams:
-0.2	<s> w1
-0.4	w1 w2
-0.3	w2 </s>
-0.1	w2 w2

\end\
"""


@random_cases(30)
def test_the_acceptor_has_the_score_of_the_best_path(rng):
    found = decode(*random_case(rng, "identity"), lattice=True)
    acceptor = to_pynini(to_fst(found.lattice.words))
    best = pynini.shortestdistance(acceptor, reverse=True)[acceptor.start()]
    assert float(best) == pytest.approx(-found.best.scores.total, abs=1e-3)
    assert acceptor.properties(pynini.I_DETERMINISTIC, True)


def test_kaldi_text_names_every_arc_and_end_with_graph_and_acoustic_cost():
    found = decode(*random_case(np.random.default_rng(4), "identity"), lattice=True)
    words, raw = found.lattice.words, found.lattice.raw
    lines = list(to_kaldi_text("utt1", words, lambda word: f"w{word}"))
    ends = int(np.isfinite(words.finals[:, 1]).sum())
    assert lines[0] == "utt1 " and lines[-1] == "" and len(lines) == 2 + len(words.sources) + ends
    source, target, word, weight = lines[1].split("\t")
    assert (source, target, word) == ("0", str(words.targets[0]), f"w{words.words[0]}")
    graph_cost, acoustic_cost, string = weight.split(",")
    assert float(acoustic_cost) == pytest.approx(-words.scores[0, 0], abs=1e-4) and string == ""
    assert float(graph_cost) == pytest.approx(-words.scores[0, 1:].sum(), abs=1e-4)
    raw_lines = list(to_kaldi_raw_text("utt1", found.lattice))
    assert len(raw_lines) == 2 + len(raw.sources) + int(np.isfinite(raw.finals[:, 1]).sum())


@pytest.fixture(scope="module")
def bigram(tmp_path_factory):
    import kenlm

    path = tmp_path_factory.mktemp("lm") / "bigram.arpa"
    path.write_text(BIGRAM)
    return kenlm.Model(str(path))


@random_cases(50)
def test_rescoring_orders_all_word_sequences_by_the_new_model(rng, bigram):
    log_probs, _, hotwords, options = random_case(rng, "identity")
    found = decode(log_probs, identity_graph(rng), hotwords, options, lattice=True)
    if not found.complete:
        return
    lattice = found.lattice.words
    wanted = []
    for score, arcs in paths_of(lattice):
        said = [f"w{word}" for word in lattice.words[list(arcs)]]
        end = lattice.targets[arcs[-1]] if arcs else 0
        old = lattice.scores[list(arcs), 1].sum() + lattice.finals[end, 1]
        wanted.append(score - old + 0.7 * math.log(10) * bigram.score(" ".join(said), bos=True, eos=True))
    count = int(rng.integers(1, 5))
    rescored = rescore(lattice, bigram, lambda word: f"w{word}", 0.7, count)
    assert [path.total for path in rescored] == pytest.approx(sorted(wanted, reverse=True)[:count], abs=1e-4)


def test_rescoring_does_not_copy_the_words_of_a_long_recording_for_each_way_to_go_on(bigram):
    length, ways = 2000, 300
    sources = np.concatenate([np.arange(length), np.full(ways, length)]).astype(np.int32)
    targets = np.arange(1, length + ways + 1, dtype=np.int32)
    words = np.concatenate([np.tile([1, 2], length // 2), np.full(ways, 3)]).astype(np.int32)
    finals = np.zeros((length + ways + 1, 4))
    finals[: length + 1, 1] = -np.inf
    scores = np.zeros((length + ways, 4))
    scores[length:, 0] = -np.arange(ways)
    tracemalloc.start()
    (best,) = rescore(Acyclic(sources, targets, words, scores, finals), bigram, lambda word: f"w{word}", 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert best.words.tolist() == [*[1, 2] * (length // 2), 3]
    assert peak < 2e6  # the words of all ways, copied, would be 300 * 2,001 * 8 bytes
