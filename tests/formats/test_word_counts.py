import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import word_counts
from tests.mutants import survives


def test_words_and_counts_are_read(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("中国 12 ns\n\n  人\t3\n人 4\n词\n", encoding="utf-8")
    assert word_counts.parse(path) == {"中国": 12, "人": 7, "词": 1}


def test_what_is_written_is_read_again(tmp_path):
    counts = {"人": 4, "中国": 12}
    path = tmp_path / "lexicon.txt"
    path.write_text("\n".join(word_counts.serialize(counts)), encoding="utf-8")
    assert word_counts.parse(path) == counts


@pytest.mark.parametrize("count", ["0", "-3", "x", "1.5", "nan", "²", "9" * 30])
def test_a_wrong_count_is_told_with_its_line(tmp_path, count):
    path = tmp_path / "lexicon.txt"
    path.write_text(f"中国 12\n人 {count}\n", encoding="utf-8")
    with pytest.raises(AsrkitError, match=r"lexicon\.txt:2"):
        word_counts.parse(path)


def test_a_file_without_words_is_told(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("\n \n")
    with pytest.raises(AsrkitError, match="no word"):
        word_counts.parse(path)


def test_damaged_files_are_told(tmp_path):
    survives(word_counts.parse, "中国 12\n人 3\nabc 4 n\n".encode(), tmp_path / "lexicon.txt")
