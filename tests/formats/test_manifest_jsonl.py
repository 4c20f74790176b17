import json

import pytest

from asrkit.formats import manifest_jsonl
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.manifest_jsonl import Utterance
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

NEMO = (
    '{"audio_filepath": "/data/a b.wav", "duration": 1.5, "offset": 0.25, "text": "阳光",'
    ' "hotwords": ["阳光", "a b"]}\n'
    '{"audio_filepath": "y.wav", "id": "u2", "text": "", "speaker": 7, "hotwords": {"保险": 2.5}, "lang": "zh"}\n'
)
LHOTSE = (
    '{"id": "cut-1", "start": 1, "duration": 2.5, "channel": 0, "type": "MonoCut",'
    ' "supervisions": [{"id": "s2", "recording_id": "r", "start": 1.5, "duration": 1, "text": "保险", "speaker": "x"},'
    ' {"id": "s1", "recording_id": "r", "start": 0, "duration": 1, "text": "阳光", "speaker": "x"}],'
    ' "recording": {"id": "r", "sources": [{"type": "file", "channels": [0], "source": "a.wav"}],'
    ' "sampling_rate": 16000, "num_samples": 64000, "duration": 4.0, "channel_ids": [0]}}\n'
    '{"id": "r", "sources": [{"type": "file", "channels": [0], "source": "a.wav"}], "sampling_rate": 16000}\n'
    '{"id": "s1", "recording_id": "r", "start": 0.5, "duration": 1, "text": "阳光", "speaker": "x", "channel": 0}\n'
)


def cut(channel, there, **more):
    """Return the line of a cut of a recording whose one source has the channels `there`."""
    recording = {"id": "r", "sources": [{"type": "file", "channels": there, "source": "a.wav"}], **more}
    return json.dumps({"id": "c", "start": 0, "duration": 2, "channel": channel, "recording": recording})


def with_commands(path):
    return manifest_jsonl.parse(path, allow_commands=True)


def test_nemo_lines_are_read(tmp_path):
    first, second = manifest_jsonl.parse(written(tmp_path / "m.jsonl", NEMO))
    assert first == Utterance(
        "a_b", "/data/a b.wav", offset=0.25, duration=1.5, text="阳光", hotwords=(Phrase("阳光"), Phrase("a b"))
    )
    assert second == Utterance("u2", "y.wav", text="", speaker="7", hotwords=(Phrase("保险", 2.5),))
    assert (first.line, second.line) == (1, 2)


def test_lhotse_cuts_recordings_and_supervisions_are_read(tmp_path):
    cut, recording, supervision = manifest_jsonl.parse(written(tmp_path / "m.jsonl", LHOTSE))
    assert cut == Utterance("cut-1", "a.wav", False, "r", 1.0, 2.5, "阳光 保险", "x", channels=(0,))
    assert recording == Utterance("r", "a.wav", False, "r")
    assert supervision == Utterance("s1", None, False, "r", 0.5, 1.0, "阳光", "x", channels=(0,))


def test_lines_of_one_file_get_ids_with_their_offsets(tmp_path):
    lines = [{"audio_filepath": "d/x.wav", "offset": offset} for offset in (0, 1.25)] + [{"audio_filepath": "y.wav"}]
    path = written(tmp_path / "m.jsonl", "\n".join(map(json.dumps, lines)))
    assert [u.utt for u in manifest_jsonl.parse(path)] == ["x-00000000", "x-00001250", "y"]


def channels_of(path, *lines):
    return [(u.utt, u.channels) for u in manifest_jsonl.parse(written(path, "\n".join(lines)))]


def test_channels_of_nemo_and_lhotse_are_those_of_the_file(tmp_path):
    lines = [{"audio_filepath": "x.wav", "channel_selector": c} for c in (0, 1, [0, 2], "average")]
    named = channels_of(tmp_path / "m.json", *map(json.dumps, lines))
    assert named == [("x-0", (0,)), ("x-1", (1,)), ("x-0+2", (0, 2)), ("x", None)]
    assert channels_of(tmp_path / "m.json", cut(3, [2, 3])) == [("c", (1,))]
    assert channels_of(tmp_path / "m.json", cut([0, 1], [0, 1])) == [("c", None)]


