"""L, G, LG and TLG: what they promise, and that OpenFst's own algorithms agree."""

import numpy as np
import pynini

from asrkit.formats import openfst
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.openfst import NOT_FINAL, Fst, to_pynini
from asrkit.graph.arrays import sorted_by_input
from asrkit.graph.ctc import ctc_graph
from asrkit.graph.lexicon_fst import end_marks
from asrkit.graph.tokens_fst import tokens_fst, with_tokens
from asrkit.graph.vocabulary import Spelling
from tests.graph.small import NAMES, PASSING, UNITS, cheapest, make_parts, random_lexicon, random_model
from tests.random_cases import random_cases


def random_parts(rng, **more):
    lexicon = random_lexicon(rng)
    words = sorted({entry.word for entry in lexicon.entries})
    return make_parts(lexicon, random_model(rng, words[: int(rng.integers(1, len(words) + 1))], 3, steep=False), **more)


def equivalent(one, other, seed):
    return pynini.randequivalent(to_pynini(one), other, npath=50, delta=1e-4, seed=seed, max_length=30)


def marks_removed(fst, first_mark):
    arcs = fst.arcs.copy()
    arcs["ilabel"][arcs["ilabel"] >= first_mark] = 0
    return to_pynini(sorted_by_input(fst.start, fst.sources, arcs, fst.states["final"]))


@random_cases(60)
def test_lg_is_what_openfst_composes_determinizes_and_minimizes(rng):
    chosen, lexicon, grammar, lg = random_parts(rng, unknown_cost=0.5)
    product = pynini.compose(to_pynini(lexicon), to_pynini(grammar))
    determinized = pynini.determinize(product, delta=1e-6, nstate=10_000)
    assert determinized.num_states() < 10_000
    assert len(lg.states) <= determinized.num_states()
    reference = marks_removed(openfst.from_pynini(determinized), chosen.unit_marks)
    assert equivalent(lg, reference, int(rng.integers(1 << 30)))


@random_cases(40)
def test_tlg_is_what_openfst_composes(rng):
    *_, lg = random_parts(rng)
    for topology in ("identity", "ctc"):
        tokens = to_pynini(tokens_fst(UNITS, topology)).arcsort("olabel")
        composed = pynini.compose(tokens, to_pynini(lg))
        assert equivalent(with_tokens(UNITS, topology, lg), composed, int(rng.integers(1 << 30)))


@random_cases(60)
def test_graphs_are_sound(rng):
    *_, lg = random_parts(rng, closed=bool(rng.random() < 0.3))
    assert input_deterministic(lg)
    for fst in (lg, with_tokens(UNITS, "identity", lg), with_tokens(UNITS, "ctc", lg)):
        assert fst.is_ilabel_sorted()
        native = to_pynini(fst)
        assert native.verify()
        assert native.copy().connect().num_states() == len(fst.states)
        assert acyclic_in_epsilon(fst)


def input_deterministic(fst):
    reads = fst.arcs["ilabel"] != 0
    keys = fst.sources[reads].astype(np.int64) << 32 | fst.arcs["ilabel"][reads]
    return len(set(keys.tolist())) == len(keys)


def acyclic_in_epsilon(fst):
    silent = fst.arcs["ilabel"] == 0
    nexts = {state: [] for state in range(len(fst.states))}
    for source, arc in zip(fst.sources[silent].tolist(), fst.arcs[silent], strict=True):
        nexts[source].append(int(arc["next"]))
    done, open_states = set(), set()

    def visit(state):
        if state in open_states:
            return False
        if state not in done:
            open_states.add(state)
            if not all(map(visit, nexts[state])):
                return False
            open_states.discard(state)
            done.add(state)
        return True

    return all(map(visit, nexts))


def test_a_ctc_graph_with_wide_states_is_what_openfst_composes():
    units, words = 150, 12
    rng = np.random.default_rng(3)
    arcs = [(0, label, int(rng.integers(1, words)), float(rng.integers(1, 9)), int(rng.integers(0, 12)))
            for label in range(2, units + 1)]  # fmt: skip
    some = np.arange(2, units)
    arcs += [(state, int(label), 0, 1.0, 0) for state in range(1, 12) for label in rng.choice(some, 9, False)]
    arcs += [(state, 0, 0, 2.0, 0) for state in range(1, 6)]
    arcs.sort()
    finals = np.full(12, NOT_FINAL)
    finals[0] = 1
    lg = Fst.from_arcs(0, np.array([a[0] for a in arcs]), np.array([a[1:] for a in arcs], openfst.ARC), finals)
    graph = ctc_graph(lg, np.array([1], np.int32))
    assert len(graph.arcs) < 20_000  # in full, state 0 alone would have 149 · 148 arcs
    frames = rng.integers(1, units + 1, (300, 6)).repeat(rng.integers(1, 3), axis=1)
    for row in frames:
        collapsed = [label for i, label in enumerate(row) if label != 1 and (i == 0 or row[i - 1] != label)]
        assert cheapest(graph, row)[0] == cheapest(lg, collapsed)[0]


def test_the_order_of_the_lexicon_does_not_matter():
    rng = np.random.default_rng(11)
    lexicon = random_lexicon(rng)
    model = random_model(rng, sorted({entry.word for entry in lexicon.entries}), 3)
    entries = list(lexicon.entries)
    first = make_parts(lexicon, model)[-1]
    for _ in range(5):
        rng.shuffle(entries)
        assert make_parts(Lexicon(tuple(entries)), model)[-1] == first


def test_names_that_look_like_marks_or_syntax_are_words_like_others():
    lexicon = Lexicon(tuple(Pronunciation(name, ("a",) * (i + 1)) for i, name in enumerate(NAMES)))
    model = random_model(np.random.default_rng(0), list(NAMES), 2)
    chosen, *_, lg = make_parts(lexicon, model, closed=True)
    graph = with_tokens(UNITS, "identity", lg)
    put_out = {cheapest(graph, [len(PASSING) + 1] * (i + 1))[1] for i in range(len(NAMES))}
    assert set(NAMES) <= set(chosen.words)
    assert all(labels for labels in put_out)


def test_a_pronunciation_of_sixty_units_is_one_chain():
    units = tuple("abcd"[i % 4] for i in range(60))
    lexicon = Lexicon((Pronunciation("long", units), Pronunciation("short", units[:59])))
    chosen, *_, lg = make_parts(lexicon, random_model(np.random.default_rng(1), ["long", "short"], 2), closed=True)
    labels = [UNITS.index[unit] + 1 for unit in units]
    assert cheapest(lg, labels)[1] == (chosen.words.index("long") + 1,)
    assert cheapest(lg, labels[:59])[1] == (chosen.words.index("short") + 1,)


def test_end_marks_stand_on_homophones_and_beginnings_only():
    spellings = [Spelling((1,), 1, 0.0), Spelling((1, 2), 2, 0.0), Spelling((1, 2), 3, 0.0), Spelling((3,), 4, 0.0)]
    assert end_marks(spellings).tolist() == [1, 1, 2, 0]
