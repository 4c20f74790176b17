"""Words spelled in a model's units."""

import json
from pathlib import Path

import pytest

from asrkit.formats.tokens import UnitTable
from asrkit.graph.make_lexicon import make_lexicon, read_seg_dict, way_of
from tests.cli.running import asrkit


def spelled(words, units, way, **more):
    made, left_out = make_lexicon(words, UnitTable(tuple(units)), way, **more)
    ways = [(entry.word, " ".join(entry.units)) for entry in made.entries]
    return ways, {left.word: left.reason for left in left_out}


def test_characters():
    made, left_out = spelled(["保定", "IBM", "垚保"], "保定ibm", "char")
    assert made == [("IBM", "i b m"), ("保定", "保 定")]
    assert left_out == {"垚保": "the model has no unit '垚'"}


@pytest.mark.parametrize("units", [("hang2", "xing2", "yin2"), ("háng", "xíng", "yín")])
def test_pinyin_in_the_models_own_form_with_the_readings_of_polyphones(units):
    made, left_out = spelled(["行", "银行", "IBM", "3行"], units, "pinyin")
    assert made == [("行", units[1]), ("行", units[0]), ("银行", f"{units[2]} {units[0]}")]
    assert "'I' has no reading" in left_out["IBM"]
    assert "write numbers as they are spoken" in left_out["3行"]


def test_pinyin_of_u_with_dots_and_of_the_neutral_tone():
    assert spelled(["绿的"], ("lv4", "de5"), "pinyin")[0] == [("绿的", "lv4 de5")]
    assert spelled(["绿的"], ("lǜ", "de"), "pinyin")[0] == [("绿的", "lǜ de")]
    made, _ = spelled(["功夫"], ("gong1", "fu1"), "pinyin")  # the model lacks fu5: the character's own reading
    assert made == [("功夫", "gong1 fu1")]


def test_pieces_that_go_on_the_longest_first():
    units = ("h@@", "hel@@", "he@@", "llo", "lo", "l@@", "o", "手", "机")
    made, left_out = spelled(["hello", "Hello手机", "xlo"], units, "bpe")
    assert made == [("Hello手机", "hel@@ lo 手 机"), ("hello", "hel@@ lo")]
    assert left_out == {"xlo": "the model has no unit 'x', in 'xlo'"}


def test_pieces_that_begin_words():
    assert spelled(["hello"], ("▁", "▁hel", "▁h", "lo", "l", "o"), "bpe")[0] == [("hello", "▁hel lo")]


def test_the_models_own_pieces_come_first(tmp_path):
    path = tmp_path / "seg_dict"
    path.write_text("hello\the@@ llo\nbye\tb@@ ye\n")
    made, left_out = spelled(["hello", "bye"], ("hel@@", "he@@", "llo", "lo"), "bpe", seg_dict=read_seg_dict(path))
    assert made == [("hello", "he@@ llo")]
    assert left_out == {"bye": "the model has no unit 'b@@'"}
    made, _ = spelled(["ab"], ("▁a", "b"), "bpe", sentencepiece=lambda text: ["▁a", "b"])
    assert made == [("ab", "▁a b")]


def test_the_way_is_seen_from_the_units():
    assert way_of(UnitTable(("<blank>", "zhōng"))) == "pinyin"
    assert way_of(UnitTable(("<blank>", "中", "th@@"))) == "bpe"
    assert way_of(UnitTable(("<blank>", "▁the", "s"))) == "bpe"
    assert way_of(UnitTable(("<blank>", "中"))) == "char"


def test_the_command_names_what_it_leaves_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("tokens.json").write_text(json.dumps(["保", "定"]))
    Path("words.txt").write_text("保定 12\n阳光\n定\n", "utf-8")
    done = asrkit("make-lexicon", "words.txt", "--units", "tokens.json", "--report", "left.txt", status=3)
    assert done.stdout == "保定 保 定\n定 定\n"
    assert "1 words are left out, left.txt lists them all: '阳光': the model has no unit '阳'" in done.stderr
    assert Path("left.txt").read_text("utf-8") == "阳光\tthe model has no unit '阳'\n"
    Path("words.txt").write_text("阳光\n", "utf-8")
    assert "none of 1 words" in asrkit("make-lexicon", "words.txt", "--units", "tokens.json", status=1).stderr
    seg = ("--seg-dict", "words.txt")
    assert "--by bpe" in asrkit("make-lexicon", "words.txt", "--units", "tokens.json", *seg, status=2).stderr
    sp = ("--by", "bpe", "--sentencepiece", "words.txt")
    assert "sentencepiece" in asrkit("make-lexicon", "words.txt", "--units", "tokens.json", *sp, status=1).stderr
