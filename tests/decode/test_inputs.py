import gzip
import io
import json
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile

from asrkit.audio.channels import UNSAID, Channels
from asrkit.audio.read import Cut
from asrkit.decode.inputs import Utterance, utterances
from asrkit.decode.made_of import record
from asrkit.decode.setup import Setup
from asrkit.errors import AsrkitError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.wav", "a.flac", "sub/c.MP3", "notes.md"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_gives_its_recordings_in_the_order_of_their_paths(folder):
    assert [u.utt for u in utterances([str(folder)])] == ["a", "b", "c"]


def test_recordings_lists_and_manifests_may_be_mixed_and_keep_their_order(folder):
    (folder / "l.txt").write_text("b.wav\n")
    line = '{"audio_filepath": "a.flac", "offset": 1, "duration": 2, "id": "x", "hotwords": ["保定"]}'
    (folder / "m.jsonl").write_text(line + "\n")
    found = utterances([str(folder / "sub/c.MP3"), str(folder / "l.txt"), str(folder / "m.jsonl")])
    assert [u.utt for u in found] == ["c", "b", "x"]
    assert found[2].cut == Cut(1, 3) and [phrase.text for phrase in found[2].hotwords] == ["保定"]


@pytest.mark.parametrize("name", ["list", "list.paths", "wav.scp.bak"])
def test_a_list_is_known_by_its_content_whatever_its_name(folder, name):
    lines = "\r\nr1 a.flac\r\nr2 b.wav\r\n" if name.startswith("wav") else "\r\na.flac\r\nb.wav\r\n"
    (folder / name).write_text(lines)
    assert [u.source for u in utterances([str(folder / name)])] == [str(folder / "a.flac"), str(folder / "b.wav")]


def test_text_that_names_no_file_and_bytes_are_no_lists(folder):
    (folder / "notes.md").write_text("a note\n")
    (folder / "bytes").write_bytes(b"\0\1\2a.flac\n")
    names = [str(folder / "notes.md"), str(folder / "bytes")]
    assert [u.source for u in utterances(names)] == names


def test_a_kaldi_folder_gives_its_segments(folder):
    (folder / "wav.scp").write_text(f"rec {folder}/b.wav\n")
    (folder / "segments").write_text("u1 rec 0.5 1.5\nu3 rec 2 -1\n")
    first, last = utterances([str(folder)])
    assert first == Utterance("u1", f"{folder}/b.wav", cut=Cut(0.5, 1.5))
    assert last.cut == Cut(2, None)


def test_an_id_that_stands_twice_is_refused_with_both_places(folder):
    with pytest.raises(AsrkitError, match=r"b.wav: utterance id 'b' stands in .*b.wav already; give"):
        utterances([str(folder / "b.wav"), str(folder / "b.wav")])


def test_commands_run_only_where_they_are_allowed(folder):
    (folder / "wav.scp").write_text("rec cat b.wav |\n")
    with pytest.raises(AsrkitError, match="this is a command"):
        utterances([str(folder)])
    assert utterances([str(folder)], allow_commands=True) == [Utterance("rec", "cat b.wav", is_command=True)]


def test_nothing_to_decode_is_told(folder):
    (folder / "empty").mkdir()
    with pytest.raises(AsrkitError, match="nothing to decode"):
        utterances([str(folder / "empty")])


NEMO = '{"audio_filepath": "/x/a.wav", "text": "x"}\n{"audio_filepath": "/x/b.wav", "text": ""}\n'


@pytest.mark.parametrize("name", ["train.json", "train.jsonl", "train", "train.txt", "train.manifest"])
def test_a_manifest_is_known_by_its_content_whatever_its_name(tmp_path, name):
    for content in (NEMO.encode(), gzip.compress(NEMO.encode()), b"\xef\xbb\xbf\n \n" + NEMO.encode()):
        (tmp_path / name).write_bytes(content)
        assert [(u.utt, u.source) for u in utterances([str(tmp_path / name)])] == [("a", "/x/a.wav"), ("b", "/x/b.wav")]


@pytest.mark.parametrize(("content", "found"), [(NEMO, ["a", "b"]), ("/x/c.wav\n/x/[1] {d}.wav\n", ["c", "[1]_{d}"])])
def test_standard_input_is_a_manifest_or_a_list_of_paths(monkeypatch, content, found):
    for raw in (content.encode(), gzip.compress(content.encode())):
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(raw)), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
        assert [u.utt for u in utterances(["-"])] == found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps([{"audio_filepath": "a.wav"}]), "x.json: this is a JSON array, where one object a line is needed"),
        (json.dumps([{"audio_filepath": "a"}], indent=1), "x.json: this is a JSON array, where one object a line"),
        (json.dumps({"utterances": [1]}, indent=1), "x.json: this is a JSON object over many lines, where one object"),
        (json.dumps({"阿里巴巴": 20}), "x.json:1: this line names no audio; write audio_filepath"),
    ],
)
def test_json_of_another_form_is_told_in_one_sentence(tmp_path, content, sentence):
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    with pytest.raises(AsrkitError) as raised:
        utterances([str(tmp_path / "x.json")])
    assert sentence in str(raised.value) and "\n" not in str(raised.value)


