"""Law 13: rescoring with the graph's own language model changes nothing; and every command reads the same models."""

import gzip
import json

import numpy as np
import pytest

from asrkit.decode.rescoring import Rescorer, open_kenlm
from asrkit.errors import AsrkitError
from asrkit.formats import arpa, lexicon
from asrkit.formats.tokens import UnitTable
from asrkit.graph import build
from asrkit.graph.folder import open_graph
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.lm.scorers import open_scorer
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.search.options import Options
from asrkit.store import write_lines
from tests.cli.running import asrkit as run
from tests.decode.demo import TOKENS
from tests.graph.small import UNITS, random_lexicon, random_model
from tests.random_cases import random_cases


def make_graph(folder, words, model, topology="identity", units=UNITS, **options):
    (folder / "tokens.json").write_text(json.dumps(units.units))
    write_lines(folder / "lexicon.txt", lexicon.serialize(words, probabilities=True))
    arpa.write(folder / "lm.arpa", model)
    options = build.Options(topology=topology, probabilities=True, **options)
    paths = (str(folder / name) for name in ("lexicon.txt", "lm.arpa", "tokens.json"))
    build.build(*paths, folder / "graph", options, overwrite=True)
    return open_graph(folder / "graph")


def random_posteriors(rng, steps, units=UNITS):
    return np.log(rng.dirichlet(np.full(len(units.units), 0.4), steps) + 1e-6).astype(np.float32)


def searched(graph, log_probs, lm_scale, hotwords=None):
    ready = search_graph(graph.fst, graph.unit_count, graph.topology, graph.passing_units)
    return decode(log_probs, ready, hotwords, Options(beam=30, lattice_beam=12, lm_scale=lm_scale), lattice=True)


@random_cases(40)
def test_rescoring_with_the_graphs_own_model_changes_nothing(tmp_path, rng):
    words = random_lexicon(rng)
    names = sorted({entry.word for entry in words.entries})
    model = random_model(rng, [name for name in names if rng.random() < 0.7] or names[:1], int(rng.integers(1, 4)))
    options = {"closed_vocabulary": bool(rng.random() < 0.2), "unknown_cost": float(rng.choice([0, 1, 5]))}
    graph = make_graph(tmp_path, words, model, str(rng.choice(["identity", "ctc"])), **options)
    rescorer = Rescorer(str(tmp_path / "lm.arpa"), graph)
    for _ in range(3):
        found = searched(graph, random_posteriors(rng, 6), float(rng.choice([0.3, 1.0])))
        if not found.complete:
            continue
        before = {tuple(path.words.tolist()): path.scores for path in found.lattice.nbest(5)}
        after = {tuple(path.words.tolist()): path.scores for path in rescorer.paths(found.lattice, 5)}
        first, best = next(iter(after)), next(iter(before))
        assert after[first].total == pytest.approx(before[best].total, abs=1e-3)
        for said in before.keys() & after.keys():
            assert after[said] == pytest.approx(before[said], abs=1e-3)
        totals = sorted((scores.total for scores in before.values()), reverse=True)
        if len(totals) == 1 or totals[0] - totals[1] > 1e-3:  # no tie
            assert first == best


LETTERS = UnitTable(("<blank>", "a", "b", "c", "|"))


@random_cases(25)
def test_rescoring_changes_nothing_in_a_model_of_letters_with_hotwords(tmp_path, rng):
    entries = {}
    for _ in range(rng.integers(2, 7)):
        word = str(rng.choice(list("uvwxyz")))
        units = (*(str(unit) for unit in rng.choice(list("abc"), rng.integers(1, 4))), *("|" * (rng.random() < 0.8)))
        entries[word, units] = lexicon.Pronunciation(word, units, float(rng.choice([1.0, 0.5, 0.25])))
    words = lexicon.Lexicon(tuple(entries.values()))
    names = sorted({entry.word for entry in words.entries})
    model = random_model(rng, [name for name in names if rng.random() < 0.7] or names[:1], 2)
    graph = make_graph(tmp_path, words, model, "ctc", LETTERS, unknown_cost=float(rng.choice([0, 2])))
    phrase = SpelledPhrase("p", 1.0, (tuple(int(unit) for unit in rng.integers(1, 5, 3)),))
    hotwords = HotwordGraph.build([phrase], len(LETTERS.units)).table
    found = searched(graph, random_posteriors(rng, 8, LETTERS), 1.0, hotwords)
    if found.complete:
        before, after = found.lattice.nbest(1)[0], Rescorer(str(tmp_path / "lm.arpa"), graph).paths(found.lattice, 1)[0]
        assert after.scores.total == pytest.approx(before.scores.total, abs=1e-3)


