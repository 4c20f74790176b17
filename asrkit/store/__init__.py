"""The only writers of files: atomic publishing and manifests of content hashes."""

from asrkit.store.manifest import (
    MANIFEST,
    FileRecord,
    Manifest,
    changed_inputs,
    hash_file,
    open_verified,
    read_manifest,
    write_manifest,
)
from asrkit.store.publish import publish_file, publish_folder, write_bytes, write_lines

__all__ = [
    "MANIFEST",
    "FileRecord",
    "Manifest",
    "changed_inputs",
    "hash_file",
    "open_verified",
    "publish_file",
    "publish_folder",
    "read_manifest",
    "write_bytes",
    "write_lines",
    "write_manifest",
]
