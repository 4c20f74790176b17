"""Graph and model must fit: units, and how the steps of the model make units."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrkit import Recognizer
from asrkit.errors import AsrkitError
from asrkit.graph.folder import open_graph
from asrkit.store import read_manifest
from tests.acoustic import tiny_models
from tests.cli.running import asrkit
from tests.decode.demo import contents

LM = "\\data\\\nngram 1=5\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\n-1\t</s>\n-0.5\t中国\n-0.6\t保险\n\n\\end\\\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Models of both topologies, a lexicon, a language model and a recording."""
    monkeypatch.chdir(tmp_path)
    Path("lm").write_text(LM, "utf-8")
    Path("lexicon").write_text("中国 中 国\n保险 保 险\n", "utf-8")
    tiny_models.write(tmp_path / "paraformer")
    tiny_models.write_sherpa(tmp_path / "sherpa")
    tiny_models.write_sherpa(tmp_path / "ctc", "ctc")
    soundfile.write("a.wav", tiny_models.sound(2.0), 16000)
    return tmp_path


def build(output, *more, status=0):
    return asrkit("build-graph", "--lexicon", "lexicon", "--lm", "lm", "-o", output, *more, status=status)


@pytest.mark.parametrize(
    ("model", "other", "says", "is_one"),
    [
        ("paraformer", "ctc", "a CTC model", r"paraformer is a model that says one unit a step \(Paraformer\)"),
        ("ctc", "identity", r"a model that says one unit a step \(Paraformer\)", "ctc is a CTC model"),
    ],
)
def test_a_graph_of_the_other_topology_is_refused(here, model, other, says, is_one):
    """Else a Paraformer silently loses repeated characters, and a CTC model repeats them."""
    build("other", "--tokens", "ctc/tokens.txt", "--topology", other)
    build("right", "--model", model)
    for command in (
        ("decode", "a.wav", "--model", model, "--graph", "other"),
        ("decode", "a.wav", "--model", model, "--graph", "other", "-o", "out"),
        ("decode", "a.wav", "--model", model, "--graph", "other", "--jobs", 2),
        ("hotwords", "explain", "a.wav", "中国", "--model", model, "--graph", "other"),
    ):
        done = asrkit(*command, status=1)
        sentence = done.stderr.splitlines()[-1]
        assert "other: this graph is for" in sentence and "build-graph --model" in sentence, sentence
    with pytest.raises(AsrkitError, match=f"this graph is for {says}, but {is_one}"):
        Recognizer(model, "other")
    assert asrkit("decode", "a.wav", "--model", model, "--graph", "right").stdout.startswith("a ")
    assert not Path("out").exists() and not Path("out.partial").exists()


@pytest.mark.parametrize(("model", "topology"), [("paraformer", "identity"), ("sherpa", "identity"), ("ctc", "ctc")])
def test_a_graph_takes_units_topology_and_blank_from_the_model(here, model, topology):
    """The same graph, to the byte, as by naming all three."""
    build("by-model", "--model", model)
    table = f"{model}/tokens.json" if model == "paraformer" else f"{model}/tokens.txt"
    build("by-hand", "--tokens", table, "--topology", topology)
    assert contents(here / "by-model") == contents(here / "by-hand")
    assert read_manifest("by-model").facts["topology"] == topology
    assert open_graph("by-model").passing_units[0] == tiny_models.UNITS.index("<blank>")


def test_a_model_may_be_named_by_its_network(here):
    build("by-folder", "--model", "paraformer")
    build("by-network", "--model", "paraformer/model.onnx")
    assert contents(here / "by-folder") == contents(here / "by-network")


def test_a_ctc_model_whose_blank_no_name_tells_says_itself_which_it_is(here, monkeypatch):
    """As SenseVoice has it: its blank is the unit 0, which is called <unk>."""
    units = ("<unk>", *tiny_models.UNITS[1:-1], "<other>")
    lines = "".join(f"{unit} {number}\n" for number, unit in enumerate(units))
    Path("ctc/tokens.txt").write_text(lines, "utf-8")
    assert "needs a blank unit" in build("g", "--tokens", "ctc/tokens.txt", "--topology", "ctc", status=1).stderr
    build("g", "--model", "ctc")
    opened = open_graph("g")
    assert opened.passing_units[0] == 0
    spoken = opened.fst.arcs[(opened.fst.arcs["ilabel"] == 1) & (opened.fst.arcs["olabel"] > 0)]
    assert not len(spoken)  # blank is no way to say an unknown word
    assert asrkit("decode", "a.wav", "--model", "ctc", "--graph", "g").stdout.startswith("a ")


