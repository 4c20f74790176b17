"""References and hypotheses from every file that people have, known by its content."""

import gzip
import json

import pytest

from asrkit.formats import stm
from asrkit.formats.stm import Turn
from asrkit.score import transcripts
from asrkit.score.transcripts import Columns
from tests.cli.running import asrkit
from tests.formats.bad_files import put, told, written
from tests.random_cases import random_cases

TEXTS = {"a": "今天 去 保定", "b": "hello world"}
KALDI = "a 今天 去 保定\nb hello world\n"
TRN = "今天 去 保定 (a)\nhello world (b)\n"
STM = ";; a comment\na 1 spk 0.00 1.50 <o,f0,female> 今天\nb A x 0.10 2.00 hello world\na 1 spk 1.50 2.25 去 保定\n"
CTM = "a 1 0.10 0.20 今天 0.9\na 1 0.40 0.20 去\na 1 0.70 0.2 保定\nb 1 0.00 0.50 hello 0.5\nb 1 0.50 0.50 world\n"
NEMO = "".join(json.dumps({"audio_filepath": f"/x/{u}.wav", "text": t, "duration": 2}) + "\n" for u, t in TEXTS.items())
HYPS = "".join(json.dumps({"utt": utt, "text": text}) + "\n" for utt, text in TEXTS.items())
CSV = 'id,note,text\na,"x, y",今天 去 保定\n\nb,,"hello\nworld"\n'
TSV = "client\tpath\tsentence\n1\tclips/a.mp3\t今天 去 保定\n2\tclips/b.mp3\thello world\n"


def texts_of(path, **options):
    return dict(transcripts.read(path, **options).texts)


@pytest.mark.parametrize("name", ["x", "x.txt", "x.json", "x.jsonl"])
@pytest.mark.parametrize("content", [NEMO, HYPS])
def test_json_lines_are_known_by_their_content(tmp_path, name, content):
    assert texts_of(written(tmp_path / name, content)) == TEXTS
    (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    assert texts_of(tmp_path / name) == TEXTS


@pytest.mark.parametrize("content", [KALDI, STM, CTM])
def test_files_of_kaldi_and_nist_are_known_by_their_content(tmp_path, content):
    assert texts_of(written(tmp_path / "x", content)) == TEXTS


@pytest.mark.parametrize(("name", "content"), [("x.trn", TRN), ("x.stm", STM), ("x.ctm", CTM), ("x.csv", CSV),
                                               ("x.tsv", TSV), ("x.csv", CSV.replace(",", ";"))])
def test_files_are_known_by_their_names(tmp_path, name, content):
    assert texts_of(written(tmp_path / name, content)) == TEXTS


def test_a_trn_is_known_by_ids_with_digits_in_brackets(tmp_path):
    assert texts_of(written(tmp_path / "x", "今天 去 (bo4k0303)\n\n(b-2)\n")) == {"bo4k0303": "今天 去", "b-2": ""}
    for content in ("u1 hello (laughs)\n", "u1 今天 (笑)\nu2 去 (1)\n", "u1 (x1) y\n", "u1 a (7)\nu2 b (7)\n"):
        assert "u1" in texts_of(written(tmp_path / "x", content))


@pytest.mark.parametrize("content", [KALDI, STM, CTM, NEMO, HYPS])
def test_standard_input_may_be_any_of_them(tmp_path, content):
    done = asrkit("score", written(tmp_path / "ref", KALDI), "-", stdin=content.encode())
    assert "MER 0.00 %" in done.stdout


def test_kaldi_text_of_numbers_and_of_tags_stays_kaldi_text(tmp_path):
    content = "u1 1 2 3 4\nu2 1 2 3 4 5\n"
    assert texts_of(written(tmp_path / "x", content)) == {"u1": "1 2 3 4", "u2": "1 2 3 4 5"}
    assert texts_of(written(tmp_path / "x", "u1 (noise)\nu2 [noise] x\n"))["u1"] == "(noise)"


def test_columns_of_a_table_can_be_named(tmp_path):
    path = written(tmp_path / "x.txt", "text,gold,key\nno,今天 去 保定,a\nno,hello world,b\n")
    assert texts_of(path, columns=Columns("key", "gold")) == TEXTS
    done = asrkit("score", path, written(tmp_path / "h", KALDI), "--id-column", "key", "--text-column", "gold")
    assert "MER 0.00 %" in done.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("id,words\na,x\n", "x.csv: there is no column of texts, only 'id', 'words'; name one with --text-column"),
        ("id,text\na\n", "x.csv:2: 2 fields are needed, 1 are here; write a field for each of the heads"),
        ("id,text\na,x\na,y\n", "x.csv:3: the id 'a' stands on line 2 too"),
        ("path,text\nx/a.wav,x\nx/a.wav,y\n", "x.csv:3: the recording 'x/a.wav' stands on line 2 too"),
        ("id,text\na b,x\n", "x.csv:2: the id 'a b' is empty or has white space in it; write another"),
        ("id,text\n", "no row stands in this file"),
        ('id,text\na,"x\n', "x.csv:2: this row cannot be read (unexpected end of data); close its quotes"),
        ("", "there is no column of ids, only none"),
    ],
)
def test_tables_that_are_wrong_are_told(tmp_path, content, sentence):
    told(transcripts.read, written(tmp_path / "x.csv", content), sentence)


