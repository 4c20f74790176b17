"""Wav files whose recorder never came back to write how long they are: their data has the size 0, and goes to the end.

    RIFF <size> WAVE { <chunk> }      chunk :== <4 letters> <size, 4 bytes> <that many bytes, and one more if odd>
"""

from __future__ import annotations

import io
import re
from typing import IO

UNFINISHED = "its header says that there is no sound (a recording that was never finished); it was read to its end"
_MOST = (1 << 32) - 1 - 512  # a size has four bytes; what is behind it cannot be told
_CHUNK_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_ ]{3}")


def data_at(file: IO[bytes]) -> int | None:
    """Return where the data of an unfinished wav file begin; None if it is no such file, or there are none.

    The position in `file` is the beginning afterwards.
    """
    try:
        file.seek(0)
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            return None
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            if chunk[:4] == b"data":
                return file.tell() if size == 0 and _has_sound(file) else None
            file.seek(size + size % 2, io.SEEK_CUR)
        return None
    finally:
        file.seek(0)


def _has_sound(file: IO[bytes]) -> bool:
    """Whether what follows an empty chunk of data is sound, and no other chunk that goes exactly to the end."""
    begin = file.tell()
    head, end = file.read(8), file.seek(0, io.SEEK_END)
    file.seek(begin)
    size = int.from_bytes(head[4:], "little")
    is_chunk = _CHUNK_NAME.fullmatch(head[:4]) is not None and begin + 8 + size + size % 2 in (end, end + 1)
    return end > begin and not is_chunk


class Finished(io.RawIOBase):
    """The unfinished wav file as if its sizes were right; they are read, not written."""

    def __init__(self, file: IO[bytes], data: int) -> None:
        self._file = file
        end = min(file.seek(0, io.SEEK_END), _MOST)
        file.seek(0)
        self._sizes = {4: (end - 8).to_bytes(4, "little"), data - 4: (end - data).to_bytes(4, "little")}

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position and return it."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer) -> int:  # noqa: ANN001
        """Fill `buffer`, and return how many bytes were there."""
        begin = self._file.tell()
        content = bytearray(self._file.read(len(buffer)))
        for at, size in self._sizes.items():
            for number, byte in enumerate(size):
                if 0 <= at + number - begin < len(content):
                    content[at + number - begin] = byte
        buffer[: len(content)] = content
        return len(content)
