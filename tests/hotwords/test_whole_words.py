"""With a model of word pieces or of letters, a hotword is found as a whole word, not inside another one."""

import json

import numpy as np
import pytest

from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.lint import lint
from asrkit.hotwords.lists import Settings, compiled
from asrkit.hotwords.spelling import SpelledPhrase, Speller
from asrkit.units.edges import word_edges
from tests.cli.running import asrkit as run
from tests.hotwords.law import graph_of

JOINED = UnitTable(("<blank>", "<s>", "</s>", "fo@@", "c@@", "us", "the", "on", "we", "手", "机", "<unk>", "u@@", "s"))
MARKED = UnitTable(("<blank>", "</s>", "▁HE", "LL", "O", "▁WORLD", "▁SAY", "'", "S", "▁HELL", "你"))
LETTERS = UnitTable(("<blank>", "|", *"focusnhel", "'", "你"))


def graph_for(units, *phrases):
    listed = tuple(Phrase(text, weight) for text, weight in phrases)
    return compiled(listed, Speller(units), Settings(incremental_bias=2.0), "list")[0]


def fired(units, graph, said):
    """Return what fires in a sequence in which `#` is a break, as (phrase, start, end); bonus and score agree."""
    symbols = said.split()
    ids = [units.index[symbol] for symbol in symbols if symbol != "#"]
    breaks = [sum(s != "#" for s in symbols[:i]) for i, symbol in enumerate(symbols) if symbol == "#"]
    matches = graph.matches(ids, breaks)
    assert sum(match.bonus for match in matches) == pytest.approx(graph.bonus(ids, breaks))
    return [(*match.phrases, match.start, match.end) for match in matches]


@pytest.mark.parametrize(
    ("units", "phrase", "said", "found"),
    [
        (JOINED, "US", "we fo@@ c@@ us on", []),
        (JOINED, "US", "we us on", [("US", 1, 2)]),
        (JOINED, "us", "us", [("us", 0, 1)]),
        (JOINED, "us", "手 us 机", [("us", 1, 2)]),
        (JOINED, "us", "fo@@ # us", []),
        (JOINED, "us", "fo@@ <unk> us", []),
        (JOINED, "us", "we # us # on", [("us", 1, 2)]),
        (JOINED, "focus", "fo@@ # c@@ us", []),
        (JOINED, "手机", "fo@@ 手 机 us", [("手机", 1, 3)]),
        (JOINED, "手机us", "机 手 机 us the", [("手机us", 1, 4)]),
        (MARKED, "HELL", "▁HE LL O", []),
        (MARKED, "HELL", "▁SAY ▁HELL O ▁WORLD", []),
        (MARKED, "HELL", "▁HELL # # ▁WORLD", [("HELL", 0, 1)]),
        (MARKED, "HELL", "▁HELL # O", []),
        (MARKED, "HELL", "▁SAY ▁HELL", [("HELL", 1, 2)]),
        (MARKED, "HELL", "▁SAY ▁HELL #", [("HELL", 1, 2)]),
        (MARKED, "HELL", "▁HELL ' S ▁WORLD", [("HELL", 0, 1)]),
        (MARKED, "HELL", "▁HELL 你", [("HELL", 0, 1)]),
        (MARKED, "SAY WORLD", "▁SAY ▁WORLD O", []),
        (MARKED, "SAY WORLD", "▁SAY # ▁WORLD", []),
        (MARKED, "SAY WORLD", "▁SAY ▁WORLD ▁SAY", [("SAY WORLD", 0, 2)]),
        (LETTERS, "us", "f o c u s | o n", []),
        (LETTERS, "us", "o n | u s | o n", [("us", 3, 5)]),
        (LETTERS, "us", "u s", [("us", 0, 2)]),
        (LETTERS, "us", "u s 你", [("us", 0, 2)]),
        (LETTERS, "on", "c o n | o n e", []),
    ],
)
def test_a_phrase_fires_where_it_is_a_word_and_not_inside_one(units, phrase, said, found):
    assert fired(units, graph_for(units, (phrase, 1.0)), said) == found


