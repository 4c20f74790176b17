"""G and LG against Kaldi's own algorithms: arpa2fst by kaldilm; compose, determinize, minimize by kaldifst."""

import kaldifst
import kaldilm
import numpy as np
import pynini

from asrkit.formats import openfst
from asrkit.formats.openfst import to_pynini
from asrkit.graph.arrays import sorted_by_input
from tests.graph.small import make_parts, random_lexicon, random_model, written
from tests.random_cases import random_cases

NAMES = tuple(f"w{number}" for number in range(15))  # Kaldi's tools write text, which odd names would break
MORE = 1.03  # states and arcs
ROUNDED = 2e-2  # nats on a path: Kaldi rounds each cost to 1/1024 when it minimizes


def random_parts(rng):
    lexicon = random_lexicon(rng, NAMES)
    words = sorted({entry.word for entry in lexicon.entries})
    model = random_model(rng, words, int(rng.integers(2, 4)))
    return model, make_parts(lexicon, model, closed=True)


def without_marks(fst, first_mark):
    arcs = fst.arcs.copy()
    arcs["ilabel"][arcs["ilabel"] >= first_mark] = 0
    return to_pynini(sorted_by_input(fst.start, fst.sources, arcs, fst.states["final"]))


def equivalent(one, other, rng, delta=1e-3):
    return pynini.randequivalent(one, other, npath=50, delta=delta, seed=int(rng.integers(1 << 30)), max_length=30)


@random_cases(40)
def test_g_is_kaldis(tmp_path, rng):
    model, (chosen, _, grammar, _) = random_parts(rng)
    names = ("<eps>", *chosen.words)
    table = [f"{name} {label}" for label, name in enumerate(names)]
    beyond = max(chosen.backoff, len(names))
    table += [f"#0 {chosen.backoff}", f"<s> {beyond + 1}", f"</s> {beyond + 2}"]
    (tmp_path / "words.txt").write_text("\n".join(table) + "\n")
    written(model, tmp_path / "lm.arpa")
    kaldilm.arpa2fst(
        str(tmp_path / "lm.arpa"), str(tmp_path / "G.fst"), disambig_symbol="#0",
        read_symbol_table=str(tmp_path / "words.txt"), max_arpa_warnings=0,
    )  # fmt: skip
    theirs = openfst.parse(tmp_path / "G.fst")
    assert equivalent(without_marks(grammar, chosen.backoff), without_marks(theirs, chosen.backoff), rng)


def kaldis_lg(lexicon, grammar, folder):
    """Return LG, marks and all, as Kaldi's mkgraph makes it."""
    for name, fst in (("L", lexicon), ("G", grammar)):
        openfst.write(folder / f"{name}.fst", fst, "vector")
    left, right = (kaldifst.StdVectorFst.read(str(folder / f"{name}.fst")) for name in "LG")
    kaldifst.arcsort(left, "olabel")
    composed = str(folder / "composed.fst")
    kaldifst.compose(left, right).write(composed)  # the type that compose gives is not the one to determinize
    graph = kaldifst.StdVectorFst.read(composed)
    kaldifst.determinize_star(graph, use_log=True)
    kaldifst.minimize_encoded(graph)
    graph.write(str(folder / "LG.fst"))
    return openfst.parse(folder / "LG.fst")


def test_lg_is_kaldis_and_no_larger(tmp_path):
    sizes = np.zeros((2, 2), np.int64)

    @random_cases(40)
    def compare(rng):
        nonlocal sizes
        _, (chosen, lexicon, grammar, lg) = random_parts(rng)
        theirs = kaldis_lg(lexicon, grammar, tmp_path)
        assert equivalent(to_pynini(lg), without_marks(theirs, chosen.unit_marks), rng, ROUNDED)
        sizes += [(len(lg.states), len(lg.arcs)), (len(theirs.states), len(theirs.arcs))]

    compare()
    assert np.all(sizes[0] <= MORE * sizes[1]), sizes
