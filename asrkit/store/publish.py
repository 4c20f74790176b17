"""Files and folders appear whole or not at all (law 11).

The way of a file: a temporary file in the same folder, written, flushed to the disk (fsync), renamed to its final
name, and the folder flushed too. Whatever goes wrong before the rename, an exception, Ctrl-C or a full disk, the
temporary file is removed and what stood under the final name before still stands there.
"""

from __future__ import annotations

import ctypes
import gzip
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from asrkit.errors import AsrkitError, Status, from_os_error

STDOUT = "-"
MANIFEST = "manifest.json"


@contextmanager
def publish_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a binary stream whose content appears under `path` when the block ends without an exception.

    `-` is standard output; it, pipes and devices are written straight through. A name that ends in `.gz` is
    compressed, with no time stamp in it, so that the same content gives the same bytes (law 10).

    Raises:
        AsrkitError: the folder is missing, not writable, or the disk is full.
    """
    if os.fspath(path) == STDOUT:
        if sys.stdout is None:
            raise AsrkitError("standard output is closed", cure="let it go to a file or a pipe")
        with _telling(Path("standard output")):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    final = Path(os.path.realpath(path))  # a link stays a link: its target is replaced
    with _telling(final):
        if final.is_dir():
            raise AsrkitError("this is a folder, a file is to be written", where=str(final), cure="name a file in it")
        if final.exists() and not final.is_file():  # a pipe or a device, such as /dev/null, must not be renamed over
            with final.open("wb") as stream:
                yield stream
            return
        handle, name = tempfile.mkstemp(prefix=_temporary_prefix(final), suffix=".tmp", dir=final.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb", buffering=1 << 20) as raw:
                if final.suffix == ".gz":
                    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
                        yield packed
                else:
                    yield raw
                raw.flush()
                os.fchmod(raw.fileno(), 0o666 & ~_umask())
                os.fsync(raw.fileno())
            temporary.replace(final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(final.parent)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Publish `content` as the file `path` (`-`: standard output)."""
    with publish_file(path) as stream:
        stream.write(content)


def write_lines(path: str | os.PathLike[str], lines: Iterable[str]) -> None:
    """Publish `lines`, each without its line end, as the UTF-8 text file `path` (`-`: standard output)."""
    with publish_file(path) as stream:
        for line in lines:
            stream.write(line.encode("utf-8") + b"\n")


@contextmanager
def publish_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder that appears as `path` when the block ends without an exception.

    Files in it may be written in any way (`publish_file` included): they are flushed to the disk before the folder
    gets its name. With `overwrite`, a folder that stands there is exchanged in one step, so that a reader finds the
    old one or the new one, whole; only an empty folder or one with a manifest may be lost in this way.

    Raises:
        AsrkitError: `path` exists and `overwrite` is false or would lose what asrkit has not made; the parent is
            missing or not writable; the disk is full.
    """
    final = Path(os.path.realpath(path))  # a link stays a link: its target is replaced
    with _telling(final):
        check_free(final, overwrite=overwrite)
        temporary = Path(tempfile.mkdtemp(prefix=_temporary_prefix(final), suffix=".tmp", dir=final.parent))
        try:
            yield temporary
            for file in sorted(temporary.rglob("*")):
                if file.is_file():
                    _sync(file)
            for folder in [*(f for f in temporary.rglob("*") if f.is_dir()), temporary]:
                _sync_folder(folder)
            temporary.chmod(0o777 & ~_umask())
            if overwrite and final.exists():
                _exchange(temporary, final)  # the old folder bears the temporary name now, and is removed below
            else:
                temporary.rename(final)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _sync_folder(final.parent)


def check_free(path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Refuse a folder that `publish_folder` would refuse: a command that works for hours asks before it begins.

    Raises:
        AsrkitError: `path` exists and `overwrite` is false or would lose what asrkit has not made.
    """
    final = Path(os.path.realpath(path))
    with _telling(final):
        if final.exists():
            _refuse_to_lose(final, overwrite=overwrite)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Turn an OSError of this block into a sentence about `path`, or about another file that it names."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileNotFoundError as error:
        if path.parent.is_dir():
            raise from_os_error(error) from error
        raise AsrkitError(
            "the folder to write to does not exist", where=str(path.parent), cure="create it first"
        ) from error
    except OSError as error:
        named = os.fspath(error.filename) if isinstance(error.filename, str | os.PathLike) else ""
        ours = not named or os.path.join(path.parent, _temporary_prefix(path)) in os.path.abspath(named)
        raise from_os_error(error, path if ours else named) from error


def _refuse_to_lose(final: Path, *, overwrite: bool) -> None:
    if not (overwrite and final.is_dir()):
        cure = "name another or allow it to be overwritten" if final.is_dir() else "remove it or name another"
        raise AsrkitError("this output exists", where=str(final), cure=cure, status=Status.WRONG_USAGE)
    if any(final.iterdir()) and not (final / MANIFEST).is_file():
        what = f"this folder has no {MANIFEST}, so that asrkit has not made it and will not overwrite it"
        raise AsrkitError(what, where=str(final), cure="name another", status=Status.WRONG_USAGE)


def _temporary_prefix(final: Path) -> str:
    return f".{final.name[:100]}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    with suppress(OSError):  # some network file systems cannot fsync a folder; the rename itself has been done
        _sync(path)


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders of one parent: in one step by Linux's renameat2, else by two renames."""
    at_working_folder, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of <fcntl.h>
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None)
    if renameat2 is not None:
        done = renameat2(at_working_folder, os.fsencode(new), at_working_folder, os.fsencode(old), swap) == 0
        if done:
            return
    aside = new.with_name(new.name + ".old")
    old.rename(aside)
    new.rename(old)
    aside.rename(new)