def test_repeats_are_kept_with_a_graph_of_the_models_topology(here):
    """妈妈天天: what a Paraformer says twice comes out twice."""
    from asrkit.formats import posteriors

    Path("lexicon").write_text("中 中\n国 国\n", "utf-8")
    Path("lm").write_text(LM.replace("中国", "中").replace("保险", "国"), "utf-8")
    build("g", "--model", "paraformer")
    steps = [tiny_models.UNITS.index(unit) for unit in "中中国国"]
    log_probs = np.full((4, len(tiny_models.UNITS)), np.log(1e-3), np.float32)
    log_probs[np.arange(4), steps] = np.log(0.98)
    posteriors.write("p.npz", [("u", posteriors.Posteriors(log_probs))])
    done = asrkit("decode", "--posteriors-in", "p.npz", "--graph", "g")
    assert done.stdout.split(maxsplit=1)[1].replace(" ", "") == "中中国国\n"


def test_wrong_uses_of_the_model_are_told(here):
    assert "give one of --model and --tokens" in build("g", status=2).stderr
    both = build("g", "--model", "ctc", "--tokens", "ctc/tokens.txt", status=2)
    assert "give one of --model and --tokens" in both.stderr
    wrong = build("g", "--model", "ctc", "--topology", "identity", status=2)
    assert "the topology of this model is ctc, not identity; leave out --topology" in wrong.stderr
    assert "no such model folder" in build("g", "--model", "gone", status=1).stderr
    assert not Path("g").exists()


def test_inputs_of_one_name_are_all_in_the_manifest(here):
    for part in ("a", "b"):
        Path(part).mkdir()
    Path("lexicon").rename("a/data")
    Path("lm").rename("b/data")
    asrkit("build-graph", "--lexicon", "a/data", "--lm", "b/data", "--model", "ctc", "-o", "g")
    assert set(read_manifest("g").inputs) == {"lexicon data", "lm data", "tokens.txt"}


def test_relative_and_absolute_inputs_give_the_same_graph(here):
    build("relative", "--tokens", "ctc/tokens.txt")
    asrkit("build-graph", "--lexicon", here / "lexicon", "--lm", here / "lm", "--tokens", here / "ctc/tokens.txt",
           "-o", here / "absolute")  # fmt: skip
    assert contents(here / "relative") == contents(here / "absolute")


def test_posteriors_know_the_model_that_they_are_of(here):
    """So a graph of another topology or unit table is refused, though the number of units is the same."""
    for model in ("paraformer", "ctc"):
        build(f"graph-{model}", "--model", model)
    asrkit("posteriors", "a.wav", "--model", "paraformer", "-o", "dumped.npz")
    asrkit("decode", "a.wav", "--model", "paraformer", "--greedy", "--posteriors-out", "decoded.npz", "-o", "out")
    assert Path("dumped.npz").read_bytes() == Path("decoded.npz").read_bytes()
    other = ("<blank>", "<s>", "</s>", "国", "中", *tiny_models.UNITS[5:])
    tiny_models.write(here / "other", units=other)
    build("graph-other", "--model", "other")
    for posteriors in ("dumped.npz", "decoded.npz"):
        asked = ("decode", "--posteriors-in", posteriors)
        assert asrkit(*asked, "--graph", "graph-paraformer").stdout.startswith("a ")
        assert "this graph is for a CTC model" in asrkit(*asked, "--graph", "graph-ctc", status=1).stderr
        wrong = asrkit(*asked, "--graph", "graph-other", status=1).stderr
        assert f"which are not those of the model of {posteriors}" in wrong
        explain = ("hotwords", "explain", "a", "中国", "--posteriors", posteriors, "--graph", "graph-ctc")
        assert "this graph is for a CTC model" in asrkit(*explain, "--model", "paraformer", status=1).stderr
        for model in ("other", "ctc"):
            wrong = asrkit(*asked, "--greedy", "--model", model, status=1).stderr
            assert f"{posteriors}: these posteriors are not of the model {model}" in wrong
        assert asrkit(*asked, "--greedy", "--model", "paraformer").stdout.startswith("a ")


def test_archives_that_do_not_tell_their_model_are_decoded_as_before(here):
    build("g", "--model", "ctc")
    np.savez("p.npz", u=np.full((3, len(tiny_models.UNITS)), np.log(1 / len(tiny_models.UNITS)), np.float32))
    assert asrkit("decode", "--posteriors-in", "p.npz", "--graph", "g").status == 0
