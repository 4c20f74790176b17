"""The only writers of files: atomic publishing, manifests of content hashes, working space."""

from asrkit.store.digests import cache_folder, has_digest
from asrkit.store.guard import STDOUT, check_output, check_outputs, protecting
from asrkit.store.manifest import (
    MANIFEST,
    FileRecord,
    Manifest,
    changed_inputs,
    hash_file,
    open_verified,
    read_manifest,
)
from asrkit.store.manifest_writing import write_manifest
from asrkit.store.publish import check_free, publish_file, publish_folder, write_bytes, write_lines
from asrkit.store.replacing import check_only
from asrkit.store.scratch import ScratchFile, scratch_copy, scratch_folder

__all__ = [
    "MANIFEST",
    "STDOUT",
    "FileRecord",
    "Manifest",
    "ScratchFile",
    "cache_folder",
    "changed_inputs",
    "check_free",
    "check_only",
    "check_output",
    "check_outputs",
    "has_digest",
    "hash_file",
    "open_verified",
    "protecting",
    "publish_file",
    "publish_folder",
    "read_manifest",
    "scratch_copy",
    "scratch_folder",
    "write_bytes",
    "write_lines",
    "write_manifest",
]
