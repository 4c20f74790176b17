import hashlib
import os
from pathlib import Path

import pytest

from asrkit.store import cache_folder, digests, has_digest

CONTENT, OTHER = b"a" * 100, b"b" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A file that counts as large and was not changed for a while, with a cache folder and a list of what is hashed."""
    path = tmp_path / "TLG.fst"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(digests, "_LARGE", 10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(digests.time, "time", lambda: path.stat().st_ctime + 60)
    hashed, compute = [], digests.sha256_of
    monkeypatch.setattr(digests, "sha256_of", lambda path: hashed.append(path) or compute(path))
    return path, hashed


def test_a_large_file_is_hashed_once(large):
    path, hashed = large
    assert all(has_digest(path, DIGEST) for _ in range(3)) and len(hashed) == 1
    assert (cache_folder() / "sha256").is_dir()


def test_a_file_that_was_changed_is_hashed_again_whatever_its_time_says(large):
    path, _ = large
    assert has_digest(path, DIGEST)
    before = path.stat()
    path.write_bytes(OTHER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not has_digest(path, DIGEST)
    (path.parent / "new").write_bytes(OTHER)
    (path.parent / "new").replace(path)
    assert not has_digest(path, DIGEST)


def test_a_file_that_changed_just_now_is_not_remembered(large, monkeypatch):
    """It may change once more within the same tick of the clock."""
    path, hashed = large
    monkeypatch.setattr(digests.time, "time", lambda: path.stat().st_ctime + 1)
    assert has_digest(path, DIGEST) and has_digest(path, DIGEST) and len(hashed) == 2


@pytest.mark.parametrize("damage", [b"", b"0" * 64, b"\xff" * 64, b"0" * 99])
def test_a_damaged_cache_refuses_nothing_and_accepts_nothing(large, damage):
    path, _ = large
    assert has_digest(path, DIGEST)
    (remembered,) = (cache_folder() / "sha256").iterdir()
    remembered.write_bytes(damage)
    assert has_digest(path, DIGEST) and not has_digest(path, "0" * 63 + "1")


@pytest.mark.parametrize("spoil", ["file in its place", "no rights"])
def test_a_cache_that_cannot_be_written_is_no_error(large, spoil, monkeypatch):
    path, hashed = large
    if spoil == "no rights":
        def denied(*arguments, **options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "mkdir", denied)
    else:
        cache_folder().parent.write_bytes(b"")
    assert has_digest(path, DIGEST) and has_digest(path, DIGEST) and len(hashed) == 2


def test_a_relative_cache_folder_is_passed_over_and_a_missing_home_is_no_error(large, monkeypatch):
    path, _ = large
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/.cache/asrkit")

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder() is None and has_digest(path, DIGEST)


def test_the_cache_does_not_grow_for_ever(large, monkeypatch):
    path, _ = large
    monkeypatch.setattr(digests, "_MOST", 3)
    for number in range(6):
        content = CONTENT + bytes([number])
        path.write_bytes(content)
        assert has_digest(path, hashlib.sha256(content).hexdigest())
    assert len(list((cache_folder() / "sha256").iterdir())) == 3
