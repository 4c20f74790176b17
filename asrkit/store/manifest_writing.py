"""How a folder of results gets its manifest; `store.manifest` says what stands in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from asrkit.store.manifest import MANIFEST, Manifest, hash_file, serialize
from asrkit.store.publish import write_bytes


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
    outputs = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST)
    manifest = Manifest(
        kind=kind,
        inputs={name: hash_file(path, relative_to=final or folder) for name, path in sorted((inputs or {}).items())},
        outputs={(r := hash_file(path, relative_to=folder)).path: r for path in outputs},
        options=dict(options or {}),
        facts=dict(facts or {}),
        packages={name: metadata.version(name) for name in sorted(packages)},
    )
    write_bytes(folder / MANIFEST, serialize(manifest).encode() + b"\n")
    return manifest
