"""At which positions between units words may begin and end, for each kind of unit table."""

import pytest

from asrkit.formats.tokens import UnitTable
from asrkit.units.edges import word_edges

JOINED = "<blank> </s> <unk> fo@@ c@@ us the 我 用 の t@@ -@@ shirt don@@ 't"
MARKED = "<unk> ▁HE LL O ▁ ▁WORLD 你 ▁好 , ' S <0xE4> <0xBD> <0xA0> <0xC3> <0xA9> ▁CAF"
LETTERS = ["<blank>", "|", *"focusnt'", "你"]


def table(units):
    return UnitTable(tuple(units.split() if isinstance(units, str) else units))


def marked(units, said):
    """Return the units said, with `/` at each edge between them."""
    ids = [units.index[unit] for unit in said.split()]
    before, behind = word_edges(units).around(ids)
    assert before[0] and behind[-1]
    shown = ""
    for place, unit in enumerate(said.split()):
        shown += unit
        if place + 1 < len(ids):
            inner_special = word_edges(units).special[ids[place]] or word_edges(units).special[ids[place + 1]]
            assert inner_special or before[place + 1] == behind[place]
            shown += " / " if behind[place] and before[place + 1] else " "
    return shown


@pytest.mark.parametrize(
    ("units", "said"),
    [
        (JOINED, "fo@@ c@@ us / the / us"),
        (JOINED, "我 / 用 / fo@@ / 我 / us / の"),
        (JOINED, "t@@ / -@@ shirt"),
        (JOINED, "don@@ / 't"),
        (MARKED, "▁HE LL O / ▁WORLD"),
        (MARKED, "▁HE LL / ▁ / O"),
        (MARKED, "LL / 你 / ▁好 / LL O"),
        (MARKED, "▁HE LL / , / O"),
        (MARKED, "▁HE LL / ' S / ▁WORLD"),
        (MARKED, "▁HE / <0xE4> <0xBD> <0xA0> / ▁WORLD"),
        (MARKED, "▁CAF <0xC3> <0xA9>"),
        (LETTERS, "f o c u s / | / o n"),
        (LETTERS, "o n / 你 / u s"),
    ],
)
def test_edges_lie_where_words_begin_and_end(units, said):
    assert marked(table(units), said.replace(" / ", " ")) == said


@pytest.mark.parametrize(
    "units", ["<blank> 我 用 a p", "zhōng guó <blank>", "hello world 你", "F O C U S 你", "<blank> f o c u s"]
)
def test_where_nothing_tells_word_edges_each_position_is_one(units):
    assert word_edges(table(units)) is None


def test_special_units_are_seen_through():
    units = table(JOINED)
    ids = [units.index[unit] for unit in ["fo@@", "<unk>", "us", "</s>", "the", "</s>"]]
    before, behind = word_edges(units).around(ids)
    assert before.tolist() == [True, True, False, True, True, True]
    assert behind.tolist() == [False, True, True, True, True, True]