@random_cases(25)
def test_rescoring_with_another_model_gives_the_scores_of_a_graph_of_that_model(tmp_path, rng):
    words = random_lexicon(rng)
    names = sorted({entry.word for entry in words.entries})
    graphs = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir(exist_ok=True)
        model = random_model(rng, [name for name in names if rng.random() < 0.6] or names[:1], 2)
        graphs.append(make_graph(tmp_path / name, words, model, unknown_cost=2.0))
    rescorer = Rescorer(str(tmp_path / "other" / "lm.arpa"), graphs[0])
    log_probs = random_posteriors(rng, 5)
    lattice, wanted = searched(graphs[0], log_probs, 1.0).lattice, searched(graphs[1], log_probs, 1.0).lattice
    by_words = {
        tuple(graphs[1].words.symbols[word] for word in path.words): path.scores.total for path in wanted.nbest(2000)
    }
    some = 0
    for path in rescorer.paths(lattice, 20):
        said = tuple(graphs[0].words.symbols[word] for word in path.words)
        if said in by_words:
            some += 1
            assert path.scores.total == pytest.approx(by_words[said], abs=1e-3)
    assert some


def demo(folder, model, topology="identity"):
    words = lexicon.Lexicon(
        (
            lexicon.Pronunciation("甲", ("a", "b"), 0.5),
            lexicon.Pronunciation("甲", ("a",), 0.25),
            lexicon.Pronunciation("外", ("c", "c", "a"), 0.5),
        )
    )
    return make_graph(folder, words, model, topology, unknown_cost=3.0)


def test_a_graph_folder_keeps_what_words_cost_besides_the_language_model(tmp_path):
    graph = demo(tmp_path, random_model(np.random.default_rng(0), ["甲"], 2))
    half, quarter = pytest.approx(np.log(2), abs=1e-6), pytest.approx(np.log(4), abs=1e-6)
    assert graph.word_costs == {
        ("甲", ("a", "b")): (half, 0.0),
        ("甲", ("a",)): (quarter, 0.0),
        ("外", ("c", "c", "a")): (half, 9.0),
        **{("<unk>", (unit,)): (0.0, 3.0) for unit in "bcd"},
    }
    assert graph.unknown_cost == 3.0


def test_what_an_older_graph_without_the_table_must_cost_is_derived(tmp_path):
    words = lexicon.Lexicon((lexicon.Pronunciation("甲", ("a", "b")), lexicon.Pronunciation("乙", ("c",))))
    graph = make_graph(tmp_path, words, random_model(np.random.default_rng(0), ["甲", "乙"], 2), unknown_cost=2.0)
    kept = graph.word_costs
    manifest = json.loads((graph.path / "manifest.json").read_text())
    manifest["options"]["probabilities"] = False
    (graph.path / "costs.txt").unlink()
    del manifest["outputs"]["costs.txt"], manifest["seal"]
    (graph.path / "manifest.json").write_text(json.dumps(manifest))
    derived = open_graph(graph.path).word_costs
    assert derived == kept == {("<unk>", (unit,)): (0.0, 2.0) for unit in "abd"}


def test_a_graph_without_the_table_is_rescored_with_a_warning(tmp_path, capsys):
    graph = demo(tmp_path, random_model(np.random.default_rng(0), ["甲"], 2))
    (graph.path / "costs.txt").unlink()
    Rescorer(str(tmp_path / "lm.arpa"), graph)
    assert "has no table of what words cost besides its language model" in capsys.readouterr().err


FORMS = {
    "tabs": lambda text: text,
    "spaces": lambda text: text.replace("\t", " "),
    "<UNK>": lambda text: text.replace("<unk>", "<UNK>"),
    "both": lambda text: text.replace("\t", "  ").replace("<unk>", "<UNK>"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
}
SENTENCES = (["甲"], ["乙", "甲"], ["甲", "甲", "nowhere"], [])


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_of_a_model_scores_alike_everywhere(tmp_path, order, form, packed):
    model = random_model(np.random.default_rng(7), ["甲", "乙"], order)
    arpa.write(tmp_path / "plain", model)
    content = FORMS[form]((tmp_path / "plain").read_text("utf-8")).encode()
    (tmp_path / "lm").write_bytes(gzip.compress(content) if packed else content)
    ours, theirs = open_scorer(tmp_path / "lm"), open_kenlm(str(tmp_path / "lm"))
    for sentence, scored in zip(SENTENCES, ours.score(SENTENCES), strict=True):
        assert scored.log10.sum() == pytest.approx(theirs.score(" ".join(sentence)), abs=1e-4)
    assert arpa.parse(tmp_path / "lm").words == model.words


def test_a_model_for_rescoring_is_a_file():
    with pytest.raises(AsrkitError, match="standard input"):
        open_kenlm("-")


def test_the_readmes_way_with_an_unknown_cost_keeps_its_texts(graph, heard, tmp_path):
    """The tour's lexicon has words of its own; what they cost beside the model was lost in rescoring."""
    folder = graph.parent
    made = ("--lexicon", folder / "lexicon", "--lm", folder / "lm.arpa", "--unk-cost", 4)
    run("build-graph", *made, "--tokens", TOKENS, "-o", tmp_path / "g")
    asked = ("decode", "--posteriors-in", heard, "--graph", tmp_path / "g", "--format", "jsonl")
    plain, rescored = run(*asked), run(*asked, "--rescore-lm", folder / "lm.arpa")
    pairs = ((json.loads(line) for line in text.stdout.splitlines()) for text in (plain, rescored))
    for one, other in zip(*pairs, strict=True):
        assert one["text"] == other["text"]
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-3)
