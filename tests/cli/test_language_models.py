"""segment, eval-lm, generate, prune-lm and mix-lm as a user runs them."""

import gzip
from pathlib import Path

import pytest

from asrkit.formats import arpa
from asrkit.lm.train import SMOOTHINGS
from tests.cli.running import asrkit
from tests.lm.small import assert_sums_to_one, random_corpus
from tests.random_cases import random_cases

DATA = Path(__file__).parents[1] / "lm" / "data"
MODEL = DATA / "tiny.arpa.gz"


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("我 要 去 保定\n阳光 火星\n", encoding="utf-8")
    return path


def test_segment_takes_and_gives_text(tmp_path):
    done = asrkit("segment", "-", stdin="他来到了北京大学。\n，\nＡＢＣ\n".encode())
    assert done.stdout == "他 来到 了 北京大学\nabc\n"
    assert done.stderr.endswith("5 words in 2 lines\n")
    (tmp_path / "mine.txt").write_text("来到了 9\n", encoding="utf-8")
    (tmp_path / "raw.txt.gz").write_bytes(gzip.compress("来到了，Ａ".encode()))
    options = ["--lexicon", tmp_path / "mine.txt", "--punctuation", "keep", "--no-nfkc", "--no-fold-case"]
    asrkit("segment", tmp_path / "raw.txt.gz", *options, "-o", tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text("utf-8") == "来到了 ， Ａ\n"


def test_segment_without_a_word_writes_nothing(tmp_path):
    done = asrkit("segment", "-", "-o", tmp_path / "out.txt", stdin=b"  \n...\n", status=1)
    assert "no word stands in the text" in done.stderr
    assert not (tmp_path / "out.txt").exists()


def test_eval_lm_tells_scores_and_totals(text):
    lines = asrkit("eval-lm", MODEL, text).stdout.splitlines()
    assert [line.split("\t")[1:] for line in lines[1:3]] == [["0", "我 要 去 保定"], ["1", "阳光 火星"]]
    assert "OOV words\t1" in lines
    assert "  (OOV)" in asrkit("eval-lm", MODEL, text, "--words").stdout


def test_eval_lm_says_nothing_before_a_text_that_cannot_be_read(tmp_path):
    done = asrkit("eval-lm", MODEL, tmp_path / "missing.txt", status=1)
    assert done.stdout == ""
    assert "missing.txt: no such file" in done.stderr


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
def test_generate_gives_the_same_sentences_for_the_same_seed(strategy):
    options = ["--strategy", strategy, "--count", 3, "--seed", 5, "--prefix", "我 要"]
    first = asrkit("generate", MODEL, *options).stdout
    assert first == asrkit("generate", MODEL, *options).stdout
    assert len(first.splitlines()) == (1 if strategy == "greedy" else 3)
    assert all(line.startswith("我 要") for line in first.splitlines())


def test_generated_sentences_can_be_scored():
    sentences = asrkit("generate", MODEL, "--count", 20).stdout
    assert "OOV words\t0" in asrkit("eval-lm", MODEL, "-", stdin=sentences.encode()).stdout


def test_prune_lm_writes_a_smaller_model(tmp_path):
    asrkit("prune-lm", MODEL, "--threshold", "0.003", "-o", tmp_path / "a.arpa")
    done = asrkit("prune-lm", MODEL, "--max-ngrams", 40, "-o", tmp_path / "b.arpa.gz")
    assert "1-grams: 22 of 22" in done.stderr
    full, a, b = (sum(map(len, arpa.parse(p).grams)) for p in (MODEL, tmp_path / "a.arpa", tmp_path / "b.arpa.gz"))
    assert a < full
    assert 22 <= b <= 40
    asrkit("prune-lm", MODEL, "-o", tmp_path / "c.arpa", status=2)
    asrkit("prune-lm", MODEL, "--threshold", 1, "--max-ngrams", 40, "-o", tmp_path / "c.arpa", status=2)
    assert not (tmp_path / "c.arpa").exists()


def test_mix_lm_mixes_by_weights_or_by_text(tmp_path, text):
    asrkit("prune-lm", MODEL, "--threshold", 0.1, "-o", tmp_path / "small.arpa")
    asrkit("mix-lm", MODEL, tmp_path / "small.arpa", "--weights", "0.25,0.75", "-o", tmp_path / "a.arpa")
    done = asrkit("mix-lm", MODEL, tmp_path / "small.arpa", "--tune", text, "-o", tmp_path / "b.arpa")
    assert "weights 0." in done.stderr or "weights 1." in done.stderr
    for name in ("a.arpa", "b.arpa"):
        assert [len(table) for table in arpa.parse(tmp_path / name).grams] == [22, 29, 25]
    for wrong in (["--weights", "a,b"], ["--weights", "0.5,0.6"], [], ["--weights", "0.5,0.5", "--tune", text]):
        done = asrkit("mix-lm", MODEL, MODEL, *wrong, "-o", tmp_path / "c.arpa", status=2)
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "c.arpa").exists()


@pytest.mark.parametrize("command", ["eval-lm", "generate", "prune-lm", "mix-lm"])
def test_a_broken_model_is_one_sentence(tmp_path, text, command):
    with gzip.open(MODEL, "rt", encoding="utf-8") as stream:
        whole = stream.read()
    path = tmp_path / "lm.arpa"
    path.write_text(whole.replace("\\end\\", ""), encoding="utf-8")
    arguments = {
        "eval-lm": [path, text],
        "generate": [path],
        "prune-lm": [path, "--threshold", 0, "-o", tmp_path / "o.arpa"],
        "mix-lm": [MODEL, path, "--weights", "0.5,0.5", "-o", tmp_path / "o.arpa"],
    }[command]
    done = asrkit(command, *arguments, status=1)
    assert done.stderr.startswith(f"asrkit: error: {path}:")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not (tmp_path / "o.arpa").exists()


def test_a_kenlm_binary_where_arpa_is_needed_is_told(tmp_path):
    done = asrkit("generate", DATA / "tiny.probing.binary", status=1)
    assert "this is a KenLM binary, an ARPA file is needed" in done.stderr


@random_cases(2)
def test_every_smoothing_makes_a_model_that_sums_to_one(rng, tmp_path):
    path = tmp_path / "text.txt"
    corpus = random_corpus(rng, sentences=300, letters=12)
    path.write_text("".join(" ".join(words) + "\n" for words in corpus for _ in range(2)) + "zz yy xx\n")
    options = {
        "jelinek-mercer": ["--heldout", path],
        "add-k": ["--k", 0.1],
        **dict.fromkeys(  # noqa: RUF024
            ["absolute", "kneser-ney", "kneser-ney-backoff", "modified-kneser-ney"], ["--discount-fallback"]
        ),
    }
    for smoothing in set(SMOOTHINGS) - {"katz"}:  # which has no fallback, and needs more text than this
        asrkit("train-lm", path, "-o", tmp_path / "lm.arpa", "--smoothing", smoothing, *options.get(smoothing, []))
        assert_sums_to_one(arpa.parse(tmp_path / "lm.arpa"), rng)
