"""Text files into files of words."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from asrkit import progress, store
from asrkit.errors import AsrkitError
from asrkit.formats import word_counts
from asrkit.formats.reading import name_of, read_lines
from asrkit.text.normalise import Normaliser
from asrkit.text.segment import Segmenter, shipped_lexicon


def segment_files(
    texts: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    lexicon: str | os.PathLike[str] | None = None,
    normaliser: Normaliser | None = None,
) -> None:
    """Write the lines of `texts` to `output` as words with one space between; lines without words are left out.

    `lexicon` is a file of words with counts; without it the Chinese one that comes with asrkit is taken.

    Raises:
        AsrkitError: a file cannot be read or written; not clean UTF-8 text; no word at all.
    """
    segmenter = Segmenter(word_counts.parse(lexicon) if lexicon else shipped_lexicon(), normaliser)
    lines = words = 0

    def written() -> Iterator[str]:
        nonlocal lines, words
        for line in segmenter.lines(_lines_of(texts)):
            if line:
                lines += 1
                words += line.count(" ") + 1
                yield line
        if not words:
            cure = "check that these are the files you meant"
            raise AsrkitError("no word stands in the text", where=", ".join(map(name_of, texts)), cure=cure)

    store.write_lines(output, written())
    progress.say(f"{words:,} words in {lines:,} lines", words=words, lines=lines)


def _lines_of(texts: Sequence[str | os.PathLike[str]]) -> Iterator[str]:
    with progress.track("segmenting", unit="lines") as advance:
        for text in texts:
            for _, line in read_lines(text):
                advance(1)
                yield line