def test_a_cut_of_one_channel_takes_the_source_that_has_it(tmp_path):
    sources = [{"type": "file", "channels": [c], "source": f"{c}.wav"} for c in (0, 1)]
    line = {"id": "c", "start": 0, "duration": 2, "channel": 1, "recording": {"id": "r", "sources": sources}}
    (found,) = manifest_jsonl.parse(written(tmp_path / "m.jsonl", json.dumps(line)))
    assert (found.audio, found.channels) == ("1.wav", (0,))


def test_lines_of_one_channel_of_a_file_get_its_number_and_their_offsets(tmp_path):
    lines = [{"audio_filepath": "x.wav", "channel_selector": c, "offset": o} for c, o in ((0, 0), (1, 0), (1, 2))]
    named = channels_of(tmp_path / "m.json", *map(json.dumps, lines))
    assert [utt for utt, _ in named] == ["x-0", "x-1-00000000", "x-1-00002000"]


def test_a_command_is_refused_unless_it_is_allowed(tmp_path):
    line = '{"id": "r", "sources": [{"type": "command", "channels": [0], "source": "rm -rf x"}]}\n'
    path = written(tmp_path / "m.jsonl", line)
    message = told(manifest_jsonl.parse, path, "m.jsonl:1: this is a command, which would run 'rm -rf x'")
    assert "allow it with --allow-commands" in message
    assert with_commands(path) == (Utterance("r", "rm -rf x", True, "r"),)


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    def maybe(value):
        return value if rng.random() < 0.6 else None

    def utterance(utt):
        names = odd_word(rng), odd_word(rng)
        audio, recording = [(names[0], None), names, (None, names[1])][rng.integers(3)]
        is_command = audio is not None and recording is not None and bool(rng.integers(2))
        hotwords = tuple(Phrase(word, float(rng.normal())) for word in dict.fromkeys(odd_word(rng) for _ in range(3)))
        hotwords = [hotwords if not any(not p.text.strip() for p in hotwords) else (), (), None][rng.integers(3)]
        times = (float(rng.random()), maybe(1 - float(rng.random())))
        text = maybe(odd_word(rng) * int(rng.integers(2)))
        channels = [None, (0,), (3, 1)][rng.integers(3)] if audio is not None else None
        speaker = maybe(odd_word(rng))
        return Utterance(utt, audio, is_command, recording, *times, text, speaker, hotwords, channels=channels)

    value = tuple(map(utterance, dict.fromkeys(odd_word(rng) for _ in range(8))))
    assert with_commands(put(tmp_path / "m.jsonl", manifest_jsonl.serialize(value))) == value


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", 'no utterance stands in this file; write {"audio_filepath"'),
        ("3", "m.jsonl:1: this line is not a JSON object"),
        ('{"id": "a", "text": "x"}', "m.jsonl:1: this line names no audio; write audio_filepath (NeMo), or recording"),
        ('{"audio_filepath": ""}', "m.jsonl:1: 'audio_filepath' is no path"),
        ('{"audio_filepath": "a\\u0000"}', "m.jsonl:1: 'audio_filepath' is no path"),
        ('{"audio_filepath": "a", "duration": 0}', "this utterance lasts 0 seconds"),
        ('{"id": "r", "sources": [{"source": ""}]}', "the source of a recording is no path"),
        ('{"audio_filepath": ["a"]}', "m.jsonl:1: 'audio_filepath' is not a string"),
        ('{"audio_filepath": "a", "offset": -1}', "m.jsonl:1: 'offset' is -1; it must be from 0 to 1e+09 seconds"),
        ('{"audio_filepath": "a", "offset": 1e300}', "'offset' is 1e+300"),
        ('{"audio_filepath": "a", "duration": "3"}', "'duration' is not a number"),
        ('{"audio_filepath": "a", "hotwords": 7}', "'hotwords' is not an object"),
        ('{"audio_filepath": "a", "hotwords": "\\"x"}', "m.jsonl:1: a quote at the beginning"),
        ('{"audio_filepath": "a", "hotwords": "{"}', "m.jsonl:1: not JSON"),
        ('{"audio_filepath": "a", "hotwords": "x\\nx"}', "a phrase stands twice in 'hotwords'"),
        ('{"audio_filepath": "a", "hotwords": ["x", 1]}', "'hotwords' is not a list of strings"),
        ('{"audio_filepath": "a", "hotwords": {"x": "2"}}', "'x' is not a number"),
        ('{"audio_filepath": "a", "hotwords": [" "]}', "a phrase in 'hotwords' is empty; remove it"),
        ('{"audio_filepath": "a", "hotwords": ["x", "x"]}', "a phrase stands twice in 'hotwords'"),
        ('{"audio_filepath": "a"}\n{"audio_filepath": "a"}', "m.jsonl:2: the id 'a-00000000' stands on line 1 too"),
        ('{"sources": []}', "m.jsonl:1: 'id' is missing or empty"),
        ('{"id": "r", "sources": []}', "m.jsonl:1: a recording has 0 sources, but one is needed"),
        ('{"id": "r", "sources": [{"type": "url", "source": "x"}]}', "a source of type 'url' cannot be read; save it"),
        ('{"id": "r", "sources": [{"source": "x"}, {"source": "y"}]}', "a recording has 2 sources, but one is needed"),
        ('{"audio_filepath": "a", "channel_selector": -1}', "m.jsonl:1: 'channel_selector' is -1, no channel; write a"),
        ('{"audio_filepath": "a", "channel_selector": [0, 0]}', "a channel is listed twice in 'channel_selector'"),
        (cut(1, [0]), "m.jsonl:1: there is no channel 1 in this recording, only 0; correct \"channel\""),
        (cut(0, [0], transforms=[{"name": "Speed"}]), "Lhotse changes this recording as it reads it (Speed), which"),
        ('{"id": "m", "tracks": [], "type": "MixedCut"}', "m.jsonl:1: this is a cut of several recordings, or of none"),
        ('[{"audio_filepath": "a"}]', "m.jsonl: this is a JSON array, where one object a line is needed; convert it"),
        ('{\n  "audio_filepath": "a"\n}', "convert it with: jq -c '.'."),
        ('[\n  {"audio_filepath": "a"}\n]', "this is a JSON array, where one object a line is needed"),
        ('{\n  "audio_filepath": "a"\n}', "m.jsonl: this is a JSON object over many lines, where one object a line"),
        ('{"id": "r", "sources": [{"type": "file"}]}', "'source' is missing"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, line, sentence):
    told(manifest_jsonl.parse, written(tmp_path / "m.jsonl", line), sentence)


