import pytest

from asrkit.errors import AsrkitError
from asrkit.store.journal import check_unused, open_journal, read_journal


def lines_in(path, run=""):
    with open_journal(path, run) as (journal, lines):
        return lines, journal.dropped


def write(path, *lines, run=""):
    with open_journal(path, run) as (journal, _):
        for line in lines:
            journal.add(line)
    return path


def test_a_journal_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "journal"
    with open_journal(path) as (journal, lines):
        assert lines == []
        journal.add("一")
        assert path.read_bytes().endswith(" 一\n".encode())  # before the journal is closed
    with open_journal(path) as (journal, lines):
        assert lines == ["一"]
        journal.add("二")
    assert lines_in(path) == (["一", "二"], 0) and list(read_journal(path)) == ["一", "二"]


@pytest.mark.parametrize("torn", [b"\xe4", b"half a li", b'{"utt": "u', b"\0" * 50])
def test_a_torn_last_line_is_dropped(tmp_path, torn):
    path = write(tmp_path / "journal", "一")
    path.write_bytes(path.read_bytes() + torn)
    with open_journal(path) as (journal, lines):
        assert (lines, journal.dropped) == (["一"], 0)
        journal.add("二")
    assert lines_in(path) == (["一", "二"], 0)


def changed(lines):
    return [lines[0], lines[1].replace(b"two", b"too"), *lines[2:]]


@pytest.mark.parametrize(
    "damage",
    [
        changed,
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], lines[0]],
        lambda lines: [lines[0], b"two", lines[2]],
        lambda lines: [lines[0], b"\0" * 40, lines[2]],
        lambda lines: [lines[0], b"0" * 16 + b" \xff"],
    ],
)
def test_a_line_that_was_changed_and_all_after_it_are_not_believed(tmp_path, damage):
    path = write(tmp_path / "journal", "one", "two", "three")
    path.write_bytes(b"\n".join(damage(path.read_bytes().splitlines())) + b"\n")
    with pytest.raises(AsrkitError, match=r"journal:2: this line of the journal was changed"):
        list(read_journal(path))
    lines, dropped = lines_in(path)
    assert lines == ["one"] and dropped > 0
    write(path, "deux")
    assert list(read_journal(path)) == ["one", "deux"]


def test_a_journal_of_another_run_is_refused_and_left_as_it_is(tmp_path):
    path = write(tmp_path / "journal", "one", run="a")
    before = path.read_bytes()
    with pytest.raises(AsrkitError, match="this journal is damaged, or that of another run"):
        lines_in(path, "b")
    assert path.read_bytes() == before and lines_in(path, "a") == (["one"], 0)


def test_a_folder_in_place_of_a_journal_is_told(tmp_path):
    with pytest.raises(AsrkitError, match="this is a folder"), open_journal(tmp_path):
        pass


def test_a_journal_that_is_open_is_not_opened_again(tmp_path):
    path = tmp_path / "journal"
    check_unused(path)
    with open_journal(path) as (journal, _):
        journal.add("一")
        with pytest.raises(AsrkitError, match="another run writes here just now; wait for its end"):
            check_unused(path)
        with pytest.raises(AsrkitError, match="another run writes here"), open_journal(path):
            pass
    check_unused(path)
    assert lines_in(path) == (["一"], 0)


def test_a_journal_that_is_no_journal_is_told_and_left_as_it_is(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"\xff\n{")
    with pytest.raises(AsrkitError, match="this journal is damaged"), open_journal(path):
        pass
    assert path.read_bytes() == b"\xff\n{"
