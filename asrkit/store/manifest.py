"""What a folder of results was made of: content hashes of inputs and outputs, options, versions.

`manifest.json` stands in each folder that a command makes. It holds nothing that changes from run to run (no time, no
machine), so that the same inputs give the same bytes (law 10), and it lets a reader refuse a damaged or foreign file
before native code maps it (law 12).

    {"kind": "graph", "asrkit": "0.1.0", "options": {...}, "facts": {...},
     "inputs":  {"lm.arpa":  {"path": "../lm.arpa", "bytes": 812, "sha256": "…"}},
     "outputs": {"TLG.fst":  {"path": "TLG.fst", "bytes": 4096, "sha256": "…"}},
     "packages": {"numpy": "2.1.0"}}

Paths are relative to the folder of the manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import asrkit
from asrkit.errors import AsrkitError, from_os_error
from asrkit.store.publish import MANIFEST, write_bytes

_MAX_BYTES = 16 << 20  # a manifest is small; anything larger is something else


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


def write_manifest(
    folder: Path,
    kind: str,
    *,
    final: Path | None = None,
    inputs: Mapping[str, str | os.PathLike[str]] | None = None,
    options: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    packages: Iterable[str] = (),
) -> Manifest:
    """Write `folder/manifest.json` for all files in `folder`, and return it.

    Args:
        folder: the folder as it is being built (see `publish_folder`).
        kind: what the folder is, such as "graph".
        final: the name that the folder will get, from which the inputs' relative paths are counted.
        inputs: name in the manifest -> path of each file that the folder was made from.
        options: the options that shaped the outputs.
        facts: counts and measures of the outputs that are the same in every run.
        packages: names of the installed packages whose versions shaped the outputs.
    """
    outputs = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    manifest = Manifest(
        kind=kind,
        inputs={name: hash_file(path, relative_to=final or folder) for name, path in sorted((inputs or {}).items())},
        outputs={(r := hash_file(path, relative_to=folder)).path: r for path in outputs},
        options=dict(options or {}),
        facts=dict(facts or {}),
        packages={name: metadata.version(name) for name in sorted(packages)},
    )
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2, sort_keys=True)
    write_bytes(folder / MANIFEST, text.encode() + b"\n")
    return manifest


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
        raw = json.loads(content.decode("utf-8"))
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
        cure = "make the folder anew"
        raise AsrkitError("this is not a manifest of asrkit", where=str(path), cure=cure) from error


def open_verified(folder: str | os.PathLike[str], kind: str, *, contents: bool = True) -> Manifest:
    """Return the manifest of `folder` after checking that the folder is what its manifest says.

    Args:
        folder: a folder that an asrkit command made.
        kind: the kind that is wanted.
        contents: hash every output file; if false, compare only their sizes (no file is read).

    Raises:
        AsrkitError: another kind, or an output file is missing or differs from its record.
    """
    manifest = read_manifest(folder)
    if manifest.kind != kind:
        raise AsrkitError(f"this is a {manifest.kind} folder, a {kind} folder is needed", where=str(folder))
    for record in manifest.outputs.values():
        path = Path(folder) / record.path
        _check_output(path, record, contents=contents)
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


def _check_output(path: Path, record: FileRecord, *, contents: bool) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise from_os_error(error, path) from error
    if size != record.bytes or (contents and hash_file(path, relative_to=path.parent).sha256 != record.sha256):
        raise AsrkitError("this file is not the one its manifest describes", where=str(path), cure="make it anew")


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
