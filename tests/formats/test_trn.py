import pytest

from asrkit.formats import trn
from asrkit.formats.kaldi_dir import Transcript
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = "阳光 保险 (u1)\n\n(uh) a  b(u2)\n(u-3)\n".encode()


def test_the_id_is_in_the_last_brackets(tmp_path):
    path = tmp_path / "t.trn"
    path.write_bytes(GOOD)
    assert trn.parse(path) == (Transcript("u1", "阳光 保险"), Transcript("u2", "(uh) a  b"), Transcript("u-3", ""))
    assert [t.line for t in trn.parse(path)] == [1, 3, 4]


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    ids = dict.fromkeys(odd_word(rng, without="(") for _ in range(int(rng.integers(1, 20))))
    words = [" ".join(odd_word(rng) for _ in range(int(rng.integers(0, 5)))) for _ in ids]
    value = tuple(Transcript(i, text) for i, text in zip(ids, words, strict=True))
    assert trn.parse(put(tmp_path / "t.trn", trn.serialize(value))) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no utterance stands in this file"),
        ("a (u1)\na b\n", "t.trn:2: this line does not end in an utterance's id in brackets; write: words (utterance)"),
        ("a (u1) b\n", "does not end in an utterance's id"),
        ("a ()\n", "does not end in an utterance's id"),
        ("a (u 1)\n", "does not end in an utterance's id"),
        ("u1)\n", "does not end in an utterance's id"),
        ("a (u1)\n\nb (u1)\n", "t.trn:3: the utterance 'u1' stands on line 1 too"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(trn.parse, written(tmp_path / "t.trn", text), sentence)


@pytest.mark.parametrize(
    ("utt", "text", "line"),
    [
        ("a(1)", "x", "x (a%281))"),
        ("a b", "x", "x (a%20b)"),
        ("a", " x\ny\0 ", "x y (a)"),
        ("\udce9", "\ud800", "(%E9)"),
        ("", "", "(%)"),
    ],
)
def test_whatever_a_text_or_an_id_holds_its_line_is_written(tmp_path, utt, text, line):
    assert list(trn.serialize((Transcript(utt, text),))) == [line]
    assert len(trn.parse(put(tmp_path / "t.trn", [line]))) == 1


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(trn.parse, GOOD, tmp_path / "t.trn")
    check_harmless(trn.parse, GOOD, tmp_path / "t2.trn")


def test_damaged_files_are_survived(tmp_path):
    values, errors = survives(trn.parse, GOOD, tmp_path / "t.trn")
    assert values > 50 and errors > 200