def test_the_last_word_of_a_sequence_is_paid_when_it_is_known_to_end():
    graph = graph_for(MARKED, ("HELL", 3.0))
    start = [MARKED.index["▁SAY"], MARKED.index["▁HELL"]]
    assert [graph.bonus(start), graph.bonus([*start, MARKED.index["O"]])] == [5.0, 0.0]
    assert graph.bonus([*start, MARKED.index["▁WORLD"]]) == graph.bonus([*start, MARKED.index["你"]]) == 5.0


def test_characters_and_syllables_are_matched_anywhere_as_before():
    for units in (UnitTable(tuple("阳光保险us")), UnitTable(("zhōng", "guó", "bǎo", "xiǎn"))):
        assert word_edges(units) is None
        graph = graph_of({(1, 2): 0.0}, 2.0, len(units.units))
        assert [(match.start, match.end) for match in graph.matches([0, 1, 2, 3])] == [(1, 3)]


def test_a_list_that_changes_still_matches_whole_words():
    graph = graph_for(JOINED, ("the", 0.0))
    (us,) = compiled((Phrase("US", 0.0),), Speller(JOINED), Settings(), "list")[1]
    ids = [JOINED.index[unit] for unit in ("fo@@", "c@@", "us")]
    assert graph.with_added([us]).bonus(ids) == 0 and graph.with_added([us]).bonus(ids[2:]) == 2.0
    assert graph.with_added([us]).without(["the"]).bonus(ids) == 0


def test_the_order_of_a_list_of_whole_words_does_not_matter():
    phrases = [("HELL", 1.0), ("HELLO", -2.0), ("SAY HELL", 3.0), ("WORLD", 0.5)]
    one, other = graph_for(MARKED, *phrases), graph_for(MARKED, *phrases[::-1])
    assert [a.tobytes() for a in one.table[:-1]] == [a.tobytes() for a in other.table[:-1]]


def test_a_spelling_that_ends_inside_another_one_keeps_its_own_bias():
    """The piece us is the end of fo@@ c@@ us but no word of it: neither spelling of the phrase takes from the other."""
    ids = tuple(JOINED.index[unit] for unit in ("fo@@", "c@@", "us"))
    both = SpelledPhrase("x", 5.0, (ids, ids[2:]))
    graph = HotwordGraph.build([both], len(JOINED.units), incremental_bias=2.0, words=word_edges(JOINED))
    assert graph.bonus(ids) == 11.0 and graph.bonus(ids[2:]) == 7.0


def test_lint_calls_a_phrase_inside_another_only_where_it_is_a_word_of_it():
    def inside(*phrases):
        listed = [Phrase(text, 0.0, line=number) for number, text in enumerate(phrases, 1)]
        return [finding.phrase for finding in lint(listed, Speller(JOINED)) if finding.kind == "inside"]

    assert inside("US", "focus") == []
    assert inside("US", "we us") == ["US"]


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """A graph of word pieces, and posteriors in which `we focus on the us` is clearly said."""
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "t.json").write_text(json.dumps(JOINED.units, ensure_ascii=False), encoding="utf-8")
    (folder / "text").write_text("we focus on the\non the us we\n", encoding="utf-8")
    (folder / "words").write_text("we\nfocus\non\nthe\nus\n", encoding="utf-8")
    run("train-lm", folder / "text", "-o", folder / "lm", "--order", 2, "--discount-fallback")
    run("make-lexicon", folder / "words", "--units", folder / "t.json", "-o", folder / "lex")
    run("build-graph", "--lexicon", folder / "lex", "--lm", folder / "lm", "--tokens", folder / "t.json",
        "-o", folder / "g")  # fmt: skip
    said = {"focus": "we fo@@ c@@ us on the", "both": "we fo@@ c@@ us on the us"}
    rows = {}
    for name, units in said.items():
        steps = units.split()
        row = np.full((len(steps), len(JOINED.units)), 0.02 / (len(JOINED.units) - 1))
        row[range(len(steps)), [JOINED.index[unit] for unit in steps]] = 0.98
        rows[name] = np.log(row).astype(np.float32)
        rows[name + "/times"] = np.arange(len(steps), dtype=np.float32) * 0.2
    np.savez(folder / "heard.npz", **rows)
    (folder / "list").write_text("US\n", encoding="utf-8")
    return folder


