import json

import pytest

from asrkit.errors import AsrkitError
from asrkit.store import (
    MANIFEST,
    FileRecord,
    changed_inputs,
    hash_file,
    open_verified,
    publish_folder,
    read_manifest,
    write_manifest,
)
from tests.mutants import survives

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # sha256 of "abc", from FIPS 180-2


@pytest.fixture
def graph(tmp_path):
    """A folder as a command makes it, beside the file it was made from."""
    (tmp_path / "lm.arpa").write_bytes(b"abc")
    with publish_folder(tmp_path / "graph", "graph") as folder:
        (folder / "sub").mkdir()
        (folder / "TLG.fst").write_bytes(b"fst")
        (folder / "sub/words.txt").write_bytes("阳光 1\n".encode())
        inputs = {"lm.arpa": tmp_path / "lm.arpa"}
        facts = {"states": 3, "share": 0.5}
        options = {"order": 3, "name": "阳"}
        write_manifest(
            folder, "graph", final=tmp_path / "graph", inputs=inputs, options=options, facts=facts, packages=["numpy"]
        )
    return tmp_path / "graph"


def refused(action, sentence):
    with pytest.raises(AsrkitError) as raised:
        action()
    assert sentence in str(raised.value) and "\n" not in str(raised.value), str(raised.value)


def test_a_manifest_is_read_as_it_was_written(graph):
    manifest = read_manifest(graph)
    assert manifest.kind == "graph"
    assert manifest.inputs == {"lm.arpa": FileRecord("../lm.arpa", 3, ABC)}
    assert list(manifest.outputs) == ["TLG.fst", "sub/words.txt"]
    assert (manifest.options, manifest.facts) == ({"order": 3, "name": "阳"}, {"states": 3, "share": 0.5})
    assert list(manifest.packages) == ["numpy"] and manifest.asrkit
    assert open_verified(graph, "graph") == manifest
    assert changed_inputs(graph, manifest) == []


def test_the_same_content_gives_the_same_manifest_wherever_it_stands(graph, tmp_path):
    text = (graph / MANIFEST).read_text()
    assert str(tmp_path) not in text and text.endswith("}\n")
    moved = tmp_path / "elsewhere"
    graph.rename(moved)
    assert open_verified(moved, "graph") == read_manifest(moved)
    assert changed_inputs(moved, read_manifest(moved)) == []


def test_another_kind_is_refused(graph):
    refused(lambda: open_verified(graph, "hotwords"), "this is a graph folder, a hotwords folder is needed")


def test_a_changed_output_is_refused(graph):
    (graph / "TLG.fst").write_bytes(b"fsT")
    refused(lambda: open_verified(graph, "graph"), "TLG.fst: this file is not the one its manifest describes; make")
    (graph / "TLG.fst").write_bytes(b"fst ")
    refused(lambda: open_verified(graph, "graph"), "not the one its manifest describes")
    (graph / "TLG.fst").unlink()
    refused(lambda: open_verified(graph, "graph"), "TLG.fst: no such file or folder")


def test_changed_and_lost_inputs_are_named(graph, tmp_path):
    manifest = read_manifest(graph)
    (tmp_path / "lm.arpa").write_bytes(b"abd")
    assert changed_inputs(graph, manifest) == ["lm.arpa changed"]
    (tmp_path / "lm.arpa").unlink()
    assert changed_inputs(graph, manifest) == ["lm.arpa is gone"]


def test_inputs_are_found_through_links(graph, tmp_path):
    (tmp_path / "deep/er").mkdir(parents=True)
    link = tmp_path / "deep/er/graph"
    link.symlink_to(graph)
    assert changed_inputs(link, read_manifest(link)) == []
    versioned = tmp_path / "current.arpa"
    versioned.symlink_to("lm.arpa")
    assert hash_file(versioned, relative_to=link).path == "../current.arpa"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "this folder has no manifest.json; name a folder that an asrkit command made"),
        (b"", "manifest.json: this is not a manifest of asrkit, or it was changed; make the folder again"),
        (b"[]", "this is not a manifest"),
        (b"{}", "this is not a manifest"),
        (b"\xff", "this is not a manifest"),
        (b"[" * 100_000, "this is not a manifest"),
        (b" " * (17 << 20), "this is not a manifest"),
    ],
)
def test_what_is_no_manifest_is_told(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / MANIFEST).write_bytes(content)
    refused(lambda: read_manifest(tmp_path), sentence)


@pytest.mark.parametrize("path", ["a\0b", "\ud800", 3, None])
def test_a_path_that_can_be_none_is_no_manifest(graph, path):
    value = json.loads((graph / MANIFEST).read_text())
    value["outputs"]["TLG.fst"]["path"] = path
    (graph / MANIFEST).write_text(json.dumps(value))
    refused(lambda: open_verified(graph, "graph"), "this is not a manifest")


def test_damaged_manifests_are_survived(graph):
    def read(path):
        changed_inputs(path.parent, open_verified(path.parent, "graph"))

    def tell_the_folder(path):
        try:
            read(path)
        except AsrkitError as error:  # a changed kind or path names another place
            error.where = f"{error.where} ({path.name})"
            raise

    _, errors = survives(tell_the_folder, (graph / MANIFEST).read_bytes(), graph / MANIFEST)
    assert errors > 950


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    refused(lambda: hash_file(tmp_path / "no", relative_to=tmp_path), "no: no such file or folder")
    refused(lambda: hash_file(tmp_path, relative_to=tmp_path), "this is a folder, a file is needed")
