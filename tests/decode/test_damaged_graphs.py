"""Graph folders that were damaged or changed: refused in one sentence, never another text without a word (law 12)."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from asrkit.decode.pipeline import Pipeline
from asrkit.decode.setup import Setup
from asrkit.errors import AsrkitError
from asrkit.formats import openfst, posteriors
from asrkit.formats.hyps import Hypothesis
from asrkit.graph.folder import open_graph
from asrkit.store import read_manifest, write_manifest
from tests.cli.running import asrkit
from tests.graph.test_folder import LEXICON, LM, UNITS
from tests.mutants import mutant
from tests.random_cases import DEFAULT_SEED

SAID = [3, 0, 3, 4, 5, 6]  # a, blank, a b, c, d
MUTANTS = 80  # of each file
SEED = int(os.environ.get("ASRKIT_SEED", DEFAULT_SEED))


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A graph, posteriors, and the text that comes of them."""
    monkeypatch.chdir(tmp_path)
    Path("lm.arpa").write_text(LM, "utf-8")
    Path("lexicon").write_text(LEXICON, "utf-8")
    Path("tokens.json").write_text(json.dumps(UNITS))
    made = ("--lexicon", "lexicon", "--lm", "lm.arpa", "--tokens", "tokens.json")
    asrkit("build-graph", *made, "-o", "graph", "--quiet")
    log_probs = np.full((len(SAID), len(UNITS)), np.log(1e-4), np.float32)
    log_probs[np.arange(len(SAID)), SAID] = np.log(0.999)
    posteriors.write("heard.npz", [("u", posteriors.Posteriors(log_probs))])
    return tmp_path


def text():
    """Return what comes of the posteriors with the graph as it is now."""
    pipeline = Pipeline(Setup(model=None, graph="graph", posteriors="heard.npz"))
    (answer,) = pipeline.answers([_Utterance()])
    (result,) = answer.results
    assert isinstance(result, Hypothesis), result
    return result.text


def says(name, content):
    """Return what a file says: of the manifest, white space between values does not count."""
    return json.loads(content) if name == "manifest.json" else content


class _Utterance:
    utt = "u"
    hotwords = None
    failure = None


def test_a_damaged_file_is_refused_in_one_sentence(work):
    """Of 80 mutants of each file, none gives another text, and none anything but a sentence that names the file."""
    right, files = text(), sorted(Path("graph").iterdir())
    assert {path.name for path in files} >= {"TLG.fst", "words.txt", "units.txt", "lexicon.txt", "manifest.json"}
    for number, path in enumerate(files):
        good, refused = path.read_bytes(), 0
        for case in range(MUTANTS):
            damaged = mutant(good, np.random.default_rng([SEED, case, number]))
            path.write_bytes(damaged)
            told = f"seed {SEED}, mutant {case} of {path.name}"
            try:
                assert text() == right and says(path.name, damaged) == says(path.name, good), told
            except AsrkitError as error:
                refused += 1
                assert "\n" not in str(error) and "graph" in str(error), f"{told}: {error}"
        path.write_bytes(good)
        assert refused > 0.9 * MUTANTS, path.name


def test_one_letter_of_a_word_that_was_changed_is_noticed(work):
    words = Path("graph/words.txt")
    words.write_text(words.read_text("utf-8").replace("甲", "申"), "utf-8")
    done = asrkit("decode", "--posteriors-in", "heard.npz", "--graph", "graph", status=1)
    assert done.stdout == "" and "words.txt: this file is not the one its manifest describes" in done.stderr


@pytest.mark.parametrize(
    ("fact", "value"),
    [("passing_units", [0, 1, 2, 3]), ("unknown_label", 2), ("topology", "ctc"), ("units", 6), ("units_sha256", "")],
)
def test_a_fact_of_the_manifest_that_was_changed_is_noticed(work, fact, value):
    path = Path("graph/manifest.json")
    raw = json.loads(path.read_text("utf-8"))
    assert raw["facts"][fact] != value
    raw["facts"][fact] = value
    path.write_text(json.dumps(raw), "utf-8")
    with pytest.raises(AsrkitError, match="this is not a manifest of asrkit, or it was changed"):
        open_graph("graph")


def resealed():
    """Give the folder a manifest with the hashes of the files that are there now."""
    before = read_manifest("graph")
    Path("graph/manifest.json").unlink()
    write_manifest(Path("graph"), "graph", facts=before.facts, options=before.options)


def test_a_damaged_graph_that_its_manifest_describes_is_read_without_harm(work):
    """As if it had been built so: arcs, states and labels are checked before the search follows them."""
    path, good = Path("graph/TLG.fst"), Path("graph/TLG.fst").read_bytes()
    refused = 0
    for case in range(200):
        path.write_bytes(mutant(good, np.random.default_rng([SEED, case])))
        resealed()
        try:
            text()
        except AsrkitError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100


def with_arc(change):
    """Change an arc of the graph, and let its manifest describe it so."""
    fst = openfst.parse("graph/TLG.fst")
    states, arcs = fst.states.copy(), fst.arcs.copy()
    change(arcs)
    openfst.write("graph/TLG.fst", openfst.Fst(fst.start, states, arcs))
    resealed()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("next", 10**6, "an arc leads to a state that does not exist"),
        ("next", -1, "an arc leads to a state that does not exist"),
        ("next", "states", "an arc leads to a state that does not exist"),
        ("ilabel", -1, "an arc has a negative label"),
        ("ilabel", len(UNITS) + 1, f"an arc reads the label {len(UNITS) + 1}, but there are {len(UNITS)} units"),
        ("olabel", 5, "arcs say words up to the label 5, but words.txt lacks 5"),
        ("olabel", 2**31 - 1, "but words.txt lacks 5"),
        ("weight", np.nan, "the cost of an arc is not a number"),
        ("weight", -np.inf, "the cost of an arc is not a number"),
    ],
)
def test_an_arc_that_leads_or_points_out_of_the_graph_is_refused(work, field, value, sentence):
    states = len(openfst.parse("graph/TLG.fst").states)

    def change(arcs):
        spoken = np.flatnonzero((arcs["ilabel"] > 0) & (arcs["olabel"] > 0))[-1]
        arcs[field][spoken] = states if value == "states" else value

    with_arc(change)
    with pytest.raises(AsrkitError, match=sentence):
        open_graph("graph")


def test_words_without_a_table_of_all_of_them_are_refused(work):
    words = Path("graph/words.txt")
    words.write_text("".join(line for line in words.read_text("utf-8").splitlines(True) if " 2\n" not in line), "utf-8")
    resealed()
    with pytest.raises(AsrkitError, match=r"but words\.txt lacks 2"):
        open_graph("graph")


def test_a_manifest_that_lacks_a_file_of_the_graph_is_refused(work):
    raw = json.loads(Path("graph/manifest.json").read_text("utf-8"))
    del raw["outputs"]["words.txt"], raw["seal"]
    Path("graph/manifest.json").write_text(json.dumps(raw), "utf-8")
    with pytest.raises(AsrkitError, match=r"the manifest lacks words\.txt"):
        open_graph("graph")
