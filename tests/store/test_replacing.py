"""Which folders give way to new ones: only those that asrkit made, of the same kind, as it made them."""

import pytest

from asrkit.errors import AsrkitError, Status
from asrkit.store import check_free, publish_folder, write_manifest

OLD, NEW = b"old\n", b"new\n"


def made(path, kind="graph", **options):
    with publish_folder(path, kind, **options) as folder:
        (folder / "lattices").mkdir()
        (folder / "lattices/a.fst").write_bytes(OLD)
        (folder / "beam=8").mkdir()
        (folder / "beam=8/text").write_bytes(OLD)
        write_manifest(folder / "beam=8", kind)
        (folder / "words.txt").write_bytes(OLD)
        write_manifest(folder, kind)
    return path


def refused(path, sentence, kind="graph"):
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    for action in (lambda: check_free(path, kind, overwrite=True), lambda: made(path, kind, overwrite=True)):
        with pytest.raises(AsrkitError) as raised:
            action()
        assert sentence in str(raised.value) and raised.value.status == Status.WRONG_USAGE
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before


def test_a_folder_as_asrkit_made_it_is_replaced_by_one_of_its_kind(tmp_path):
    graph = made(tmp_path / "graph")
    (graph / "words.txt").unlink()  # nothing is lost with what is not there
    (graph / ".words.txt.999999999-abcdefgh.tmp").write_bytes(OLD)
    made(graph, overwrite=True)
    assert (graph / "words.txt").read_bytes() == OLD


def test_another_kind_is_not_replaced(tmp_path):
    refused(made(tmp_path / "graph"), "this is a graph folder, which a decoding folder does not replace", "decoding")


@pytest.mark.parametrize("name", ["notes", ".git", "lattices/b.fst", "beam=8/manifest.json.bak", "sub/thesis"])
def test_a_folder_with_a_foreign_file_is_not_replaced(tmp_path, name):
    graph = made(tmp_path / "graph")
    (graph / name).parent.mkdir(exist_ok=True)
    (graph / name).write_bytes(b"mine")
    refused(graph, f"asrkit has not made '{name}' in this folder")


@pytest.mark.parametrize("name", ["notes", "lattices/sub"])
def test_a_folder_with_a_foreign_link_is_not_replaced(tmp_path, name):
    graph = made(tmp_path / "graph")
    (tmp_path / "elsewhere").mkdir()
    (graph / name).symlink_to(tmp_path / "elsewhere")
    refused(graph, f"asrkit has not made '{name}' in this folder")


@pytest.mark.parametrize("content", [b"old!", b"odl\n"])
def test_a_folder_in_which_a_file_was_corrected_is_not_replaced(tmp_path, content):
    graph = made(tmp_path / "graph")
    (graph / "beam=8/text").write_bytes(content)
    refused(graph, "'beam=8/text' in this folder is not as asrkit made it any more")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"name": "a web page"}', b"\xff", b"[" * 99_999])
def test_a_folder_with_a_manifest_of_something_else_is_not_replaced(tmp_path, content):
    page = tmp_path / "page"
    page.mkdir()
    (page / "manifest.json").write_bytes(content)
    (page / "index.html").write_bytes(b"mine")
    refused(page, "so that asrkit has not made this folder")


def test_what_comes_into_the_folder_while_the_new_one_is_built_is_not_lost(tmp_path):
    graph = made(tmp_path / "graph")

    def build():
        with publish_folder(graph, "graph", overwrite=True) as folder:
            write_manifest(folder, "graph")
            (graph / "notes").write_bytes(b"mine")

    with pytest.raises(AsrkitError, match="has not made 'notes'"):
        build()
    assert (graph / "notes").read_bytes() == b"mine" and (graph / "words.txt").read_bytes() == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["graph"]
