import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.lm import modified_kneser_ney
from asrkit.lm.modified_kneser_ney import Options, train
from asrkit.lm.pile import Memory
from asrkit.lm.sorting import Workshop
from benchmarks import lm_parity
from tests.lm import twins
from tests.random_cases import random_cases

FALLBACK = lm_parity.FALLBACK
SMALL = Options(memory=1 << 30, jobs=2)


def trained(text, folder, options):
    train([text], folder / "lm.arpa", options)
    return arpa.parse(folder / "lm.arpa")


def train_in_little_memory(text, output, options, chunk_bytes, memory, jobs):
    with ThreadPoolExecutor(jobs) as pool:
        shop = Workshop(pool, jobs, Memory(memory), chunk_bytes)
        read = modified_kneser_ney.read_text([text], options, Memory(memory // 4))
        modified_kneser_ney.Training(read, shop, options).run(output)


@pytest.mark.parametrize("name", lm_parity.CASES)
def test_every_number_is_lmplzs(shared, tmp_path, name):
    count, not_in_both, *differ_by = lm_parity.differences(shared / "oracles" / "lm", name, tmp_path)
    assert count and not not_in_both and max(differ_by) <= 2e-6


@pytest.mark.parametrize("order", range(1, 7))
def test_discounts_and_counts_of_ngrams_are_lmplzs(shared, tmp_path, capsys, order):
    lines = (shared / "oracles" / "lm" / "discounts.txt").read_text("utf-8").split("== ")
    wanted = next(part for part in lines if part.startswith(f"zh_o{order}\n")).splitlines()[1:]
    train([shared / "oracles" / "lm" / "corpus_zh.txt"], tmp_path / "lm.arpa", Options(order=order))
    found = re.findall(r"^(\d)-grams: ([\d,]+) (D1=.*)$", capsys.readouterr().err, re.MULTILINE)
    assert [f"{n} {count.replace(',', '')} {discounts}" for n, count, discounts in found] == wanted


def random_text(rng, words=12, sentences=60, length=9):
    weights = 1 / np.arange(1, words + 1)
    return [
        [f"w{i}" for i in rng.choice(words, rng.integers(0, length), p=weights / weights.sum())]
        for _ in range(sentences)
    ]


def write_text(path, sentences):
    path.write_text("".join(" ".join(sentence) + "\n" for sentence in sentences), "utf-8")
    return path


@random_cases(40)
def test_random_texts_give_what_the_formulas_say(tmp_path, rng):
    order = int(rng.integers(1, 6))
    prune = tuple(sorted(int(p) for p in rng.integers(0, 3, order)))
    if rng.random() < 0.5:
        prune = (0,) * order
    keep = frozenset(f"w{i}" for i in range(0, 12, 2)) if rng.random() < 0.3 else None
    sentences = [*random_text(rng), ["w0"] * 8]
    text = write_text(tmp_path / "text", sentences)
    options = replace(SMALL, order=order, prune=prune, keep=keep, discount_fallback=FALLBACK)
    found = twins.table(trained(text, tmp_path, options))
    wanted = twins.ModifiedKneserNey(sentences, order, prune, FALLBACK, keep).tables()
    assert found.keys() == wanted.keys()
    for gram, numbers in wanted.items():
        assert found[gram] == pytest.approx(numbers, abs=2e-6), gram


@random_cases(6)
def test_probabilities_sum_to_one_after_any_context(tmp_path, rng):
    order = int(rng.integers(1, 5))
    prune = tuple(sorted(int(p) for p in rng.integers(0, 3, order)))
    text = write_text(tmp_path / "text", [*random_text(rng), ["w0"] * 8])
    model = trained(text, tmp_path, replace(SMALL, order=order, prune=prune, discount_fallback=FALLBACK))
    entries = twins.table(model)
    words = [word for word in model.words if word != "<s>"]
    contexts = [gram for gram in entries if len(gram) < order and gram[-1] not in ("</s>", "<unk>")]
    for context in [(), ("w1", "w1", "w1", "never")[: order - 1], *contexts]:
        if len(context) < order:
            total = sum(10 ** twins.probability(entries, context, word) for word in words)
            assert total == pytest.approx(1, abs=1e-6), context


@random_cases(6)
def test_jobs_memory_and_shuffling_change_no_byte(tmp_path, rng):
    sentences = random_text(rng, words=200, sentences=400, length=20)
    text = write_text(tmp_path / "text", sentences)
    options = replace(SMALL, order=int(rng.integers(1, 9)), prune=(), discount_fallback=FALLBACK)
    train([text], tmp_path / "wanted", options)
    wanted = (tmp_path / "wanted").read_bytes()
    rng.shuffle(sentences)
    write_text(tmp_path / "shuffled", sentences)
    for jobs, chunk_bytes, memory in ((1, 16_000, 0), (3, 70_000, 0), (2, 40_000, 200_000)):
        output = tmp_path / "found"
        train_in_little_memory(tmp_path / "shuffled", output, options, chunk_bytes, memory, jobs)
        assert output.read_bytes() == wanted, (jobs, chunk_bytes, memory)


def test_several_files_are_one_text(tmp_path):
    text = random_text(np.random.default_rng(3))
    whole = write_text(tmp_path / "whole", text)
    parts = [write_text(tmp_path / "a", text[:20]), write_text(tmp_path / "b", text[20:])]
    options = replace(SMALL, discount_fallback=FALLBACK)
    train([whole], tmp_path / "1.arpa", options)
    train(parts, tmp_path / "2.arpa", options)
    assert (tmp_path / "1.arpa").read_bytes() == (tmp_path / "2.arpa").read_bytes()


def test_kenlm_scores_ten_thousand_random_sentences_the_same(shared, tmp_path):
    import kenlm

    model = trained(shared / "oracles" / "lm" / "corpus_zh.txt", tmp_path, Options(order=3))
    entries = twins.table(model)
    judge = kenlm.Model(str(tmp_path / "lm.arpa"))
    rng = np.random.default_rng(20261123)
    words = [*model.words[3:400], "neverseen"]
    for _ in range(10_000):
        sentence = [words[i] for i in rng.integers(0, len(words), rng.integers(0, 9))]
        context, total = ("<s>",), 0.0
        for word in [*sentence, "</s>"]:
            total += twins.probability(entries, context, word)
            context = (*context, word if word in judge else "<unk>")[-2:]
        assert judge.score(" ".join(sentence)) == pytest.approx(total, abs=1e-4)


def test_heldout_sentences_score_as_with_lmplzs_model(shared, tmp_path):
    import kenlm

    oracles = shared / "oracles" / "lm"
    for order in (2, 3, 5):
        train([oracles / "corpus_zh.txt"], tmp_path / "lm.arpa", Options(order=order))
        judge = kenlm.Model(str(tmp_path / "lm.arpa"))
        lines = (oracles / "heldout_zh.txt").read_text("utf-8").splitlines()
        wanted = re.findall(r"Total: (\S+)", (oracles / f"zh_o{order}.heldout.scores").read_text("utf-8"))
        assert [judge.score(line) for line in lines] == pytest.approx([float(w) for w in wanted], abs=2e-4)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("保定\n" * 40, "the discounts of 1-grams cannot be estimated: no 1-gram has the adjusted count 2 or 3"),
        ("阳光 保险 在 保定\n" * 40, "no 1-gram has the adjusted count 2 or 3"),
    ],
)
def test_discounts_that_cannot_be_estimated_say_which_counts_are_missing(tmp_path, text, sentence):
    (tmp_path / "text").write_text(text, "utf-8")
    with pytest.raises(AsrkitError) as told:
        train([tmp_path / "text"], tmp_path / "lm.arpa", replace(SMALL, order=2))
    assert sentence in str(told.value)
    assert "--discount-fallback" in (told.value.cure or "")
    assert not (tmp_path / "lm.arpa").exists()


def test_an_order_above_the_longest_sentence_is_told(tmp_path):
    (tmp_path / "text").write_text("a b\na\n\n", "utf-8")
    with pytest.raises(AsrkitError, match="no sentence is long enough for 5-grams"):
        train([tmp_path / "text"], tmp_path / "lm.arpa", replace(SMALL, order=6, discount_fallback=FALLBACK))
