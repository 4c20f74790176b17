"""From files as people have them to a score: a NeMo manifest, cuts that Lhotse wrote, a call of two channels."""

import json
import re

import numpy as np
import pytest
import soundfile

from asrkit.formats.kaldi_dir import parse_text
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, hypotheses

SAID = {line.utt: line.text for line in parse_text(DEMO / "text")}


def samples(number):
    found, rate = soundfile.read(DEMO / f"demo-{number:02d}.flac", dtype="float32")
    assert rate == 16000
    return found


@pytest.fixture
def call(tmp_path):
    """A call whose left channel is demo-01 and whose right one, which begins later, is demo-04."""
    left, right = samples(1), np.concatenate([np.zeros(24000, np.float32), samples(4)])
    both = np.zeros((max(len(left), len(right)), 2), np.float32)
    both[: len(left), 0], both[: len(right), 1] = left, right
    soundfile.write(tmp_path / "call.wav", both, 16000)
    return tmp_path / "call.wav"


def rate_of(done):
    return float(re.search(r"MER ([\d.]+) %", done.stdout)[1])


def texts_of(out):
    return {line["utt"]: line["text"] for line in hypotheses(out)}


def test_a_nemo_manifest_that_is_named_json_is_decoded_and_is_its_own_reference(tmp_path, graph):
    """`decode train.json`, then `score train.json out`, and the same with `--ref` and from standard input."""
    manifest = tmp_path / "train.json"
    numbers = (1, 4, 16)
    lines = [{"audio_filepath": str(DEMO / f"demo-{n:02d}.flac"), "duration": len(samples(n)) / 16000,
              "text": SAID[f"demo-{n:02d}"]} for n in numbers]  # fmt: skip
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run("decode", manifest, "--graph", graph, "-o", tmp_path / "out")
    run("decode", "-", "--graph", graph, "-o", tmp_path / "again", stdin=manifest.read_bytes())
    assert list(texts_of(tmp_path / "out")) == [f"demo-{n:02d}" for n in numbers]
    assert texts_of(tmp_path / "again") == texts_of(tmp_path / "out")
    done = run("score", manifest, tmp_path / "out")
    assert rate_of(done) < 40 and "3 utterances" in done.stdout and "no hypothesis" not in done.stdout
    table = run("decode", manifest, "--graph", graph, "--sweep", "beam=8", "--ref", manifest).stdout
    assert f"{rate_of(done):.2f} %" in table


# What `CutSet.to_file` of lhotse 1.33 writes for a MultiCut of the call and for its supervisions cut out
# (`trim_to_supervisions`), the texts and times apart.
def _recording(path):
    source = {"type": "file", "channels": [0, 1], "source": str(path)}
    return {"id": "call", "sources": [source], "sampling_rate": 16000, "num_samples": 96000, "duration": 6.0,
            "channel_ids": [0, 1]}  # fmt: skip


def _supervision(utt, start, duration, channel, text, speaker):
    return {"id": utt, "recording_id": "call", "start": start, "duration": duration, "channel": channel,
            "text": text, "language": "zh", "speaker": speaker}  # fmt: skip


def _mono_cut(utt, start, duration, channel, text, path):
    supervisions = [_supervision(utt, 0.0, duration, channel, text, "AB"[channel])]
    return {"id": utt, "start": start, "duration": duration, "channel": channel, "supervisions": supervisions,
            "recording": _recording(path), "type": "MonoCut"}  # fmt: skip


def test_cuts_of_lhotse_are_the_channels_and_times_that_they_name(call, tmp_path, graph):
    seconds = [len(samples(number)) / 16000 for number in (1, 4)]
    cuts = [_mono_cut("s1", 0.0, seconds[0], 0, SAID["demo-01"], call),
            _mono_cut("s2", 1.5, seconds[1], 1, SAID["demo-04"], call)]  # fmt: skip
    path = tmp_path / "cuts.jsonl"
    path.write_text("".join(json.dumps(cut) + "\n" for cut in cuts), encoding="utf-8")
    run("decode", path, "--graph", graph, "-o", tmp_path / "out")
    run("decode", DEMO / "demo-01.flac", DEMO / "demo-04.flac", "--graph", graph, "-o", tmp_path / "alone")
    assert list(texts_of(tmp_path / "out").values()) == list(texts_of(tmp_path / "alone").values())
    assert rate_of(run("score", path, tmp_path / "out")) < 40


