"""Working space on disk, in the folder that TMPDIR names, else /tmp.

`ScratchFile` is for what does not fit into memory: a file without a name, gone when the run ends in any way.
`scratch_copy` and `scratch_folder` are for a library that reads files only by their names.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from asrkit.errors import from_os_error


class ScratchFile:
    """Bytes of arrays, appended and read again."""

    def __init__(self) -> None:
        self._folder = tempfile.gettempdir()
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  (see `close`)
        except OSError as error:
            raise from_os_error(error, self._folder) from error
        self.close = weakref.finalize(self, self._file.close)  # frees the space, at the latest with the last reference

    def append(self, array: npt.NDArray[Any]) -> None:
        """Write the bytes of `array` (contiguous) at the end.

        Raises:
            AsrkitError: the disk is full.
        """
        left = memoryview(np.ascontiguousarray(array)).cast("B") if array.size else memoryview(b"")
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise from_os_error(error, self._folder) from error

    def read(self, first_byte: int, into: npt.NDArray[Any]) -> None:
        """Fill the contiguous array `into` with the bytes from `first_byte` on."""
        left = memoryview(into).cast("B") if into.size else memoryview(b"")
        while left:
            size = os.preadv(self._file.fileno(), [left], first_byte)
            if size == 0:
                raise EOFError("a scratch file is shorter than what was written to it")
            left, first_byte = left[size:], first_byte + size


@contextmanager
def scratch_copy(stream: IO[bytes]) -> Iterator[str]:
    """Yield the path of a file with all that `stream` gives, which is gone when the block ends.

    Where the system shows open files by paths (Linux), it has no name, and so a killed run leaves none behind.

    Raises:
        AsrkitError: the disk is full.
    """
    folder = tempfile.gettempdir()
    try:
        descriptor, name = tempfile.mkstemp(prefix="asrkit-", dir=folder)
    except OSError as error:
        raise from_os_error(error, folder) from error
    opened = f"/proc/{os.getpid()}/fd/{descriptor}"  # other processes, too, can open it
    has_no_name = os.path.exists(opened)
    if has_no_name:
        os.unlink(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            try:
                shutil.copyfileobj(stream, copy, 1 << 20)
                copy.flush()
            except OSError as error:
                raise from_os_error(error, folder) from error
            yield opened if has_no_name else name
    finally:
        if not has_no_name:
            os.unlink(name)


@contextmanager
def scratch_folder() -> Iterator[str]:
    """Yield the path of an empty folder, which is gone with all that is in it when the block ends.

    Raises:
        AsrkitError: the disk is full.
    """
    folder = tempfile.gettempdir()
    try:
        made = tempfile.TemporaryDirectory(prefix="asrkit-", dir=folder)
    except OSError as error:
        raise from_os_error(error, folder) from error
    with made as path:
        yield path
