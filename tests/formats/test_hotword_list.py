import json

import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import hotword_list
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.hotword_list import FORMATS, HotwordList
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = {
    "native": '# names\n阿里巴巴\n达摩院 2.5\n"route 66" -1\n"say ""hi"""\t3\n',
    "funasr": "阿里巴巴 20\n达 摩 院\t30\n",
    "funasr-json": '{"阿里巴巴": 20,\n "达摩院": 12.5}\n',
    "sherpa-onnx": "HELLO WORLD :1.5 #0.35 @HELLO_WORLD\n你 好\n▁A @A\n",
    "wenet": "阿里巴巴\n达 摩 院\n",
    "nemo": "阿里巴巴\t2.5\nroute 66\t-1\n",
}


def pairs(path, **options):
    return [(p.text, p.weight) for p in hotword_list.parse(path, **options).phrases]


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("native", [("阿里巴巴", 0), ("达摩院", 2.5), ("route 66", -1), ('say "hi"', 3)]),
        ("funasr", [("阿里巴巴", 20), ("达 摩 院", 30)]),
        ("funasr-json", [("阿里巴巴", 20), ("达摩院", 12.5)]),
        ("sherpa-onnx", [("HELLO WORLD", 1.5), ("你 好", 0), ("▁A", 0)]),
        ("wenet", [("阿里巴巴", 0), ("达 摩 院", 0)]),
        ("nemo", [("阿里巴巴", 2.5), ("route 66", -1)]),
    ],
)
def test_each_format_is_read(tmp_path, format, expected):
    assert pairs(written(tmp_path / "h.txt", GOOD[format]), format=format) == expected


def test_sherpa_thresholds_and_labels_are_kept(tmp_path):
    first, second, third = hotword_list.parse(written(tmp_path / "h.txt", GOOD["sherpa-onnx"])).phrases
    assert (first.threshold, first.label, first.line) == (0.35, "HELLO_WORLD", 1)
    assert (second.threshold, second.label, second.weighted) == (None, None, False)
    assert (third.text, third.label) == ("▁A", "A")


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "wenet"])
def test_auto_finds_the_format_and_says_which_and_why(tmp_path, capsys, format):
    path = written(tmp_path / "h.txt", GOOD[format])
    found = hotword_list.parse(path)
    assert found.format == format
    assert found == hotword_list.parse(path, format=format)
    message = capsys.readouterr().err
    assert f"h.txt: read as a {format} list of hotwords: {found.reason}" in message
    assert len(found.reason) > 10


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("阿里 20\n达摩院 30\n", "funasr"),
        ("阿里 20\n达摩院 3\n", "native"),  # 3 may be meant in nats
        ("阿里 20\n达摩院\n", "native"),
        ("# 20\n阿里 20\n", "native"),  # FunASR has no comments
        ("阿里\t20\n", "funasr"),
        ("阿里\t2\n李 四\t-1\n", "nemo"),
        ("阿里\t2\n李四 1\n", "native"),
        ("a :1.5\nb\n", "sherpa-onnx"),
        ("a #0.3\nb c @x\n", "sherpa-onnx"),
        ("a @x\nb\n", "native"),
        ("hù chéng fēng @户晨风\n阳 光\n", "sherpa-onnx"),
        ("阳 光\nx iǎo ài @小爱 :1.5 #0.3\n", "sherpa-onnx"),
        ("http://x :y\n", "native"),
        ("阿里\n达摩院\n", "native"),
        ("{} \n", "funasr-json"),
        ("{ 1\nx\n", "native"),
    ],
)
def test_auto_takes_what_the_lines_show(text, format):
    assert hotword_list.recognise(text.split("\n"))[0] == format


