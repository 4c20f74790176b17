"""Lists that are cut into a model's units, closed vocabularies, lists in manifests: from the command to the text."""

import json

import numpy as np
import pytest

from tests.cli.running import asrkit
from tests.decode.demo import DEMO

UNITS = ("<blank>", "<s>", "</s>", "▁WE", "▁SAY", "▁HE", "LL", "O", "▁PER", "C", "ENT", "▁A", "▁US")


def posteriors(path, **utterances):
    tables = {}
    for utt, said in utterances.items():
        table = np.full((len(said.split()), len(UNITS)), 1e-6)
        for step, unit in enumerate(said.split()):
            table[step, UNITS.index(unit)] = 0.98
        tables[utt] = np.log(table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    np.savez(path, **tables)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("pieces")
    (made / "tokens.json").write_text(json.dumps(UNITS))
    (made / "text").write_text("WE SAY A\nWE SAY US\nUS SAY A\n")
    (made / "words").write_text("WE\nSAY\nA\nUS\n")
    asrkit("train-lm", made / "text", "-o", made / "lm", "--order", 2, "--discount-fallback")
    asrkit("make-lexicon", made / "words", "--units", made / "tokens.json", "-o", made / "lexicon")
    graph = ("--lexicon", made / "lexicon", "--lm", made / "lm", "--tokens", made / "tokens.json")
    asrkit("build-graph", *graph, "-o", made / "open")
    asrkit("build-graph", *graph, "--closed-vocabulary", "-o", made / "closed")
    posteriors(made / "heard.npz", hello="▁WE ▁SAY ▁HE LL O", percent="▁WE ▁SAY ▁PER C ENT ▁HE LL O")
    return made


def decoded(folder, names, graph="open"):
    (folder / "names").write_text(names, encoding="utf-8")
    options = ("--graph", folder / graph, "--hotwords", folder / "names")
    done = asrkit("decode", "--posteriors-in", folder / "heard.npz", *options)
    return [line.split(" ", 1)[1] for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("listed", ["HELLO\nPERCENT\n", "▁HE LL O\n▁PER C ENT\n", "▁HE LL O :0.5\n▁PER C ENT :1\n"])
def test_pieces_in_a_list_come_out_as_the_word_that_they_spell(folder, listed):
    assert decoded(folder, listed)[0] == ["WE SAY HELLO", "WE SAY PERCENT HELLO"]


def test_a_label_is_what_is_written(folder):
    assert decoded(folder, "▁HE LL O @Hallo\n▁PER C ENT @Prozent\n")[0] == ["WE SAY Hallo", "WE SAY Prozent Hallo"]


def test_several_words_keep_their_spaces(folder):
    for listed in ("percent hello\n", "▁PER C ENT ▁HE LL O\n", "▁PER C ENT ▁HE LL O @PERCENT_HELLO\n"):
        assert decoded(folder, listed)[0][1].upper() == "WE SAY PERCENT HELLO"


def test_decode_counts_the_hotwords_that_a_closed_graph_cannot_say_as_lint_does(folder):
    _, told = decoded(folder, "HELLO\nUS A\nPERCENT\n", "closed")
    assert "2 of 3 hotwords cannot come out, such as 'HELLO'" in told and "vocabulary is closed" in told
    assert "cannot come out" not in decoded(folder, "HELLO\nUS A\n", "open")[1]
    options = ("--units", folder / "tokens.json", "--graph", folder / "closed")
    (folder / "names").write_text("HELLO\nUS A\nPERCENT\n")
    found = asrkit("hotwords", "lint", folder / "names", *options, status=3).stdout
    assert found.count("error: not-in-graph") == 2


def test_a_manifest_may_give_one_hotword_as_a_text(graph, tmp_path):
    lines = [{"audio_filepath": str(DEMO / "demo-04.flac"), "hotwords": "林婉清"}]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "林婉清" in asrkit("decode", tmp_path / "m.jsonl", "--graph", graph).stdout


def test_score_counts_what_a_cut_list_writes(tmp_path):
    (tmp_path / "ref").write_text("a 我买阳光保险\nb 户晨风\n", encoding="utf-8")
    (tmp_path / "hyp").write_text("a 我买阳光保险\nb 胡晨风\n", encoding="utf-8")
    (tmp_path / "names").write_text("阳 光 保 险 :2\nhù chén fēng @户晨风\n", encoding="utf-8")
    told = asrkit("score", tmp_path / "ref", tmp_path / "hyp", "--hotwords", tmp_path / "names").stdout
    assert "1 of 2" in told or "1 / 2" in told, told
