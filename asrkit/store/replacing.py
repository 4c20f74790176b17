"""Which folder may give way to a new one: an empty one, or one that asrkit made, of the same kind, as it was made.

A folder may hold what was never made by a command: notes, pictures, corrected transcripts. So every file in it must
stand in its manifest, with the bytes that it had; what is missing is no loss.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from asrkit.errors import AsrkitError, Status, shown
from asrkit.store.digests import has_digest
from asrkit.store.manifest import MANIFEST, FileRecord, read_manifest
from asrkit.store.temporary import is_temporary

_CURE = "name another output, or remove it yourself"


def check_replaceable(folder: Path, kind: str) -> None:
    """Do nothing if a folder of this `kind` may take the place of `folder`, which is there.

    Raises:
        AsrkitError: it holds what asrkit has not made, or is of another kind.
    """
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if not folder.is_dir() or not (folder / MANIFEST).is_file():
        what = f"this folder has no {MANIFEST}, so that asrkit has not made it and does not replace it"
        raise _refusal("this is not a folder" if not folder.is_dir() else what, folder)
    try:
        manifest = read_manifest(folder)
    except AsrkitError as error:
        what = f"its {MANIFEST} is not one of asrkit, so that asrkit has not made this folder and does not replace it"
        raise _refusal(what, folder) from error
    if manifest.kind != kind:
        raise _refusal(f"this is a {manifest.kind} folder, which a {kind} folder does not replace", folder)
    for name in _foreign(folder, manifest.outputs):
        raise _refusal(f"asrkit has not made {shown(name)} in this folder and does not replace it", folder)
    for record in manifest.outputs.values():
        if _has_changed(folder / record.path, record):
            raise _refusal(f"{shown(record.path)} in this folder is not as asrkit made it any more", folder)


def check_only(folder: Path, names: frozenset[str]) -> None:
    """Do nothing if `folder`, which is there, holds nothing but files of these names and temporary ones.

    Raises:
        AsrkitError: it holds something else.
    """
    foreign = next((name for name in sorted(os.listdir(folder)) if name not in names and not is_temporary(name)), None)
    if foreign is not None:
        raise _refusal(f"asrkit has not made {shown(foreign)} in this folder and does not remove it", folder)


def _foreign(folder: Path, outputs: Mapping[str, FileRecord]) -> Iterator[str]:
    known = {record.path for record in outputs.values()} | {MANIFEST}
    for above, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        for name in sorted([*files, *links]):
            inside = os.path.relpath(os.path.join(above, name), folder)
            if inside not in known and not is_temporary(name):
                yield inside


def _has_changed(path: Path, record: FileRecord) -> bool:
    try:
        return path.stat().st_size != record.bytes or not has_digest(path, record.sha256)
    except OSError:
        return False  # it is not there, and so it cannot be lost


def _refusal(what: str, folder: Path) -> AsrkitError:
    return AsrkitError(what, where=str(folder), cure=_CURE, status=Status.WRONG_USAGE)
