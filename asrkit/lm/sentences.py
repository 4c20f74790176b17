"""Text, one sentence a line, words separated by spaces and tabs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from asrkit.errors import AsrkitError
from asrkit.formats.reading import name_of, read_lines, split_fields
from asrkit.lm.word_ids import BEGIN, END

_BLOCK_WORDS = 1 << 16


def read_blocks(paths: Sequence[str | os.PathLike[str]]) -> Iterator[list[list[str]]]:
    """Yield the sentences of the files, as lists of words, in blocks of about 65,000 words. A blank line is one too.

    Raises:
        AsrkitError: as `formats.reading.read_lines`; `<s>` or `</s>` stands in the text; no word at all.
    """
    block: list[list[str]] = []
    size = 0
    any_word = False
    for path in paths:
        for number, line in read_lines(path):
            words = split_fields(line)
            if BEGIN in words or END in words:
                what = f"{BEGIN if BEGIN in words else END} stands in the text"
                cure = "leave it out: every line is a sentence, with its begin and end"
                raise AsrkitError(what, where=f"{name_of(path)}:{number}", cure=cure)
            block.append(words)
            size += len(words) + 1
            any_word = any_word or bool(words)
            if size >= _BLOCK_WORDS:
                yield block
                block, size = [], 0
    if not any_word:
        where = ", ".join(name_of(path) for path in paths)
        raise AsrkitError("no word stands in the text", where=where, cure="check that this is the file you meant")
    if block:
        yield block
