"""One odd unit, word or id costs nobody else's result (law 9), and what comes out is what a person would write."""

import json
import os
import shutil

import numpy as np
import pytest

from asrkit.formats import posteriors, tokens
from tests.cli.running import asrkit as run
from tests.decode.crafted import make_graph, said, write_posteriors
from tests.decode.demo import DEMO, TOKENS, hypotheses

PIECES = [
    *("<blank>", "<s>", "</s>", "<unk>", "我", "想", "用", "do@@", "ck@@", "er", "hel@@", "lo", "wor@@", "ld"),
    *("fo@@", "c@@", "us", "the", "on", "we", "手", "机", "<|zh|>"),
]
TEXT = "我 想 用 手机\nhello world\nwe focus on the\n"


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    return make_graph(tmp_path_factory.mktemp("pieces"), PIECES, TEXT)


def words_of(hypothesis):
    return [word["word"] for word in hypothesis["words"]]


@pytest.mark.parametrize("again", [[], ["--resume"]])
def test_a_hotword_of_several_words_is_several_words_with_their_times(pieces, tmp_path, again):
    heard = write_posteriors(tmp_path / "p.npz", PIECES, {"a": "hel@@ lo wor@@ ld", "b": "我 想 用 手 机"})
    (tmp_path / "list").write_text("hello world\n", encoding="utf-8")
    asked = ("decode", "--posteriors-in", heard, "--graph", pieces, "--hotwords", tmp_path / "list")
    run(*asked, "-o", tmp_path / "out", *again)
    first, _ = hypotheses(tmp_path / "out")
    assert [(w["word"], w["start"], w["end"]) for w in first["words"]] == [("hello", 0.0, 0.4), ("world", 0.4, 0.8)]
    assert first["text"] == "hello world"
    assert (tmp_path / "out" / "ctm").read_text(encoding="utf-8").splitlines()[:2] == [
        line for line in run(*asked, "--format", "ctm").stdout.splitlines() if line.startswith("a ")
    ]


@pytest.mark.parametrize("special", ["<unk>", "<|zh|>", "<blank>", "</s>"])
def test_a_step_that_says_a_special_unit_is_no_word(pieces, tmp_path, special):
    heard = write_posteriors(tmp_path / "p.npz", PIECES, {"a": f"我 {special} 想 用", "b": f"{special}", "c": "手 机"})
    run("decode", "--posteriors-in", heard, "--graph", pieces, "-o", tmp_path / "out")
    assert [h["text"] for h in hypotheses(tmp_path / "out")] == ["我想用", "", "手机"]
    assert all(word for h in hypotheses(tmp_path / "out") for word in words_of(h))
    assert run("score", tmp_path / "out" / "text", tmp_path / "out").status == 0
    greedy = run("decode", "--posteriors-in", heard, "--graph", pieces, "--format", "ctm")
    assert [line.split()[0] for line in greedy.stdout.splitlines()][-1] == "c"


def test_pieces_of_a_word_that_the_graph_does_not_know_are_joined(pieces, tmp_path):
    heard = write_posteriors(tmp_path / "p.npz", PIECES, {"a": "我 想 用 do@@ ck@@ er", "b": "do@@ ck@@ er on the"})
    run("decode", "--posteriors-in", heard, "--graph", pieces, "--nbest", 3, "-o", tmp_path / "out")
    a, b = hypotheses(tmp_path / "out")
    assert a["text"] == a["nbest"][0]["text"] == "我想用docker"
    assert words_of(a) == ["我", "想", "用", "docker"] and a["words"][-1]["end"] == pytest.approx(1.2)
    assert b["text"] == "docker on the" and words_of(b) == ["docker", "on", "the"]
    assert all("@@" not in text for h in (a, b) for text in (n["text"] for n in h["nbest"]))


def test_sentencepiece_units_are_joined_to_the_word_that_they_go_on_with(tmp_path):
    units = ["<blank>", "▁HE", "LL", "O", "▁WE", "▁GO", "你", "▁HELLO"]
    graph = make_graph(tmp_path / "g", units, "HE GO\nWE GO\n你 GO\n")
    heard = write_posteriors(
        tmp_path / "p.npz", units, {"a": "▁WE ▁HE LL O ▁GO", "b": "▁HELLO ▁WE", "c": "你 LL O", "d": "LL O"}
    )
    done = run("decode", "--posteriors-in", heard, "--graph", graph)
    assert done.stdout.splitlines() == ["a WE HELLO GO", "b HELLO WE", "c 你LLO", "d LLO"]


