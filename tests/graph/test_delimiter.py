"""Models with a unit between words: it ends each word, may be missing at the end, and may come again."""

import itertools

import numpy as np
import pynini
import pytest

from asrkit.formats import openfst
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.openfst import to_pynini
from asrkit.formats.specials import delimiter_of
from asrkit.formats.tokens import UnitTable
from asrkit.graph import vocabulary
from asrkit.graph.grammar_fst import grammar_fst
from asrkit.graph.lexicon_fst import lexicon_fst
from asrkit.graph.lg import lexicon_with_grammar
from asrkit.graph.make_lexicon import make_lexicon
from asrkit.graph.tokens_fst import with_tokens
from tests.graph.small import LN10, cheapest, early_leaving, random_model
from tests.graph.test_parts import acyclic_in_epsilon, equivalent, input_deterministic, marks_removed
from tests.random_cases import random_cases

UNITS = UnitTable(("<blank>", "<s>", "</s>", "a", "b", "c", "|"))
DELIMITER = UNITS.index["|"]


def random_parts(rng, **options):
    entries = {}
    for _ in range(rng.integers(2, 8)):
        word = str(rng.choice(list("uvwxyz")))
        units = (*(str(u) for u in rng.choice(list("abc"), rng.integers(1, 4))), "|")
        units = units[:-1] if rng.random() < 0.2 else units
        entries[word, units] = Pronunciation(word, units, float(rng.choice([1.0, 0.5, 0.25])))
    lexicon = Lexicon(tuple(entries.values()))
    words = sorted({entry.word for entry in lexicon.entries})
    model = random_model(rng, words[: int(rng.integers(1, len(words) + 1))], int(rng.integers(1, 4)), steep=False)
    chosen = vocabulary.choose(lexicon, model.words, model.log10_probs[0], UNITS, **options)
    grammar = grammar_fst(model, chosen).fst
    return lexicon, model, chosen, grammar, lexicon_with_grammar(chosen, grammar)


@random_cases(60)
def test_lg_with_a_delimiter_is_what_openfst_makes_of_l_and_g(rng):
    _, _, chosen, grammar, lg = random_parts(rng, unknown_cost=0.5)
    product = pynini.compose(to_pynini(lexicon_fst(chosen)).arcsort("olabel"), to_pynini(grammar))
    determinized = pynini.determinize(product, delta=1e-6, nstate=20_000)
    assert determinized.num_states() < 20_000
    reference = marks_removed(openfst.from_pynini(determinized), chosen.unit_marks)
    assert equivalent(lg, reference, int(rng.integers(1 << 30)))
    assert input_deterministic(lg)
    for fst in (lg, with_tokens(UNITS, "identity", lg), with_tokens(UNITS, "ctc", lg)):
        assert acyclic_in_epsilon(fst)
        assert to_pynini(fst).verify()
        assert to_pynini(fst).connect().num_states() == len(fst.states)


def said_in(units, ways, at=0):
    """Yield every sequence of (word, cost) that may be written for `units`, by the words of the module's docstring."""
    while True:
        if at == len(units):
            yield ()
        for spelling, meanings in ways.items():
            end = at + len(spelling)
            whole = units[at:end] == spelling
            cut = spelling[-1:] == ("|",) and len(spelling) > 1 and units[at:] == spelling[:-1]
            for meaning in meanings if whole or cut else ():
                for rest in said_in(units, ways, min(end, len(units))):
                    yield (meaning, *rest)
        if at == len(units) or units[at] != "|":
            return
        at += 1


@random_cases(60)
def test_the_cheapest_reading_is_that_of_every_way_to_set_delimiters(rng):
    lexicon, model, chosen, _, lg = random_parts(rng, closed=True)
    log10_of = early_leaving(model)
    ways = {}
    for entry in lexicon.entries:
        if entry.word in model.words:
            ways.setdefault(entry.units, []).append((entry.word, -np.log(entry.probability)))
    graph = with_tokens(UNITS, "ctc", lg)
    for _ in range(15):
        units = tuple(str(u) for u in rng.choice(list("abc|"), rng.integers(1, 8), p=[0.3, 0.2, 0.2, 0.3]))
        costs = {}
        for way in said_in(units, ways):
            words = tuple(word for word, _ in way)
            cost = sum(cost for _, cost in way) - LN10 * log10_of(words)
            costs[words] = min(cost, costs.get(words, np.inf))
        frames = [0]
        for unit in units:
            frames += [UNITS.index[unit], 0]
        found, labels = cheapest(graph, [frame + 1 for frame in frames])
        least = min(costs.values(), default=np.inf)
        assert found == pytest.approx(least, abs=1e-4)
        if costs:
            assert costs[tuple(chosen.words[label - 1] for label in labels)] == pytest.approx(least, abs=1e-4)


