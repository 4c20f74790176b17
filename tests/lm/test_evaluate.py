import gzip
import math
import re
from pathlib import Path

import numpy as np
import pytest

from asrkit.decode.rescoring import open_kenlm
from asrkit.errors import AsrkitError
from asrkit.lm import evaluate
from asrkit.lm.kenlm_binary import KenlmScorer
from asrkit.lm.scorers import open_scorer

DATA = Path(__file__).parent / "data"
SENTENCES = ["阳光 保险 在 保定", "我 要 去 火星 保险", "", "的 的 的"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(SENTENCES) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_held_out_scores_are_those_of_kenlms_query(shared, order):
    scorer = open_scorer(shared / f"oracles/lm/zh_o{order}.arpa.gz")
    lines = (shared / "oracles/lm/heldout_zh.txt").read_text("utf-8").splitlines()
    expected = (shared / f"oracles/lm/zh_o{order}.heldout.scores").read_text().split("\n")
    totals = evaluate.Totals()
    for scored, wanted in zip(scorer.score([line.split() for line in lines]), expected, strict=False):
        totals.add(scored)
        log10, unknown = re.match(r"Total: (\S+) OOV: (\d+)", wanted).groups()
        as_query_adds = np.cumsum(scored.log10.astype(np.float32), dtype=np.float32)[-1]
        assert as_query_adds == pytest.approx(float(log10), rel=2e-6)
        assert scored.unknown.sum() == int(unknown)
    summary = (shared / "oracles/lm/heldout.summary").read_text().splitlines()[order - 1]
    figures = re.findall(r"[A-Za-z]:\s*([0-9.]+)", summary)
    ours = [totals.perplexity, totals.perplexity_without_unknown, totals.unknown, totals.tokens]
    np.testing.assert_allclose(ours, [float(x) for x in figures], rtol=2e-6)


def test_the_report_tells_sentences_and_totals(text):
    lines = list(evaluate.report(open_scorer(DATA / "tiny.arpa.gz"), [text]))
    assert lines[0] == "# log10\tOOV\tsentence"
    assert lines[2].split("\t")[1:] == ["1", "我 要 去 火星 保险"]
    log10 = [float(line.split("\t")[0]) for line in lines[1:5]]
    totals = dict(line.split("\t") for line in lines[lines.index("# totals") + 1 :])
    assert float(totals["log10 probability"]) == pytest.approx(sum(log10), abs=1e-4)
    assert (totals["sentences"], totals["words"], totals["OOV words"]) == ("4", "12", "1")
    perplexity = 10 ** (-sum(log10) / 16)
    assert float(totals["perplexity with OOV"]) == pytest.approx(perplexity, rel=1e-5)
    assert float(totals["cross-entropy with OOV, bits a token"]) == pytest.approx(math.log2(perplexity), rel=1e-5)


def test_words_show_the_n_gram_that_answered_and_the_backoff_paid(text):
    lines = list(evaluate.report(open_scorer(DATA / "tiny.arpa.gz"), [text], words=True))
    begin = next(i for i, line in enumerate(lines) if line.endswith("我 要 去 火星 保险"))
    words = [line.strip().split("\t") for line in lines[begin + 1 : begin + 7]]
    assert [word[3] for word in words] == [
        "我 | <s>",
        "要 | <s> 我",
        "去 | 我 要",
        "火星  (OOV)",
        "保险",
        "</s> | 保险",
    ]
    assert [int(word[1]) for word in words] == [2, 3, 3, 1, 1, 2]
    log10 = [float(word[0]) for word in words]
    assert sum(log10) == pytest.approx(float(lines[begin].split("\t")[0]), abs=1e-5)
    # 火星: <unk> is -1.670674, and both contexts, 要 去 and 去, have the backoff -0.30103
    assert float(words[3][2]) == pytest.approx(-0.60206, abs=1e-5)
    assert log10[3] == pytest.approx(-1.670674 - 0.60206, abs=1e-5)


@pytest.mark.parametrize("kind", ["probing", "trie"])
def test_a_kenlm_binary_says_the_same_as_its_arpa_file(text, kind):
    binary = open_scorer(DATA / f"tiny.{kind}.binary")
    assert isinstance(binary, KenlmScorer)
    ours, theirs = (evaluate.report(s, [text], words=True) for s in (open_scorer(DATA / "tiny.arpa.gz"), binary))
    for line, other in zip(ours, theirs, strict=True):
        numbers, others = ([float(x) for x in re.findall(r"-?\d+\.\d+", text)] for text in (line, other))
        np.testing.assert_allclose(numbers, others, atol=2e-4)
        assert re.sub(r"-?\d+\.\d+", "", line) == re.sub(r"-?\d+\.\d+", "", other)


@pytest.mark.parametrize("kind", ["probing", "trie"])
def test_a_packed_binary_is_read_as_a_packed_arpa_file_is(tmp_path, text, kind):
    plain = DATA / f"tiny.{kind}.binary"
    (tmp_path / "lm.gz").write_bytes(gzip.compress(plain.read_bytes()))
    ours, theirs = (list(evaluate.report(open_scorer(path), [text])) for path in (tmp_path / "lm.gz", plain))
    assert ours == theirs
    assert open_kenlm(str(tmp_path / "lm.gz")).score("我 要") == open_kenlm(str(plain)).score("我 要")
    (tmp_path / "lm.gz").write_bytes(gzip.compress(plain.read_bytes()[:100]))
    with pytest.raises(AsrkitError, match=r"lm\.gz: kenlm cannot load this binary") as told:
        open_scorer(tmp_path / "lm.gz")
    assert "asrkit-" not in str(told.value)


def test_a_damaged_binary_is_told(tmp_path, text):
    good = (DATA / "tiny.trie.binary").read_bytes()
    path = tmp_path / "lm.binary"
    for size, reason in ((60, "ARPA parser"), (100, "End of file"), (600, "the headers say")):
        path.write_bytes(good[:size])
        with pytest.raises(AsrkitError, match=f"lm.binary: kenlm cannot load this binary: .*{reason}"):
            open_scorer(path)


def test_a_binary_that_kenlm_dies_of_is_told(text):
    scorer = open_scorer(DATA / "tiny.trie.binary")
    scorer._process.kill()
    scorer._process.wait()
    with pytest.raises(AsrkitError, match=r"tiny\.trie\.binary: this binary is damaged"):
        list(evaluate.report(scorer, [text]))


@pytest.mark.parametrize("word", ["<s>", "</s>"])
def test_sentence_marks_in_the_text_are_told(tmp_path, word):
    (tmp_path / "text.txt").write_text(f"a\na {word} b\n")
    with pytest.raises(AsrkitError, match=r"text\.txt:2: .* stands in the text"):
        list(evaluate.report(open_scorer(DATA / "tiny.arpa.gz"), [tmp_path / "text.txt"]))


def test_a_text_without_words_is_told(tmp_path):
    (tmp_path / "text.txt").write_text("\n\n")
    with pytest.raises(AsrkitError, match="no word"):
        list(evaluate.report(open_scorer(DATA / "tiny.arpa.gz"), [tmp_path / "text.txt"]))


def test_unknown_words_count_in_one_perplexity_only():
    totals = evaluate.Totals()
    (scored,) = open_scorer(DATA / "tiny.arpa.gz").score([["火", "星"]])
    totals.add(scored)
    assert totals.unknown == 2
    assert totals.perplexity == pytest.approx(10 ** (-scored.log10.sum() / 3))
    assert totals.perplexity_without_unknown == pytest.approx(10 ** -scored.log10[-1])
