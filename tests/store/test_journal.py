import pytest

from asrkit.errors import AsrkitError
from asrkit.store.journal import check_unused, open_journal


def test_a_journal_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "journal"
    with open_journal(path) as (journal, lines):
        assert lines == []
        journal.add("一")
        assert path.read_text(encoding="utf-8") == "一\n"  # before the journal is closed
    with open_journal(path) as (journal, lines):
        assert lines == ["一"]
        journal.add("二")
    assert path.read_text(encoding="utf-8") == "一\n二\n"


@pytest.mark.parametrize("torn", [b"\xe4", b"half a li", b'{"utt": "u'])
def test_a_torn_last_line_is_dropped(tmp_path, torn):
    path = tmp_path / "journal"
    path.write_bytes("一\n".encode() + torn)
    with open_journal(path) as (journal, lines):
        assert lines == ["一"]
        journal.add("二")
    assert path.read_text(encoding="utf-8") == "一\n二\n"


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
    assert path.read_text(encoding="utf-8") == "一\n"


def test_a_journal_that_is_not_utf_8_is_told_and_left_as_it_is(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes(b"\xff\n{")
    with pytest.raises(AsrkitError, match="this journal is damaged"), open_journal(path):
        pass
    assert path.read_bytes() == b"\xff\n{"