def test_words_do_not_run_into_one_another():
    lexicon = Lexicon(tuple(Pronunciation(word, (*word, "|")) for word in ("ab", "a", "b")))
    model = random_model(np.random.default_rng(3), ["ab", "a", "b"], 1, steep=False)
    chosen = vocabulary.choose(lexicon, model.words, model.log10_probs[0], UNITS, closed=True)
    lg = lexicon_with_grammar(chosen, grammar_fst(model, chosen).fst)

    def read(text):
        labels = cheapest(lg, [UNITS.index[unit] + 1 for unit in text])[1]
        return labels and [chosen.words[label - 1] for label in labels]

    assert read("ab|") == read("ab") == read("|ab||") == ["ab"]
    assert read("a|b|") == read("a|b") == ["a", "b"]


@pytest.mark.parametrize(
    ("table", "unit"),
    [
        ("a b |", "|"),
        ("a b <space> <blank>", "<space>"),
        ("▁ a b", "▁"),
        ("▁a b |", None),
        ("a@@ b |", None),
        ("a b", None),
        ("保 定", None),
    ],
)
def test_the_unit_between_words_is_seen_in_the_table(table, unit):
    assert delimiter_of(table.split(" ")) == unit
    assert delimiter_of([*"ab", " ", "|"]) == " "


def test_words_are_spelled_with_the_delimiter_behind_them():
    made, left_out = make_lexicon(["ab", "a|b", "AB"], UNITS, "char")
    assert [(entry.word, entry.units) for entry in made.entries] == [("AB", ("a", "b", "|")), ("ab", ("a", "b", "|"))]
    assert [left.word for left in left_out] == ["a|b"]


def test_chinese_words_take_no_delimiter_and_words_of_letters_beside_them_may_lack_it():
    made, _ = make_lexicon(["保定", "ab"], UnitTable(("保", "定", "a", "b", "|")), "char")
    spelled = {(entry.word, "".join(entry.units)) for entry in made.entries}
    assert spelled == {("保定", "保定"), ("ab", "ab|"), ("ab", "ab")}
    korean, _ = make_lexicon(["한국"], UnitTable(("한", "국", " ")), "char")
    assert [entry.units for entry in korean.entries] == [("한", "국", " ")]


def test_a_lexicon_without_the_delimiter_is_warned_of(capsys):
    model = random_model(np.random.default_rng(1), ["ab"], 1, steep=False)
    for units, warns in ((("a", "b"), True), (("a", "b", "|"), False)):
        vocabulary.choose(Lexicon((Pronunciation("ab", units),)), model.words, model.log10_probs[0], UNITS)
        assert ("no word is spelled with '|'" in capsys.readouterr().err) == warns


def test_missing_delimiters_cost_few_arcs():
    letters = "abc"
    words = ["".join(way) for n in (1, 2, 3, 4) for way in itertools.product(letters, repeat=n)]
    lexicon, _ = make_lexicon(words, UNITS, "char")
    model = random_model(np.random.default_rng(1), words, 2, steep=False)
    chosen = vocabulary.choose(lexicon, model.words, model.log10_probs[0], UNITS)
    lg = lexicon_with_grammar(chosen, grammar_fst(model, chosen).fst)
    ends = np.count_nonzero((lg.arcs["ilabel"] == 0) & (lg.arcs["olabel"] > 0))
    delimiters = np.count_nonzero(lg.arcs["ilabel"] == DELIMITER + 1)
    assert ends <= delimiters
    assert ends < 0.25 * len(lg.arcs)
