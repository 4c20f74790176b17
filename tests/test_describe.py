import json

import numpy as np
import pytest
import soundfile

from asrkit import describe
from asrkit.errors import AsrkitError
from asrkit.formats import openfst
from asrkit.store import publish_folder, write_manifest
from tests.cli.running import asrkit
from tests.formats.test_hotword_list import GOOD as HOTWORDS
from tests.mutants import survives

# name -> (content, kind, one of the facts)
FILES = {
    "lm.arpa": ("\\data\\\nngram 1=3\nngram 2=12345\n\n\\1-grams:\n-1 a\n", "n-gram model (ARPA)", "2-grams 12,345"),
    "tokens.json": ('["<blank>", "a"]', "unit table (JSON)", "units 2"),
    "vocab.json": ('{"<pad>": 0, "a": 1, "|": 2}', "unit table (JSON)", "between words |"),
    "tokens-of-letters.txt": ("<blank> 0\na 1\n  2\n", "unit table (text)", "first <blank> a <space>"),
    "cmudict": (";;; c\nA  AH0\nA(2)  EY1\nHI  HH AY1 # greeting\n", "lexicon", "words 2"),
    "kaldi-lexicon": ("!SIL SIL\n<UNK> SPN\nA AH\nHELLO HH AH L OW\nLOW L OW\n", "lexicon", "words 5"),
    "lexiconp.txt": ("a 1.0 x\nb 0.5 y\nb 0.5 z\n", "lexicon", "units 3"),
    "odd.arpa": ("\\data\\\nngram 1=1e3\n\n\\1-grams:\n", "n-gram model (ARPA)", "1-grams 1e3"),
    "tokens.txt": ("<blank> 0\na 1\n", "unit table (text)", "units 2"),
    "words.txt": ("<eps> 0\na 1\n#0 9\n", "symbol table", "largest id 9"),
    "lexicon": ("阳光 yang2 guang1\n光 guang1\n阳 yang2\n", "lexicon", "units 2"),
    "lexicon-of-characters": ("阳光 阳 光\n好 好\nab a@@ b\n", "lexicon", "words 3"),
    "counts": ("的 90000\n阳光 3\n", "words with counts", "counted 90,003"),
    "wav.scp": ("u1 a.wav\nu2 sox x.wav -t wav - |\n", "wav.scp of Kaldi", "commands 1"),
    "segments": ("u1 r 0 1.5\nu2 r 2 -1\n", "segments of Kaldi", "segments 2"),
    "text": ("u1 阳光 保险\nu2\n", "transcripts (Kaldi text)", "words 2"),
    "utt2spk": ("s1-u1 s1\ns1-u2 s1\n", "speakers of utterances (utt2spk)", "speakers 1"),
    "x.stm": (";; c\nr 1 x 0.0 1.5 <o,f0> 好\nr 2 y 0.5 2.5 吗\n", "STM", "turns 2"),
    "x.ctm": (";; c\nu1 1 0 0.5 好 0.9\n", "CTM", "words 1"),
    "x.trn": ("阳光 (u1)\n(u2)\n", "transcripts (TRN)", "utterances 2"),
    "hyps.jsonl": ('{"utt": "a", "text": "x", "duration": 2}\n', "hypotheses (hyps.jsonl)", "duration 2.0 s"),
    "failed.jsonl": ('{"utt": "a", "reason": "x"}\n', "failed utterances (failed.jsonl)", "utterances 1"),
    "nemo.jsonl": ('{"audio_filepath": "a.wav", "text": "x"}\n', "manifest of utterances (JSONL)", "with text 1"),
    "list": ("a b.wav\nc.flac\n", "list of recordings", "missing 2"),
    "native": (HOTWORDS["native"], "list of hotwords", "weights 3 from -1 to 3"),
    "wenet": (HOTWORDS["wenet"].replace(" ", ""), "list of words or hotwords", "phrases 2"),
    "corpus": ("the cat sat on\nthe mat the cat\n", "plain text", "words 8"),
    "empty": ("", "empty", "size 0 bytes"),
}
FILES |= {
    f"{format}.txt": (HOTWORDS[format], "list of hotwords", f"format {format}: ")
    for format in ("funasr", "funasr-json", "sherpa-onnx", "nemo")
}


def told(path):
    """Return what is told of `path`, runs of spaces made one."""
    return "\n".join(" ".join(line.split()) for line in describe.describe(path))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [str.encode, lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()])
def test_a_text_file_is_known_by_its_content(tmp_path, name, change):
    text, kind, fact = FILES[name]
    path = tmp_path / "file"
    path.write_bytes(change(text) if text else b"")
    lines = told(path)
    assert lines.startswith(f"{path}: {kind}\n") and f"\n{fact}" in lines and "\nsha256 " in lines, lines


