"""Temporary files and folders beside what they will be, and how those that a killed run left behind go away.

    name :== '.' <name of the output> '.' <process id> '-' <8 characters> '.tmp'

Whoever makes one has it locked (flock) until it has its final name. The next run of the same output removes those of
its output that no process has locked and whose process is gone. A process of another machine or container has another
number but the same lock; a file that has just been made is not locked for a moment, and its process lives.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_LONGEST = 180  # bytes of the output's name; a name has at most 255
_OURS = re.compile(r"\.(.+)\.(\d+)-[A-Za-z0-9_]{8}\.tmp(\.old)?", re.DOTALL)
_SETTLED = 600  # seconds: a file so old that is not locked is in no use, though its process's number is (in containers)
ASIDE = ".old"  # ends the name of a folder for the moment in which another takes its place, without renameat2


def prefix_of(final: Path) -> str:
    """Return how the names of temporary files of the output `final` begin."""
    raw = os.fsencode(final.name)
    if len(raw) > _LONGEST:  # cut, but another one for each name
        raw = raw[: _LONGEST - 17] + b"~" + hashlib.sha256(raw).hexdigest()[:16].encode()
    return f".{os.fsdecode(raw)}."


def make_file(final: Path) -> tuple[int, Path]:
    """Return an open and locked file, which will be `final`, and its path.

    Raises:
        OSError: it cannot be made.
    """
    descriptor, name = tempfile.mkstemp(prefix=f"{prefix_of(final)}{os.getpid()}-", suffix=".tmp", dir=final.parent)
    _lock(descriptor)
    return descriptor, Path(name)


def make_folder(final: Path) -> tuple[int, Path]:
    """Return the descriptor, to be closed at the end, by which a new folder is locked, and its path.

    Raises:
        OSError: it cannot be made.
    """
    name = tempfile.mkdtemp(prefix=f"{prefix_of(final)}{os.getpid()}-", suffix=".tmp", dir=final.parent)
    descriptor = os.open(name, os.O_RDONLY)
    _lock(descriptor)
    return descriptor, Path(name)


def is_temporary(name: str) -> bool:
    """Whether a file of this name is a temporary one of asrkit."""
    return _OURS.fullmatch(name) is not None


def in_temporary_folder(final: Path) -> bool:
    """Whether `final` lies in a folder that this process is just building."""
    ours = f".{os.getpid()}-"
    return any(ours in part and is_temporary(part) for part in final.parent.parts)


def remove_leftovers(final: Path) -> None:
    """Remove the temporary files and folders of the output `final` that no process uses any more.

    Where a killed run had just moved the old folder aside, it gets its name back.
    """
    prefix = prefix_of(final)
    with suppress(OSError), os.scandir(final.parent) as entries:
        ours = [Path(entry.path) for entry in entries if entry.name.startswith(prefix)]
        for path in sorted(ours, reverse=True):  # what was moved aside comes first
            _remove_if_left(path, prefix, final)


def _remove_if_left(path: Path, prefix: str, final: Path) -> None:
    match = _OURS.fullmatch(path.name)
    if match is None or f".{match[1]}." != prefix or path.is_symlink():
        return
    with suppress(OSError):
        if _is_alive(int(match[2])) and time.time() - path.stat().st_ctime < _SETTLED:
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if match[3] and not os.path.lexists(final):
                path.rename(final)
            elif path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        finally:
            os.close(descriptor)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _lock(descriptor: int) -> None:
    with suppress(OSError):  # a file system without locks: there nothing is removed either
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