def test_weights_are_kept_as_given_and_funasr_ones_are_scaled_to_nats_on_request(tmp_path):
    found = hotword_list.parse(written(tmp_path / "h.txt", "阿里 20\n达摩院 35\n"))
    assert [p.weight for p in found.phrases] == [20, 35]
    assert [p.weight for p in found.in_nats().phrases] == [2.0, 3.5]
    assert [p.weight for p in found.in_nats(am_scale=5).phrases] == [4.0, 7.0]
    native = hotword_list.parse(written(tmp_path / "h.txt", "阿里 2\n达摩院 3.5\n"))
    assert native.in_nats() == native


@pytest.mark.parametrize(
    ("phrase", "written"),
    [
        (Phrase("阳光保险"), "阳光保险"),
        (Phrase("阳 光 保 险"), "阳光保险"),
        (Phrase("▁PER C ENT"), "PERCENT"),
        (Phrase("▁HE LL O ▁WORLD"), "HELLO WORLD"),
        (Phrase("▁ 你 好"), "你好"),
        (Phrase("hel@@ lo wor@@ ld"), "hello world"),
        (Phrase("hù chéng fēng", label="户晨风"), "户晨风"),
        (Phrase("HELLO WORLD", label="HELLO_WORLD"), "HELLO WORLD"),
        (Phrase("HELLO WORLD"), "HELLO WORLD"),
        (Phrase("route 66"), "route 66"),
        (Phrase("我 love 你"), "我love你"),
        (Phrase("▁"), "▁"),
    ],
)
def test_a_phrase_cut_into_units_is_written_as_what_it_means(phrase, written):
    assert phrase.written == written


@random_cases(60)
@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_again(tmp_path, format, rng):
    phrases = {}
    for _ in range(int(rng.integers(1, 20))):
        text = " ".join(odd_word(rng) for _ in range(int(rng.integers(1, 4))))
        weight = 0.0 if format == "wenet" else float(rng.choice([0.0, -2.0, float(rng.normal())]))
        label, threshold = (odd_word(rng), float(rng.random())) if format == "sherpa-onnx" else (None, None)
        phrases[text] = Phrase(text, weight, threshold, label)
    kept = []
    for phrase in phrases.values():
        try:
            list(hotword_list.serialize(HotwordList((phrase,), format)))
            kept.append(phrase)
        except AsrkitError:
            assert format in ("wenet", "sherpa-onnx", "funasr", "nemo")  # the others can hold every phrase
    value = HotwordList((Phrase("词"), *kept), format)
    put(tmp_path / "h.txt", hotword_list.serialize(value))
    assert hotword_list.parse(tmp_path / "h.txt", format=format) == value


def test_a_full_width_space_parts_a_phrase_from_its_weight(tmp_path):
    path = written(tmp_path / "list", "陈晓丰\u30005\n\u3000林婉清\u3000\nhello\u00a0world 2\n")
    found = {phrase.text: phrase.weight for phrase in hotword_list.parse(path, format="native").phrases}
    assert found == {"陈晓丰": 5.0, "林婉清": 0.0, "hello world": 2.0}


def test_the_native_list_holds_phrases_with_spaces_quotes_and_numbers(tmp_path):
    texts = ("a  b", " a", "a ", '"', '""', 'a "b"', '"a" b', "#a", "# 1", "a 1", "1", "a\tb", "1 2", "\u3000", "-1")
    value = HotwordList(tuple(Phrase(text, weight) for weight, text in enumerate(texts)))
    put(tmp_path / "h.txt", hotword_list.serialize(value))
    assert hotword_list.parse(tmp_path / "h.txt", format="native") == value


def test_lists_change_from_one_format_to_another(tmp_path):
    value = HotwordList((Phrase("route 66", 2.0), Phrase("阿里", -1.5)))
    assert list(hotword_list.serialize(value)) == ['"route 66" 2.0', "阿里 -1.5"]
    assert list(hotword_list.serialize(value, "nemo")) == ["route 66\t2.0", "阿里\t-1.5"]
    assert list(hotword_list.serialize(value, "funasr")) == ["route 66 2.0", "阿里 -1.5"]
    assert list(hotword_list.serialize(value, "sherpa-onnx")) == ["route 66 :2.0", "阿里 :-1.5"]
    assert json.loads("".join(hotword_list.serialize(value, "funasr-json"))) == {"route 66": 2.0, "阿里": -1.5}


