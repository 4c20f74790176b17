import errno
import gzip
import io
import os
import signal
import subprocess
import sys
import threading

import pytest

from asrkit.errors import AsrkitError, Status
from asrkit.store import (
    publish,
    publish_file,
    publish_folder,
    scratch_copy,
    temporary,
    write_bytes,
    write_lines,
    write_manifest,
)

OLD, NEW = b"what stood there before\n", b"new\n" * 1000


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "out.txt"
    path.write_bytes(OLD)
    return path


def only(folder, *names):
    """Check that nothing but `names` is in `folder`: no temporary file is left."""
    assert sorted(os.listdir(folder)) == sorted(names)


def refused(action, sentence):
    with pytest.raises(AsrkitError) as raised:
        action()
    assert sentence in str(raised.value) and "\n" not in str(raised.value), str(raised.value)
    return raised.value


def test_a_file_appears_whole_and_not_before_the_block_ends(target):
    with publish_file(target) as stream:
        stream.write(NEW)
        stream.flush()
        assert target.read_bytes() == OLD
    assert target.read_bytes() == NEW
    only(target.parent, "out.txt")


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_ends_the_block_leaves_the_old_file_and_nothing_else(target, failure):
    with pytest.raises(failure), publish_file(target) as stream:
        stream.write(NEW)
        raise failure
    assert target.read_bytes() == OLD
    only(target.parent, "out.txt")


@pytest.mark.parametrize("where", ["fsync", "fchmod", "fdopen"])
def test_a_full_disk_is_told_and_leaves_nothing(target, monkeypatch, where):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(publish.os, where, full)
    refused(lambda: write_bytes(target, NEW), "out.txt: the disk is full; free some room or write elsewhere.")
    assert target.read_bytes() == OLD
    only(target.parent, "out.txt")


def test_a_really_full_device_is_told():
    refused(lambda: write_bytes("/dev/full", NEW), "/dev/full: the disk is full")


def test_missing_folders_folders_and_missing_permission_are_told(tmp_path, monkeypatch):
    refused(lambda: write_bytes(tmp_path / "no/out.txt", NEW), "no: the folder to write to does not exist; create it")
    refused(lambda: write_bytes(tmp_path, NEW), "this is a folder, a file is to be written; name a file in it")
    refused(lambda: write_bytes(tmp_path / ("x" * 300), NEW), "the path is too long")
    (tmp_path / "file").touch()
    refused(lambda: write_bytes(tmp_path / "file/x", NEW), "a part of this path is a file, not a folder")

    def denied(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".out.txt.x.tmp"))

    monkeypatch.setattr(temporary.tempfile, "mkstemp", denied)
    refused(lambda: write_bytes(tmp_path / "out.txt", NEW), "out.txt: permission denied; check the owner and mode")


def test_an_error_of_another_file_within_the_block_names_that_file(target, tmp_path):
    def copy():
        with publish_file(target) as stream:
            stream.write((tmp_path / "source.txt").read_bytes())

    refused(copy, "source.txt: no such file or folder")

    def copy_folder():
        with publish_folder(tmp_path / "graph", "graph"):
            (tmp_path / "file/x").read_bytes()

    (tmp_path / "file").touch()
    refused(copy_folder, "file/x: a part of this path is a file")


def test_gz_is_packed_the_same_each_time(tmp_path):
    write_bytes(tmp_path / "a.txt.gz", NEW)
    write_bytes(tmp_path / "b.gz", NEW)
    packed = (tmp_path / "a.txt.gz").read_bytes()
    assert packed == (tmp_path / "b.gz").read_bytes()
    assert gzip.decompress(packed) == NEW
    assert packed[3] == 0 and packed[4:8] == bytes(4)  # neither name nor time in the header


def test_lines_are_utf8_with_lf(tmp_path):
    write_lines(tmp_path / "l.txt", iter(["阳光", "", "a\u2028b"]))
    assert (tmp_path / "l.txt").read_bytes() == "阳光\n\na\u2028b\n".encode()


def test_a_link_stays_a_link_and_its_target_is_replaced(target, tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to("out.txt")
    write_bytes(link, NEW)
    assert link.is_symlink() and target.read_bytes() == NEW
    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to("made.txt")
    write_bytes(dangling, NEW)
    assert dangling.is_symlink() and (tmp_path / "made.txt").read_bytes() == NEW


def test_devices_and_pipes_are_written_straight_through(tmp_path):
    write_bytes("/dev/null", NEW)
    assert not os.path.isfile("/dev/null")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, NEW)
    reader.join()
    assert got == [NEW]
    only(tmp_path, "pipe")


def test_a_dash_is_standard_output(monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    write_lines("-", ["阳光"])
    assert out.buffer.getvalue() == "阳光\n".encode()
    monkeypatch.setattr(sys, "stdout", None)
    refused(lambda: write_lines("-", ["x"]), "standard output is closed")


def test_a_file_gets_the_mode_that_the_umask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "f", NEW)
        with publish_folder(tmp_path / "d", "graph"):
            pass
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o750