@pytest.mark.parametrize(
    ("text", "utterance", "wanted"),
    [
        ("windows 10 update\n", "windows 10 update", "windows 10 update"),
        ("U.S. army\n", "U.S. army", "U.S. army"),
        ("100% sure\n3 4\n", "100% sure 3 4", "100% sure 3 4"),
        ("한국어 음성\n", "한국어 음성", "한국어 음성"),
        ("今天 weather 好\n", "今天 weather 好", "今天weather好"),
    ],
)
def test_spaces_stand_between_the_words_of_a_graph(tmp_path, text, utterance, wanted):
    units = ["<blank>", *dict.fromkeys(text.split())]
    (tmp_path / "lexicon").write_text("".join(f"{w} {w}\n" for w in dict.fromkeys(text.split())), encoding="utf-8")
    (tmp_path / "tokens.json").write_text(json.dumps(units, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "text").write_text(text, encoding="utf-8")
    run("train-lm", tmp_path / "text", "-o", tmp_path / "lm", "--order", 2, "--discount-fallback")
    made = ("--lexicon", tmp_path / "lexicon", "--lm", tmp_path / "lm", "--tokens", tmp_path / "tokens.json")
    run("build-graph", *made, "-o", tmp_path / "graph")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": utterance})
    out = run("decode", "--posteriors-in", heard, "--graph", tmp_path / "graph").stdout
    assert out == f"u {wanted}\n"
    (tmp_path / "ref").write_text(f"u {wanted}\n", encoding="utf-8")
    (tmp_path / "hyp").write_text(out, encoding="utf-8")
    assert "0.00" in run("score", tmp_path / "ref", tmp_path / "hyp", "--unit", "word").stdout


def test_a_syllable_outside_the_graph_is_written_as_its_most_frequent_character(tmp_path):
    units = list(tokens.parse(TOKENS).units)
    graph = make_graph(tmp_path / "g", units, "保定 的 天气\n")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": "yáng guāng bǎo dìng de tiān qì"})
    run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out")
    (found,) = hypotheses(tmp_path / "out")
    assert found["text"] == "阳光保定的天气" and found["units"][:2] == ["yáng", "guāng"]
    greedy = run("decode", "--posteriors-in", heard, "--model", TOKENS.parent, "--greedy").stdout
    assert greedy == "u 阳光保定的天气\n" or "ā" not in greedy


def test_no_word_of_the_text_has_a_space_or_is_empty_whatever_is_said(pieces, tmp_path):
    rng = np.random.default_rng(3)
    heard = {f"u{n}": [str(unit) for unit in rng.choice(PIECES, rng.integers(1, 9))] for n in range(60)}
    (tmp_path / "list").write_text("hello world 3\nus\n用 手机 2\nfocus on the\n", encoding="utf-8")
    path = write_posteriors(tmp_path / "p.npz", PIECES, heard)
    run("decode", "--posteriors-in", path, "--graph", pieces, "--hotwords", tmp_path / "list", "-o", tmp_path / "out")
    found = hypotheses(tmp_path / "out")
    assert len(found) == len(heard)
    for hypothesis in found:
        assert all(word and not set(word) & set(" @<>") for word in words_of(hypothesis))
        assert "".join(words_of(hypothesis)) == hypothesis["text"].replace(" ", "")
        spans = [(word["start"], word["end"]) for word in hypothesis["words"]]
        assert spans == sorted(spans) and all(start < end for start, end in spans)


ODD = {"a b": 1, "tab\tid": 1, "\u3000": 0, "x" * 300: 0, "句" * 300: 0, "a": 0, "a/times": 0, "-": 0}  # 1: fails


@pytest.mark.parametrize("lattice", ["openfst", "kaldi"])
def test_an_odd_id_costs_its_own_utterance_at_most(pieces, tmp_path, lattice):
    rows = said(PIECES, ["我", "想"])
    np.savez(tmp_path / "p.npz", **dict.fromkeys(ODD, rows))
    asked = ("--graph", pieces, "--lattice", lattice, "-o", tmp_path / "out")
    run("decode", "--posteriors-in", tmp_path / "p.npz", *asked, status=3)
    failed = [json.loads(line)["utt"] for line in (tmp_path / "out" / "failed.jsonl").read_text().splitlines()]
    good = [hypothesis["utt"] for hypothesis in hypotheses(tmp_path / "out")]
    assert failed == [utt for utt in ODD if ODD[utt]] and good == [utt for utt in ODD if not ODD[utt]]
    if lattice == "openfst":
        listed = (tmp_path / "out" / "lattices.scp").read_text(encoding="utf-8").splitlines()
        assert [line.split(" ")[0] for line in listed] == good
        assert all((tmp_path / "out" / line.split(" ", 1)[1]).is_file() for line in listed)


def test_a_file_name_that_is_not_utf8_has_an_id_and_the_others_are_decoded(pieces, tmp_path):
    folder = tmp_path / "wavs"
    folder.mkdir()
    shutil.copy(DEMO / "demo-04.flac", folder / "good.flac")
    shutil.copy(DEMO / "demo-05.flac", os.fsencode(folder) + b"/caf\xe9.flac")
    with open(os.fsencode(folder) + b"/broken\xe9.wav", "wb") as stream:
        stream.write(b"no sound")
    run("decode", folder, "-o", tmp_path / "out", "--posteriors-out", tmp_path / "p.npz", status=3)
    assert "broken%E9" in (tmp_path / "out" / "failed.jsonl").read_text(encoding="utf-8")
    assert {h["utt"] for h in hypotheses(tmp_path / "out")} == {"caf%E9", "good"}
    assert set(posteriors.parse(tmp_path / "p.npz")) == {"caf%E9", "good"}
    run("decode", folder, "-o", tmp_path / "out", "--resume", status=3)
    assert "caf%E9 " in run("decode", folder, "--format", "ctm", status=3).stdout


def test_an_odd_id_in_a_manifest_is_one_failure(tmp_path):
    rows = [{"audio_filepath": str(DEMO / "demo-04.flac"), "id": utt} for utt in ("a b", "n\0", "ok", "")]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("decode", tmp_path / "m.jsonl", "-o", tmp_path / "out", status=3)
    assert [h["utt"] for h in hypotheses(tmp_path / "out")] == ["ok", "demo-04"]
    failed = [json.loads(line) for line in (tmp_path / "out" / "failed.jsonl").read_text().splitlines()]
    assert [line["utt"] for line in failed] == ["a b", "n\0"]
    assert "has white space" in failed[0]["reason"]


def test_ctm_without_times_says_so(pieces, tmp_path):
    heard = write_posteriors(tmp_path / "p.npz", PIECES, {"a": "我 想", "b": "手 机"}, seconds=None)
    done = run("decode", "--posteriors-in", heard, "--graph", pieces, "--format", "ctm", status=1)
    assert "no word has a time, and ctm is made of times" in done.stderr
    done = run("decode", "--posteriors-in", heard, "--graph", pieces, "-o", tmp_path / "out")
    assert "2 utterances without times of words, left out of ctm" in done.stderr


def test_a_reason_names_its_utterance_once(pieces, tmp_path):
    rows = said(PIECES, ["我", "想"])
    bad = np.full_like(rows, np.nan)
    np.savez(tmp_path / "p.npz", good=rows, wide=np.hstack([rows, rows[:, :1]]), bad=bad)
    done = run("decode", "--posteriors-in", tmp_path / "p.npz", "--graph", pieces, "-o", tmp_path / "out", status=3)
    assert "wide: wide" not in done.stderr and "bad: bad" not in done.stderr
    assert "warning: wide: its posteriors have" in done.stderr
    lines = (tmp_path / "out" / "failed.jsonl").read_text(encoding="utf-8").splitlines()
    reasons = [json.loads(line)["reason"] for line in lines]
    assert [reason.split()[0] for reason in reasons] == ["its", "step"]


@pytest.mark.parametrize(("topology", "warns"), [("identity", True), ("ctc", False)])
def test_a_graph_that_is_not_for_ctc_warns_of_posteriors_that_are(tmp_path, topology, warns):
    """An archive of another program does not tell its model, and the text would be wrong without a word."""
    units = ["<blank>", *"helowrd", "|"]
    graph = make_graph(tmp_path, units, "hello world\n", "--topology", topology)
    steps = " ".join(f"{letter} <blank> <blank>" for letter in "hello|world")
    heard = write_posteriors(tmp_path / "p.npz", units, {"a": steps, "b": steps, "short": "<blank> h <blank>"})
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "--quiet", "-o", tmp_path / "out")
    assert done.stderr.count("most of its steps are blank") == warns
    found = [any("--topology ctc" in warning for warning in h["warnings"]) for h in hypotheses(tmp_path / "out")]
    assert found == [warns, warns, False]


