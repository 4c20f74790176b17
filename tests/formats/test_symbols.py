import pynini
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import symbols
from asrkit.formats.symbols import SymbolTable
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = "<eps> 0\n阳光\t1\n[x] 7\n#0   300\n".encode()


def test_symbols_and_ids_are_found_both_ways(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(GOOD)
    table = symbols.parse(path)
    assert table.index == {"<eps>": 0, "阳光": 1, "[x]": 7, "#0": 300}
    assert table.symbols == {0: "<eps>", 1: "阳光", 7: "[x]", 300: "#0"}
    assert SymbolTable.numbered(["a", "b"]).pairs == (("a", 0), ("b", 1))


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    names = list(dict.fromkeys(odd_word(rng) for _ in range(int(rng.integers(1, 40)))))
    ids = rng.permutation(1000)[: len(names)].tolist()
    table = SymbolTable(tuple(zip(names, ids, strict=True)))
    put(tmp_path / "words.txt", symbols.serialize(table))
    assert symbols.parse(tmp_path / "words.txt") == table


def test_openfst_reads_what_is_written_and_the_other_way_round(tmp_path):
    table = SymbolTable((("<eps>", 0), ("阳光", 5), ("[x]", 2), ("\u3000", 9)))
    put(tmp_path / "words.txt", symbols.serialize(table))
    theirs = pynini.SymbolTable.read_text(str(tmp_path / "words.txt"))
    assert {theirs.find(i): i for i in (0, 5, 2, 9)} == dict(table.index)
    theirs.write_text(str(tmp_path / "theirs.txt"))
    assert symbols.parse(tmp_path / "theirs.txt").index == table.index


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no symbol stands in this file; write a symbol and its id a line"),
        ("a 0\nb\n", "w.txt:2: two fields are needed, 1 stand here; write a symbol, a space and its id"),
        ("a 0 1\n", "w.txt:1: two fields are needed, 3 stand here"),
        ("a 0\nb 1.5\n", "w.txt:2: the id '1.5' is not a whole number"),
        ("a 0\nb 9999999999999999999\n", "w.txt:2: the id '9999999999999999999' is not a whole number"),
        ("a 0\nb 1\na 2\n", "w.txt:3: the symbol 'a' stands on line 1 too; remove one of the two lines"),
        ("a 0\nb 0\n", "w.txt:2: the id '0' stands on line 1 too"),
    ],
)
def test_wrong_tables_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(symbols.parse, written(tmp_path / "w.txt", text), sentence)


def test_what_no_line_can_hold_is_refused_when_written():
    with pytest.raises(AsrkitError, match="the symbol 'a b' cannot be written"):
        list(symbols.serialize(SymbolTable.numbered(["a b"])))


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(symbols.parse, GOOD, tmp_path / "w.txt")
    check_harmless(symbols.parse, GOOD, tmp_path / "w2.txt")


def test_damaged_files_are_survived(tmp_path):
    values, errors = survives(symbols.parse, GOOD, tmp_path / "w.txt")
    assert values > 100 and errors > 300
