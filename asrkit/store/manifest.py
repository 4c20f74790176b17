"""What a folder of results was made of: content hashes of inputs and outputs, options, versions.

`manifest.json` stands in each folder that a command makes. It holds nothing that changes from run to run (no time, no
machine), so that the same inputs give the same bytes (law 10), and it lets a reader refuse a damaged or foreign file
before native code maps it (law 12).

    {"kind": "graph", "asrkit": "0.1.0", "options": {...}, "facts": {...},
     "inputs":  {"lm.arpa":  {"path": "../lm.arpa", "bytes": 812, "sha256": "…"}},
     "outputs": {"TLG.fst":  {"path": "TLG.fst", "bytes": 4096, "sha256": "…"}},
     "packages": {"numpy": "2.1.0"}, "seal": "…"}

Paths are relative to the folder of the manifest, however they were given. The seal is the SHA-256 of all the rest, so
that a manifest that was changed is refused; those of the first versions have none.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import asrkit
from asrkit.errors import AsrkitError, from_os_error
from asrkit.store.digests import has_digest

MANIFEST = "manifest.json"

_MAX_BYTES = 256 << 20  # 1,000,000 lattices; anything larger is something else
_KEYS = frozenset({"kind", "inputs", "outputs", "options", "facts", "packages", "asrkit", "seal"})


@dataclass(frozen=True)
class FileRecord:
    """One file as it was: its path relative to the manifest's folder, its size, its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """All that is known of how a folder was made. `options` and `facts` hold plain JSON values."""

    kind: str
    inputs: Mapping[str, FileRecord] = field(default_factory=dict)
    outputs: Mapping[str, FileRecord] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    asrkit: str = asrkit.__version__


def hash_file(path: str | os.PathLike[str], *, relative_to: str | os.PathLike[str]) -> FileRecord:
    """Return the record of the file `path`, named as seen from the folder `relative_to`, wherever links lead to it.

    Raises:
        AsrkitError: the file cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError as error:
        raise from_os_error(error, path) from error
    folder, name = os.path.split(os.path.abspath(path))  # a file that is itself a link keeps its name
    place = os.path.join(os.path.realpath(folder), name)
    return FileRecord(os.path.relpath(place, os.path.realpath(relative_to)), size, digest)


def read_manifest(folder: str | os.PathLike[str]) -> Manifest:
    """Return the manifest of `folder`, its structure checked, its files not.

    Raises:
        AsrkitError: there is none, or it is not a manifest.
    """
    path = Path(folder) / MANIFEST
    try:
        with open(path, "rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError("too large")
        raw = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
        if not _KEYS.issuperset(raw) or raw.pop("seal", None) not in (None, _seal(raw)):
            raise ValueError("changed")
        return Manifest(
            kind=_typed(raw["kind"], str),
            inputs=_records(raw["inputs"]),
            outputs=_records(raw["outputs"]),
            options=_typed(raw["options"], dict),
            facts=_typed(raw["facts"], dict),
            packages=_typed(raw["packages"], dict),
            asrkit=_typed(raw["asrkit"], str),
        )
    except FileNotFoundError as error:
        what = "this folder has no manifest.json" if Path(folder).is_dir() else "there is no such folder"
        raise AsrkitError(what, where=str(folder), cure="name a folder that an asrkit command made") from error
    except OSError as error:
        raise from_os_error(error, path) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = "this is not a manifest of asrkit, or it was changed"
        raise AsrkitError(what, where=str(path), cure="make the folder again") from error


def serialize(manifest: Manifest) -> str:
    """Return the text of `manifest`, sealed, without the last line end."""
    raw = json.loads(json.dumps(asdict(manifest)))
    return json.dumps(raw | {"seal": _seal(raw)}, ensure_ascii=False, indent=2, sort_keys=True)


def open_verified(folder: str | os.PathLike[str], kind: str) -> Manifest:
    """Return the manifest of `folder` after checking that the folder is what its manifest says.

    Every output file is hashed; a large one once, as `digests.has_digest` says.

    Args:
        folder: a folder that an asrkit command made.
        kind: the kind that is wanted.

    Raises:
        AsrkitError: another kind, or an output file is missing or differs from its record.
    """
    manifest = read_manifest(folder)
    if manifest.kind != kind:
        raise AsrkitError(f"this is a {manifest.kind} folder, a {kind} folder is needed", where=str(folder))
    for record in manifest.outputs.values():
        path = Path(folder) / record.path
        _check_output(path, record)
    return manifest


def changed_inputs(folder: str | os.PathLike[str], manifest: Manifest) -> list[str]:
    """Return a sentence part for each input that differs from what `folder` was made of: "lm.arpa changed"."""
    changes = []
    for name, record in manifest.inputs.items():
        path = Path(os.path.realpath(folder)) / record.path
        try:
            same = path.stat().st_size == record.bytes and hash_file(path, relative_to=folder).sha256 == record.sha256
        except FileNotFoundError:
            changes.append(f"{name} is gone")
            continue
        except OSError as error:
            raise from_os_error(error, path) from error
        if not same:
            changes.append(f"{name} changed")
    return changes


def _check_output(path: Path, record: FileRecord) -> None:
    try:
        same = path.stat().st_size == record.bytes and has_digest(path, record.sha256)
    except OSError as error:
        raise from_os_error(error, path) from error
    if not same:
        raise AsrkitError("this file is not the one its manifest describes", where=str(path), cure="make it again")


def _seal(raw: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the JSON object of the pairs; a key that stands twice raises ValueError."""
    if len(value := dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _records(raw: Any) -> dict[str, FileRecord]:
    return {
        name: FileRecord(_path(r["path"]), _typed(r["bytes"], int), _typed(r["sha256"], str))
        for name, r in _typed(raw, dict).items()
    }


def _path(value: Any) -> str:
    """Return `value` if it can be a path; NUL and halves of surrogate pairs raise ValueError."""
    if b"\0" in _typed(value, str).encode("utf-8"):
        raise ValueError("a path without NUL wanted")
    return cast(str, value)


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} wanted")
    return value
