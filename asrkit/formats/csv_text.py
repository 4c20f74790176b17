"""Tables of transcripts, CSV or TSV, with a line of heads: one column has the ids, or the recordings, one the texts.

Fields are separated by commas, semicolons or tabs, whichever the heads have; those in double quotes may hold
separators, line ends and doubled quotes (RFC 4180). Blank lines are passed over, as are other columns.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, is_field, refuse_empty
from asrkit.formats.kaldi_dir import Transcript
from asrkit.formats.paths import utterance_ids
from asrkit.formats.reading import name_of, read_lines

ID_COLUMNS = ("id", "utt", "utterance", "path", "audio_filepath", "file")  # the first that is there, if none is named
TEXT_COLUMNS = ("text", "sentence", "transcript", "transcription")
_AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".sph", ".aiff")


def parse(
    path: str | os.PathLike[str], *, id_column: str | None = None, text_column: str | None = None
) -> tuple[Transcript, ...]:
    """Return the transcripts in the file `path` (`-`: standard input), in its order.

    A column of recordings gives the ids that `decode` gives them.

    Raises:
        AsrkitError: as `reading.read_lines`; a column that is not there; a row that is too short; an id that is empty,
            has white space in it, or stands twice; no row.
    """
    name = name_of(path)
    read = _rows(path)
    _, heads = next(read, (1, []))
    heads = [head.strip() for head in heads]
    at_id = _column(heads, id_column, ID_COLUMNS, "ids", name)
    at_text = _column(heads, text_column, TEXT_COLUMNS, "texts", name)
    rows = []
    for line, row in read:
        if len(row) <= max(at_id, at_text):
            what = f"{len(heads)} fields are needed, {len(row)} are here"
            raise AsrkitError(what, where=f"{name}:{line}", cure="write a field for each of the heads")
        rows.append((line, row[at_id].strip(), row[at_text]))
    refuse_empty(rows, "row", path, "write a row for each utterance under the heads")
    ids: Sequence[str] = [utt for _, utt, _ in rows]
    if all(utt.lower().endswith(_AUDIO) for utt in ids):
        once = Once("recording", name)
        for line, utt, _ in rows:
            once.add(utt, line)
        ids = utterance_ids(ids)
    once, found = Once("id", name), []
    for (line, _, text), utt in zip(rows, ids, strict=True):
        if not is_field(utt):
            what = f"the id {shown(utt)} is empty or has white space in it"
            raise AsrkitError(what, where=f"{name}:{line}", cure="write another")
        once.add(utt, line)
        found.append(Transcript(utt, " ".join(text.split()), line))
    return tuple(found)


def _rows(path: str | os.PathLike[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of each row; a row may go over several lines."""
    name, lines = name_of(path), (text for _, text in read_lines(path))
    first = next((text for text in lines if text.strip()), "")
    separator = max(",;\t", key=first.count)
    yield 1, next(csv.reader([first], delimiter=separator), [])
    reader = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what, cure = f"this row cannot be read ({error})", "close its quotes and double those inside"
            raise AsrkitError(what, where=f"{name}:{reader.line_num + 1}", cure=cure) from error
        if any(field.strip() for field in row):
            yield reader.line_num + 1, row


def _column(heads: list[str], named: str | None, usual: Sequence[str], what: str, name: str) -> int:
    """Return which column has the ids, or the texts."""
    lower = [head.lower() for head in heads]
    for wanted in [named] if named is not None else usual:
        if wanted in heads:
            return heads.index(wanted)
        if named is None and wanted in lower:
            return lower.index(wanted)
    there = ", ".join(map(shown, heads[:8])) or "none"
    wanted = shown(named) if named is not None else f"of {what}"
    option = "--id-column" if what == "ids" else "--text-column"
    raise AsrkitError(f"there is no column {wanted}, only {there}", where=name, cure=f"name one with {option}")