def test_a_column_that_is_not_there_is_told(tmp_path):
    written(tmp_path / "x.csv", CSV)
    told(lambda path: texts_of(path, columns=Columns(text="gold")), tmp_path / "x.csv",
         "x.csv: there is no column 'gold', only 'id', 'note', 'text'; name one with --text-column")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x", "a x\na y\n", "x:2: the utterance 'a' stands on line 1 too"),
        ("x.trn", "x (a)\ny (a)\n", "x.trn:2: the utterance 'a' stands on line 1 too"),
        ("x.json", '{"utt": "a", "text": ""}\n' * 2, "x.json:2: the utterance 'a' stands on line 1 too"),
        ("x.json", '{"audio_filepath": "a", "id": "a", "text": ""}\n' * 2, "x.json:2: the id 'a' stands on line 1"),
        ("x.json", '{"audio_filepath": "a.wav"}\n', 'x.json: no line of this manifest has a text; write "text" on'),
        ("x.json", '[\n{"audio_filepath": "a.wav"}\n]\n', "x.json: this is a JSON array, where one object a line"),
        ("x.json", '{\n"a": 1\n}\n', "x.json: this is a JSON object over many lines, where one object a line"),
        ("x.json", '{"阿里": 20}\n', "x.json:1: 'utt' is missing; write a string"),
        ("x.stm", "a 1 x 0.0 2.0 w\na 1 y 1.5 3.0 v\n",
         "x.stm:2: the speakers 'x' and 'y' overlap from 1.5 to 2 s; give each a channel"),
        ("x.stm", "a 1 x 0.0\n", "x.stm:1: at least five fields are needed, 4 are here; write: recording channel"),
        ("x.stm", "a left x 0.0 1.0 w\n", "x.stm:1: 'left' is no channel"),
        ("x.stm", "a 1 x 2.0 1.0 w\n", "x.stm:1: this ends at 1.0 s, before its start at 2.0 s"),
    ],
)  # fmt: skip
def test_files_that_are_wrong_are_told_in_one_sentence(tmp_path, name, content, sentence):
    told(transcripts.read, written(tmp_path / name, content), sentence)


def test_channels_that_were_decoded_one_by_one_have_a_text_each(tmp_path):
    content = "call A x 0.0 2.0 你好\ncall B y 1.5 3.0 再见\ncall A x 3.0 4.0 好\n"
    path = written(tmp_path / "x.stm", content)
    assert texts_of(path, known={"call-0", "call-1"}) == {"call-0": "你好 好", "call-1": "再见"}
    told(transcripts.read, path, "the speakers 'x' and 'y' overlap")  # mixed, no order of their words is right
    words = "call A 0.0 0.5 你好\ncall B 1.5 0.5 再见\ncall A 3.0 0.5 好\n"
    path = written(tmp_path / "x.ctm", words)
    assert texts_of(path, known={"call-0", "call-1"}) == {"call-0": "你好 好", "call-1": "再见"}


def _supervision(utt, start, text, **more):
    return {"id": utt, "recording_id": "call", "start": start, "duration": 1.0, "text": text, **more}


