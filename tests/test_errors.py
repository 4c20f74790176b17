import errno
import json
import os

import pytest

from asrkit import progress
from asrkit.errors import AsrkitError, Status, from_os_error, shown


def test_an_error_is_one_sentence_of_place_fault_and_cure():
    assert str(AsrkitError("a is wrong", where="f:3", cure="mend it")) == "f:3: a is wrong; mend it."
    assert str(AsrkitError("a is wrong", where="f")) == "f: a is wrong."
    assert str(AsrkitError("a is wrong", cure="mend it")) == "a is wrong; mend it."
    assert str(AsrkitError("a is wrong")) == "a is wrong."


def test_exit_statuses_are_those_of_law_9():
    assert {status.name: int(status) for status in Status} == {
        "DONE": 0,
        "NOTHING_DONE": 1,
        "WRONG_USAGE": 2,
        "SOME_FAILED": 3,
        "INTERRUPTED": 130,
    }
    assert AsrkitError("x").status == Status.NOTHING_DONE
    assert AsrkitError("x", status=Status.SOME_FAILED).status == Status.SOME_FAILED


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_the_system_becomes_one_sentence_with_its_path(number):
    message = str(from_os_error(OSError(number, os.strerror(number)), "some/file"))
    assert message.startswith("some/file: ") and message.endswith(".") and "\n" not in message
    assert "Errno" not in message


def test_the_path_of_the_error_counts_where_none_is_named():
    assert str(from_os_error(FileNotFoundError(2, "x", "a/b"))) == "a/b: no such file or folder; check the path."
    assert str(from_os_error(OSError("odd"))) == "odd."
    assert str(from_os_error(OSError())) == "the system refused."


def test_text_in_a_message_is_quoted_cut_and_without_control_characters():
    assert shown("阳光") == "'阳光'"
    assert shown("a\nb\t\x1b[31m\u2028\udc80") == "'a\\nb\\t\\x1b[31m\\u2028\\udc80'"
    assert shown("x" * 100) == "'" + "x" * 59 + "…'"
    assert "\n" not in shown("\n" * 100)


@pytest.fixture
def settings():
    yield
    progress.configure(quiet=False, json_lines=False)


def test_quiet_leaves_warnings_and_errors(settings, capsys):
    progress.configure(quiet=True)
    progress.say("said")
    progress.stage(1, 2, "counting")
    with progress.track("work", 10) as advance:
        advance(10)
    progress.warn("warned")
    progress.error("wrong")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "asrkit: warning: warned\nasrkit: error: wrong\n"


def test_json_messages_are_one_object_a_line(settings, capsys):
    progress.configure(json_lines=True)
    progress.say("阳\n光", count=3)
    progress.stage(1, 2, "counting")
    progress.warn("warned")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0] == {"level": "info", "message": "阳\n光", "count": 3}
    assert lines[1]["message"] == "=== 1/2 counting ===" and lines[1]["stages"] == 2
    assert lines[2]["level"] == "warning"


def test_messages_never_go_where_data_goes(settings, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    progress.error("wrong")
    with progress.track("work") as advance:
        advance(1)
    assert capsys.readouterr().out == ""


def test_progress_without_a_terminal_is_a_plain_line_every_few_seconds(settings, capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.track("counting", 2000, "lines") as advance:
        advance(500)
        now[0] = 6.0
        advance(1000)
        advance(100)
    assert capsys.readouterr().err == "counting: 1,500 of 2,000 lines\n"
