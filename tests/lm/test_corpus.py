import gzip
from collections import Counter

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.lm import corpus, tokenise
from asrkit.lm.corpus import SentenceReader, read_vocabulary
from asrkit.lm.counts import count_ngrams
from tests.lm.twins import raw_counts
from tests.random_cases import random_cases


def _read(path, content, special_words="error", **options):
    path.write_bytes(content)
    reader = SentenceReader(special_words)
    ids = np.concatenate(list(reader.read([path])))
    vocabulary = reader.vocabulary(**options)
    return [vocabulary.words[i] for i in vocabulary.ids[ids]], vocabulary


@pytest.fixture
def path(tmp_path):
    return tmp_path / "text"


def test_spaces_tabs_and_line_ends_cut_words_and_nothing_else_does(path):
    words, _ = _read(path, " 保险  公司\t的 \r\n\na\u3000b\u00a0c\x0bd".encode())
    assert words == ["保险", "公司", "的", "</s>", "</s>", "a\u3000b\u00a0c\x0bd", "</s>"]


@pytest.mark.parametrize("change", [gzip.compress, lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.rstrip()])
def test_gzip_and_byte_order_marks_are_no_part_of_the_text(path, change):
    assert _read(path, change("保险 公司\n的\n".encode()))[0] == ["保险", "公司", "</s>", "的", "</s>"]


def test_words_stand_by_count_then_bytes(path):
    _, vocabulary = _read(path, "b b z a 中 a z z 丁 longer-than-fourteen longer-than-fourteeN longer-\n".encode())
    wanted = ["z", "a", "b", "longer-", "longer-than-fourteeN", "longer-than-fourteen", "丁", "中"]
    assert vocabulary.words == ("<unk>", "<s>", "</s>", *wanted)
    assert vocabulary.counts.tolist() == [0, 0, 1, 3, 2, 2, 1, 1, 1, 1, 1]


@random_cases(4)
def test_many_words_of_all_lengths_are_told_apart(path, rng):
    letters = np.array(list("ab中é"))
    lines = [
        ["".join(rng.choice(letters, rng.integers(1, 20))) for _ in range(rng.integers(0, 30))] for _ in range(400)
    ]
    words, vocabulary = _read(path, "\n".join(" ".join(line) for line in [*lines, ["a"]]).encode())
    assert words == [word for line in [*lines, ["a"]] for word in [*line, "</s>"]]
    counts = Counter(words)
    ordered = sorted(set(words) - {"</s>"}, key=lambda word: (-counts[word], word.encode()))
    assert list(vocabulary.words[3:]) == ordered


def test_tables_of_words_grow(path, monkeypatch):
    monkeypatch.setattr(corpus, "_WORDS_AT_FIRST", 16)
    words = [f"w{i}" for i in range(3000)]
    assert _read(path, "\n".join(words).encode())[0][::2] == words


def test_words_outside_a_vocabulary_or_too_rare_come_after_the_others(path):
    content = b"a a a b b c d d d d\n"
    _, vocabulary = _read(path, content, keep=frozenset("acd"), min_count=2)
    assert vocabulary.words[: vocabulary.kept] == ("<unk>", "<s>", "</s>", "d", "a")
    assert set(vocabulary.words[vocabulary.kept :]) == {"b", "c"}


def test_special_words_are_refused_skipped_or_taken_for_space(path):
    content = b"a b\nc <s> d\ne </s>\n"
    assert _read(path, content, "space")[0] == ["a", "b", "</s>", "c", "d", "</s>", "e", "</s>"]
    words, vocabulary = _read(path, content, "skip")
    assert words == ["a", "b", "</s>"]
    assert vocabulary.words[: vocabulary.kept] == ("<unk>", "<s>", "</s>", "a", "b")
    with pytest.raises(AsrkitError, match=r"text:2: the special word <s> stands in the text; .*--special-words"):
        _read(path, content)


@pytest.mark.parametrize(
    "content, place, sentence",
    [
        (b"", "text", "this text is empty"),
        (b"\n \n", "text", "there are no words in this text"),
        (b"a\n\n\xe4\xbf\n", "text:3", "is not UTF-8"),
        (b"a \xff\n" * 3, "text:1", "byte 0xff at byte 3"),
        (b"a\nb\0c\n", "text:2", "a NUL byte"),
        (b"a\nb\rc\n", "text:2", "a carriage return"),
        (b"a\n" + b"x" * 10_000 + b"\n", "text:2", "a word of 10,000 bytes"),
        (b"\xff\xfea\0\n\0", "text", "UTF-16"),
        (gzip.compress(b"a b c\n" * 1000, mtime=0)[:-9], "text", "damaged or cut short"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "text:1", "a NUL byte"),
    ],
)
def test_text_that_cannot_be_read_is_told_with_its_line(path, content, place, sentence):
    with pytest.raises(AsrkitError) as told:
        _read(path, content)
    assert sentence in str(told.value)
    assert (told.value.where or "").endswith(place)
    assert told.value.cure


def test_an_empty_vocabulary_is_told(path):
    path.write_text("\n", "utf-8")
    with pytest.raises(AsrkitError, match="no words in this vocabulary"):
        read_vocabulary(path)


@random_cases(20)
def test_counts_are_those_of_a_dictionary(path, rng):
    order = int(rng.integers(1, 6))
    sentences = [[f"w{i}" for i in rng.integers(0, 6, rng.integers(0, 8))] for _ in range(30)] + [["w1"]]
    path.write_text("".join(" ".join(words) + "\n" for words in sentences), "utf-8")
    counts = count_ngrams([path], order)
    for n, wanted in enumerate(raw_counts(sentences, order)):
        grams = [tuple(counts.words[i] for i in gram) for gram in counts.grams[n].tolist()]
        found = dict(zip(grams, counts.counts[n].tolist(), strict=True))
        if n == 0:
            assert found.pop(("<s>",)) == found.pop(("<unk>",)) == 0
        assert found == wanted
        assert counts.grams[n].tolist() == sorted(counts.grams[n].tolist())


def test_words_left_out_count_as_unk(path):
    path.write_text("a b a\na c\n", "utf-8")
    counts = count_ngrams([path], 2, keep=frozenset("a"))
    assert counts.words == ("<unk>", "<s>", "</s>", "a")
    found = dict(zip(map(tuple, counts.grams[1].tolist()), counts.counts[1].tolist(), strict=True))
    assert found == {(1, 3): 2, (3, 0): 2, (0, 3): 1, (3, 2): 1, (0, 2): 1}


def test_special_ids_are_the_same_everywhere():
    assert [tokenise.UNK, tokenise.BOS, tokenise.EOS] == [corpus.UNK, corpus.BOS, corpus.EOS] == [0, 1, 2]