def test_supervisions_are_references_of_cuts_of_channels_and_of_recordings(tmp_path):
    said = [_supervision("s1", 0.0, "你好", channel=0, speaker="A")]
    said.append(_supervision("s2", 0.5, "再见", channel=1, speaker="B"))
    lines = written(tmp_path / "supervisions.jsonl", "\n".join(map(json.dumps, said)))
    assert texts_of(lines, known={"s1", "s2"}) == {"s1": "你好", "s2": "再见"}
    assert texts_of(lines, known={"call-0", "call-1"}) == {"call-0": "你好", "call-1": "再见"}
    recording = {"id": "call", "sources": [{"type": "file", "channels": [0, 1], "source": "call.wav"}]}
    cut = {"id": "c", "start": 0, "duration": 2, "channel": [0, 1], "supervisions": said, "recording": recording}
    path = written(tmp_path / "cuts.jsonl", json.dumps(cut))
    assert texts_of(path, known={"c-0", "c-1"}) == {"c-0": "你好", "c-1": "再见"}


def test_what_nemo_recognised_is_the_hypothesis_and_what_was_said_the_reference(tmp_path):
    line = {"audio_filepath": "a.wav", "text": "保定", "pred_text": "保险", "duration": 1}
    path = written(tmp_path / "out.json", json.dumps(line))
    assert texts_of(path) == {"a": "保定"} and texts_of(path, recognised=True) == {"a": "保险"}
    assert "MER 50.00 %" in asrkit("score", path, path).stdout


def test_lines_without_a_text_are_told(tmp_path):
    content = NEMO + json.dumps({"audio_filepath": "c.wav"}) + "\n"
    done = asrkit("score", written(tmp_path / "n.json", content), written(tmp_path / "h", KALDI))
    assert "n.json: 1 line without a text, not counted, such as 'c'" in done.stderr and "MER 0.00 %" in done.stdout


def test_two_files_without_an_utterance_in_common_are_refused(tmp_path):
    ref, other = written(tmp_path / "ref", KALDI), written(tmp_path / "hyp", "c x\nd y\n")
    sentence = "hyp: no utterance of it is in the reference: 'c' here, 'a' there; give both the same ids."
    assert sentence in asrkit("score", ref, other, status=1).stderr
    assert sentence in asrkit("compare", ref, other, ref, status=1).stderr


def test_times_that_are_not_scored_are_told(tmp_path):
    content = STM + "a 1 inter 3.00 4.00 ignore_time_segment_in_scoring\n"
    done = asrkit("score", written(tmp_path / "r.stm", content), written(tmp_path / "h", KALDI))
    assert "MER 0.00 %" in done.stdout and "r.stm: 1 time not to be scored; what" in done.stderr


@random_cases(50)
def test_an_stm_that_is_written_is_read_again(tmp_path, rng):
    def turn():
        start, words = float(rng.random()), rng.choice(["保定", "a", "[x]", "1"], rng.integers(0, 4))
        end = start + float(rng.random())
        return Turn(f"r{rng.integers(3)}", int(rng.integers(4)), "x", start, end, " ".join(words))

    turns = tuple(turn() for _ in range(rng.integers(1, 6)))
    assert stm.parse(put(tmp_path / "x.stm", stm.serialize(turns))) == turns


def test_the_output_states_and_counts_what_was_made_alike(tmp_path):
    ref = written(tmp_path / "ref", "a [noise] 嗯 漢語 don’t 1,234\nb C++ -5\n")
    hyp = written(tmp_path / "hyp", "a 汉语 don't 1234\nb C 5\n")
    assert "[2 / 6: 2 substituted" in asrkit("score", ref, hyp, "--profile", "mandarin").stdout
    done = asrkit("score", ref, hyp, "--drop-tags", "--simplified", "--plain-numbers", "--fillers",
                  written(tmp_path / "f", "嗯\n"))  # fmt: skip
    assert "; tags left out; 1 fillers left out; traditional characters as simplified; numbers" in done.stdout
    assert "tags 1 and 0, fillers 1 and 0, traditional characters 2 and 0, numbers 1 and 0, apostr" in done.stdout
    assert "[2 / 6: 2 substituted" in done.stdout
    assert "tags 1 and 0" in asrkit("compare", hyp, hyp, ref, "--drop-tags").stdout

