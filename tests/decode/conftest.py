"""A graph of the demo's own characters, and of the names as words; built once for all tests of decoding."""

import pytest

from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, TOKENS


@pytest.fixture(scope="session")
def graph(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    texts = [line.split(" ", 1)[1] for line in (DEMO / "text").read_text(encoding="utf-8").splitlines()]
    (folder / "corpus").write_text("".join(" ".join(text) + "\n" for text in texts[8:]), encoding="utf-8")
    names = [line for line in (DEMO / "hotwords.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    words = sorted({character for text in texts for character in text} | set(names))
    (folder / "words").write_text("\n".join(words) + "\n", encoding="utf-8")
    run("train-lm", folder / "corpus", "-o", folder / "lm.arpa", "--order", 2, "--smoothing", "witten-bell")
    run("make-lexicon", folder / "words", "--units", TOKENS, "-o", folder / "lexicon")
    made = ("--lexicon", folder / "lexicon", "--lm", folder / "lm.arpa", "--tokens", TOKENS)
    run("build-graph", *made, "-o", folder / "graph")
    return folder / "graph"


@pytest.fixture(scope="session")
def heard(tmp_path_factory):
    """The posteriors of four demo recordings."""
    path = tmp_path_factory.mktemp("heard") / "heard.npz"
    run("posteriors", *(DEMO / f"demo-{number:02d}.flac" for number in (1, 4, 5, 16)), "-o", path)
    return path