def test_two_writers_at_once_both_end_and_one_whole_file_stays(target):
    with publish_file(target) as first, publish_file(target) as second:
        first.write(b"1" * 5000)
        second.write(b"2" * 9000)
    assert target.read_bytes() == b"1" * 5000  # the one that ended last
    only(target.parent, "out.txt")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_writer_leaves_what_stood_there(target, how):
    code = (
        "import sys; from asrkit.store import publish_file\n"
        f"with publish_file({str(target)!r}) as stream:\n"
        "    stream.write(b'half'); stream.flush(); print('ready', flush=True); sys.stdin.read()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert writer.stdout.readline() == b"ready\n"
    writer.send_signal(how)
    writer.communicate()
    assert writer.returncode != 0
    assert target.read_bytes() == OLD
    if how == signal.SIGINT:
        only(target.parent, "out.txt")


def test_a_folder_appears_whole_and_not_before_the_block_ends(tmp_path):
    final = tmp_path / "graph"
    with publish_folder(final, "graph") as folder:
        assert folder.parent == tmp_path and not final.exists()
        (folder / "sub").mkdir()
        write_bytes(folder / "sub/a", NEW)
        (folder / "b").write_bytes(OLD)
    assert (final / "sub/a").read_bytes() == NEW and (final / "b").read_bytes() == OLD
    only(tmp_path, "graph")


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_folder_that_was_not_finished_leaves_nothing(tmp_path, failure):
    with pytest.raises(failure), publish_folder(tmp_path / "graph", "graph") as folder:
        (folder / "a").write_bytes(NEW)
        raise failure
    only(tmp_path)


def made(path, content):
    with publish_folder(path, "graph") as folder:
        (folder / "a").write_bytes(content)
        write_manifest(folder, "graph")
    return path


def test_a_folder_that_stands_there_is_refused_or_exchanged(tmp_path):
    final = made(tmp_path / "graph", OLD)

    def build(**options):
        with publish_folder(final, "graph", **options) as folder:
            (folder / "a").write_bytes(NEW)
            assert (final / "a").read_bytes() == OLD

    error = refused(build, "graph: this output exists; name another or allow it to be overwritten.")
    assert error.status == Status.WRONG_USAGE
    build(overwrite=True)
    assert (final / "a").read_bytes() == NEW
    only(final, "a")
    only(tmp_path, "graph")


def test_a_reader_never_misses_a_folder_while_it_is_exchanged(tmp_path):
    final = made(tmp_path / "graph", OLD)
    stop = threading.Event()
    seen = set()

    def look():
        while not stop.is_set():
            seen.add((final / "a").read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for _ in range(50):
            with publish_folder(final, "graph", overwrite=True) as folder:
                (folder / "a").write_bytes(NEW)
                write_manifest(folder, "graph")
    finally:
        stop.set()
        reader.join()
    assert seen <= {OLD, NEW} and NEW in seen
    only(tmp_path, "graph")


def test_without_renameat2_a_folder_is_exchanged_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(publish.ctypes, "CDLL", lambda name: object())
    final = made(tmp_path / "graph", OLD)
    with publish_folder(final, "graph", overwrite=True) as folder:
        (folder / "a").write_bytes(NEW)
    assert (final / "a").read_bytes() == NEW
    only(tmp_path, "graph")


def test_a_failure_keeps_the_folder_that_was_to_be_overwritten(tmp_path):
    final = made(tmp_path / "graph", OLD)
    with pytest.raises(ValueError), publish_folder(final, "graph", overwrite=True):
        raise ValueError
    assert (final / "a").read_bytes() == OLD
    only(tmp_path, "graph")


def test_a_folder_that_asrkit_has_not_made_is_never_overwritten(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.doc").write_bytes(OLD)

    def overwrite(path):
        with publish_folder(path, "graph", overwrite=True):
            pass

    refused(lambda: overwrite(home), "this folder has no manifest.json, so that asrkit has not made it and does not")
    refused(lambda: overwrite(home / "thesis.doc"), "this output exists; remove it or name another")
    only(home, "thesis.doc")
    (tmp_path / "empty").mkdir()
    overwrite(tmp_path / "empty")


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    made(tmp_path / "graph-1", OLD)
    (tmp_path / "graph").symlink_to("graph-1")
    with publish_folder(tmp_path / "graph", "graph", overwrite=True) as folder:
        (folder / "a").write_bytes(NEW)
    assert (tmp_path / "graph").is_symlink() and (tmp_path / "graph-1/a").read_bytes() == NEW
    only(tmp_path, "graph", "graph-1")


def test_of_two_builders_of_a_new_folder_the_second_is_told(tmp_path):
    def build():
        with publish_folder(tmp_path / "graph", "graph") as late:
            (late / "a").write_bytes(NEW)
            with publish_folder(tmp_path / "graph", "graph") as early:
                (early / "a").write_bytes(OLD)

    refused(build, "graph: another run wrote this folder meanwhile; name another or allow it to be overwritten.")
    assert (tmp_path / "graph/a").read_bytes() == OLD
    only(tmp_path, "graph")


@pytest.mark.parametrize("name", ["mkdtemp", "rename"])
def test_a_full_disk_under_a_folder_is_told_and_leaves_nothing(tmp_path, monkeypatch, name):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / ".graph.x.tmp/a"))

    monkeypatch.setattr(temporary.tempfile if name == "mkdtemp" else publish.Path, name, full)

    def build():
        with publish_folder(tmp_path / "graph", "graph") as folder:
            (folder / "a").write_bytes(NEW)

    refused(build, f"{tmp_path}/graph: the disk is full")
    only(tmp_path)


def test_a_scratch_copy_leaves_nothing_though_the_run_is_killed(tmp_path, monkeypatch):
    """While it is used, its folder shows nothing; the path can be opened by a library all the same, and again."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_copy(io.BytesIO(NEW)) as path:
        only(tmp_path)
        for _ in range(2):
            with open(path, "rb") as stream:
                assert stream.read() == NEW
    only(tmp_path)
