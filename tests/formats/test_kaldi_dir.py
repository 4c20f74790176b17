import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import kaldi_dir
from asrkit.formats.kaldi_dir import Recording, Segment, Speaker, Transcript
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

# file -> (parse, serialize, a good file)
FILES = {
    "wav.scp": (kaldi_dir.parse_wav_scp, kaldi_dir.serialize_wav_scp, "r1 /data/a b.wav\nr2\twavs/阳光.flac\n"),
    "segments": (kaldi_dir.parse_segments, kaldi_dir.serialize_segments, "u1 r1 0 1.5\nu2  r1 1.5 -1\n"),
    "text": (kaldi_dir.parse_text, kaldi_dir.serialize_text, "u2 阳光 保险\nu1\nu3 a\tb  c \n"),
    "utt2spk": (kaldi_dir.parse_utt2spk, kaldi_dir.serialize_utt2spk, "u1 s1\nu2\ts1\n"),
}


def parse_commands(path):
    return kaldi_dir.parse_wav_scp(path, allow_commands=True)


def folder(tmp_path, **changed):
    base = tmp_path / "data"
    base.mkdir(exist_ok=True)
    for name, (_, _, good) in FILES.items():
        text = changed.get(name.replace(".", "_"), good)
        if text is not None:
            written(base / name, text)
    return base


def test_each_file_is_read_in_its_own_order(tmp_path):
    data = kaldi_dir.parse(folder(tmp_path))
    assert data.recordings == (Recording("r1", "/data/a b.wav"), Recording("r2", "wavs/阳光.flac"))
    assert data.segments == (Segment("u1", "r1", 0.0, 1.5), Segment("u2", "r1", 1.5, None))
    assert data.texts == (Transcript("u2", "阳光 保险"), Transcript("u1", ""), Transcript("u3", "a\tb  c"))
    assert data.speakers == (Speaker("u1", "s1"), Speaker("u2", "s1"))
    assert data.utterances() == ("u1", "u2")
    assert [t.line for t in data.texts] == [1, 2, 3]


def test_only_wav_scp_must_be_there(tmp_path):
    data = kaldi_dir.parse(folder(tmp_path, segments=None, text=None, utt2spk=None))
    assert data.utterances() == ("r1", "r2")
    told(kaldi_dir.parse, folder(tmp_path / "..", wav_scp=None).parent / "none", "no such file or folder")
    (tmp_path / "empty").mkdir()
    told(kaldi_dir.parse, tmp_path / "empty", "this folder has no wav.scp; name a Kaldi data folder")
    told(kaldi_dir.parse, written(tmp_path / "file", ""), "a part of this path is a file, not a folder")


def test_files_of_a_folder_must_fit_together(tmp_path, capsys):
    base = folder(tmp_path, segments="u1 r1 0 1\nu2 r3 0 1\n")
    with pytest.raises(AsrkitError, match=r"segments:2: the recording 'r3' does not stand in wav\.scp; add it there"):
        kaldi_dir.parse(base)
    kaldi_dir.parse(folder(tmp_path))
    assert "data/text: 1 ids are of no utterance, the first is 'u3' on line 3" in capsys.readouterr().err


def test_a_command_is_refused_unless_it_is_allowed(tmp_path):
    path = written(tmp_path / "wav.scp", "a x.wav\nb sph2pipe -f wav x.sph |\nc cat y.wav|\n")
    message = told(kaldi_dir.parse_wav_scp, path, "scp:2: this is a command, which would run 'sph2pipe -f wav x.sph |'")
    assert "allow it with --allow-commands if you trust this file" in message
    assert [(r.source, r.is_command) for r in parse_commands(path)] == [
        ("x.wav", False),
        ("sph2pipe -f wav x.sph", True),
        ("cat y.wav", True),
    ]


def rest_of_line(rng):
    return " ".join(odd_word(rng, without="|") for _ in range(int(rng.integers(1, 4))))


