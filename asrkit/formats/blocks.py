"""Text as blocks of bytes, whole lines in each, for the readers whose inner loops are kernels."""

from __future__ import annotations

import codecs
from typing import IO

import numpy as np

from asrkit.errors import AsrkitError
from asrkit.formats.reading import MAX_LINE_BYTES, UTF16_MARKS, decoded

_BLOCK_BYTES = 4 << 20


class LineBlocks:
    """The bytes of a stream, a block at a time in one buffer; `at` is the first one not yet used, `stop` the end.

    The last line of the file gets a line end if it has none; a byte order mark is dropped.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.stream = stream
        self.name = name
        self.buffer = np.empty(_BLOCK_BYTES, np.uint8)
        self.at = self.stop = 0
        self.line_number = 1  # of the line that starts at `at`
        self.ended = False
        self._started = False

    @property
    def where(self) -> str:
        return f"{self.name}:{self.line_number}"

    def more(self) -> bool:
        """Move what is left to the front and read on; return False at the end of the file, with no line left."""
        left = self.stop - self.at
        if left > MAX_LINE_BYTES:
            cure = "check that this is the text file you meant"
            raise AsrkitError(f"a line of more than {MAX_LINE_BYTES:,} bytes", where=self.where, cure=cure)
        if self.ended:
            return False
        self.buffer[:left] = self.buffer[self.at : self.stop]
        self.at, self.stop = 0, left
        room = memoryview(self.buffer)[left:-1]
        size = self.stream.readinto(room)  # type: ignore[attr-defined]  # both kinds of stream have it
        self.stop += size
        if not self._started:
            self._skip_mark()
        if size == 0:
            self.ended = True
            if left:  # the last line may lack its end
                self.buffer[self.stop] = 10
                self.stop += 1
        return self.stop > self.at

    def _skip_mark(self) -> None:
        self._started = True
        start = self.buffer[: min(self.stop, 3)].tobytes()
        decoded(start[:2] if start.startswith(UTF16_MARKS) else b"", self.name, 1)  # says so if this is UTF-16
        if start == codecs.BOM_UTF8:
            self.at = 3

    def line(self) -> str | None:
        """Return the next line without its end and go past it; None at the end of the file."""
        while True:
            raw = self._peek()
            if raw is not None:
                text = decoded(raw, self.name, self.line_number)
                self.at += len(raw)
                self.line_number += 1
                return text
            if not self.more():
                return None

    def _peek(self) -> bytes | None:
        size = 1 << 10
        while self.at < self.stop:
            piece = self.buffer[self.at : min(self.at + size, self.stop)].tobytes()
            end = piece.find(b"\n")
            if end >= 0:
                return piece[: end + 1]
            if self.at + size >= self.stop:
                return None
            size *= 16
        return None

    def skip_blank(self) -> bool:
        """Go past the next line if it is blank; return whether it was."""
        raw = self._peek()
        if raw is None or raw.strip(b" \t\r\n"):
            return False
        self.at += len(raw)
        self.line_number += 1
        return True

    def next_text(self) -> str | None:
        """Return the next line that is not blank, stripped, and go past it; None at the end of the file."""
        while (text := self.line()) is not None:
            if text.strip(" \t"):
                return text.strip(" \t")
        return None

    def last_where(self) -> str:
        return f"{self.name}:{self.line_number - 1}"
