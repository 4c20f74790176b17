"""The folder of an unfinished run, `OUT.partial`: its journal, pieces of long recordings, and what the run is.

    run.json       what shapes the results, as the manifest will have it, and the stamps of the recordings
    journal.jsonl  a line for each utterance that is done (`decode.kept`)
    pieces/        what the network said about pieces of long recordings (`decode.pieces`)
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asrkit import store
from asrkit.decode import recordings
from asrkit.decode.inputs import Utterance
from asrkit.decode.made_of import differences
from asrkit.decode.recordings import Stamp
from asrkit.errors import AsrkitError, Status
from asrkit.formats.reading import read_json
from asrkit.store.journal import check_unused

_PARTIAL = ".partial"
_JOURNAL, _NOTE, _PIECES = "journal.jsonl", "run.json", "pieces"
CURE_DAMAGED = "pass --overwrite in place of --resume to begin again"


@dataclass(frozen=True)
class Unfinished:
    """Where the unfinished run of an output lies; the folder need not be there."""

    folder: Path

    @classmethod
    def of(cls, out: Path) -> Unfinished:
        """Return that of the output `out`."""
        path = out if out.name not in ("", "..") else out.resolve()  # `.` has no name to add to
        return cls(path.with_name(path.name + _PARTIAL))

    @property
    def journal(self) -> Path:
        """The path of its journal."""
        return self.folder / _JOURNAL

    @property
    def pieces(self) -> Path:
        """The path of its folder of pieces."""
        return self.folder / _PIECES

    @property
    def note(self) -> Path:
        """The path of the note of what the run is."""
        return self.folder / _NOTE

    def verifies(self) -> bool:
        """Whether the run compares recordings by their contents."""
        try:
            return "contents" in read_json(self.note)["made_of"]["recordings"]
        except (AsrkitError, KeyError, TypeError):
            return False

    def open(
        self, utterances: Sequence[Utterance], made_of: dict, found: list[Stamp], *, resume: bool, overwrite: bool
    ) -> None:
        """Make the folder, or check that the one that is there may be gone on with, or be lost.

        Args:
            utterances: of the run.
            made_of: what shapes the results.
            found: the stamps of the recordings.
            resume: as in `run.to_folder`.
            overwrite: as there.

        Raises:
            AsrkitError: it is a run of something else, or not to be lost; another process works in it; it holds what no
                run has written.
        """
        check_unused(self.journal)
        if resume and self.note.exists():
            self._check_same(utterances, made_of, found)
            return
        if not overwrite and self.journal.exists() and self.journal.stat().st_size:
            cure = "go on with it by --resume, or pass --overwrite to begin again"
            raise self._refusal("an unfinished run lies here", cure)
        if self.folder.exists():
            store.check_only(self.folder, frozenset({_JOURNAL, _NOTE, _PIECES}))
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        note = json.dumps({"made_of": made_of, "recordings": found}, ensure_ascii=False, sort_keys=True)
        store.write_lines(self.note, [note])

    def remove(self) -> None:
        """Remove the folder: all of it is published, or nothing of it is worth to go on with."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check_same(self, utterances: Sequence[Utterance], made_of: dict, found: list[Stamp]) -> None:
        before = read_json(self.note)
        if not isinstance(before, dict) or not isinstance(before.get("made_of"), dict):
            raise AsrkitError("this is not a note of what a run is", where=str(self.note), cure=CURE_DAMAGED)
        cure = "decode with the same, or pass --overwrite in place of --resume to begin again"
        by_contents = "contents" in made_of["recordings"]
        others = [] if by_contents else recordings.changed(utterances, before.get("recordings"), found)
        if before["made_of"] != made_of:
            raise self._refusal(f"the unfinished run was another one: {differences(before['made_of'], made_of)}", cure)
        if others:
            what = f"recordings were changed since the unfinished run began: {recordings.named(others)}"
            raise self._refusal(what, "pass --overwrite in place of --resume to begin again")

    def _refusal(self, what: str, cure: str) -> AsrkitError:
        return AsrkitError(what, where=str(self.folder), cure=cure, status=Status.WRONG_USAGE)
