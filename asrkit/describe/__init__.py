"""What a file or folder is, for `asrkit info`: known by its content, told with sizes, counts and hashes.

A row of FOLDERS here, or of FILES in `files`, is one kind: its name, how it is recognised, what is told of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from asrkit.describe.files import FILES, fact
from asrkit.describe.sample import Sample
from asrkit.errors import AsrkitError, from_os_error
from asrkit.formats import kaldi_dir
from asrkit.formats.reading import STDIN
from asrkit.store import MANIFEST, changed_inputs, hash_file, open_verified, read_manifest


@dataclass(frozen=True)
class FolderKind:
    """A row of FOLDERS."""

    name: str
    recognises: Callable[[Path], bool]
    tell: Callable[[Path], Iterable[str]]


def describe(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yield lines that tell what `path` is.

    Raises:
        AsrkitError: there is nothing; it cannot be read; it is damaged (after what could be told); nothing known.
    """
    if os.fspath(path) == STDIN:
        raise AsrkitError("standard input can be read only once", cure="name a file or folder")
    place = Path(path)
    if place.is_dir():
        folder_kind = next((kind for kind in FOLDERS if kind.recognises(place)), None)
        if folder_kind is None:
            cure = "name a file in it, a graph, a model folder or a Kaldi data folder"
            raise AsrkitError("this folder is nothing that asrkit knows", where=str(place), cure=cure)
        yield f"{place}: {folder_kind.name}"
        yield from folder_kind.tell(place)
        return
    try:
        size = place.stat().st_size
    except OSError as error:
        raise from_os_error(error, place) from error
    if not place.is_file():
        raise AsrkitError("this is a pipe or a device", where=str(place), cure="name a file or folder")
    sample = Sample(place)
    kind = next((kind for kind in FILES if kind.recognises(sample)), None)
    yield f"{place}: {kind.name if kind else 'empty' if size == 0 else 'nothing that asrkit knows'}"
    yield fact("size", f"{size:,} bytes")
    yield fact("sha256", hash_file(place, relative_to=place.parent).sha256)
    if kind:
        yield from kind.tell(place)


def _tell_made(folder: Path) -> Iterator[str]:
    manifest = read_manifest(folder)
    yield fact("kind", manifest.kind)
    yield fact("made by", f"asrkit {manifest.asrkit}")
    for group in (manifest.options, manifest.facts):
        for name, value in group.items():
            yield fact(name, value if isinstance(value, int | str) else json.dumps(value, ensure_ascii=False))
    for record in manifest.outputs.values():
        yield fact("file", f"{record.path}  {record.bytes:,} bytes  sha256 {record.sha256[:16]}…")
    changes = changed_inputs(folder, manifest)
    for name, record in manifest.inputs.items():
        gone, changed = f"{name} is gone" in changes, f"{name} changed" in changes
        how = "not there, so that it cannot be compared" if gone else "changed" if changed else "unchanged"
        yield fact("made from", f"{record.path}  {how}")
    if stale := [change for change in changes if change.endswith(" changed")]:
        yield fact("stale", f"{', '.join(stale)}: make it again to take that in")
    open_verified(folder, manifest.kind)


def _tell_model(folder: Path) -> Iterator[str]:
    from asrkit.acoustic import describe as model

    for line in model.describe(folder):
        yield f"  {line}"


def _tell_data(folder: Path) -> Iterator[str]:
    data = kaldi_dir.parse(folder, allow_commands=True)
    yield fact("recordings", len(data.recordings))
    yield fact("segments", len(data.segments))
    yield fact("texts", len(data.texts))
    yield fact("speakers", len({line.speaker for line in data.speakers}))


FOLDERS = (
    FolderKind("made by asrkit", lambda folder: (folder / MANIFEST).exists(), _tell_made),
    FolderKind("Kaldi data folder", lambda folder: (folder / "wav.scp").exists(), _tell_data),
    FolderKind("model folder", lambda folder: any(folder.glob("*.onnx")), _tell_model),
)
