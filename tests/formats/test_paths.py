import os
from urllib.parse import unquote

import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import paths
from asrkit.formats.paths import ListedPath
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = "/data/a b.wav\n\n阳光/x.flac\t\n#1.wav\n".encode()


def test_a_line_is_a_path_with_its_spaces(tmp_path):
    path = tmp_path / "list.txt"
    path.write_bytes(GOOD)
    assert [(p.path, p.line) for p in paths.parse(path)] == [("/data/a b.wav", 1), ("阳光/x.flac", 3), ("#1.wav", 4)]


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    names = dict.fromkeys("  ".join(odd_word(rng) for _ in range(int(rng.integers(1, 4)))) for _ in range(10))
    value = tuple(ListedPath(name) for name in names)
    assert paths.parse(put(tmp_path / "list.txt", paths.serialize(value))) == value


def test_a_relative_path_counts_from_the_list_if_the_file_is_there(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/here.wav").touch()
    monkeypatch.chdir(tmp_path)
    assert paths.locate("here.wav", "data/wav.scp") == "data/here.wav"
    assert paths.locate("elsewhere.wav", "data/wav.scp") == "elsewhere.wav"
    assert paths.locate("/x/here.wav", "data/wav.scp") == "/x/here.wav"
    assert paths.locate("here.wav", "-") == "here.wav"
    assert paths.locate("here.wav", "wav.scp") == "here.wav"


def test_an_id_is_the_name_without_ending_or_the_path_from_the_common_folder_where_names_repeat():
    assert paths.utterance_ids(["a/x.wav", "b/y z.flac"]) == ("x", "y_z")
    assert paths.utterance_ids(["a/x.wav", "b/x.wav", "y.wav"]) == ("a/x", "b/x", "y")
    for folder in ("in/", "./in/", os.path.abspath("in") + "/", "/data/of/mine/"):
        names = ("a/x", "b/x", "b/c/y")
        assert paths.utterance_ids([f"{folder}{name}.wav" for name in names]) == names
    assert paths.utterance_ids([]) == ()
    assert paths.utterance_ids(["a\tb\nc.wav", "/"]) == ("a_b_c", "_")
    with pytest.raises(AsrkitError, match=r"'x\.wav' and 'x\.flac' would both be the utterance 'x'; rename one"):
        paths.utterance_ids(["x.wav", "x.flac"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no path stands in this file; write the path of one audio file a line"),
        ("a.wav\nb.wav\n a.wav\n", "list.txt:3: the path 'a.wav' stands on line 1 too; remove one of the two lines"),
    ],
)
def test_wrong_lists_are_told_with_place_and_cure(tmp_path, text, sentence):
    told(paths.parse, written(tmp_path / "list.txt", text), sentence)


def test_a_name_that_is_not_utf8_gives_an_id_that_says_which_bytes():
    assert paths.utterance_ids([os.fsdecode(b"d/caf\xe9 1.wav")]) == ("caf%E9_1",)


ODD_IDS = ["a", "a/times", "a%2Ftimes", "..", ".hidden", "-x", "句" * 300, "句" * 299 + "子", "a:b*?", "\u3000", "\0"]
ODD_IDS += ["\udcff"]


def test_each_utterance_has_a_file_of_its_own_and_a_list_tells_which(tmp_path):
    names = [paths.file_name(utt, ".fst") for utt in ODD_IDS]
    assert len(set(names)) == len(ODD_IDS)
    for name in names:
        (tmp_path / name).touch()
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    assert [unquote(name, errors="surrogateescape") for name in names[:6]] == [f"{utt}.fst" for utt in ODD_IDS[:6]]
    assert list(paths.file_list(["a b", "句"], "lattices", ".fst")) == ["a%20b lattices/a b.fst", "句 lattices/句.fst"]


@pytest.mark.parametrize("path", ["a\nb", " a", "a\t", "\0", "\ufeffa"])
def test_what_no_line_can_hold_is_refused_when_written(path):
    with pytest.raises(AsrkitError, match="cannot be written on one line"):
        list(paths.serialize((ListedPath(path),)))


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(paths.parse, GOOD, tmp_path / "l.txt")
    check_harmless(paths.parse, GOOD, tmp_path / "l2.txt")


def test_damaged_files_are_survived(tmp_path):
    survives(paths.parse, GOOD, tmp_path / "l.txt")


@pytest.mark.parametrize("utt", ["../z", ".hidden", "..", "-rf", "--", "-"])
def test_the_file_of_an_utterance_is_neither_hidden_nor_an_option(utt):
    name = paths.file_name(utt, ".srt")
    assert name[0] == "%" and "/" not in name and unquote(name) == f"{utt}.srt"
