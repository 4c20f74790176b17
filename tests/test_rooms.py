"""The rooms of ARCHITECTURE.md: imports go up the list only, modules stay small, only the store writes files."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "asrkit"
HOUSE = ("errors", "defaults", "progress", "store", "compiled", "formats")
WORK = ("text", "units", "lm", "graph", "hotwords", "audio", "acoustic", "search", "decode", "score")
ROOMS = (*HOUSE, *WORK, "describe", "cli")
NOT_ROOMS = {"__init__", "__main__", "demo", "models"}  # the last two are data with their paths
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 400
WRITING = re.compile("[rbt]*[wax+][rwaxbt+]*")  # a mode of `open`
WRITERS = {"write_bytes", "write_text", "savez", "savez_compressed", "save", "tofile", "NamedTemporaryFile", "mkstemp"}


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_rooms(path):
    """Yield (line, room) for each import of a room of asrkit, inside functions too."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            whole = node.module == "asrkit"
            names = [f"asrkit.{alias.name}" for alias in node.names] if whole else [node.module]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "asrkit" and len(parts) > 1 and parts[1] not in {"__version__", *NOT_ROOMS}:
                yield node.lineno, parts[1]


def opened_for_writing(path):
    """Yield the line of each call that opens a file for writing or writes one by its path."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        modes = [*node.args[:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
        writes = any(
            isinstance(mode, ast.Constant) and isinstance(mode.value, str) and WRITING.fullmatch(mode.value)
            for mode in modes
        )
        if getattr(getattr(node.func, "value", None), "id", "") in ("archive", "store"):
            continue  # a member of a zip that the store writes; the store's own functions
        if (name in ("open", "fdopen") and writes) or (name in WRITERS and not _into_a_stream(node, name)):
            yield node.lineno


def _into_a_stream(call, name):
    """Whether `np.save(stream, …)` and its like get a stream that somebody else opened."""
    return name.startswith("save") and call.args and getattr(call.args[0], "id", "") in ("stream", "buffer")


def test_every_piece_of_the_package_is_a_room():
    assert {room_of(path) for path in MODULES} - NOT_ROOMS <= set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_up_the_list_of_rooms_only(path):
    room = room_of(path)
    if room in NOT_ROOMS:
        return
    for line, imported in imported_rooms(path):
        before = ROOMS[: ROOMS.index(room) + 1]
        assert imported in before, f"{path}:{line}: {room} imports {imported}"


def needed_modules(path):
    """Yield the modules of asrkit that a module imports, inside functions too, but not those for types alone."""
    names = {".".join(module.relative_to(ROOT).with_suffix("").parts): module for module in MODULES}
    tree = tree_of(path)
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    for_types = {id(node) for block in blocks for node in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in for_types and (node.module or "").startswith("asrkit"):
            for alias in node.names:
                found = names.get(f"{node.module}.{alias.name}", names.get(node.module))
                if found is not None and found != path:
                    yield found


def test_no_two_modules_need_each_other():
    needs = {path: set(needed_modules(path)) for path in MODULES}
    left = dict(needs)
    while ready := [path for path, some in left.items() if not some & left.keys()]:
        for path in ready:
            del left[path]
    assert {str(path.relative_to(ROOT)) for path in left} == set()


def test_the_package_itself_imports_nothing_heavy_and_only_main_starts_the_command():
    assert list(imported_rooms(PACKAGE / "__main__.py")) == [(3, "cli")]
    users = [path for path in MODULES if room_of(path) != "cli" and "cli" in {room for _, room in imported_rooms(path)}]
    assert users == [PACKAGE / "__main__.py"]


def test_folders_of_data_import_no_room():
    for path in (*PACKAGE.glob("demo/*.py"), *PACKAGE.glob("models/*.py")):
        assert list(imported_rooms(path)) == []


def test_architecture_lists_the_rooms_in_the_order_that_is_held():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = [name.rstrip("/").removesuffix(".py") for name in re.findall(r"^\| `([a-z./]+)` \|", text, re.MULTILINE)]
    present = [room for room in ROOMS if (PACKAGE / room).exists() or (PACKAGE / f"{room}.py").exists()]
    assert [room for room in listed if room in present] == present


def test_no_module_is_longer_than_a_reader_can_hold():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {str(path): length for path, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_store_opens_files_for_writing(path):
    if room_of(path) == "store":
        return
    assert list(opened_for_writing(path)) == []


def test_the_store_is_seen_to_open_files_for_writing():
    assert list(opened_for_writing(PACKAGE / "store/publish.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path):
    if path.stat().st_size:
        assert ast.get_docstring(tree_of(path))
