import pytest

from asrkit.formats import manifest_jsonl
from asrkit.formats.manifest_jsonl import Entry
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

NEMO = (
    '{"audio_filepath": "/data/a b.wav", "duration": 1.5, "offset": 0.25, "text": "阳光",'
    ' "hotwords": ["阳光", "a b"]}\n'
    '{"audio_filepath": "y.wav", "id": "u2", "text": "", "speaker": 7, "hotwords": [], "lang": "zh"}\n'
)
LHOTSE = (
    '{"id": "cut-1", "start": 1, "duration": 2.5, "channel": 1, "type": "MonoCut",'
    ' "supervisions": [{"id": "s2", "recording_id": "r", "start": 1.5, "duration": 1, "text": "保险", "speaker": "x"},'
    ' {"id": "s1", "recording_id": "r", "start": 0, "duration": 1, "text": "阳光", "speaker": "x"}],'
    ' "recording": {"id": "r", "sources": [{"type": "file", "channels": [0, 1], "source": "a.wav"}],'
    ' "sampling_rate": 16000, "num_samples": 64000, "duration": 4.0, "channel_ids": [0, 1]}}\n'
    '{"id": "r", "sources": [{"type": "file", "channels": [0], "source": "a.wav"}], "sampling_rate": 16000}\n'
)


def test_nemo_lines_are_read(tmp_path):
    first, second = manifest_jsonl.parse(written(tmp_path / "m.jsonl", NEMO))
    assert first == Entry("a_b", "/data/a b.wav", 0.25, 1.5, text="阳光", hotwords=("阳光", "a b"))
    assert second == Entry("u2", "y.wav", text="", speaker="7", hotwords=())
    assert (first.line, second.line) == (1, 2)


def test_lhotse_cuts_and_recordings_are_read(tmp_path):
    cut, recording = manifest_jsonl.parse(written(tmp_path / "m.jsonl", LHOTSE))
    assert cut == Entry("cut-1", "a.wav", 1.0, 2.5, 1, "阳光 保险", "x")
    assert recording == Entry("r", "a.wav")


def test_a_relative_path_may_count_from_the_manifest(tmp_path):
    (tmp_path / "y.wav").touch()
    assert manifest_jsonl.parse(written(tmp_path / "m.jsonl", NEMO))[1].path == str(tmp_path / "y.wav")


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    def maybe(value):
        return value if rng.random() < 0.6 else None

    def entry(utt):
        hotwords = tuple(odd_word(rng) for _ in range(int(rng.integers(3))))
        times = (float(rng.random()), maybe(1 - float(rng.random())), maybe(int(rng.integers(3))))
        text = maybe(odd_word(rng) * int(rng.integers(2)))
        return Entry(utt, odd_word(rng), *times, text, maybe(odd_word(rng)), maybe(hotwords))

    value = tuple(map(entry, dict.fromkeys(odd_word(rng) for _ in range(8))))
    assert manifest_jsonl.parse(put(tmp_path / "m.jsonl", manifest_jsonl.serialize(value))) == value


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "no utterance stands in this file; write {\"audio_filepath\""),
        ("3", "m.jsonl:1: this line is not a JSON object"),
        ('{"id": "a", "text": "x"}', 'm.jsonl:1: this line names no recording; write "audio_filepath", or a Lhotse'),
        ('{"audio_filepath": ""}', "m.jsonl:1: this line names no recording"),
        ('{"audio_filepath": "a\\u0000"}', "m.jsonl:1: this line names no recording"),
        ('{"audio_filepath": ["a"]}', "m.jsonl:1: 'audio_filepath' is not a string"),
        ('{"audio_filepath": "a", "id": "a b"}', "m.jsonl:1: the id 'a b' has white space in it; give the line"),
        ('{"audio_filepath": "a", "id": "a\\n"}', "the id 'a\\n' has white space in it"),
        ('{"audio_filepath": "a", "offset": -1}', "m.jsonl:1: 'offset' is -1; it must be from 0 to 1e+09"),
        ('{"audio_filepath": "a", "offset": 1e300}', "'offset' is 1e+300"),
        ('{"audio_filepath": "a", "duration": "3"}', "'duration' is not a number"),
        ('{"audio_filepath": "a", "duration": 0}', "this utterance lasts 0 seconds"),
        ('{"audio_filepath": "a", "channel": 0.5}', "'channel' is 0.5; write a whole number from 0 on"),
        ('{"audio_filepath": "a", "hotwords": "x"}', "'hotwords' is not a list"),
        ('{"audio_filepath": "a", "hotwords": ["x", 1]}', "'hotwords' is not a list of strings"),
        ('{"audio_filepath": "a", "hotwords": [" "]}', "a phrase in 'hotwords' is empty; remove it"),
        ('{"audio_filepath": "a"}\n{"audio_filepath": "a"}', "m.jsonl:2: the id 'a' stands on line 1 too"),
        ('{"id": "r", "sources": [{"source": "a"}, {"source": "b"}]}', "m.jsonl:1: a recording has 2 sources, but one"),
        ('{"id": "r", "sources": [{"type": "command", "source": "x"}]}', "a source of type 'command' cannot be read"),
        ('{"id": "r", "sources": [{"type": "file"}]}', "'source' is missing"),
        ('{"id": "r", "recording": 3}', "'recording' is not an object"),
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
    values, errors = survives(manifest_jsonl.parse, good.encode(), tmp_path / "m.jsonl")
    assert values > 20 and errors > 300