@pytest.mark.parametrize("good", [NEMO, LHOTSE])
def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path, good):
    check_broken(manifest_jsonl.parse, good.encode(), tmp_path / "m.jsonl")
    check_harmless(manifest_jsonl.parse, good.encode(), tmp_path / "m2.jsonl")


@pytest.mark.parametrize("good", [NEMO, LHOTSE])
def test_damaged_files_are_survived(tmp_path, good):
    values, errors = survives(with_commands, good.encode(), tmp_path / "m.jsonl")
    assert values > 20 and errors > 300


@pytest.mark.parametrize(
    ("given", "phrases"),
    [
        ("林婉清", [("林婉清", 0)]),
        ("林婉清\n阳光保险 2.5\n", [("林婉清", 0), ("阳光保险", 2.5)]),
        ('"route 66" 1', [("route 66", 1)]),
        ('{"阿里巴巴": 2, "通义": 3}', [("阿里巴巴", 2), ("通义", 3)]),
        ("", []),
        (None, None),
    ],
)
def test_hotwords_may_be_one_text(tmp_path, given, phrases):
    line = json.dumps({"audio_filepath": "a.wav", "hotwords": given})
    (utterance,) = manifest_jsonl.parse(written(tmp_path / "m.jsonl", line))
    found = utterance.hotwords
    assert (found if found is None else [(phrase.text, phrase.weight) for phrase in found]) == phrases