@pytest.mark.parametrize(
    ("format", "phrase"),
    [
        ("wenet", Phrase("a", 1.0)),
        ("native", Phrase("a", 1.0, 0.5)),
        ("native", Phrase("a\nb")),
        ("native", Phrase(" ")),
        ("nemo", Phrase("a  b")),
        ("sherpa-onnx", Phrase("C #")),
        ("sherpa-onnx", Phrase("C :1", 1.0)),
        ("funasr", Phrase("a", 1.0, None, "label")),
    ],
)
def test_what_a_format_cannot_hold_is_refused_when_written(format, phrase):
    with pytest.raises(AsrkitError, match=f"a {format} list of hotwords cannot hold the phrase"):
        list(hotword_list.serialize(HotwordList((phrase,)), format))


def test_all_wrong_lines_are_told_at_once(tmp_path):
    path = written(tmp_path / "h.txt", 'a 1\n"b\n"" 2\nc 2\n"d" x\na 3\n"e"f\n')
    message = told(hotword_list.parse, path, "5 places in this list of hotwords are wrong: ")
    wrong = {2: "is not closed", 3: "hold no phrase", 5: "the weight 'x'", 6: "on line 1", 7: "'f'"}
    parts = message.split(" | ")
    for (line, what), part in zip(wrong.items(), parts, strict=True):  # in the order of the lines
        assert f"h.txt:{line}: " in part and what in part, (line, what)
    path = written(tmp_path / "h.txt", '"x\n' * 150)
    message = told(hotword_list.parse, path, " | and 50 more")
    assert "150 places" in message and message.count(" | ") == 100


@pytest.mark.parametrize(
    ("format", "text", "sentence"),
    [
        ("auto", "", "no phrase stands in this list of hotwords; write one phrase a line, or leave the option out"),
        ("native", "# a\n\n", "no phrase stands in this list"),
        ("auto", "{}", "no phrase stands in this list"),
        ("native", '"a', "h.txt:1: a quote at the beginning of this line is not closed; close it"),
        ("native", '"a" b c', "h.txt:1: 'b c' after the closing quote is not a weight; write a space and a number"),
        ("native", '"a"1', "'1' after the closing quote is not a weight"),
        ("native", '"a" nan', "the weight 'nan' is not a number"),
        ("sherpa-onnx", "a\nb :x", "h.txt:2: the score 'x' is not a number; write one such as 0.5"),
        ("sherpa-onnx", "b :1 #0,3", "h.txt:1: the threshold '0,3' is not a number"),
        ("sherpa-onnx", "b :1 :2", "h.txt:1: two values for the score stand here; keep one of them"),
        ("sherpa-onnx", "b @", "h.txt:1: the label after '@' is empty"),
        ("nemo", "a\t1\nb 2", "h.txt:2: no TAB stands between phrase and weight; write the phrase, a"),
        ("nemo", "b\tx", "h.txt:1: the weight 'x' is not a number"),
        ("funasr-json", "[1]", "h.txt: this is not a JSON object of phrases and weights"),
        ("auto", '{"a": 1,\n\n"b": "2"}', "h.txt:3: the weight of 'b' is not a number that can be used; write"),
        ("auto", '{"a": true}', "the weight of 'a' is not a number"),
        ("auto", '{"a": 1e999}', "1e999 is not a finite number"),
        ("auto", '{"a": NaN}', "NaN is not a finite number"),
        ("auto", '{"a": 1' + "0" * 400 + "}", "the weight of 'a' is not a number that can be used"),
        ("auto", '{"": 1}', "a phrase is empty"),
        ("auto", '{"a": 1\n"b": 2}', "h.txt:2: not JSON at column 1"),
        ("auto", '{"a": 1,\n"a": 2}', "h.txt:2: 'a' has weight 2 here and 1 on line 1; remove one of the two lines"),
        ("auto", "a 1\n\na 2\n", "h.txt:3: 'a' has weight 2 here and 1 on line 1; remove one of the two lines"),
    ],
)
def test_wrong_lists_are_told_with_place_and_cure(tmp_path, format, text, sentence):
    told(lambda path: hotword_list.parse(path, format=format), written(tmp_path / "h.txt", text), sentence)


