"""The exported acceptor, walked as its documentation says, gives the bonus of the law."""

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import openfst
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.picture import dot
from asrkit.hotwords.to_fst import symbol_table, to_fst
from asrkit.units.edges import word_edges
from tests.cli.running import asrkit as run
from tests.hotwords.law import graph_of, random_list, random_words, total_bonus
from tests.random_cases import random_cases


def arcs_of(fst, state):
    first = int(fst.states["pos"][state])
    return fst.arcs[first : first + int(fst.states["narcs"][state])]


def cost_of(fst, said, failure_label, words=None):
    state, cost = fst.start, 0.0
    for unit in said:
        if words is not None and words.opens[unit]:
            for arc in arcs_of(fst, state):
                if arc["ilabel"] == failure_label + 1:
                    cost, state = cost + float(arc["weight"]), int(arc["next"])
        while True:
            arcs = arcs_of(fst, state)
            of_unit = arcs[arcs["ilabel"] == unit + 1]
            arc = of_unit[0] if len(of_unit) else arcs[arcs["ilabel"] == failure_label][0]
            cost, state = cost + float(arc["weight"]), int(arc["next"])
            if len(of_unit):
                break
    return cost + float(fst.states["final"][state])


@random_cases(200)
def test_minus_the_cost_of_an_utterance_is_its_bonus(rng):
    units = int(rng.integers(2, 5))
    weights = random_list(rng, units)
    fst = to_fst(graph_of(weights, 3.0, units))
    for said in rng.integers(0, units, (5, 10)):
        assert -cost_of(fst, said, units + 1) == pytest.approx(total_bonus(weights, 3.0, said[None])[0], abs=1e-4)


@random_cases(300)
def test_of_whole_words_too_minus_the_cost_of_an_utterance_is_its_bonus(rng):
    specials = int(rng.integers(0, 2))
    units = int(rng.integers(2, 5)) + specials
    words = random_words(rng, units, specials)
    weights = random_list(rng, units - specials)
    fst = to_fst(graph_of(weights, 3.0, units, words=words))
    assert fst.is_ilabel_sorted()
    for said in rng.integers(0, units, (5, 10)):
        cost = cost_of(fst, said, units + 1, words)
        assert -cost == pytest.approx(total_bonus(weights, 3.0, said[None], words)[0], abs=1e-4)


def test_openfst_takes_the_file(tmp_path):
    import pynini

    openfst.write(tmp_path / "hotwords.fst", to_fst(graph_of({(0, 1): 5.0, (1, 2): 7.0}, 2.0, 4)))
    fst = pynini.Fst.read(str(tmp_path / "hotwords.fst"))
    assert fst.verify() and fst.properties(pynini.ACCEPTOR, True) == pynini.ACCEPTOR
    assert all(label < 6 for state in fst.states() for label in (arc.ilabel for arc in fst.arcs(state)))


def test_the_symbols_name_every_label():
    table = symbol_table(UnitTable(("a", "b")))
    assert table.pairs == (("<eps>", 0), ("a", 1), ("b", 2), ("#fail", 3))
    pieces = UnitTable(("▁a", "b"))
    assert symbol_table(pieces, word_edges(pieces)).pairs[3:] == (("#fail", 3), ("#edge", 4))


def test_the_picture_shows_where_a_word_must_end():
    units = UnitTable(("▁HE", "LL", "O", "▁WORLD"))
    graph = graph_of({(0, 1): 3.0, (0, 1, 2, 3): 0.0}, 2.0, 4, words=word_edges(units))
    text = "\n".join(dot(graph, units))
    assert 'label="LL +2"' in text and text.count("doublecircle") == 2
    assert text.count('label="|"') == 3  # behind HELL, HELLO and HELLO WORLD
    letters = UnitTable(("<blank>", "|", *"us"))
    text = "\n".join(dot(graph_of({(2, 3): 0.0}, 2.0, 4, words=word_edges(letters)), letters))
    assert text.count('label="inside"') == 1


def test_units_called_like_epsilon_a_space_or_the_failure_get_symbols_of_their_own(tmp_path):
    table = symbol_table(UnitTable(("<eps>", " ", "#fail")))
    assert table.pairs == (("<epsilon>", 0), ("<eps>", 1), ("<space>", 2), ("#fail", 3), ("##fail", 4))
    assert dict(symbol_table(UnitTable((" ", "<space>"))).pairs) == {"<eps>": 0, "#space": 1, "<space>": 2, "#fail": 3}
    (tmp_path / "tokens.json").write_text('["a", "b", " "]')
    (tmp_path / "list").write_text("ab ba 2\n")
    made = ("--units", tmp_path / "tokens.json", "-o", tmp_path / "h.fst", "--symbols", tmp_path / "h.txt")
    run("compile-hotwords", tmp_path / "list", *made)
    assert (tmp_path / "h.txt").read_text() == "<eps> 0\na 1\nb 2\n<space> 3\n#fail 4\n#edge 5\n"


def test_the_picture_shows_bias_what_is_taken_back_and_the_ends():
    units = UnitTable(tuple("阳光保险定公司"))
    lines = list(dot(graph_of({(0, 1, 2, 3): 3.0, (2, 4): 5.0}, 2.0, 7), units))
    text = "\n".join(lines)
    assert text.count("doublecircle") == 2
    assert 'label="阳 +2"' in text and 'label="定 +2"' in text
    of_baoding = next(line for line in lines if "doublecircle" in line and "+5" in line)
    assert of_baoding
    dashed = [line for line in lines if "dashed" in line]
    assert sum('label="-4"' in line for line in dashed) == 2  # 阳光 to the root, 阳光保 to 保
    assert len(dashed) == 6 and lines[-1] == "}"


def test_the_picture_tells_units_that_are_paid_from_those_that_earn_nothing():
    """After 阳光保险 the units 保险 of 保险公司 are paid; 定 of the penalised 定公 never earns anything."""
    units = UnitTable(tuple("阳光保险定公司"))
    lines = list(dot(graph_of({(0, 1, 2, 3): 0.0, (2, 3, 5, 6): 0.0, (4, 5): -1.0}, 2.0, 7), units))
    assert sum('label="paid"' in line for line in lines) == 1
    assert sum('label="0"' in line for line in lines) == 1


def test_a_picture_of_too_many_phrases_is_refused():
    rng = np.random.default_rng(1)
    many = {tuple(rng.integers(0, 50, 8).tolist()): 0.0 for _ in range(100)}
    with pytest.raises(AsrkitError, match="too large for a picture"):
        list(dot(graph_of(many, 2.0, 50), UnitTable(tuple(map(chr, range(200, 250))))))
