"""Graph folders through the command: whole or not at all, refused where they do not fit."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import symbols, tokens
from asrkit.graph.folder import open_graph
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.store import changed_inputs, read_manifest
from tests.cli.running import asrkit

LM = """\\data\\
ngram 1=6
ngram 2=3

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.3
-0.7\t</s>
-0.5\t甲\t-0.2
-0.6\t乙\t-0.1
-0.8\t丙

\\2-grams:
-0.1\t<s> 甲
-0.15\t甲 乙
-0.2\t乙 </s>

\\end\\
"""
LEXICON = "甲 a\n乙 a b\n丙 c\n"
UNITS = ["<blank>", "<s>", "</s>", "a", "b", "c", "d"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lm.arpa").write_text(LM, "utf-8")
    Path("lexicon.txt").write_text(LEXICON, "utf-8")
    Path("tokens.json").write_text(json.dumps(UNITS))
    return tmp_path


def build(*more, status=0, lexicon="lexicon.txt", lm="lm.arpa", units="tokens.json", output="graph", stdin=b""):
    inputs = ("--lexicon", lexicon, "--lm", lm, "--tokens", units, "-o", output)
    return asrkit("build-graph", *inputs, *more, status=status, stdin=stdin)


def test_a_folder_says_how_it_was_made(here):
    build("--keep-parts", "--topology", "ctc")
    manifest = read_manifest("graph")
    assert manifest.facts["topology"] == "ctc"
    assert manifest.facts["units_sha256"] == tokens.parse("tokens.json").sha256
    parts = {f"{name}.fst" for name in ("TLG", "T", "L", "G", "LG")}
    assert {*manifest.outputs} == parts | {"words.txt", "units.txt", "lexicon.txt", "costs.txt"}
    assert changed_inputs("graph", manifest) == []
    Path("lm.arpa").write_text(LM.replace("-0.15", "-0.16"), "utf-8")
    assert changed_inputs("graph", manifest) == ["lm.arpa changed"]


def test_another_models_units_are_refused_with_both_names(here):
    build()
    opened = open_graph("graph", tokens.parse("tokens.json"))
    assert opened.words.symbols[opened.unknown] == "<unk>"
    assert opened.passing_units == (0, 1, 2)
    Path("other.json").write_text(json.dumps([*UNITS, "e"]))
    with pytest.raises(AsrkitError, match=r"units of .*tokens\.json, which are not those of other\.json"):
        open_graph("graph", tokens.parse("other.json"), model_name="other.json")


def test_units_called_like_epsilon_or_a_space_get_other_names_in_the_table(here):
    Path("tokens.json").write_text(json.dumps(["<eps>", *UNITS[1:], " "]))
    build()
    table = symbols.parse("graph/units.txt")
    assert [table.symbols[label] for label in (0, 1, 8)] == ["<epsilon>", "<eps>", "<space>"]


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_the_search_reads_the_graph(here, topology):
    build("--topology", topology)
    opened = open_graph("graph")
    ready = search_graph(opened.fst, opened.unit_count, opened.topology, opened.passing_units)
    said = [3, 0, 3, 4, 6]  # a, blank, a, b, d, of which no word is d
    log_probs = np.full((len(said), len(UNITS)), np.log(1e-6))
    log_probs[np.arange(len(said)), said] = np.log(1 - 6e-6)
    best = decode(log_probs, ready).best
    assert [opened.words.symbols[word] for word in best.words] == ["甲", "乙", "<unk>"]
    assert best.units.tolist() == [3, 3, 4, 6]


def test_a_damaged_graph_is_refused(here):
    build()
    graph = bytearray(Path("graph/TLG.fst").read_bytes())
    graph[-3] ^= 1
    Path("graph/TLG.fst").write_bytes(graph)
    with pytest.raises(AsrkitError, match="not the one its manifest describes"):
        open_graph("graph")


def test_a_failing_build_leaves_the_old_graph(here):
    build()
    before = Path("graph/TLG.fst").read_bytes()
    Path("lexicon.txt").write_text("甲 z\n", "utf-8")
    assert "which the model lacks" in build("--overwrite", status=1).stderr
    assert Path("graph/TLG.fst").read_bytes() == before
    assert sorted(os.listdir()) == ["graph", "lexicon.txt", "lm.arpa", "tokens.json"]


def test_only_a_graph_is_overwritten_and_only_when_asked(here):
    build()
    assert "this output exists" in build(status=2).stderr
    build("--overwrite")
    Path("letters").mkdir()
    Path("letters/dear.txt").write_text("keep me")
    assert "is not a graph folder" in build("--overwrite", output="letters", status=1).stderr
    assert Path("letters/dear.txt").read_text() == "keep me"


def test_bytes_do_not_depend_on_hash_seed_or_jobs(here):
    for seed, jobs in (("1", "1"), ("2", "2")):
        inputs = ["--lexicon", "lexicon.txt", "--lm", "lm.arpa", "--tokens", "tokens.json", "-o", f"graph{seed}"]
        command = [sys.executable, "-m", "asrkit", "build-graph", *inputs, "--jobs", jobs, "--keep-parts", "--quiet"]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    for path in Path("graph1").iterdir():
        assert path.read_bytes() == (Path("graph2") / path.name).read_bytes()


def test_the_model_may_come_from_standard_input(here):
    build(lm="-", stdin=LM.encode())
    build(output="again")
    assert Path("graph/TLG.fst").read_bytes() == Path("again/TLG.fst").read_bytes()
    assert "standard input" in build(lm="-", lexicon="-", output="third", status=2).stderr


WRONG = {
    "words that the lexicon lacks": ("lexicon.txt", "甲 a\n", ("--strict",),
                                     "2 of 3 words of lm.arpa are not in the lexicon: '乙' '丙'"),
    "a unit that the model lacks": ("lexicon.txt", "甲 a\n乙 q\n", (),
                                    "lexicon.txt:2: the word '乙' has the unit 'q', which the model lacks"),
    "a unit that says nothing": ("lexicon.txt", "甲 <s>\n", (), "which says nothing"),
    "no word in common": ("lexicon.txt", "丁 a\n", (), "no word of lm.arpa stands in this lexicon"),
    "a word without units": ("lexicon.txt", "甲\n", (), "has no units"),
    "a word that is no word": ("lexicon.txt", "甲 a\n<s> b\n", (), "lexicon.txt:2: '<s>' cannot be a word"),
    "duplicated units": ("tokens.json", '["a", "a"]', (), "has two ids"),
    "an empty unit table": ("tokens.json", "", (), "no unit stands in this file"),
    "an object for a unit table": ("tokens.json", '{"a": "0"}', (), "does not give each unit a whole number"),
    "no blank": ("tokens.json", '["a", "b", "c"]', ("--topology", "ctc"), "needs a blank unit"),
    "a model without ends": ("lm.arpa", LM.replace("</s>", "丁"), (), "the model has no </s>"),
    "not a model": ("lm.arpa", "hello\n", (), "not an ARPA file"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_inputs_are_told_in_one_sentence_and_nothing_is_built(here, case):
    name, content, more, told = WRONG[case]
    Path(name).write_text(content, "utf-8")
    done = build(*more, status=1)
    errors = [line for line in done.stderr.splitlines() if line.startswith("asrkit: error")]
    assert len(errors) == 1 and told in errors[0]
    assert not Path("graph").exists()


def test_what_is_left_out_is_told(here):
    Path("lexicon.txt").write_text("甲 a\n乙 a b\n", "utf-8")
    assert "1 of 3 words of lm.arpa are not in the lexicon: '丙'" in build().stderr


def test_a_model_of_order_one_builds_with_a_warning(here):
    text = re.sub(r"\t-0\.\d$", "", LM[: LM.index("\\2-grams")].replace("ngram 2=3\n", ""), flags=re.M)
    Path("lm.arpa").write_text(text + "\\end\\\n", "utf-8")
    assert "order 1" in build().stderr
    assert open_graph("graph").fst.start == 0


def test_an_n_gram_that_costs_more_than_backing_off_is_told(here):
    Path("lm.arpa").write_text(LM.replace("-0.15\t甲 乙", "-3\t甲 乙"), "utf-8")
    assert "1 n-grams are less probable than backing off" in build().stderr


def test_draw_gives_dot_and_refuses_what_is_too_large(here):
    build("--keep-parts")
    whole = asrkit("draw", "graph/LG.fst").stdout
    assert (whole.startswith("digraph") and "b:乙" in whole) or "a:ε" in whole
    part = asrkit("draw", "graph", "--sentence", "甲 乙").stdout
    assert "乙" in part and "丙" not in part
    assert asrkit("draw", "graph", "--sentence", "aab").stdout.startswith("digraph")
    assert "no path from start to end says" in asrkit("draw", "graph", "--sentence", "戊", status=1).stderr
    assert "no state 999" in asrkit("draw", "graph", "--around", "999", status=1).stderr
    assert "#0" in asrkit("draw", "graph/G.fst").stdout
    assert asrkit("draw", "graph/G.fst", "--around", "0").stdout.startswith("digraph")
    assert ".gif" in asrkit("draw", "graph", "-o", "x.gif", status=2).stderr


def test_a_picture_needs_graphviz(here, monkeypatch):
    build()
    if shutil.which("dot"):
        asrkit("draw", "graph", "--sentence", "甲", "-o", "x.svg")
        assert Path("x.svg").read_text("utf-8").rstrip().endswith("</svg>")
    monkeypatch.setenv("PATH", "")
    assert "Graphviz" in asrkit("draw", "graph", "--sentence", "甲", "-o", "y.svg", status=1).stderr
    assert not Path("y.svg").exists()
