import gzip
import io
import sys

import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import reading
from asrkit.formats.fields import number, refuse_all, whole_number
from tests.formats.bad_files import BROKEN, HARMLESS, told, written
from tests.random_cases import random_cases

PIECES = ("阳", "a", " ", "\t", "\u2028", "\u3000", "\n", "\r\n", "\n\n", "\x85", "\x0b", "\ufeff", "😀", "b" * 9)


def line_by_line(content):
    """The slow twin: one line at a time."""
    lines = content.split(b"\n")
    lines = lines[:-1] if lines[-1] == b"" else lines
    texts = [line.removesuffix(b"\r").decode() for line in lines]
    return [(i, text.removeprefix("\ufeff") if i == 1 else text) for i, text in enumerate(texts, 1)]


@random_cases(300)
def test_lines_are_the_same_wherever_the_file_is_cut_into_chunks(tmp_path, monkeypatch, rng):
    picks = rng.integers(0, len(PIECES), int(rng.integers(0, 40)))
    path = written(tmp_path / "t.txt", "".join(PIECES[i] for i in picks))
    monkeypatch.setattr(reading, "_CHUNK_BYTES", int(rng.integers(1, 20)))
    max_bytes = int(rng.choice([9, 1 << 20]))
    try:
        lines = list(reading.read_lines(path, max_bytes=max_bytes))
    except AsrkitError as error:
        assert "more than 9 bytes" in str(error)
        assert max(len(text.encode()) for _, text in line_by_line(path.read_bytes())) > max_bytes
    else:
        assert lines == line_by_line(path.read_bytes())
        assert all(len(text.encode()) <= max_bytes for _, text in lines)


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_damage_is_told_with_its_line_wherever_the_file_is_cut(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(reading, "_CHUNK_BYTES", chunk)
    path = tmp_path / "t.txt"
    for damage in (b"\0", b"\xff", b"a\rb", b"x" * 101):
        path.write_bytes(b"good\n\nlines\n" + damage + b"\nafter\n")
        told(lambda p: list(reading.read_lines(p, max_bytes=100)), path, "t.txt:4: ")


def test_a_line_may_have_as_many_bytes_as_are_allowed_besides_mark_and_line_end(tmp_path):
    path = tmp_path / "t.txt"
    for content in (b"\xef\xbb\xbf" + b"a" * 9 + b"\r\n", b"a" * 9, b"a" * 9 + b"\r\n" + b"a" * 9):
        path.write_bytes(content)
        assert all(text == "a" * 9 for _, text in reading.read_lines(path, max_bytes=9))
        told(lambda p: list(reading.read_lines(p, max_bytes=8)), path, "t.txt:1: a line of more than 8 bytes")


def test_an_endless_line_is_not_read_to_its_end():
    read, write = 0, 1 << 20

    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            nonlocal read
            read += len(buffer)
            assert read < 4 * write  # the end of memory would be the end of the test
            buffer[:] = b"a" * len(buffer)
            return len(buffer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
        with pytest.raises(AsrkitError, match="standard input:1: a line of more than"):
            list(reading.read_lines("-", max_bytes=write))


def test_a_dash_is_standard_input_gzipped_or_not(monkeypatch):
    for content in ("阳\n光".encode(), gzip.compress("阳\n光".encode())):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))
        assert list(reading.read_lines("-")) == [(1, "阳"), (2, "光")]


def test_fields_are_split_at_spaces_and_tabs_only():
    assert reading.split_fields(" a\t b  c\u3000d\u2028e\x0bf ") == ["a", "b", "c\u3000d\u2028e\x0bf"]
    assert reading.split_fields("") == reading.split_fields(" \t ") == []


@pytest.mark.parametrize("damage", BROKEN)
def test_broken_json_files_are_told(tmp_path, damage):
    make, sentence = BROKEN[damage]
    path = tmp_path / "j.json"
    path.write_bytes(make(b'{"a": 1}\n'))
    told(reading.read_json, path, sentence)


@pytest.mark.parametrize("change", HARMLESS)
def test_harmless_changes_of_json_files_change_nothing(tmp_path, change):
    path = tmp_path / "j.json"
    path.write_bytes(HARMLESS[change](b'{"a":\n [1.5, "b"]}\n'))
    assert reading.read_json(path) == {"a": [1.5, "b"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "j.json:1: not JSON at column 1: Expecting value; mend it there"),
        ('{"a":\n1,}', "j.json:2: not JSON at column 3"),
        ("[NaN]", "NaN is not a finite number"),
        ("[-Infinity]", "-Infinity is not a finite number"),
        ("[1e999]", "1e999 is not a finite number"),
        ("[" + "9" * 5000 + "]", "not JSON that can be used"),
        ("[" * 200_000, "not JSON that can be used"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' stands twice in one object"),
        ('["\\ud800x"]', "a \\u escape in this JSON is half of a surrogate pair"),
        ('{"\\udc80": 1}', "half of a surrogate pair"),
    ],
)
def test_json_that_cannot_be_used_is_told(tmp_path, text, sentence):
    told(reading.read_json, written(tmp_path / "j.json", text), sentence)


def test_a_whole_surrogate_pair_is_a_character(tmp_path):
    assert reading.read_json(written(tmp_path / "j.json", '["\\ud83d\\ude00"]')) == ["😀"]


@pytest.mark.parametrize("field", ["", "nan", "inf", "1e999", "1_0", "１", "0x1", "1.5.2", "--1", "1e", ".", "1,5"])
def test_what_is_no_number_is_refused(field):
    with pytest.raises(AsrkitError, match=r"f:1: the weight .* is not a number"):
        number(field, "weight", "f:1")
    with pytest.raises(AsrkitError, match="is not a whole number"):
        whole_number(field, "id", "f:1")


def test_numbers_are_read_with_their_bounds():
    assert [number(field, "x", "f:1") for field in ("1", "-.5", "+2.", "1e-3", "007")] == [1, -0.5, 2, 0.001, 7]
    assert [whole_number(field, "x", "f:1") for field in ("0", "007", "9" * 18)] == [0, 7, 10**18 - 1]
    with pytest.raises(AsrkitError, match="f:1: the x is 2; it must be from 0 to 1"):
        number("2", "x", "f:1", low=0, high=1)
    with pytest.raises(AsrkitError, match="the x is -1; it must be at least 0"):
        number("-1", "x", "f:1", low=0)


def test_several_errors_make_one_sentence():
    refuse_all([], "lines", "f")
    one = AsrkitError("a is wrong", where="f:1", cure="mend it")
    with pytest.raises(AsrkitError) as raised:
        refuse_all([one], "lines", "f")
    assert raised.value is one
    with pytest.raises(AsrkitError) as raised:
        refuse_all([one] * 12, "lines", "f")
    assert str(raised.value).startswith("f: 12 lines are wrong: f:1: a is wrong; mend it | f:1: a is wrong; mend it | ")
    assert str(raised.value).endswith(" | and 2 more.")


def test_closed_standard_input_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(AsrkitError, match="standard input is closed; give a file or a pipe"):
        list(reading.read_lines("-"))
