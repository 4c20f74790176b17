"""Models of letters with a unit between words, from make-lexicon to the transcript."""

import json

import numpy as np
import pytest

from asrkit.decode.words import spans, ways_to_say
from asrkit.formats import tokens
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.graph.folder import open_graph
from asrkit.hotwords.spelling import Speller
from tests.cli.running import asrkit as run

LETTERS = "abcdefghijklmnopqrstuvwxyz'"
SAID = "i have a good deal of will you remember and what i have set my mind upon no doubt i shall some day achieve"
OTHERS = ["so me and i", "good deal", "will he remember", "a deal of mind", "some one shall have a day", "no body"]
TABLES = {
    "tokens.json": json.dumps,
    "vocab.json": lambda units: json.dumps({unit: i for i, unit in enumerate(units)}),
    "tokens.txt": lambda units: "".join(f"{unit} {i}\n" for i, unit in enumerate(units)),
}


def make_graph(folder, delimiter, table="tokens.json", sentences=(SAID, *OTHERS), more=()):
    """Build a graph of the words of `sentences` for letters, in the order of NeMo's tables, and return its folder."""
    (folder / table).write_text(TABLES[table]([delimiter, *LETTERS, "<blank>"]))
    (folder / "text").write_text("\n".join(sentences) + "\n")
    words = sorted({word for line in sentences for word in line.split()} | set(more))
    (folder / "words").write_text("\n".join(words) + "\n")
    run("train-lm", folder / "text", "-o", folder / "lm", "--order", 2, "--discount-fallback")
    run("make-lexicon", folder / "words", "--units", folder / table, "-o", folder / "lexicon")
    made = ("--lexicon", folder / "lexicon", "--lm", folder / "lm", "--tokens", folder / table)
    run("build-graph", *made, "--topology", "ctc", "-o", folder / "graph")
    return folder / "graph"


def posteriors(path, text, delimiter, sure=0.97):
    """Write posteriors in which `text`, letters and delimiters, is heard with blanks between, 20 ms a step."""
    index = {delimiter: 0, **{letter: i for i, letter in enumerate(LETTERS, 1)}}
    steps = [28]
    for letter in text:
        steps += [index[letter], 28]
    rows = np.full((len(steps), 29), (1 - sure) / 28)
    rows[np.arange(len(steps)), steps] = sure
    log_probs = np.log(rows).astype(np.float32)
    np.savez(path, u=log_probs, **{"u/times": np.arange(len(steps), dtype=np.float32) / 50})
    return path


def decoded(graph, heard, *more):
    return json.loads(run("decode", "--posteriors-in", heard, "--graph", graph, "--format", "jsonl", *more).stdout)


@pytest.mark.parametrize("delimiter", [" ", "|"])
@pytest.mark.parametrize("table", TABLES)
def test_a_real_sentence_of_a_network_of_letters_comes_out_right(shared, tmp_path, delimiter, table):
    graph = make_graph(tmp_path, delimiter, table)
    found = decoded(graph, shared / "cases" / "libri_logits.npz")
    assert [word["word"] for word in found["words"]] == SAID.split()
    assert all(word["start"] < word["end"] for word in found["words"])


@pytest.mark.parametrize("delimiter", [" ", "|", "<space>", "▁"])
@pytest.mark.parametrize("form", ["so_me_and_i_", "so_me_and_i", "_so_me_and_i", "so__me_and__i_"])
def test_words_end_at_the_delimiter_which_may_be_missing_at_the_end_or_come_twice(tmp_path, delimiter, form):
    graph = make_graph(tmp_path, delimiter)
    path = posteriors(tmp_path / "p.npz", [delimiter if c == "_" else c for c in form], delimiter)
    found = decoded(graph, path)
    assert [word["word"] for word in found["words"]] == ["so", "me", "and", "i"]
    ends = [word["end"] for word in found["words"]]
    begins = [word["start"] for word in found["words"]]
    assert all(begin < end for begin, end in zip(begins, ends, strict=True))
    assert all(end <= begin for end, begin in zip(ends, begins[1:], strict=False))  # the delimiter is in no word


def test_words_written_together_are_another_word(tmp_path):
    graph = make_graph(tmp_path, "|")
    for form, words in (("some|one|", ["some", "one"]), ("so|me|and|i", ["so", "me", "and", "i"])):
        found = decoded(graph, posteriors(tmp_path / "p.npz", form, "|"))
        assert [word["word"] for word in found["words"]] == words


@pytest.mark.parametrize("delimiter", [" ", "|"])
def test_a_hotword_of_several_words_has_the_delimiter_between_them(tmp_path, delimiter):
    graph = make_graph(tmp_path, delimiter, sentences=OTHERS, more=["good", "wood"])
    (tmp_path / "list").write_text("good deal 3\n")
    form = [delimiter if c == "_" else c for c in "a_good_deal_of"]
    found = decoded(graph, posteriors(tmp_path / "p.npz", form, delimiter), "--hotwords", tmp_path / "list")
    (fired,) = found["hotwords"]
    assert fired["phrase"] == "good deal" and fired["bonus"] == pytest.approx(3 + 1.5 * len("good deal"))
    folder = open_graph(graph)
    spelled = Speller(folder.units, folder.lexicon).spell("Good Deal")
    assert ["".join(folder.units.units[unit] for unit in way) for way in spelled] == [f"good{delimiter}deal"]


def test_a_graph_folder_gives_back_the_table_with_its_space(tmp_path):
    graph = make_graph(tmp_path, " ")
    folder = open_graph(graph)
    assert folder.units == tokens.parse(tmp_path / "tokens.json")
    assert (folder.units.units[0], (graph / "units.txt").read_text().splitlines()[1].split()[0]) == (" ", "<space>")
    assert ("some", ("s", "o", "m", "e", " ")) in {(e.word, e.units) for e in folder.lexicon.entries}


def test_spans_leave_delimiters_out_wherever_they_stand():
    ways = ways_to_say(Lexicon((Pronunciation("ab", ("a", "b", "|")), Pronunciation("c", ("c",)))), "|")
    assert spans(["ab", "c", "ab"], tuple("|ab||c|ab"), ways, "|") == [(1, 3), (5, 6), (7, 9)]
    assert spans(["ab", "<unk>"], tuple("ab|x|"), ways, "|") == [(0, 2), (3, 4)]
    assert spans(["ab"], tuple("a|bc"), ways, "|") is None


def test_posteriors_of_another_model_are_told_without_a_graph_that_is_not_there(tmp_path):
    path = posteriors(tmp_path / "p.npz", "a", " ")
    told = run("decode", "--posteriors-in", path, "--greedy", status=1).stderr
    assert "its posteriors have 29 units, but the model " in told and "small-paraformer has 1346" in told
    assert "name the model that made them, with --model" in told and "graph" not in told