def test_a_phrase_that_is_said_once_fires_once_whatever_its_spellings(tmp_path):
    """`▁ 1 0 月` has the spelling `1 0 月` of the same phrase inside it."""
    units = ["<blank>", "▁", "▁OK", "世", "界", "1", "0", "月"]
    graph = make_graph(tmp_path, units, "世界\nOK\n")
    heard = write_posteriors(tmp_path / "p.npz", units, {"a": "▁ 1 0 月", "b": "1 0 月", "c": "▁ 1 0 月 ▁ 1 0 月"})
    (tmp_path / "list").write_text("10月 5\n", encoding="utf-8")
    run("decode", "--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list", "-o", tmp_path / "out")
    fired = [[(f["start"], f["end"], f["bonus"]) for f in h["hotwords"]] for h in hypotheses(tmp_path / "out")]
    assert fired == [[(0.0, 0.8, 11.0)], [(0.0, 0.6, 9.5)], [(0.0, 0.8, 11.0), (0.8, 1.6, 11.0)]]


def test_several_words_of_a_closed_graph_of_letters_can_come_out(tmp_path):
    units = ["<blank>", "|", *"abcdehlorwus"]
    graph = make_graph(tmp_path / "g", units, "hello us\nwords are\nus\n", "--topology", "ctc", "--closed-vocabulary")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": "h e l <blank> l o | u s"})
    (tmp_path / "list").write_text("hello us\nloud\n", encoding="utf-8")
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list")
    assert done.stdout == "u hello us\n"
    assert "1 of 2 hotwords cannot come out, such as 'loud'" in done.stderr
