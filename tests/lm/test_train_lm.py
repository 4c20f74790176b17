import os
import subprocess
import sys

import numpy as np
import pytest

from asrkit.formats import arpa
from tests.cli.running import asrkit


@pytest.fixture
def text(tmp_path):
    rng = np.random.default_rng(5)
    lines = [" ".join(f"w{i}" for i in rng.zipf(1.5, rng.integers(1, 9)) if i < 50) for _ in range(300)]
    (tmp_path / "text").write_text("\n".join(lines) + "\n", "utf-8")
    return tmp_path / "text"


@pytest.mark.parametrize(
    "smoothing, more",
    [
        ("mle", []),
        ("add-k", ["--k", "0.5"]),
        ("jelinek-mercer", ["--heldout", "{text}"]),
        ("absolute", []),
        ("katz", []),
        ("witten-bell", []),
        ("kneser-ney", []),
        ("kneser-ney-backoff", []),
        ("modified-kneser-ney", ["--prune", "0,0,1", "--memory", "1G", "--jobs", "2", "--discount-fallback"]),
    ],
)
def test_every_smoothing_trains_a_model_that_reads_back(text, tmp_path, smoothing, more):
    more = [word.format(text=text) for word in more]
    asrkit("train-lm", text, "-o", tmp_path / "lm.arpa.gz", "--smoothing", smoothing, *more)
    assert arpa.parse(tmp_path / "lm.arpa.gz").order == 3


def test_standard_input_and_output_serve(text, tmp_path):
    asrkit("train-lm", text, "-o", tmp_path / "lm.arpa", "--discount-fallback")
    piped = asrkit("train-lm", "-", "-o", "-", "--discount-fallback", "--quiet", stdin=text.read_bytes())
    assert piped.stdout == (tmp_path / "lm.arpa").read_text("utf-8")


@pytest.mark.parametrize(
    "options, sentence",
    [
        (["--order", "0"], "0 is not in the range"),
        (["--order", "9"], "9 is not in the range"),
        (["--smoothing", "good"], "'good' is not one of"),
        (["--prune", "0,1,0"], "--prune '0,1,0' falls"),
        (["--prune", "0,0,0,1"], "--prune '0,0,0,1' cannot be read"),
        (["--prune", "x"], "--prune 'x' cannot be read"),
        (["--discount-fallback=0.5,3"], "'0.5,3' are not discounts"),
        (["--discount-fallback=nan"], "'nan' are not discounts"),
        (["--memory", "much"], "'much' is not a size of memory"),
        (["--memory", "1M"], "is too little"),
        (["--k", "1"], "--k means nothing to --smoothing modified-kneser-ney"),
        (["--smoothing", "mle", "--prune", "0,1"], "--prune means nothing to --smoothing mle"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence_and_writes_nothing(text, tmp_path, options, sentence):
    done = asrkit("train-lm", text, "-o", tmp_path / "lm.arpa", *options, status=2)
    assert sentence in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["text"]


@pytest.mark.parametrize("smoothing", ["modified-kneser-ney", "witten-bell"])
@pytest.mark.parametrize(
    "content, order, sentence",
    [
        (b"", 3, "this text is empty"),
        (b"a b\n\xff\n", 3, "text:2: byte 0xff"),
        (b"a b\n<unk> c\n", 3, "text:2: the special word <unk>"),
        (b"a b\nc d e\n", 6, "no sentence is long enough for 6-grams"),
    ],
)
def test_text_that_gives_no_model_is_told_and_writes_nothing(tmp_path, smoothing, content, order, sentence):
    (tmp_path / "text").write_bytes(content)
    arguments = ["train-lm", tmp_path / "text", "-o", tmp_path / "lm.arpa", "--order", order, "--smoothing", smoothing]
    done = asrkit(*arguments, status=1)
    assert sentence in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["text"]


def test_a_text_that_is_missing_is_told(tmp_path):
    done = asrkit("train-lm", tmp_path / "none", "-o", tmp_path / "lm.arpa", status=1)
    assert "none: no such file" in done.stderr


def test_a_full_disk_leaves_no_file(text, tmp_path):
    """A limit on the size of files stands for the disk: the write fails in the middle of the model."""
    arguments = ["train-lm", str(text), "-o", str(tmp_path / "lm.arpa"), "--discount-fallback", "--quiet"]
    limit = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (1, 1))"
    program = f"from asrkit.cli.main import run; {limit}; run({arguments})"
    environment = dict(os.environ, PYTHONWARNINGS="default")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1, done.stderr
    assert "asrkit: error: " in done.stderr and "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["text"]
