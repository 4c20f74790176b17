import gzip

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.formats.arpa_render import put_number
from asrkit.formats.arpa_scan import number
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = """\\data\\
ngram 1=4
ngram 2=3
ngram 3=1

\\1-grams:
-1.5\t<unk>\t0
0\t<s>\t-0.30103
-0.25\t</s>
-0.7\t保定\t-0.4

\\2-grams:
-0.1\t<s> 保定\t-0.2
-0.3\t保定 </s>
-1e-7\t保定 保定\t0

\\3-grams:
-0.05\t<s> 保定 </s>

\\end\\
"""


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "lm.arpa"
    path.write_text(GOOD, "utf-8")
    return path


def test_words_ngrams_and_numbers_come_as_written(good):
    model = arpa.parse(good)
    assert model.words == ("<unk>", "<s>", "</s>", "保定")
    assert model.order == 3
    assert [grams.tolist() for grams in model.grams] == [[[0], [1], [2], [3]], [[1, 3], [3, 2], [3, 3]], [[1, 3, 2]]]
    assert model.log10_probs[1].tolist() == [np.float32(-0.1), np.float32(-0.3), np.float32(-1e-7)]
    assert model.log10_backoffs[0].tolist() == [0, np.float32(-0.30103), 0, np.float32(-0.4)]
    assert {a.dtype for a in (*model.log10_probs, *model.log10_backoffs)} == {np.dtype(np.float32)}
    assert {a.dtype for a in model.grams} == {np.dtype(np.int32)}


