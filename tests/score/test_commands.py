import json
import os
import subprocess
import sys

import pytest

from tests.cli.running import asrkit


@pytest.fixture
def data(tmp_path):
    (tmp_path / "text").write_text("u1 今天去保定\nu2 你好 world\nu3 再见\n", encoding="utf-8")
    (tmp_path / "hyp.trn").write_text("今天去保险 (u1)\n你好，WORLD (u2)\n", encoding="utf-8")
    (tmp_path / "names").write_text("保定\n", encoding="utf-8")
    (tmp_path / "utt2spk").write_text("u1 s1\nu2 s2\nu3 s2\n", encoding="utf-8")
    lines = [
        {"utt": "u1", "text": "今天去保定", "duration": 1800.0, "scores": scores(-3.0, 4.0)},
        {"utt": "u2", "text": "你好 world 保定", "duration": 1800.0, "scores": scores(-5.0, 4.0)},
        {"utt": "u3", "text": "再见", "duration": 0.0, "scores": scores(-1.0, 0.0)},
    ]
    (tmp_path / "hyps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def scores(acoustic, hotword):
    return {"total": acoustic + hotword, "acoustic": acoustic, "lm": 0.0, "hotword": hotword, "words": 0.0}


def test_score_counts_errors_and_names_what_is_missing(data):
    done = asrkit("score", data / "text", data / "hyp.trn", "--utt2spk", data / "utt2spk")
    assert "MER 30.00 %" in done.stdout  # one character of ten wrong, two missing
    assert "no hypothesis for 1 utterance, counted as all deleted: u3" in done.stdout
    assert "speaker s1  20.00 %" in done.stdout
    assert "speaker s2  40.00 %" in done.stdout


def test_width_case_and_punctuation_count_only_when_asked(data):
    done = asrkit("score", data / "text", data / "hyp.trn", "--keep-case", "--keep-punctuation")
    assert "differences that count besides words: case, punctuation" in done.stdout
    assert "MER 50.00 %" in done.stdout


def test_a_list_that_is_wrong_is_told_before_the_rates(data):
    (data / "bad").write_text("保定 1\n保定 2\n", encoding="utf-8")
    for option in ("--hotwords", "--utt2spk"):
        done = asrkit("score", data / "text", data / "hyp.trn", option, data / "bad", status=1)
        assert done.stdout == "" and "bad:" in done.stderr


def test_score_tells_recall_precision_and_false_accepts_of_hotwords(data):
    before = asrkit("score", data / "text", data / "hyp.trn", "--hotwords", data / "names").stdout
    after = asrkit("score", data / "text", data / "hyps.jsonl", "--hotwords", data / "names").stdout
    assert "recall 0.00 % (0 of 1)" in before and "length not known" in before
    assert "recall 100.00 % (1 of 1), precision 50.00 %" in after
    assert "false accepts 1 (1.0 an hour)" in after


def test_compare_shows_what_changed_and_which_part_of_the_score_did_it(data):
    plain = data / "plain.jsonl"
    line = {"utt": "u1", "text": "今天去保险", "duration": 1.0, "scores": scores(-2.0, 0.0)}
    plain.write_text(json.dumps(line) + "\n", encoding="utf-8")
    done = asrkit("compare", plain, data / "hyps.jsonl", data / "text")
    assert "u1: B is better (-1 errors)" in done.stdout
    assert "acoustic -1.00" in done.stdout and "hotword +4.00" in done.stdout


def test_compare_tells_what_it_counts_and_names_what_is_missing_on_a_side(data):
    (data / "other").write_text("u1 今天去保定\nu9 多余\n", encoding="utf-8")
    done = asrkit("compare", data / "other", data / "text", data / "text")
    assert "counted: mixed; differences that count besides words: none" in done.stdout
    assert "A: no hypothesis for 2 utterances, counted as all deleted: u2 u3" in done.stdout
    assert "A: no reference for 1 utterance, not counted: u9" in done.stdout
    assert "B: no" not in done.stdout


def test_a_chance_that_no_sample_shows_is_not_told_as_none(data):
    said = "".join(f"u{number} 今天去保定\n" for number in range(30))
    (data / "said").write_text(said, encoding="utf-8")
    (data / "wrong").write_text(said.replace("保定", "保险"), encoding="utf-8")
    assert "(p < 0.001, paired bootstrap)" in asrkit("compare", data / "wrong", data / "said", data / "said").stdout
    assert "(p = 1.000, paired bootstrap)" in asrkit("compare", data / "said", data / "said", data / "said").stdout


def test_how_many_are_shown_is_no_negative_number(data):
    for option in ("--worst", "--confusions"):
        asrkit("score", data / "text", data / "hyp.trn", option, -1, status=2)
        asrkit("score", data / "text", data / "hyp.trn", option, 0)
    asrkit("compare", data / "text", data / "hyp.trn", data / "text", "--show", -1, status=2)


def test_nothing_is_headed_where_nothing_is_shown(data):
    assert "most frequent errors" in asrkit("score", data / "text", data / "hyp.trn").stdout
    for hypothesis, *more in ((data / "hyp.trn", "--worst", 0, "--confusions", 0), (data / "text",)):
        shown = asrkit("score", data / "text", hypothesis, *more).stdout
        assert "most frequent errors" not in shown and not shown.endswith("\n\n")


def test_a_kaldi_data_folder_stands_for_its_text(data):
    (data / "hyps.jsonl").unlink()
    assert asrkit("score", data, data / "hyp.trn").stdout == asrkit("score", data / "text", data / "hyp.trn").stdout


def test_a_folder_without_transcripts_is_told_as_such(data):
    (data / "sweep" / "beam=8").mkdir(parents=True)
    told = asrkit("score", data / "text", data / "sweep", status=1).stderr
    assert "sweep: this folder has neither hyps.jsonl nor text; name" in told


def test_alignments_put_the_two_sides_under_one_another(data):
    done = asrkit("score", data / "text", data / "hyp.trn", "--align")
    assert "ref 今 天 去 保 定\nhyp 今 天 去 保 险\n                S" in done.stdout


def test_speakers_of_utterances_that_are_not_there_are_told(data):
    with (data / "utt2spk").open("a") as file:
        file.write("u4 s2\nu5 s2\n")
    done = asrkit("score", data / "text", data / "hyp.trn", "--utt2spk", data / "utt2spk")
    assert "utt2spk: 2 utterances of it, such as 'u4', are in neither transcript" in done.stderr


def test_standard_input_is_refused_for_both_sides(data):
    done = asrkit("score", "-", "-", stdin=b"a b\n", status=2)
    assert "standard input: it can be read only once, and has been; name it for one input only." in done.stderr


@pytest.mark.parametrize("no_colour", ["", "1"])
def test_colours_are_for_terminals_and_not_where_no_color_is_set(data, no_colour):
    master, terminal = os.openpty()
    environment = {**os.environ, "NO_COLOR": no_colour}
    command = [sys.executable, "-m", "asrkit", "score", data / "text", data / "hyp.trn", "--align"]
    subprocess.run(command, stdout=terminal, env=environment, check=True, stderr=subprocess.DEVNULL)
    told = os.read(master, 1 << 16)
    assert (b"\x1b[" in told) == (not no_colour)
