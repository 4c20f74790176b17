import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import lexicon
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = "银行 yin2 hang2\n行 xing2\n行\thang2\n\nOK  ou1  kei4 \n".encode()


def read_with_probabilities(path):
    return lexicon.parse(path, probabilities=True)


def test_words_units_and_several_pronunciations_are_read_in_order(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_bytes(GOOD)
    entries = lexicon.parse(path).entries
    assert [(e.word, e.units, e.line) for e in entries] == [
        ("银行", ("yin2", "hang2"), 1),
        ("行", ("xing2",), 2),
        ("行", ("hang2",), 3),
        ("OK", ("ou1", "kei4"), 5),
    ]
    assert {e.probability for e in entries} == {1.0}


@random_cases(50)
@pytest.mark.parametrize("probabilities", [False, True])
def test_what_is_written_is_read_again(tmp_path, probabilities, rng):
    entries = {}
    for _ in range(int(rng.integers(1, 30))):
        units = tuple(odd_word(rng) for _ in range(int(rng.integers(1, 5))))
        chance = 1 - float(rng.random()) if probabilities else 1.0
        entry = Pronunciation(odd_word(rng), units, chance)
        entries[entry.word, entry.units] = entry
    value = Lexicon((Pronunciation("词", ("c", "i")), *entries.values()))
    put(tmp_path / "l.txt", lexicon.serialize(value, probabilities=probabilities))
    assert lexicon.parse(tmp_path / "l.txt", probabilities=probabilities) == value


def test_probabilities_are_read_when_asked_for(tmp_path):
    path = written(tmp_path / "lexiconp.txt", "行 0.75 xing2\n行 2.5e-1 hang2\n好 1 hao3\n")
    assert [e.probability for e in lexicon.parse(path, probabilities=True).entries] == [0.75, 0.25, 1.0]


def test_kaldis_lexiconp_is_known_by_its_second_column_and_told(tmp_path, capsys):
    path = written(tmp_path / "lexiconp.txt", "行 0.75 xing2\n行 0.25 hang2\n好 1 hao3\n")
    assert [(e.units, e.probability) for e in lexicon.parse(path).entries] == [
        (("xing2",), 0.75),
        (("hang2",), 0.25),
        (("hao3",), 1.0),
    ]
    assert "the second column is taken for the probabilities" in capsys.readouterr().err
    path = written(tmp_path / "nearly", "行 0.75 xing2\n" * 30 + "好 hao3 x\n")
    told(lexicon.parse, path, "nearly:31: the second column has a probability on almost every line, but not here")
    path = written(tmp_path / "units.txt", "一 1 2\n二 1 3\n半 0.5\n")  # numbers may be units
    assert len(lexicon.parse(path).entries) == 3


@pytest.mark.parametrize(
    ("text", "probabilities", "sentence"),
    [
        ("好 hao3\n行\n", False, "l.txt:2: the word '行' has no units; write at least one unit after it"),
        ("好 0.5\n", True, "l.txt:1: the word '好' has no units"),
        ("好 hao3 x\n", True, "l.txt:1: 'hao3', after the word '好', is not a probability"),
        ("好 0 hao3\n", True, "is not a probability over 0 and up to 1"),
        ("好 1.01 hao3\n", True, "is not a probability"),
        ("好 nan hao3\n", True, "is not a probability"),
        ("好 １ hao3\n", True, "is not a probability"),
        ("好 0.5 hao3\n\n好 0.4 hao3\n", True, "l.txt:3: this pronunciation of '好' has another probability on line 1"),
        ("\n \t\n", False, "no word stands in this file; write one word a line"),
        ("", False, "no word stands in this file"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, text, probabilities, sentence):
    path = written(tmp_path / "l.txt", text)
    told(lambda p: lexicon.parse(p, probabilities=probabilities), path, sentence)


def test_a_repeated_pronunciation_is_taken_once_with_a_warning(tmp_path, capsys):
    path = written(tmp_path / "l.txt", "好 hao3\n行 xing2\n好 hao3\n好 hao3\n")
    assert [e.word for e in lexicon.parse(path).entries] == ["好", "行"]
    assert "l.txt: line 3 repeats line 1 (2 such lines)" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["", "a b", "a\tb", "a\n", "a\r", "\0", "\ufeffa", "\ud800"])
def test_what_no_line_can_hold_is_refused_when_written(word):
    with pytest.raises(AsrkitError, match="cannot be written"):
        list(lexicon.serialize(Lexicon((Pronunciation(word, ("a",)),))))
    with pytest.raises(AsrkitError, match="cannot be written"):
        list(lexicon.serialize(Lexicon((Pronunciation("a", (word,)),))))


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(lexicon.parse, GOOD, tmp_path / "l.txt")
    check_harmless(lexicon.parse, GOOD, tmp_path / "l2.txt")


def test_damaged_files_are_survived(tmp_path):
    survives(lexicon.parse, GOOD, tmp_path / "l.txt")
    good = "行 0.75 xing2\n行 0.25 hang2\n好 1.0 hao3\n".encode()
    values, errors = survives(read_with_probabilities, good, tmp_path / "p.txt")
    assert errors > 100 and values > 100


CMUDICT = """;;; # CMUdict  --  Major Version: 0.07
;;; ========
HELLO  HH AH0 L OW1
HELLO(1)  HH EH0 L OW1
AALBORG  AO1 L B AO0 R G # place, danish
#HASH-MARK  HH AE1 SH M AA2 R K
A.(2)  AH0
"""


def test_cmudict_is_read_with_its_comments_and_numbered_pronunciations(tmp_path):
    entries = lexicon.parse(written(tmp_path / "cmudict", CMUDICT)).entries
    assert [(e.word, " ".join(e.units), e.line) for e in entries] == [
        ("HELLO", "HH AH0 L OW1", 3),
        ("HELLO", "HH EH0 L OW1", 4),
        ("AALBORG", "AO1 L B AO0 R G", 5),
        ("#HASH-MARK", "HH AE1 SH M AA2 R K", 6),
        ("A.(2)", "AH0", 7),  # no A. stands in the file: a word of its own
    ]


def test_a_sharp_among_other_units_than_cmudicts_is_a_unit(tmp_path):
    entries = lexicon.parse(written(tmp_path / "l", "C# c #\nA#B A # B\n#1 # 1\n")).entries
    assert [e.units for e in entries] == [("c", "#"), ("A", "#", "B"), ("#", "1")]


def test_a_lexicon_with_probabilities_of_silence_is_told(tmp_path):
    path = written(tmp_path / "lexiconp_silprob.txt", "A 1.0 0.35 1.02 0.98 AH\nLOW 0.5 0.2 0.99 1.01 L OW\n")
    message = told(lexicon.parse, path, "this is Kaldi's lexiconp_silprob.txt")
    assert "take the lexiconp.txt beside it" in message


def test_a_file_of_comments_has_no_word(tmp_path):
    told(lexicon.parse, written(tmp_path / "l", ";;; nothing\n"), "no word stands in this file")


def test_a_space_among_units_has_a_name_in_the_file(tmp_path):
    value = Lexicon((Pronunciation("ab", ("a", "b", " ")),))
    put(tmp_path / "l", lexicon.serialize(value))
    assert (tmp_path / "l").read_text() == "ab a b <space>\n"
    read = lexicon.parse(tmp_path / "l")
    assert read.in_units(UnitTable(("a", "b", " "))) == value
    assert read.in_units(UnitTable(("a", "b", "<space>"))) == read


def test_a_word_of_cmudict_with_a_comment_alone_is_told(tmp_path):
    path = written(tmp_path / "l", "A  AH0\nB  # no phones\n")
    told(lexicon.parse, path, "l:2: the word 'B' has no units")
