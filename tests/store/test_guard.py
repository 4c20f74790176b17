import os
import sys

import pytest

from asrkit.errors import AsrkitError, Status
from asrkit.store import check_output, check_outputs, protecting, publish_file, publish_folder, write_bytes

HERS = b"what she wrote\n"


def refused(action, sentence):
    with pytest.raises(AsrkitError) as raised:
        action()
    assert sentence in str(raised.value) and "\n" not in str(raised.value), str(raised.value)
    assert raised.value.status == Status.WRONG_USAGE


@pytest.fixture
def work(tmp_path):
    """An input file, a folder of inputs, and other names of both."""
    (tmp_path / "text").write_bytes(HERS)
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds/a.wav").write_bytes(HERS)
    (tmp_path / "link").symlink_to("text")
    (tmp_path / "link-to-link").symlink_to("link")
    os.link(tmp_path / "text", tmp_path / "hard")
    (tmp_path / "linked-sounds").symlink_to("sounds")
    return tmp_path


SAME = ("text", "link", "link-to-link", "hard", "sounds/../text", "linked-sounds/../text")


@pytest.mark.parametrize("read", SAME)
@pytest.mark.parametrize("written", SAME)
def test_an_input_is_not_written_over_under_any_of_its_names(work, read, written):
    with protecting([work / read]):
        refused(lambda: write_bytes(work / written, b"x"), "this output is the input")
    assert (work / "text").read_bytes() == HERS == (work / "hard").read_bytes()


@pytest.mark.parametrize(
    "folder", ["sounds", "linked-sounds", "linked-sounds/../sounds", ".", "sounds/", "sounds/below/.."]
)
@pytest.mark.parametrize("written", ["sounds/new.npz", "linked-sounds/new.npz", "sounds/a.wav", "sounds/below/new"])
def test_nothing_is_written_into_a_folder_of_inputs(work, folder, written):
    (work / "sounds/below").mkdir()
    with protecting([f"{work}/{folder}"]):
        refused(lambda: write_bytes(work / written, b"x"), "this output lies in the input")
    assert (work / "sounds/a.wav").read_bytes() == HERS and not (work / "sounds/new.npz").exists()


@pytest.mark.parametrize("read", ["sounds/a.wav", "linked-sounds/a.wav", "sounds/link-out"])
def test_a_folder_that_holds_an_input_is_not_replaced(work, read):
    (work / "sounds/link-out").symlink_to("../text")

    def replace():
        with publish_folder(work / "sounds", "graph", overwrite=True, inputs=[work / read]):
            pass

    refused(replace, "this output holds the input")
    assert (work / "sounds/a.wav").read_bytes() == HERS and (work / "sounds/link-out").is_symlink()


def test_other_files_are_written_beside_the_inputs(work):
    with protecting([work / "text", work / "sounds", work / "missing"]):
        write_bytes(work / "other", b"x")
        with publish_folder(work / "graph", "graph") as folder:
            write_bytes(folder / "TLG.fst", b"x")
    write_bytes(work / "text", b"mine to change")  # the block is over
    assert (work / "text").read_bytes() == b"mine to change"


def test_an_input_that_is_not_there_is_not_made(work):
    with protecting([work / "missing"]):
        refused(lambda: write_bytes(work / "sounds/../missing", b"x"), "this output is the input")


def test_an_input_that_an_editor_saved_meanwhile_is_known_by_its_path(work):
    with protecting([work / "text"]):
        (work / "saved").write_bytes(b"new")
        (work / "saved").replace(work / "text")
        refused(lambda: write_bytes(work / "text", b"x"), "this output is the input")


def test_the_file_behind_standard_input_is_an_input(work, monkeypatch):
    with open(work / "text", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with protecting(["-"]):
            refused(lambda: write_bytes(work / "hard", b"x"), "this output is the input 'standard input'")


def test_standard_output_that_is_appended_to_an_input_is_refused(work, monkeypatch):
    """Else a command that writes while it reads would never end."""
    with open(work / "text", "a", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with protecting([work / "link"]):
            refused(lambda: write_bytes("-", b"x"), "standard output: this output is the input")
    assert (work / "text").read_bytes() == HERS


@pytest.mark.parametrize("read", ["sounds/", "sounds/.", "sounds/below/..", "linked-below/..", "linked-below/../a.wav"])
def test_a_folder_that_holds_an_input_is_known_however_the_path_is_written(work, read, monkeypatch):
    """`linked-below/..` is the folder above that to which the link leads, as the system has it."""
    (work / "sounds/below").mkdir()
    (work / "elsewhere").mkdir()
    (work / "elsewhere/linked-below").symlink_to("../sounds/below")
    monkeypatch.chdir(work / "elsewhere")
    with protecting([read if read.startswith("linked") else f"{work}/{read}"]):
        refused(lambda: check_output(work), "this output holds the input")
        check_output(work / "elsewhere")


def test_devices_may_be_read_and_written_at_once():
    with protecting(["/dev/null"]), publish_file("/dev/null") as stream:
        stream.write(b"x")


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("new", "new", "this output is the output"),
        ("link", "hard", "this output is the output"),
        ("sounds", "sounds/picture.svg", "this output lies in the output"),
        ("sounds/report", "sounds", "this output holds the output"),
    ],
)
def test_two_outputs_are_not_one(work, first, second, sentence):
    refused(lambda: check_outputs([str(work / first), str(work / second)]), sentence)
    check_outputs([str(work / first), "-", "-"])


def test_a_folder_of_many_inputs_is_checked_by_each_of_them(work):
    sources = [work / "sounds" / f"{number}.wav" for number in range(100)]
    check_output(work / "out", sources)
    refused(lambda: check_output(work / "sounds/77.wav", sources), "this output is the input")
    refused(lambda: check_output(work, sources), "this output holds the input")


def test_the_cure_says_where_an_output_may_lie(work):
    with protecting([work / "sounds"]):
        refused(lambda: write_bytes(work / "sounds/p.npz", b"x"), "name an output outside of it")
        refused(lambda: check_output(work), "name an output that does not hold it")
