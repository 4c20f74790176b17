"""SHA-256 of files; that of a large one is computed once and remembered in the user's cache folder.

The cache folder is `$XDG_CACHE_HOME/asrkit`, else `~/.cache/asrkit`. In it `sha256/` has a file for each large file
that was hashed: its name is a hash of device, inode, size and the times at which content (mtime) and inode (ctime) last
changed, and its content the digest. That nothing can be written or read there is no error. A wrong digest there makes
nobody refuse a file: one that is not the wanted one is computed again.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from asrkit.store import temporary

_LARGE = 8 << 20  # bytes; less is hashed in some milliseconds
_SETTLED = 2.0  # seconds: a file that was changed later than so long ago may change again under the same time
_MOST = 1000  # remembered digests
_DIGEST = re.compile(rb"[0-9a-f]{64}")


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of the content of the file `path`, in hex.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_digest(path: str | os.PathLike[str], wanted: str) -> bool:
    """Whether the SHA-256 of the file `path` is `wanted`; of a large file, what is remembered of it is believed.

    Raises:
        OSError: it cannot be read.
    """
    before = os.stat(path)
    memory = _memory_of(before) if before.st_size >= _LARGE else None
    if memory is None:
        return sha256_of(path) == wanted
    if _remembered(memory) == wanted:
        return True
    digest = sha256_of(path)
    after = os.stat(path)
    settled = time.time() - max(after.st_mtime, after.st_ctime) > _SETTLED
    if settled and _key(before) == _key(after):
        _remember(memory, digest)
    return digest == wanted


def cache_folder() -> Path | None:
    """Return the folder in which asrkit remembers what it can find out again; None if the user has none."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # others are to be ignored, says the specification
        return Path(named) / "asrkit"
    try:
        return Path.home() / ".cache" / "asrkit"
    except RuntimeError:
        return None


def _key(found: os.stat_result) -> str:
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _memory_of(found: os.stat_result) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / "sha256" / hashlib.sha256(_key(found).encode()).hexdigest()[:32]


def _remembered(memory: Path) -> str | None:
    with suppress(OSError):
        with open(memory, "rb") as stream:
            content = stream.read(65)
        if _DIGEST.fullmatch(content):
            return content.decode()
    return None


def _remember(memory: Path, digest: str) -> None:
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = temporary.make_file(memory)
        with os.fdopen(descriptor, "wb") as stream:  # without fsync: a torn one is no digest, and is made again
            stream.write(digest.encode())
        name.replace(memory)
        known = sorted(memory.parent.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in known[:-_MOST]:
            old.unlink(missing_ok=True)