@random_cases(50)
def test_what_is_written_is_read_again(tmp_path, rng):
    ids = list(dict.fromkeys(odd_word(rng) for _ in range(int(rng.integers(1, 20)))))
    spans = [(float(rng.random()), [None, 1 + float(rng.random())][int(rng.integers(2))]) for _ in ids]
    values = {
        "wav.scp": tuple(Recording(i, rest_of_line(rng), bool(rng.integers(2))) for i in ids),
        "segments": tuple(Segment(i, odd_word(rng), *span) for i, span in zip(ids, spans, strict=True)),
        "text": tuple(Transcript(i, rest_of_line(rng) * int(rng.integers(2))) for i in ids),
        "utt2spk": tuple(Speaker(i, odd_word(rng)) for i in ids),
    }
    for name, value in values.items():
        parse, serialize, _ = FILES[name]
        parse = parse_commands if name == "wav.scp" else parse
        assert parse(put(tmp_path / name, serialize(value))) == value


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("wav.scp", "", "no recording stands in this file; write a recording's id and the path"),
        ("wav.scp", "a x.wav\nb\n", "wav.scp:2: no path follows the recording 'b'; write the path of its audio file"),
        ("wav.scp", "a |\n", "wav.scp:1: no path follows the recording 'a'"),
        ("wav.scp", "a x\nb y\na z\n", "wav.scp:3: the recording 'a' stands on line 1 too; remove one of the two"),
        ("segments", "", "no segment stands in this file"),
        ("segments", "u r 0\n", "segments:1: four fields are needed, 3 stand here; write: utterance recording start"),
        ("segments", "u r 0 1 2\n", "segments:1: four fields are needed, 5 stand here"),
        ("segments", "u r x 1\n", "segments:1: the start 'x' is not a number"),
        ("segments", "u r 0 nan\n", "segments:1: the end 'nan' is not a number"),
        ("segments", "u r -2 1\n", "segments:1: the start is -2; it must be at least 0"),
        ("segments", "u r 2 1\n", "segments:1: the segment ends at 1 s, not after its start at 2 s; write a later end"),
        ("segments", "u r 1 1\n", "not after its start"),
        ("segments", "u r 0 -0.5\n", "not after its start"),
        ("segments", "u r 0 1\nu r 1 2\n", "segments:2: the utterance 'u' stands on line 1 too"),
        ("text", "\n\n", "no utterance stands in this file"),
        ("text", "u a\nu a\n", "text:2: the utterance 'u' stands on line 1 too"),
        ("utt2spk", "u\n", "utt2spk:1: two fields are needed, 1 stand here; write an utterance's id"),
        ("utt2spk", "u s t\n", "utt2spk:1: two fields are needed, 3 stand here"),
        ("utt2spk", "u s\nu s\n", "utt2spk:2: the utterance 'u' stands on line 1 too"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, name, text, sentence):
    told(FILES[name][0], written(tmp_path / name, text), sentence)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wav.scp", Recording("a b", "x")),
        ("wav.scp", Recording("a", "x |")),
        ("wav.scp", Recording("a", "")),
        ("wav.scp", Recording("a", "x\ny")),
        ("segments", Segment("a", "", 0, 1)),
        ("utt2spk", Speaker("a", "b c")),
    ],
)
def test_what_no_line_can_hold_is_refused_when_written(name, value):
    with pytest.raises(AsrkitError, match="cannot be written"):
        list(FILES[name][1]((value,)))


@pytest.mark.parametrize(
    ("utt", "text", "line"),
    [("a", " b\nc ", "a b c"), ("", "b", "% b"), ("a b", "\0", "a%20b"), ("\udcff", "x\udc80", "%FF x")],
)
def test_whatever_a_transcript_holds_its_line_is_written(tmp_path, utt, text, line):
    assert list(kaldi_dir.serialize_text([Transcript(utt, text)])) == [line]
    assert len(kaldi_dir.parse_text(written(tmp_path / "text", line + "\n"))) == 1


@pytest.mark.parametrize("name", FILES)
def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path, name):
    parse, _, good = FILES[name]
    check_broken(parse, good.encode(), tmp_path / "bad")
    check_harmless(parse, good.encode(), tmp_path / "good")


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_survived(tmp_path, name):
    parse, _, good = FILES[name]
    values, errors = survives(parse_commands if name == "wav.scp" else parse, good.encode(), tmp_path / name)
    assert values > 50 and errors > 50
