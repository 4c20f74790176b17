"""The unknown word is one word, however it is spelled; begin and end of a sentence have one spelling."""

import kenlm
import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.formats.specials import canonical, is_silence, is_unknown
from asrkit.lm import generate
from asrkit.lm.corpus import SentenceReader
from asrkit.lm.counts import count_ngrams
from asrkit.lm.mix import Mixer
from asrkit.lm.model import Model
from asrkit.lm.modified_kneser_ney import Options, train
from asrkit.lm.prune import prune
from asrkit.lm.scorers import open_scorer
from asrkit.lm.train import SMOOTHINGS, SPECIAL_WORDS, Request
from asrkit.lm.train import train as train_as_asked
from tests.graph.small import random_model
from tests.lm import twins
from tests.lm.small import assert_sums_to_one, random_corpus
from tests.random_cases import random_cases

FALLBACK = (0.5, 1.0, 1.5)


def respelled(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return path


def some_model(path, rng, order=3, words="abc"):
    arpa.write(path, random_model(rng, list(words), order))
    return path


@random_cases(20)
def test_a_model_with_either_spelling_scores_what_kenlm_scores(tmp_path, rng):
    path = some_model(tmp_path / "lm", rng, int(rng.integers(2, 5)))
    sentences = [[str(w) for w in rng.choice(["a", "b", "c", "new", "<UNK>", "<unk>"], 6)] for _ in range(10)]
    wanted = [kenlm.Model(str(path)).score(" ".join(words)) for words in sentences]
    for spelling in ("<unk>", "<UNK>"):
        respelled(path, "<unk>", spelling)
        judge = kenlm.Model(str(path))
        for words, scored, score in zip(sentences, open_scorer(path).score(sentences), wanted, strict=True):
            assert judge.score(" ".join(words)) == pytest.approx(score, abs=1e-5)
            assert scored.log10.sum() == pytest.approx(score, abs=1e-4)
            assert scored.unknown.tolist() == [word in ("new", "<UNK>", "<unk>") for word in (*words, "</s>")]


def test_a_mixture_has_one_unknown_word(tmp_path):
    rng = np.random.default_rng(1)
    models = [some_model(tmp_path / name, rng, 2, words) for name, words in (("1", "ab"), ("2", "bc"))]
    wanted = Mixer([arpa.parse(path) for path in models]).mixed([0.5, 0.5])
    respelled(models[1], "<unk>", "<UNK>")
    mixed = Mixer([arpa.parse(path) for path in models]).mixed([0.5, 0.5])
    assert mixed.words == wanted.words and "<UNK>" not in mixed.words
    assert twins.table(mixed) == twins.table(wanted)


def test_pruning_and_generating_know_the_other_spelling(tmp_path):
    path = some_model(tmp_path / "lm", np.random.default_rng(2))
    wanted, drawn = prune(arpa.parse(path), threshold=1e-3), generate.Options("sample", count=200)
    before = list(generate.sentences(path, "", drawn))
    respelled(path, "<unk>", "<UNK>")
    assert twins.table(prune(arpa.parse(path), threshold=1e-3)) == twins.table(wanted)
    assert list(generate.sentences(path, "", drawn)) == before
    with pytest.raises(AsrkitError, match="'<UNK>' of the prefix is no word of the model"):
        list(generate.sentences(path, "<UNK>", drawn))


def test_an_unknown_word_that_stands_twice_is_told(tmp_path):
    path = some_model(tmp_path / "lm", np.random.default_rng(2), words=["a", "<UNK>"])
    with pytest.raises(AsrkitError, match=r"lm:11: the unknown word is there twice, as <unk> and as <UNK>"):
        arpa.parse(path)


@pytest.mark.parametrize(("word", "other"), [("<s>", "<S>"), ("</s>", "</S>"), ("<s>", "<bos>"), ("</s>", "!EXIT")])
def test_another_spelling_of_a_sentences_begin_or_end_is_told_with_the_models_name(tmp_path, word, other):
    path = respelled(some_model(tmp_path / "lm", np.random.default_rng(2)), word, other)
    with pytest.raises(AsrkitError, match=f"lm: the model has no {word}; spell its {other} as {word}"):
        open_scorer(path)
    with pytest.raises(AsrkitError, match=f"second: the model has no {word}"):
        Mixer([random_model(np.random.default_rng(1), ["a"], 2), arpa.parse(path)], ["first", "second"])


def read(path, text, special_words):
    path.write_text(text, "utf-8")
    reader = SentenceReader(special_words)
    ids = np.concatenate(list(reader.read([path])))
    vocabulary = reader.vocabulary()
    return [vocabulary.words[i] for i in vocabulary.ids[ids]], vocabulary


def test_the_unknown_word_in_a_text_can_count_as_such(tmp_path):
    words, vocabulary = read(tmp_path / "t", "a <unk> b\n<UNK> <unk>\n", "unk")
    assert words == ["a", "<unk>", "b", "</s>", "<unk>", "<unk>", "</s>"]
    assert vocabulary.words == ("<unk>", "<s>", "</s>", "a", "b")
    assert vocabulary.counts.tolist() == [3, 0, 2, 1, 1]
    with pytest.raises(AsrkitError, match=r"t:1: the special word <s> stands in the text; remove it, or choose .*skip"):
        read(tmp_path / "t", "<UNK> <s>\n", "unk")


def test_every_policy_knows_both_spellings(tmp_path):
    text = "a\nb <UNK> c\n"
    assert read(tmp_path / "t", text, "space")[0] == ["a", "</s>", "b", "c", "</s>"]
    assert read(tmp_path / "t", text, "skip")[0] == ["a", "</s>"]
    with pytest.raises(AsrkitError, match=r"t:2: the special word <UNK> stands in the text; .*skip, space or unk"):
        read(tmp_path / "t", text, "error")
    assert set(SPECIAL_WORDS) == {"error", "skip", "space", "unk"}


@random_cases(20)
def test_counting_the_unknown_word_gives_what_the_formulas_say(tmp_path, rng):
    order = int(rng.integers(1, 5))
    sentences = [*random_corpus(rng), ["a"] * 8]
    unknown = [["<unk>" if word == "b" else str(word) for word in words] for words in sentences]
    lines = (" ".join("<UNK>" if w == "<unk>" and rng.random() < 0.5 else w for w in words) for words in unknown)
    (tmp_path / "text").write_text("\n".join(lines) + "\n")
    options = Options(order=order, special_words="unk", discount_fallback=FALLBACK, memory=1 << 30)
    train([tmp_path / "text"], tmp_path / "lm", options)
    found = twins.table(arpa.parse(tmp_path / "lm"))
    wanted = twins.ModifiedKneserNey(unknown, order, (0,) * order, FALLBACK).tables()
    assert found.keys() == wanted.keys()
    for gram, numbers in wanted.items():
        assert found[gram] == pytest.approx(numbers, abs=2e-6), gram
    counts = count_ngrams([tmp_path / "text"], order, special_words="unk")
    raw = twins.raw_counts(unknown, order)
    for n, (grams, numbers) in enumerate(zip(counts.grams, counts.counts, strict=True)):
        pairs = zip(grams.tolist(), numbers.tolist(), strict=True)
        assert {tuple(counts.words[i] for i in gram): c for gram, c in pairs if c} == dict(raw[n])


@pytest.mark.parametrize("smoothing", sorted(set(SMOOTHINGS) - {"katz"}))  # katz wants more text
def test_every_smoothing_counts_the_unknown_word(tmp_path, smoothing):
    text, plain = tmp_path / "text", tmp_path / "plain"
    text.write_text("a <unk> b\n<UNK> <unk> a\nb a a b\n<unk> a\n" * 3)
    plain.write_text("a b\n")
    more = {"heldout": (str(plain),)} if smoothing == "jelinek-mercer" else {}
    if "discount_fallback" in SMOOTHINGS[smoothing]:
        more["discount_fallback"] = "0.5"
    asked = Request((str(text),), str(tmp_path / "lm"), 2, smoothing, special_words="unk", **more)
    train_as_asked(asked)
    model = arpa.parse(tmp_path / "lm")
    assert ("a", "<unk>") in twins.table(model) and "<UNK>" not in model.words
    if smoothing != "mle":  # which backs off to nothing
        assert_sums_to_one(model, np.random.default_rng(0))
    assert 10.0 ** Model.of(model).log10_of(np.array([[model.words.index("a"), model.words.index("<unk>")]]))[0] > 0.1


def test_spellings():
    assert canonical("<UNK>") == canonical("<unk>") == "<unk>" and canonical("<Unk>") == "<Unk>"
    assert is_unknown("<UNK>") and not is_unknown("unk")
    assert is_silence("!SIL") and is_silence("<SIL>") and is_silence("SIL", ("sil",))
    assert not is_silence("SIL", ("S", "IL")) and not is_silence("silk")