def test_repeated_phrases_follow_the_option(tmp_path, capsys):
    path = written(tmp_path / "h.txt", "a 2\nb 1\na 3\na 1\n")
    assert pairs(path, on_duplicate="first") == [("a", 2), ("b", 1)]
    assert pairs(path, on_duplicate="last") == [("a", 1), ("b", 1)]
    assert pairs(path, on_duplicate="highest") == [("a", 3), ("b", 1)]
    capsys.readouterr()
    assert pairs(written(tmp_path / "h.txt", "a 2\nb 1\na 2.0\na 2\n")) == [("a", 2), ("b", 1)]
    assert "line 3 repeats line 1 (2 such lines); each phrase is taken once" in capsys.readouterr().err


def test_what_stands_twice_and_is_not_taken_is_kept_beside_the_list(tmp_path):
    path = written(tmp_path / "h.txt", "a 2\nb 1\na 3\nb 1\n")
    read = hotword_list.parse(path, on_duplicate="highest")
    assert [(p.text, p.weight, p.line) for p in read.repeated] == [("a", 2, 1), ("b", 1, 4)]


@pytest.mark.parametrize(
    ("format", "text", "warning"),
    [
        ("funasr", "a 20\nb\nc\n", "line 2, 'b' and 1 more: no weight; FunASR ignores it, here its weight is 0"),
        ("funasr", "a 20\nb 2.5\n", "line 2, 'b': a weight that FunASR cuts to a whole number; here it counts in full"),
        ("sherpa-onnx", "a :1\n", "sherpa-onnx adds a score for each token; here a weight counts once"),
        ("sherpa-onnx", "a #1\n", "line 1, 'a': a threshold; asrkit does not use it"),
        ("wenet", "route 66\n", "line 1, 'route 66': a number at its end, which WeNet's format makes a part"),
        ("native", "iphone 5\na\nb\n", "line 1, 'iphone': the last number is the weight, which few phrases here have"),
        ("native", "a 1,5\n", "line 1, 'a 1,5': the last field is almost a number, but not the weight"),
        ("native", "a ２\n", "line 1, 'a ２': the last field is almost a number"),
        ("native", "a nan\n", "line 1, 'a nan': the last field is almost a number"),
        ("native", "a 20\n", "line 1, 'a': a weight of 10 nats or more overrules the acoustic model"),
    ],
)
def test_what_its_writer_hardly_meant_is_told_aloud(tmp_path, capsys, format, text, warning):
    hotword_list.parse(written(tmp_path / "h.txt", text), format=format)
    assert f"asrkit: warning: {tmp_path}/h.txt: {warning}" in capsys.readouterr().err


def test_a_plain_list_gives_no_warning(tmp_path, capsys):
    hotword_list.parse(written(tmp_path / "h.txt", '阿里\n达摩院 2.5\n"route 66" 1\nC++\n10086\n'))
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize("format", FORMATS)
def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path, format):
    check_broken(lambda path: hotword_list.parse(path, format=format), GOOD[format].encode(), tmp_path / "h.txt")
    check_harmless(lambda path: hotword_list.parse(path, format=format), GOOD[format].encode(), tmp_path / "h2.txt")


@pytest.mark.parametrize("format", FORMATS)
def test_damaged_files_are_survived(tmp_path, format):
    def read(path):
        hotword_list.parse(path, format=format)
        hotword_list.parse(path)

    values, errors = survives(read, GOOD[format].encode(), tmp_path / "h.txt")
    assert values > 50 and errors > 150
