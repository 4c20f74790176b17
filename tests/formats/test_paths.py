import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import paths
from asrkit.formats.kaldi_dir import Recording
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = "/data/a b.wav\n\n阳光/x.flac\t\n#1.wav\n".encode()


def test_a_line_is_a_path_with_its_spaces(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(GOOD)
    found = [(r.id, r.source, r.line) for r in paths.parse(path)]
    assert found == [("a_b", "/data/a b.wav", 1), ("x", "阳光/x.flac", 3), ("#1", "#1.wav", 4)]


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    names = ["  ".join(odd_word(rng) for _ in range(int(rng.integers(1, 4)))) for _ in range(10)]
    value = {paths.recording_id(name): Recording(paths.recording_id(name), name) for name in names}
    assert paths.parse(put(tmp_path / "list.txt", paths.serialize(value.values()))) == tuple(value.values())


def test_a_relative_path_may_count_from_the_list(tmp_path):
    (tmp_path / "here.wav").touch()
    assert paths.parse(written(tmp_path / "list.txt", "here.wav\n"))[0].source == str(tmp_path / "here.wav")


def test_an_id_is_the_name_without_ending_and_can_be_written_into_any_list():
    assert [paths.recording_id(p) for p in ("a/x.wav", "b/y z\t.flac", "阳.光.wav", ".wav", "/")] == [
        "x", "y_z_", "阳.光", ".wav", "_",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no path stands in this file; write the path of one recording a line"),
        ("a.wav\nb.wav\n a.flac\n", "list.txt:3: 'a.flac' would have the same id, 'a', as the path on line 1"),
    ],
)
def test_wrong_lists_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(paths.parse, written(tmp_path / "list.txt", text), sentence)


@pytest.mark.parametrize("path", ["", "a\nb", " a", "a\t", "\0", "\ufeffa"])
def test_what_no_line_can_hold_is_refused_when_written(path):
    with pytest.raises(AsrkitError, match="cannot be written on one line"):
        list(paths.serialize([Recording("a", path)]))


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(paths.parse, GOOD, tmp_path / "l.txt")
    check_harmless(paths.parse, GOOD, tmp_path / "l2.txt")


def test_damaged_files_are_survived(tmp_path):
    survives(paths.parse, GOOD, tmp_path / "l.txt")