@pytest.mark.parametrize(
    "name, change",
    [
        ("CRLF", lambda raw: raw.replace(b"\n", b"\r\n")),
        ("byte order mark", lambda raw: b"\xef\xbb\xbf" + raw),
        ("gzip", gzip.compress),
        ("spaces for tabs", lambda raw: raw.replace(b"\t", b"  ")),
        ("a comment before", lambda raw: b"made by hand\n\n" + raw),
        ("no line end at the end", lambda raw: raw.rstrip(b"\n")),
        ("blank lines", lambda raw: raw.replace(b"\n\n", b"\n\n\n \n")),
        ("blank lines within sections", lambda raw: raw.replace(b"\n", b"\n\n")),
        ("the other spelling of the unknown word", lambda raw: raw.replace(b"<unk>", b"<UNK>")),
        (
            "backoff 0 on the highest order",
            lambda raw: raw.replace("<s> 保定 </s>".encode(), "<s> 保定 </s>\t0".encode()),
        ),
    ],
)
def test_what_means_the_same_reads_the_same(good, name, change):
    wanted = arpa.parse(good)
    good.write_bytes(change(good.read_bytes()))
    found = arpa.parse(good)
    assert found.words == wanted.words, name
    for column in ("grams", "log10_probs", "log10_backoffs"):
        for a, b in zip(getattr(found, column), getattr(wanted, column), strict=True):
            np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize(
    "old, new, line, sentence",
    [
        ("ngram 2=3", "ngram 2=4", 17, "promises 4 2-grams, 3 are here"),
        ("ngram 2=3", "ngram 2=2", 15, "more 2-grams than the 2"),
        ("ngram 2=3\n", "", 3, "the count of 3-grams stands where that of 2-grams should"),
        ("ngram 1=4", "ngram 1=99999999999", 2, "at most"),
        ("\\2-grams:", "\\3-grams:", 12, "where the mark \\2-grams: should stand"),
        ("\\end\\\n", "", 19, "the file ends where \\end\\ should stand"),
        ("\\end\\\n", "\\end\\\nmore\n", 21, "'more' stands after \\end\\"),
        ("\\data\\\n", "", None, "this is not an ARPA file"),
        ("-0.3\t", "nan\t", 14, "'nan' is not a log10 probability"),
        ("-0.3\t", "-inf\t", 14, "'-inf' is not a log10 probability"),
        ("-0.3\t", "-1e99\t", 14, "'-1e99' is not a log10 probability"),
        ("-0.3\t", "0.3\t", 14, "the log10 probability 0.3 is above 0"),
        ("-0.3\t", "-0.3x\t", 14, "'-0.3x' is not a log10 probability"),
        ("\t-0.4", "\tminus", 10, "'minus' is not a log10 backoff"),
        ("\t-0.4", "\t-0.4 -0.4", 10, "4 fields stand in the line of a 1-gram"),
        ("<s> 保定 </s>", "<s> 保定 </s>\t-0.5", 18, "a backoff of -0.5 stands on the highest order"),
        ("<s> 保定 </s>", "<s> 保定", 18, "2 words stand in the line of a 3-gram"),
        ("<s> 保定 </s>", "<s> 保 </s>", 18, "the word '保' is not among the 1-grams"),
        ("<s> 保定 </s>", "<s> </s> </s>", 18, "the context of the 3-gram '<s> </s> </s>' is not among the 2-grams"),
        ("保定 保定", "保定 </s>", 15, "the 2-gram '保定 </s>' stands twice"),
        ("-0.7\t保定", "-0.7\t<s>", 10, "the word '<s>' stands twice"),
        ("-0.7\t保定", "-0.7\t保\0定", 10, "a NUL byte"),
        ("-0.7\t保定", "-0.7\t保\r定", 10, "a carriage return"),
        ("-0.7\t保定", "-0.7\t" + "保" * 1_500_000, 10, "a line of more than"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(good, old, new, line, sentence):
    assert old in GOOD
    good.write_bytes(GOOD.replace(old, new, 1).encode())
    with pytest.raises(AsrkitError) as told:
        arpa.parse(good)
    assert sentence in str(told.value)
    assert told.value.where == (f"{good}:{line}" if line else str(good))
    assert told.value.cure


def test_blank_lines_within_sections_do_not_shift_the_place_of_an_error(good):
    good.write_text(GOOD.replace("保定 保定", "保定 </s>").replace("\n", "\n\n"), "utf-8")
    with pytest.raises(AsrkitError, match="stands twice") as told:
        arpa.parse(good)
    assert told.value.where == f"{good}:29"


def test_bytes_that_are_not_utf8_are_told_with_their_line(good):
    good.write_bytes(GOOD.replace("-0.7\t保定", "-0.7\t保X定").encode().replace(b"X", b"\xff"))
    with pytest.raises(AsrkitError, match=r"lm\.arpa:10: byte 0xff"):
        arpa.parse(good)


def test_counts_that_no_memory_holds_are_refused_before_memory_is_asked_for(good):
    good.write_text(GOOD.replace("ngram 3=1", "ngram 3=2147483647"), "utf-8")
    with pytest.raises(AsrkitError, match="promises 2,147,483,647 3-grams, 1 are here"):
        arpa.parse(good)


def test_a_thousand_damaged_files_are_read_or_told(good):
    values, errors = survives(arpa.parse, GOOD.encode(), good)
    assert values > 10 and errors > 500


@pytest.mark.parametrize("name", ["tiny_o2_fallback", "tiny_o3_fallback", "zh_o1", "zh_o3", "zh_o4_prune0112"])
def test_writing_gives_back_the_bytes_that_lmplz_wrote(shared, tmp_path, name):
    path = shared / "oracles" / "lm" / f"{name}.arpa.gz"
    arpa.write(tmp_path / "again.arpa", arpa.parse(path))
    assert (tmp_path / "again.arpa").read_bytes() == gzip.decompress(path.read_bytes())


def test_a_written_model_reads_back_the_same_compressed_too(good, tmp_path):
    model = arpa.parse(good)
    arpa.write(tmp_path / "again.arpa.gz", model)
    again = arpa.parse(tmp_path / "again.arpa.gz")
    assert again.words == model.words
    for a, b in zip(again.log10_probs + again.log10_backoffs, model.log10_probs + model.log10_backoffs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_probability_zero_is_written_as_minus_99(good, tmp_path):
    model = arpa.parse(good)
    model.log10_probs[0][3] = -np.inf
    arpa.write(tmp_path / "again.arpa", model)
    assert "-99\t保定\t-0.4" in (tmp_path / "again.arpa").read_text("utf-8")


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.1])
def test_what_is_no_log_probability_is_not_written(good, tmp_path, value):
    model = arpa.parse(good)
    model.log10_probs[1][1] = value
    with pytest.raises(AsrkitError, match="cannot be written"):
        arpa.write(tmp_path / "again.arpa", model)
    assert not (tmp_path / "again.arpa").exists()


@pytest.mark.parametrize("word", ["", "a b", "a\tb", "a\nb"])
def test_what_is_no_word_is_not_written(tmp_path, word):
    one = np.zeros((1, 1), np.int32), np.zeros(1, np.float32), np.zeros(1, np.float32)
    with pytest.raises(AsrkitError, match="cannot stand in an ARPA file"):
        arpa.write(tmp_path / "lm.arpa", arpa.Arpa((word,), *[(column,) for column in one]))


def _written(value):
    out = np.empty(64, np.uint8)
    return out[: put_number(out, 0, value)].tobytes().decode()


@random_cases(5)
def test_numbers_take_the_shortest_form_that_reads_back(rng):
    exponents = rng.uniform(-12, 2, 500)
    for value in np.concatenate([-(10**exponents), -rng.integers(0, 2**20, 100) / 2**10]).astype(np.float32):
        text = _written(value)
        raw = np.frombuffer(text.encode(), np.uint8).copy()
        assert np.float32(number(raw, 0, len(raw))[0]) == value == np.float32(text)
        if abs(value) >= 1e-6:
            assert text == np.format_float_positional(value, unique=True, trim="-")
        else:
            assert "e-" in text
            shortest = np.format_float_scientific(value, unique=True, trim="-", exp_digits=1)
            assert text == shortest


@random_cases(4)
def test_numbers_are_read_as_python_reads_them(rng):
    for _ in range(200):
        digits = "".join(map(str, rng.integers(0, 10, rng.integers(1, 25))))
        point = int(rng.integers(0, len(digits) + 1))
        text = rng.choice(["", "-", "+"]) + digits[:point] + rng.choice(["", "."]) + digits[point:]
        text += rng.choice(["", f"e{rng.integers(-30, 8)}", f"E+{rng.integers(0, 8)}"])
        raw = np.frombuffer(text.encode(), np.uint8).copy()
        value, end = number(raw, 0, len(raw))
        assert end == len(raw), text
        assert value == pytest.approx(float(text), rel=1e-15, abs=1e-300), text


@pytest.mark.parametrize("text", ["", "-", ".", "e5", "1e", "1e+", "x", "--1"])
def test_what_is_no_number_is_not_read(text):
    raw = np.frombuffer(text.encode() + b"\n", np.uint8).copy()
    assert number(raw, 0, len(text))[1] == -1
