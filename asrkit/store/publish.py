"""Files and folders appear whole or not at all (law 11).

The way of a file: a temporary file in the same folder, written, flushed to the disk (fsync), renamed to its final
name, and the folder flushed too. Whatever goes wrong before the rename, an exception, Ctrl-C or a full disk, the
temporary file is removed and what stood under the final name before still stands there. What a killed run left behind
is removed by the next one of the same output (`store.temporary`). No output takes the place of an input
(`store.guard`), and a folder only that of one that asrkit made (`store.replacing`).
"""

from __future__ import annotations

import ctypes
import gzip
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from asrkit.errors import AsrkitError, Status, from_os_error
from asrkit.store import temporary
from asrkit.store.guard import STDOUT, AnyPath, check_output
from asrkit.store.replacing import check_replaceable


@contextmanager
def publish_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Yield a binary stream whose content appears under `path` when the block ends without an exception.

    `-` is standard output; it, pipes and devices are written straight through. A name that ends in `.gz` is
    compressed, with no time stamp in it, so that the same content gives the same bytes (law 10).

    Raises:
        AsrkitError: it is an input of the command or lies in one; the folder is missing, not writable, or the disk is
            full.
    """
    if os.fspath(path) == STDOUT:
        if sys.stdout is None:
            raise AsrkitError("standard output is closed", cure="let it go to a file or a pipe")
        check_output(path)
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
        _prepare(final)
        handle, name = temporary.make_file(final)
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
                name.replace(final)  # while it is locked
        except BaseException:
            name.unlink(missing_ok=True)
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
def publish_folder(
    path: AnyPath, kind: str, *, overwrite: bool = False, inputs: Iterable[AnyPath] = ()
) -> Iterator[Path]:
    """Yield an empty folder that appears as `path` when the block ends without an exception.

    Files in it may be written in any way (`publish_file` included): they are flushed to the disk before the folder
    gets its name. With `overwrite`, a folder that stands there is exchanged in one step, so that a reader finds the
    old one or the new one, whole.

    Args:
        path: the folder.
        kind: what it will be, as its manifest says.
        overwrite: a folder of this kind, as asrkit made it and with nothing else in it, or an empty one may be lost.
        inputs: what it is made from, besides what `guard.protecting` knows.

    Raises:
        AsrkitError: as `check_free`; the parent is missing or not writable; the disk is full.
    """
    final = Path(os.path.realpath(path))  # a link stays a link: its target is replaced
    inputs = tuple(inputs)
    with _telling(final):
        check_free(final, kind, overwrite=overwrite, inputs=inputs)
        _prepare(final)
        lock, building = temporary.make_folder(final)
        try:
            yield building
            for file in sorted(building.rglob("*")):
                if file.is_file():
                    _sync(file)
            for folder in [*(f for f in building.rglob("*") if f.is_dir()), building]:
                _sync_folder(folder)
            building.chmod(0o777 & ~_umask())
            if overwrite and final.exists():
                check_free(final, kind, overwrite=overwrite, inputs=inputs)  # hours may have passed
                _exchange(building, final)  # the old folder bears the temporary name now, and is removed below
            else:
                building.rename(final)
        finally:
            shutil.rmtree(building, ignore_errors=True)
            os.close(lock)
        _sync_folder(final.parent)


def check_free(path: AnyPath, kind: str, *, overwrite: bool = False, inputs: Iterable[AnyPath] = ()) -> None:
    """Refuse a folder that `publish_folder` would refuse: a command that works for hours asks before it begins.

    Raises:
        AsrkitError: `path` is, holds or lies in an input; it exists and `overwrite` is false or would lose what asrkit
            has not made, or what is of another kind.
    """
    final = Path(os.path.realpath(path))
    check_output(final, inputs)
    with _telling(final):
        if not final.exists():
            return
        if not (overwrite and final.is_dir()):
            cure = "name another or allow it to be overwritten" if final.is_dir() else "remove it or name another"
            raise AsrkitError("this output exists", where=str(final), cure=cure, status=Status.WRONG_USAGE)
        check_replaceable(final, kind)


def _prepare(final: Path) -> None:
    """See that `final` may be written and that no leftovers of it remain; within a folder being built, all is ours."""
    if not temporary.in_temporary_folder(final):
        check_output(final)
        temporary.remove_leftovers(final)


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
        ours = not named or os.path.join(path.parent, temporary.prefix_of(path)) in os.path.abspath(named)
        raise from_os_error(error, path if ours else named) from error


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
    aside = new.with_name(new.name + temporary.ASIDE)
    old.rename(aside)
    new.rename(old)
    aside.rename(new)
