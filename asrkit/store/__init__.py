"""The only writers of files: atomic publishing, manifests of content hashes, working space."""

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
from asrkit.store.publish import STDOUT, check_free, publish_file, publish_folder, write_bytes, write_lines
from asrkit.store.scratch import ScratchFile, scratch_copy, scratch_folder

__all__ = [
    "MANIFEST",
    "STDOUT",
    "FileRecord",
    "Manifest",
    "ScratchFile",
    "changed_inputs",
    "check_free",
    "hash_file",
    "open_verified",
    "publish_file",
    "publish_folder",
    "read_manifest",
    "scratch_copy",
    "scratch_folder",
    "write_bytes",
    "write_lines",
    "write_manifest",
]
