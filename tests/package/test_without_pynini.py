"""pynini brings 700 MB: what does not need it runs where it is not installed."""

import importlib.metadata
import json
import sys

import pytest

from tests.cli.running import asrkit as run
from tests.decode.crafted import make_graph, write_posteriors

UNITS = ["<blank>", "打", "开", "文", "件"]


@pytest.fixture
def no_pynini(monkeypatch):
    version = importlib.metadata.version

    def without(name):
        if name == "pynini":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)

    for name in ("pynini", "pywrapfst", "_pywrapfst", "_pynini"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it fails
    monkeypatch.setattr(importlib.metadata, "version", without)


def test_graphs_hotwords_pictures_and_decoding_need_no_pynini(no_pynini, tmp_path):
    graph = make_graph(tmp_path / "g", UNITS, "打开 文件\n", "--keep-parts")
    assert "pynini" not in json.loads((graph / "manifest.json").read_text(encoding="utf-8"))["packages"]
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": "打 开 文 件"})
    (tmp_path / "list").write_text("文件\n", encoding="utf-8")
    asked = ("--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list")
    run("decode", *asked, "--nbest", 2, "--lattice", "openfst", "-o", tmp_path / "out")
    assert (tmp_path / "out" / "text").read_text(encoding="utf-8") == "u 打开文件\n"
    run("compile-hotwords", tmp_path / "list", "--units", tmp_path / "g" / "tokens.json", "-o", tmp_path / "h.fst")
    run("draw", graph, "--sentence", "打开 文件", "-o", tmp_path / "s.dot")
    assert "TLG.fst" in run("info", graph).stdout
