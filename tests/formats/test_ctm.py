import pytest

from asrkit.formats import ctm
from asrkit.formats.ctm import CtmWord
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = ";; made by hand\nu1 1 0.5 0.25 阳光 0.98\n\nu1\t1\t0.75\t.3\t保险\n".encode()


def test_words_with_times_are_read(tmp_path):
    path = tmp_path / "c.ctm"
    path.write_bytes(GOOD)
    assert ctm.parse(path) == (CtmWord("u1", "1", 0.5, 0.25, "阳光", 0.98), CtmWord("u1", "1", 0.75, 0.3, "保险"))
    assert [word.line for word in ctm.parse(path)] == [2, 4]


def test_a_file_without_words_is_sound(tmp_path):
    assert ctm.parse(written(tmp_path / "c.ctm", "")) == ()


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    words = tuple(
        CtmWord(odd_word(rng), odd_word(rng), start / 100, duration / 100, odd_word(rng), confidence)
        for start, duration in rng.integers(0, 10**6, (5, 2)).tolist()
        for confidence in (None, 0.0, 1.0, round(float(rng.random()), 4))
    )
    assert ctm.parse(put(tmp_path / "c.ctm", ctm.serialize(words))) == words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("u 1 0 1\n", "c.ctm:1: five or six fields are needed, 4 stand here; write: utterance channel start duration"),
        ("\nu 1 0 1 a 1 b\n", "c.ctm:2: five or six fields are needed, 7 stand here"),
        ("u 1 x 1 a\n", "c.ctm:1: the start 'x' is not a number"),
        ("u 1 0 inf a\n", "c.ctm:1: the duration 'inf' is not a number"),
        ("u 1 -1 1 a\n", "c.ctm:1: the start is -1; it must be at least 0"),
        ("u 1 0 1 a 1.5\n", "c.ctm:1: the confidence is 1.5; it must be from 0 to 1"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(ctm.parse, written(tmp_path / "c.ctm", text), sentence)


@pytest.mark.parametrize(
    ("utt", "channel", "word", "line"),
    [
        (";;u", "1", "a", "%3B;u 1 0.00 0.00 a"),
        ("u", " ", "a", "u %20 0.00 0.00 a"),
        ("u v", "1", "hello\tworld\n", "u%20v 1 0.00 0.00 hello_world"),
        ("\udcff", "1", "\ud800a\0", "%FF 1 0.00 0.00 a"),
        ("", "1", "a", "% 1 0.00 0.00 a"),
    ],
)
def test_whatever_a_word_or_an_id_holds_its_line_is_written(tmp_path, utt, channel, word, line):
    assert list(ctm.serialize((CtmWord(utt, channel, 0.0, 0.0, word),))) == [line]
    assert len(ctm.parse(put(tmp_path / "c.ctm", [line]))) == 1


@pytest.mark.parametrize("word", ["", " ", "\0", "\udc80"])
def test_a_word_without_characters_has_no_line(word):
    assert list(ctm.serialize((CtmWord("u", "1", 0.0, 0.0, word),))) == []


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(ctm.parse, GOOD, tmp_path / "c.ctm")
    check_harmless(ctm.parse, GOOD, tmp_path / "c2.ctm")


def test_damaged_files_are_survived(tmp_path):
    values, errors = survives(ctm.parse, GOOD, tmp_path / "c.ctm")
    assert values > 50 and errors > 200
