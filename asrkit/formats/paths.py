"""Plain lists of paths: one a line; a path may hold spaces. Blank lines are passed over; there are no comments.

Here too stands what a relative path in any list means (`locate`), and which ids the files of a list get
(`utterance_ids`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asrkit.errors import AsrkitError, shown
from asrkit.formats.fields import Once, escaped, filled_lines, refuse_empty, written_rest
from asrkit.formats.reading import STDIN, name_of

_SEPARATORS = re.compile("[ \t\r\n]")
_NOT_IN_NAMES = re.compile("[\0-\x1f\x7f%/\\\\:*?\"<>|\ud800-\udfff]|^[.-]")
_LONGEST_NAME = 240  # bytes; file systems hold 255, and a file gets a longer name while it is written


@dataclass(frozen=True, slots=True)
class ListedPath:
    """One line: a path as it stands there."""

    path: str
    line: int = field(default=0, compare=False)


def parse(path: str | os.PathLike[str]) -> tuple[ListedPath, ...]:
    """Return the paths in the file `path` (`-`: standard input).

    Raises:
        AsrkitError: as `reading.read_lines`; a path that stands twice; no path at all.
    """
    once = Once("path", name_of(path))
    paths = []
    for line, _, text in filled_lines(path):
        once.add(text, line)
        paths.append(ListedPath(text, line))
    refuse_empty(paths, "path", path, "write the path of one audio file a line")
    return tuple(paths)


def serialize(paths: Sequence[ListedPath]) -> Iterator[str]:
    """Yield one line a path.

    Raises:
        AsrkitError: a path that no line can hold.
    """
    for listed in paths:
        yield written_rest(listed.path, "path")


def locate(path: str, list_path: str | os.PathLike[str]) -> str:
    """Return where the file `path` lies that the list `list_path` (`-`: standard input) names.

    A relative path counts from the folder of the list if the file is there, else from the working folder, as Kaldi has
    it; so a folder with its list can be moved as a whole.
    """
    if os.path.isabs(path) or os.fspath(list_path) == STDIN:
        return path
    beside = os.path.join(os.path.dirname(os.fspath(list_path)), path)
    return beside if os.path.exists(beside) else path


def utterance_ids(paths: Sequence[str]) -> tuple[str, ...]:
    """Return one id a file: its name without ending, or, where names repeat, its path from their common folder.

    White space that separates fields and lines becomes `_`, since the ids stand in files of such; a byte that is not
    UTF-8 becomes `%` and its hex.

    Raises:
        AsrkitError: two files would have one id.
    """
    names = [Path(path).stem for path in paths]
    if len(set(names)) != len(names):
        paths = _from_common_folder(paths)
        names = [os.path.splitext(path)[0] for path in paths]
    ids = [escaped(_SEPARATORS.sub("_", name) or "_") for name in names]
    repeated = next((i for i, count in Counter(ids).items() if count > 1), None)
    if repeated is not None:
        first, second = [path for path, i in zip(paths, ids, strict=True) if i == repeated][:2]
        what = f"{shown(first)} and {shown(second)} would both be the utterance {shown(repeated)}"
        raise AsrkitError(what, cure="rename one, or give ids in a wav.scp")
    return tuple(ids)


def _from_common_folder(paths: Sequence[str]) -> list[str]:
    """Return the paths so that they do not depend on how they are written, nor on where their common folder lies."""
    whole = [os.path.abspath(path) for path in paths]
    above = os.path.commonpath([os.path.dirname(path) for path in whole])
    return [os.path.relpath(path, above) for path in whole]


def file_name(utt: str, suffix: str) -> str:
    """Return a name for the file of an utterance: distinct for distinct ids, of at most 255 bytes in UTF-8.

    `/`, NUL and the like are percent-encoded, which `urllib.parse.unquote` undoes. A longer name is cut, with a hash of
    the id at its end; the list beside the files (`file_list`) tells the id.
    """
    name = _NOT_IN_NAMES.sub(_percent, utt) + suffix
    content = name.encode("utf-8")
    if len(content) <= _LONGEST_NAME:
        return name
    tail = f"~{hashlib.sha256(utt.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}{suffix}"
    return content[: _LONGEST_NAME - len(tail)].decode("utf-8", "ignore") + tail


def _percent(found: re.Match[str]) -> str:
    """Return what was found percent-encoded; `urllib.parse.quote` leaves a dot and a hyphen as they are."""
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogateescape"))


def file_list(utts: Iterable[str], folder: str, suffix: str) -> Iterator[str]:
    """Yield a line `<utterance> <folder>/<file>` for each utterance, as Kaldi's lists have it."""
    for utt in utts:
        yield f"{escaped(utt)} {folder}/{file_name(utt, suffix)}"