@pytest.fixture
def calls(tmp_path):
    """Recordings of one, two and three channels."""
    for name, count in (("mono", 1), ("call", 2), ("meeting", 3)):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros((1600, count)), 16000)
    return tmp_path


def test_each_channel_can_be_an_utterance_of_its_own(calls):
    (calls / "wav.scp").write_text(f"m mono.wav\nc call.wav\npiped cat {calls}/call.wav |\ngone gone.wav\n")
    (calls / "l.json").write_text('{"audio_filepath": "meeting.wav", "channel_selector": [0, 2]}\n')
    found = utterances([str(calls / "wav.scp"), str(calls / "l.json")], allow_commands=True, each_channel=True)
    assert [(u.utt, u.channels.numbers) for u in found] == [
        ("m", None), ("c-0", (0,)), ("c-1", (1,)), ("piped-0", (0,)), ("piped-1", (1,)), ("gone", None),
        ("meeting-0", (0,)), ("meeting-2", (2,)),
    ]  # fmt: skip


def test_a_channel_that_a_list_names_is_not_split(calls):
    (calls / "l.json").write_text('{"audio_filepath": "call.wav", "channel_selector": 1}\n')
    for each in (True, False):
        (found,) = utterances([str(calls / "l.json")], each_channel=each)
        assert (found.utt, found.channels) == ("call", Channels((1,)))


def test_an_id_of_a_channel_that_is_taken_already_is_refused(calls):
    (calls / "call-0.wav").write_bytes((calls / "mono.wav").read_bytes())
    with pytest.raises(AsrkitError, match="utterance id 'call-0' stands in"):
        utterances([str(calls)], each_channel=True)


def test_a_kaldi_folder_names_channels_of_recordings_and_their_segments(calls):
    (calls / "wav.scp").write_text("sw-A call.wav\nsw-B call.wav\nplain mono.wav\n")
    (calls / "reco2file_and_channel").write_text("sw-A call A\nsw-B call 2\n")
    chosen = [Channels((0,), if_several=True), Channels((1,), if_several=True), UNSAID]
    assert [u.channels for u in utterances([str(calls)])] == chosen
    (calls / "segments").write_text("s1 sw-B 0 0.05\ns2 plain 0 0.05\n")
    assert [u.channels for u in utterances([str(calls)])] == chosen[1:]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a call", "reco2file_and_channel:1: three fields are needed, 2 are here; write: recording file channel"),
        ("a call left", "reco2file_and_channel:1: 'left' is no channel; write A, B … or 1, 2 …"),
        ("a call 0", "'0' is no channel"),
        ("a call A\na call B", "reco2file_and_channel:2: the recording 'a' stands on line 1 too"),
    ],
)
def test_wrong_channels_of_kaldi_are_told(calls, line, sentence):
    (calls / "wav.scp").write_text("a call.wav\n")
    (calls / "reco2file_and_channel").write_text(line + "\n")
    with pytest.raises(AsrkitError) as raised:
        utterances([str(calls)])
    assert sentence in str(raised.value)


def test_channels_of_recordings_that_are_not_there_are_told(calls, capsys):
    (calls / "wav.scp").write_text("a call.wav\n")
    (calls / "reco2file_and_channel").write_text("a call A\nb call B\n")
    assert len(utterances([str(calls)])) == 1
    assert "reco2file_and_channel: 1 recording not in wav.scp, such as 'b'" in capsys.readouterr().err


def test_a_folder_lists_what_only_pyav_can_read_rather_than_to_pass_over_it(tmp_path):
    (tmp_path / "a.m4a").touch()
    assert [u.utt for u in utterances([str(tmp_path)])] == ["a"]


def test_a_wav_scp_is_known_by_its_content_on_standard_input_and_in_lists(calls, monkeypatch):
    content = f"m {calls}/mono.wav\nc\t{calls}/call.wav\n"
    (calls / "wav.txt").write_text(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content.encode()))))
    listed = [("m", f"{calls}/mono.wav"), ("c", f"{calls}/call.wav")]
    for name in (str(calls / "wav.txt"), "-"):
        assert [(u.utt, u.source) for u in utterances([name])] == listed
    (calls / "my call.wav").write_bytes((calls / "call.wav").read_bytes())
    (calls / "wav.txt").write_text(f"{calls}/my call.wav\n{calls}/mono.wav\n")
    assert [u.utt for u in utterances([str(calls / "wav.txt")])] == ["my_call", "mono"]


def hash_of(listed):
    """Return the hash of utterances that a run keeps."""
    return record(Setup(None), listed, [None] * len(listed))["utterances"]


def test_what_a_run_is_made_of_takes_no_memory_for_each_line_of_a_list():
    listed = [Utterance(f"speaker-utterance-{number:08d}", f"/corpus/audio/{number:08d}.wav") for number in range(5000)]
    tracemalloc.start()
    before = hash_of(listed[:1])
    base = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    after = hash_of(listed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert before != after
    assert peak < base + 100_000


def test_the_channel_changes_what_a_run_is_made_of():
    of = (Utterance("u", "a.wav", channels=Channels(numbers)) for numbers in (None, (0,), (1,)))
    assert len({hash_of([utterance]) for utterance in of}) == 3