def test_a_stereo_call_is_decoded_channel_by_channel_and_scored_by_channel(call, tmp_path, graph):
    run("decode", call, "--channel", "each", "--graph", graph, "-o", tmp_path / "out")
    found = texts_of(tmp_path / "out")
    run("decode", DEMO / "demo-01.flac", DEMO / "demo-04.flac", "--graph", graph, "-o", tmp_path / "alone")
    alone = texts_of(tmp_path / "alone")
    assert list(found) == ["call-0", "call-1"]
    assert found["call-0"] == alone["demo-01"]
    supervisions = [_supervision("s1", 0.0, 3.0, 0, SAID["demo-01"], "A"),
                    _supervision("s2", 1.5, 3.0, 1, SAID["demo-04"], "B")]  # fmt: skip
    cut = {"id": "call", "start": 0, "duration": 6.0, "channel": [0, 1], "supervisions": supervisions,
           "recording": _recording(call), "type": "MultiCut"}  # fmt: skip
    (tmp_path / "cuts.jsonl").write_text(json.dumps(cut) + "\n", encoding="utf-8")
    stm = f"call A a 0.00 3.00 {SAID['demo-01']}\ncall B b 1.50 4.50 {SAID['demo-04']}\n"
    (tmp_path / "call.stm").write_text(stm, encoding="utf-8")
    text = f"call-0 {SAID['demo-01']}\ncall-1 {SAID['demo-04']}\n"
    (tmp_path / "text").write_text(text, encoding="utf-8")
    scored = [run("score", tmp_path / name, tmp_path / "out") for name in ("text", "call.stm", "cuts.jsonl")]
    assert rate_of(scored[0]) < 40 and len({done.stdout for done in scored}) == 1


def test_mixed_channels_are_told_once_and_stand_in_the_results(call, tmp_path):
    soundfile.write(tmp_path / "other.wav", soundfile.read(call)[0], 16000)
    done = run("decode", call, tmp_path / "other.wav", "--greedy", "-o", tmp_path / "out")
    sentence = "its channels differ and were mixed; --channel each decodes each by itself"
    assert done.stderr.count(sentence) == 1 and f"call: {sentence}" in done.stderr
    assert all(sentence in line["warnings"] for line in hypotheses(tmp_path / "out"))
    told = run("posteriors", call, tmp_path / "other.wav", "-o", tmp_path / "p.npz").stderr
    assert told.count(sentence) == 1
    assert sentence not in run("decode", call, "--greedy", "--channel", "each").stderr


def test_the_channel_is_a_part_of_what_a_run_is_made_of(call, tmp_path):
    def manifest(channel):
        line = {"audio_filepath": str(call), "channel_selector": channel, "id": "u"}
        (tmp_path / "m.json").write_text(json.dumps(line) + "\n")
        return tmp_path / "m.json"

    run("decode", manifest(0), "--greedy", "-o", tmp_path / "out")
    assert "finished already" in run("decode", manifest(0), "--greedy", "-o", tmp_path / "out", "--resume").stderr
    told = run("decode", manifest(1), "--greedy", "-o", tmp_path / "out", "--resume", status=2).stderr
    assert "other utterances" in told


def test_channels_that_do_not_exist_fail_by_themselves(call, tmp_path):
    lines = [{"audio_filepath": str(call), "channel_selector": channel, "id": f"u{channel}"} for channel in (0, 7)]
    (tmp_path / "m.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run("decode", tmp_path / "m.json", "--greedy", "-o", tmp_path / "out", status=3)
    assert "u7: " in done.stderr and "there is no channel 7, only 2, counted from 0" in done.stderr
    assert "is neither a channel, from 0, nor `each`" in run("decode", call, "--channel", "left", status=2).stderr


def test_the_channel_of_the_command_line_gives_way_to_that_of_a_list(call, tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"audio_filepath": str(call), "channel_selector": 0}) + "\n")
    done = run("decode", tmp_path / "m.json", "--greedy", "--channel", 1)
    assert "--channel is not for 1 utterance whose list names one" in done.stderr
    assert done.stdout == run("decode", tmp_path / "m.json", "--greedy").stdout


def test_a_recording_that_was_never_finished_is_decoded_with_a_warning(tmp_path):
    soundfile.write(tmp_path / "whole.wav", samples(1), 16000)
    content = bytearray((tmp_path / "whole.wav").read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    (tmp_path / "died.wav").write_bytes(content)
    done = run("decode", tmp_path / "died.wav", "--greedy")
    assert "died: its header says that there is no sound (a recording that was never finished); it was" in done.stderr
    whole = run("decode", tmp_path / "whole.wav", "--greedy").stdout
    assert done.stdout.split(" ", 1)[1] == whole.split(" ", 1)[1]


def test_the_line_that_is_told_without_a_model_says_how_bad_the_one_that_ships_is_with_strangers():
    told = run("decode", DEMO / "demo-01.flac", "--greedy").stderr
    (line,) = [line for line in told.splitlines() if line.startswith("no --model")]
    assert "69 % of the syllables of strangers wrong" in line and "77 % of the characters" in line
