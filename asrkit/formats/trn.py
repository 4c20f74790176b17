"""NIST's TRN: transcripts whose ids stand behind them in brackets.

    line :== { <word> } '(' <utterance> ')'

The utterance is what stands in the last pair of brackets. Blank lines are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, filled_lines, refuse_empty, written, written_rest
from asrkit.formats.reading import name_of, split_fields


def parse(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Return utterance -> text of the file `path` (`-`: standard input), in its order; a text may be empty.

    Raises:
        AsrkitError: as `reading.read_lines`; a line that does not end in an id in brackets; an id twice; no line.
    """
    once = Once("utterance", name_of(path))
    texts = {}
    for line, where, text in filled_lines(path):
        words, bracket, utt = text.rpartition("(")
        if not bracket or not text.endswith(")") or split_fields(utt[:-1]) != [utt[:-1]]:
            what = "this line does not end in an utterance's id in brackets"
            raise AsrkitError(what, where=where, cure="write, for example: 你好 (utterance1)")
        once.add(utt[:-1], line)
        texts[utt[:-1]] = words.strip(" \t")
    refuse_empty(texts, "utterance", path, "write an utterance's words and its id in brackets a line")
    return texts


def serialize(texts: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a TRN file.

    Raises:
        AsrkitError: an id or a text that no line can hold; an id with an opening bracket.
    """
    for utt, text in texts.items():
        if "(" in utt:
            raise AsrkitError(f"the utterance {shown(utt)} cannot be written in brackets", cure="rename it")
        yield f"{written_rest(text, 'text')} ({written(utt, 'utterance')})".lstrip(" ")
