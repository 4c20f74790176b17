"""The wheel that pip makes of this checkout: it holds all that is needed, and works where the checkout is not."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("asrkit", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        os.symlink(ROOT / name, source / name)
    asked = ("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet", "-w", made, source)
    subprocess.run([sys.executable, "-m", "pip", *map(str, asked)], check=True, capture_output=True)
    (found,) = made.glob("*.whl")
    return found


def test_the_wheel_holds_the_data_the_types_and_the_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {path.relative_to(ROOT).as_posix() for path in (ROOT / "asrkit").rglob("*") if path.is_file()}
    shipped = {name for name in shipped if "__pycache__" not in name}
    assert shipped <= set(names) and "asrkit/py.typed" in names
    assert {Path(name).name for name in names if ".dist-info/" in name} >= {"LICENSE", "NOTICE", "entry_points.txt"}


def test_an_installed_wheel_decodes_and_builds_a_graph_outside_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "text").write_text("打开 文件\n打开 窗口\n", encoding="utf-8")
    (tmp_path / "words").write_text("打开\n文件\n窗口\n", encoding="utf-8")
    model = tmp_path / "site" / "asrkit" / "models" / "small-paraformer"

    def run(*arguments):
        environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
        done = subprocess.run(
            [sys.executable, "-m", "asrkit", *map(str, arguments)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("train-lm", "text", "-o", "lm", "--order", 2, "--discount-fallback")
    run("make-lexicon", "words", "--units", model / "tokens.json", "-o", "lexicon")
    run("build-graph", "--lexicon", "lexicon", "--lm", "lm", "--model", model, "-o", "graph")
    where = run("info", "graph")
    assert str(ROOT) not in where
    assert run("decode", tmp_path / "site" / "asrkit" / "demo" / "demo-04.flac").startswith("demo-04 明天")
