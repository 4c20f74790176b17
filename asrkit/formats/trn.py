"""TRN files: transcripts as NIST's scoring tools read them.

    line :== { <word> } '(' <utterance> ')'

The utterance is what stands in the last pair of brackets. Blank lines are passed over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from asrkit.errors import AsrkitError
from asrkit.formats.fields import Once, escaped, filled_lines, one_line, refuse_empty
from asrkit.formats.kaldi_dir import Transcript
from asrkit.formats.reading import name_of


def parse(path: str | os.PathLike[str]) -> tuple[Transcript, ...]:
    """Return the transcripts in the file `path` (`-`: standard input), in its order.

    Raises:
        AsrkitError: as `reading.read_lines`; a line that does not end in an id in brackets; an id twice; no line.
    """
    once = Once("utterance", name_of(path))
    transcripts = []
    for line, where, text in filled_lines(path):
        words, bracket, utt = text.rpartition("(")
        utt = utt.removesuffix(")")
        if not bracket or not text.endswith(")") or not utt or " " in utt or "\t" in utt:
            what = "this line does not end in an utterance's id in brackets"
            raise AsrkitError(what, where=where, cure="write: words (utterance)")
        once.add(utt, line)
        transcripts.append(Transcript(utt, words.strip(" \t"), line))
    refuse_empty(transcripts, "utterance", path, "write an utterance's words and its id in brackets a line")
    return tuple(transcripts)


def serialize(transcripts: Iterable[Transcript]) -> Iterator[str]:
    """Yield the lines of `transcripts`; an id or a text that no line can hold is `escaped` or made `one_line`.

    An opening bracket in an id becomes `%28`.
    """
    for transcript in transcripts:
        yield f"{one_line(transcript.text)} ({id_of(transcript.utt)})".lstrip(" ")


def id_of(utt: str) -> str:
    """Return the id of an utterance as a TRN file writes it."""
    return escaped(utt).replace("(", "%28")
