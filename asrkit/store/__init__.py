"""The only writers of files: atomic publishing (`publish`), manifests of content hashes (`manifest`)."""
