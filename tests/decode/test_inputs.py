import pytest

from asrkit.audio.read import Cut
from asrkit.decode.inputs import Utterance, utterances
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
