"""What a killed run left behind is removed by the next run of the same output, and nothing else is."""

import os
import signal
import subprocess
import sys

import pytest

from asrkit.store import publish_file, publish_folder, temporary, write_bytes

KILLED = """
import os, signal
from asrkit.store import {writer}
with {writer}({path!r}, *{more!r}) as it:
    {half}
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(path, writer="publish_file"):
    """Let a process die that has half of the output `path` written; return what it leaves."""
    half = "it.write(b'half'); it.flush()" if writer == "publish_file" else "(it / 'a').write_bytes(b'half')"
    more = () if writer == "publish_file" else ("graph",)
    code = KILLED.format(writer=writer, path=str(path), more=more, half=half)
    before = set(path.parent.iterdir())
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    (left,) = set(path.parent.iterdir()) - before
    assert temporary.is_temporary(left.name)
    return left


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_a_killed_run_left_is_removed_by_the_next_one(tmp_path):
    killed(tmp_path / "lm.arpa")
    write_bytes(tmp_path / "lm.arpa", b"new")
    assert names(tmp_path) == ["lm.arpa"]


def test_a_folder_that_a_killed_run_left_is_removed_by_the_next_one(tmp_path):
    killed(tmp_path / "graph", "publish_folder")
    with publish_folder(tmp_path / "graph", "graph"):
        pass
    assert names(tmp_path) == ["graph"]


def test_leftovers_of_other_outputs_stay(tmp_path):
    left = killed(tmp_path / "lm.arpa")
    for other in ("lm.arp", "lm.arpa.gz", "arpa", "LM.arpa"):
        write_bytes(tmp_path / other, b"new")
    assert left.exists()


@pytest.mark.parametrize("name", [".lm.arpa.tmp", ".lm.arpa.12-abc.tmp", ".lm.arpa.x-abcdefgh.tmp", ".lm.arpa.swp",
                                  ".lm.arpa.999999999-abcdefgh.tmp~", "lm.arpa.999999999-abcdefgh.tmp"])  # fmt: skip
def test_files_that_asrkit_does_not_name_so_stay(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    write_bytes(tmp_path / "lm.arpa", b"new")
    assert (tmp_path / name).read_bytes() == b"mine"


def test_what_another_run_is_writing_just_now_stays(tmp_path):
    """Its process lives and has it locked; either would be enough."""
    final = tmp_path / "lm.arpa"
    with publish_file(final) as stream:
        stream.write(b"first")
        (mine,) = tmp_path.iterdir()
        other = mine.with_name(mine.name.replace(str(os.getpid()), "999999999"))  # as if of another machine
        os.link(mine, other)
        write_bytes(final, b"second")
        assert mine.exists() and other.exists()
    other.unlink()
    assert final.read_bytes() == b"first" and names(tmp_path) == ["lm.arpa"]


def test_what_is_locked_by_nobody_but_young_and_of_a_living_process_stays(tmp_path):
    """It has just been made, and is locked in a moment."""
    left = tmp_path / f".lm.arpa.{os.getppid()}-abcdefgh.tmp"
    left.touch()
    write_bytes(tmp_path / "lm.arpa", b"new")
    assert left.exists()


def test_what_is_old_and_locked_by_nobody_goes_though_its_number_is_in_use_again(tmp_path, monkeypatch):
    """In a container every run has the same number."""
    left = tmp_path / f".lm.arpa.{os.getpid()}-abcdefgh.tmp"
    left.touch()
    monkeypatch.setattr(temporary.time, "time", lambda: left.stat().st_ctime + 601)
    write_bytes(tmp_path / "lm.arpa", b"new")
    assert names(tmp_path) == ["lm.arpa"]


def test_an_old_folder_that_was_moved_aside_gets_its_name_back(tmp_path):
    """Without renameat2, a run may die between the two renames: then the old folder is the only one there is."""
    aside, building = (tmp_path / f".graph.999999999-abcdefgh.tmp{end}" for end in (".old", ""))
    for folder, content in ((aside, b"old"), (building, b"half")):
        folder.mkdir()
        (folder / "a").write_bytes(content)
    temporary.remove_leftovers(tmp_path / "graph")
    assert names(tmp_path) == ["graph"] and (tmp_path / "graph/a").read_bytes() == b"old"


def test_a_link_of_such_a_name_is_left_alone(tmp_path):
    (tmp_path / "thesis").write_bytes(b"mine")
    link = tmp_path / ".lm.arpa.999999999-abcdefgh.tmp"
    link.symlink_to("thesis")
    write_bytes(tmp_path / "lm.arpa", b"new")
    assert link.is_symlink() and (tmp_path / "thesis").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["阳" * 83 + ".arpa", "x" * 255, "阳" * 85])
def test_names_as_long_as_the_system_allows_are_written_and_cleaned_up(tmp_path, name):
    killed(tmp_path / name)
    other = tmp_path / (name[:-1] + "y")
    write_bytes(other, b"other")
    assert len(names(tmp_path)) == 2
    write_bytes(tmp_path / name, b"new")
    assert names(tmp_path) == sorted([name, other.name])