def test_what_decode_writes_of_hotwords_is_of_whole_words_with_their_times(pieces):
    out = run("decode", "--posteriors-in", pieces / "heard.npz", "--graph", pieces / "g", "--hotwords",
              pieces / "list", "--format", "jsonl").stdout  # fmt: skip
    hyps = {hyp["utt"]: hyp for hyp in map(json.loads, out.splitlines())}
    assert hyps["focus"]["hotwords"] == [] and hyps["focus"]["scores"]["hotword"] == 0
    (us,) = hyps["both"]["hotwords"]
    assert (us["phrase"], us["start"], us["bonus"]) == ("US", pytest.approx(1.2), 1.5)


def test_explain_says_that_a_hotword_is_only_a_part_of_a_word(pieces):
    asked = ("--posteriors", pieces / "heard.npz", "--graph", pieces / "g", "--hotwords", pieces / "list")
    told = run("hotwords", "explain", "focus", "US", *asked).stdout.splitlines()
    assert told[0].startswith("'US': its units came out, but inside a longer word; what came out: we focus on the")
    assert told[1] == "  no bias helps: a hotword begins and ends where words do; list the longer word if it is meant"
    assert run("hotwords", "explain", "both", "US", *asked).stdout.startswith("'US': recognised")


def test_compile_hotwords_names_the_label_of_word_edges(pieces, tmp_path):
    made = run("compile-hotwords", pieces / "list", "--units", pieces / "t.json", "-o", tmp_path / "h.fst",
               "--symbols", tmp_path / "symbols")  # fmt: skip
    count = len(JOINED.units)
    assert f"the failure label is {count + 1}, the label of word edges {count + 2}" in made.stderr
    assert (tmp_path / "symbols").read_text().splitlines()[-1] == f"#edge {count + 2}"


def test_of_letters_through_ctc_a_hotword_is_a_word_between_delimiters(tmp_path):
    units = ("<blank>", "|", *"focusn", "</s>")
    (tmp_path / "t.json").write_text(json.dumps(units), encoding="utf-8")
    (tmp_path / "text").write_text("focus on us\nus on focus\n", encoding="utf-8")
    (tmp_path / "words").write_text("focus\non\nus\n", encoding="utf-8")
    (tmp_path / "list").write_text("us 1\ncus\nfocus on\n", encoding="utf-8")
    run("train-lm", tmp_path / "text", "-o", tmp_path / "lm", "--order", 2, "--discount-fallback")
    run("make-lexicon", tmp_path / "words", "--units", tmp_path / "t.json", "-o", tmp_path / "lex")
    run("build-graph", "--lexicon", tmp_path / "lex", "--lm", tmp_path / "lm", "--tokens", tmp_path / "t.json",
        "--topology", "ctc", "-o", tmp_path / "g")  # fmt: skip
    steps = [symbol for letter in "focus|on|us" for symbol in (letter, letter, "<blank>")]
    rows = np.full((len(steps), len(units)), 0.02 / (len(units) - 1), np.float32)
    rows[range(len(steps)), [units.index(symbol) for symbol in steps]] = 0.98
    times = np.arange(len(steps), dtype=np.float32) * 0.1
    np.savez(tmp_path / "heard.npz", **{"a": np.log(rows), "a/times": times})
    hyp = json.loads(run("decode", "--posteriors-in", tmp_path / "heard.npz", "--graph", tmp_path / "g", "--hotwords",
                         tmp_path / "list", "--format", "jsonl").stdout)  # fmt: skip
    assert hyp["text"] == "focus on us"
    found = [(fired["phrase"], fired["start"]) for fired in hyp["hotwords"]]
    assert found == [("focus on", pytest.approx(0.0)), ("us", pytest.approx(2.7))]
