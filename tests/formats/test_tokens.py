import json

import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import tokens
from asrkit.formats.tokens import UnitTable
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

UNITS = ("<blank>", "<s>", "</s>", "中", "th@@", "▁a", "[", "<unk>")
JSON = json.dumps(UNITS, ensure_ascii=False, indent=1).encode() + b"\n"
TXT = "".join(f"{unit} {i}\n" for i, unit in enumerate(UNITS)).encode()


@pytest.mark.parametrize("content", [JSON, json.dumps(UNITS).encode(), TXT, TXT.replace(b" ", b"\t")])
def test_json_and_text_give_the_same_table(tmp_path, content):
    path = tmp_path / "tokens"
    path.write_bytes(content)
    table = tokens.parse(path)
    assert table == UnitTable(UNITS)
    assert table.index["中"] == 3 and len(table.index) == len(UNITS)
    assert table.sha256 == UnitTable(UNITS).sha256


def test_the_hash_tells_tables_apart_and_never_changes():
    assert UnitTable(("a", "b")).sha256 == "3554d2b8a1e34099053865de8576d1460b807430ec8c6b85315c9607ba93d308"
    different = [("a", "b"), ("b", "a"), ("ab",), ("a, b",), ("a", "b", "c"), ('a", "b',)]
    assert len({UnitTable(units).sha256 for units in different}) == len(different)


@random_cases(50)
@pytest.mark.parametrize("form", ["json", "txt"])
def test_what_is_written_is_read_again(tmp_path, form, rng):
    units = dict.fromkeys(odd_word(rng) for _ in range(int(rng.integers(1, 40))))
    table = UnitTable((*units, " "))
    put(tmp_path / "t", tokens.serialize(table, form))
    assert tokens.parse(tmp_path / "t") == table


def test_json_holds_units_that_text_cannot(tmp_path):
    table = UnitTable(("a b", "\n", "\t", "\0"))
    put(tmp_path / "tokens.json", tokens.serialize(table))
    assert tokens.parse(tmp_path / "tokens.json") == table
    with pytest.raises(AsrkitError, match="cannot be written"):
        list(tokens.serialize(table, "txt"))


def test_lines_may_stand_in_any_order_and_a_lone_id_is_the_space(tmp_path):
    path = written(tmp_path / "tokens.txt", "b 2\n  1\na 0\n")
    assert tokens.parse(path).units == ("a", " ", "b")


def test_disambiguation_symbols_behind_the_units_are_no_units(tmp_path):
    """icefall lists them in tokens.txt; the model has no outputs for them."""
    assert tokens.parse(written(tmp_path / "t", "a 0\nb 1\n#0 2\n#1 3\n")).units == ("a", "b")
    for units in (("#0", "a"), ("a", "#1"), ("#0", "#1"), ("a", "#0", "b")):
        lines = "".join(f"{unit} {i}\n" for i, unit in enumerate(units))
        assert tokens.parse(written(tmp_path / "t", lines)).units == units


def test_brackets_as_first_unit_are_not_taken_for_json(tmp_path):
    assert tokens.parse(written(tmp_path / "tokens.txt", "[ 0\n{ 1\n")).units == ("[", "{")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no unit stands in this file; copy the model's tokens.json anew"),
        (" \n\n", "no unit stands in this file"),
        ('{"a": "0"}', "this JSON object does not give each unit a whole number; write"),
        ('{"a": 0, "b": 2}', "no unit has the id 1, although there are 2 units"),
        ('{"a": 0, "b": 0}', "no unit has the id 1, although there are 2 units"),
        ('{"a": 0, "a": 1}', "the key 'a' stands twice"),
        ("[]", "this list of units is empty"),
        ('["a", 1]', "unit 1 is '1', where a string is needed"),
        ('["a", ""]', "unit 1 is '\"\"', where a string is needed"),
        ('["a", ["b"]]', "unit 1 is '[\"b\"]'"),
        ('["a", "b", "a"]', "the unit 'a' has two ids, 0 and 2; rename one of them"),
        ('["a",\n"b"', "t.txt:2: not JSON at column 4"),
        ('["\\ud800"]', "t.txt:1: a \\u escape in this JSON is half of a surrogate pair; write the character itself"),
        ("[" * 100_000, "t.txt:1: not JSON that can be used"),
        ("a 0\nb 1\na 2\n", "t.txt:3: the unit 'a' stands on line 1 too; remove one of the two lines"),
        ("a 0\nb 1\nc 01\n", "t.txt:3: the id '1' stands on line 2 too"),
        ("a 0\nb 2\n", "t.txt: id 1 is missing, although there are ids up to 2"),
        ("a 0\nb -1\n", "t.txt:2: the id '-1' is not a whole number; write one such as 12"),
        ("a 0\nb ２\n", "the id '２' is not a whole number"),
        ("a 0\nb\n", "t.txt:2: two fields are needed, 1 stand here; write a unit, a space and its id"),
        ("a b 0\n", "t.txt:1: two fields are needed, 3 stand here"),
        ("a 999999999999999999\n", "id 0 is missing"),
    ],
)
def test_wrong_tables_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(tokens.parse, written(tmp_path / "t.txt", text), sentence)


@pytest.mark.parametrize("good", [JSON, TXT])
def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path, good):
    check_broken(tokens.parse, good, tmp_path / "t.txt")
    check_harmless(tokens.parse, good, tmp_path / "t2.txt")


@pytest.mark.parametrize("good", [JSON, TXT])
def test_damaged_files_are_survived(tmp_path, good):
    values, errors = survives(lambda path: tokens.parse(path).sha256, good, tmp_path / "t.txt")
    assert values > 50 and errors > 300
