import pytest

from asrkit.formats import stm
from asrkit.formats.stm import Turn
from tests.formats.bad_files import check_broken, check_harmless, told, written
from tests.mutants import survives

GOOD = ";; LABEL \"O\" \"all\"\ncall A spk1 0.00 1.50 <o,f0,female> 阳光 <unk> a\ncall\t2 spk2 1.5 2.25\n\n"


def test_an_stm_is_read(tmp_path):
    first, second = stm.parse(written(tmp_path / "x.stm", GOOD))
    assert first == Turn("call", 0, "spk1", 0.0, 1.5, "阳光 <unk> a")
    assert second == Turn("call", 1, "spk2", 1.5, 2.25, "")
    assert (first.line, second.line) == (2, 3)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "no line stands in this file"),
        ("a 1 x y 1.0 w", "x.stm:1: the start 'y' is not a number"),
        ("a 1 x -1 1.0 w", "x.stm:1: the start is -1; it must be at least 0"),
        ("a 0 x 0.0 1.0 w", "x.stm:1: '0' is no channel; write A, B … or 1, 2 …"),
    ],
)
def test_wrong_lines_are_told(tmp_path, line, sentence):
    told(stm.parse, written(tmp_path / "x.stm", line + "\n"), sentence)


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(stm.parse, GOOD.encode(), tmp_path / "x.stm")
    check_harmless(stm.parse, GOOD.encode(), tmp_path / "y.stm")


def test_damaged_files_are_survived(tmp_path):
    values, errors = survives(stm.parse, GOOD.encode(), tmp_path / "x.stm")
    assert values > 20 and errors > 100