def test_binary_files_are_known_by_their_first_bytes(tmp_path):
    arcs = np.array([(1, 1, 0.5, 1)], openfst.ARC)
    fst = openfst.Fst.from_arcs(0, np.array([0]), arcs, np.array([np.inf, 0], np.float32))
    openfst.write(tmp_path / "a", fst)
    assert "FST of OpenFst" in told(tmp_path / "a")
    assert "\nstates 2\narcs 1\nstart 0\nfinal states 1" in told(tmp_path / "a")
    soundfile.write(tmp_path / "b.wav", np.zeros(8000), 16000)
    content = bytearray((tmp_path / "b.wav").read_bytes())
    content[4:8] = content[40:44] = bytes(4)
    (tmp_path / "died.wav").write_bytes(content)
    assert "duration 0.500 s" in told(tmp_path / "died.wav") and "never finished" in told(tmp_path / "died.wav")
    assert "recording\n" in told(tmp_path / "b.wav") and "\nduration 0.500 s\n" in told(tmp_path / "b.wav")
    np.savez(tmp_path / "c.npz", **{"u1": np.zeros(3), "u1/times": np.zeros(3)})
    assert "archive of arrays" in told(tmp_path / "c.npz") and "\nutterances 1" in told(tmp_path / "c.npz")
    (tmp_path / "d").write_bytes(b"mmap lm http://kheafield.com/code format version 5\n\0\1\2")
    assert "KenLM binary" in told(tmp_path / "d") and "format version 5" in told(tmp_path / "d")
    (tmp_path / "e").write_bytes(b"\0\1\2\3" * 100)
    assert "nothing that asrkit knows" in told(tmp_path / "e")


def test_a_large_file_is_known_by_its_beginning_and_read_whole(tmp_path):
    (tmp_path / "words.txt").write_text("".join(f"w{i} {i}\n" for i in range(20_000)))
    assert "symbol table" in told(tmp_path / "words.txt") and "symbols 20,000" in told(tmp_path / "words.txt")


def made(tmp_path):
    (tmp_path / "lm.arpa").write_text("x")
    with publish_folder(tmp_path / "graph", "graph") as folder:
        (folder / "TLG.fst").write_bytes(b"fst")
        inputs = {"lm": tmp_path / "lm.arpa"}
        write_manifest(folder, "graph", final=tmp_path / "graph", inputs=inputs, facts={"states": 12345})
    return tmp_path / "graph"


def test_a_folder_that_asrkit_made_tells_how_and_whether_it_is_stale(tmp_path):
    graph = made(tmp_path)
    lines = told(graph)
    assert "made by asrkit\nkind graph" in lines and "states 12,345" in lines and "file TLG.fst 3 bytes" in lines
    assert "made from ../lm.arpa unchanged" in lines and "stale" not in lines
    (tmp_path / "lm.arpa").write_text("y")
    assert "made from ../lm.arpa changed\nstale lm changed: make it again to take that in" in told(graph)
    (tmp_path / "lm.arpa").unlink()
    lines = told(graph)
    assert "made from ../lm.arpa not there, so that it cannot be compared" in lines and "stale" not in lines


def test_a_damaged_folder_ends_in_an_error_after_what_could_be_told(tmp_path):
    graph = made(tmp_path)
    (graph / "TLG.fst").write_bytes(b"fsT")
    done = asrkit("info", graph, status=1)
    assert "kind           graph" in done.stdout
    assert "TLG.fst: this file is not the one its manifest describes; make it again." in done.stderr


def test_a_kaldi_folder_is_counted(tmp_path):
    (tmp_path / "wav.scp").write_text("u1 a.wav\nu2 cat b |\n")
    (tmp_path / "text").write_text("u1 x\n")
    assert "Kaldi data folder\nrecordings 2\nsegments 0\ntexts 1\nspeakers 0" in told(tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("-", "standard input can be read only once; name a file or folder"),
        ("/dev/null", "this is a pipe or a device"),
        ("no/such", "no such file or folder; check the path"),
        (".", "this folder is nothing that asrkit knows; name a file in it"),
    ],
)
def test_what_cannot_be_described_is_told(tmp_path, monkeypatch, name, sentence):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AsrkitError, match=sentence):
        told(name)


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][0]])
def test_damaged_files_are_survived(tmp_path, name):
    survives(told, FILES[name][0].encode(), tmp_path / name, count=100)


def test_damaged_binary_files_are_survived(tmp_path):
    soundfile.write(tmp_path / "b.wav", np.zeros(50), 16000)
    np.savez(tmp_path / "c.npz", u1=np.zeros(3))
    for name in ("b.wav", "c.npz"):
        survives(told, (tmp_path / name).read_bytes(), tmp_path / name, count=300)
    graph = made(tmp_path)
    manifest = json.loads((graph / "manifest.json").read_text())
    manifest["outputs"] = {}
    del manifest["seal"]
    (graph / "manifest.json").write_text(json.dumps(manifest))

    def read(path):
        try:
            told(path.parent)
        except AsrkitError as error:
            error.where = f"{error.where} ({path.name})"
            raise

    survives(read, (graph / "manifest.json").read_bytes(), graph / "manifest.json", count=300)
