"""`asrkit compile-hotwords` and `asrkit hotwords`, with good lists and with every bad one."""

import json

import pytest

from asrkit.acoustic.folder import GENERAL_GRAPH
from asrkit.formats import openfst, symbols
from tests.cli.running import asrkit


@pytest.fixture
def units(tmp_path):
    path = tmp_path / "tokens.json"
    path.write_text(json.dumps(["<blank>", *"阳光保险定公司", "<unk>"], ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def names(tmp_path):
    def write(text):
        path = tmp_path / "names.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_list_is_compiled_with_symbols_and_picture(tmp_path, units, names):
    path = names("阳光保险 3\n保定 5\n保险公司 4\n")
    out, table, picture = tmp_path / "h.fst", tmp_path / "h.syms", tmp_path / "h.dot"
    done = asrkit("compile-hotwords", path, "--units", units, "-o", out, "--symbols", table, "--picture", picture)
    assert "3 phrases in 3 spellings, 0 left out" in done.stderr and "the failure label is 10" in done.stderr
    assert symbols.parse(table).index["#fail"] == 10
    fst = openfst.parse(out)
    assert fst.arcs["ilabel"].max() == 10
    assert picture.read_text(encoding="utf-8").startswith("digraph")


def test_draw_pictures_a_list_as_compile_hotwords_does(tmp_path, units, names):
    path, picture = names("阳光保险 3\n保定 5\n"), tmp_path / "h.dot"
    asrkit("compile-hotwords", path, "--units", units, "-o", tmp_path / "h.fst", "--picture", picture)
    drawn = asrkit("draw", path, "--units", units).stdout
    assert drawn == picture.read_text(encoding="utf-8") and drawn.count("doublecircle") == 2
    both = asrkit("draw", path, "--units", units, "--around", 1, status=2)
    assert "are for an FST, --units for a hotword list" in both.stderr
    options = ("--units", units, "-o", tmp_path / "i.fst", "--picture", tmp_path / "i.jpg")
    assert "end its name in .dot, .svg, .png" in asrkit("compile-hotwords", path, *options, status=2).stderr
    assert not (tmp_path / "i.fst").exists()


def test_two_unit_tables_are_refused(tmp_path, units, names):
    options = ("--units", units, "--units", units, "-o", tmp_path / "h.fst")
    assert "2 unit tables are named" in asrkit("compile-hotwords", names("阳光\n"), *options, status=2).stderr


def test_lint_refuses_a_graph_of_another_unit_table(units, names):
    done = asrkit("hotwords", "lint", names("阳光\n"), "--units", units, "--graph", GENERAL_GRAPH, status=1)
    assert "was built for the units of" in done.stderr and done.stdout == ""


def test_the_order_of_the_list_does_not_matter(tmp_path, units, names):
    outputs = []
    for text in ("阳光保险 3\n保定 5\n", "保定 5\n阳光保险 3\n"):
        asrkit("compile-hotwords", names(text), "--units", units, "-o", tmp_path / "h.fst")
        outputs.append((tmp_path / "h.fst").read_bytes())
    assert outputs[0] == outputs[1]


def test_funasr_weights_are_divided_by_ten(tmp_path, units, names):
    path = names("阳光 20\n保定 30\n")
    asrkit("compile-hotwords", path, "--units", units, "-o", tmp_path / "a.fst", "--funasr-weights")
    asrkit("compile-hotwords", names("阳光 2\n保定 3\n"), "--units", units, "-o", tmp_path / "b.fst")
    assert (tmp_path / "a.fst").read_bytes() == (tmp_path / "b.fst").read_bytes()


def test_a_phrase_that_cannot_be_spelled_is_named_and_the_status_tells(tmp_path, units, names):
    path = names("阳光\n李é四\n")
    done = asrkit("compile-hotwords", path, "--units", units, "-o", tmp_path / "h.fst", status=3)
    assert f"{path}:2: '李é四' is left out: the model has no unit for '李'" in done.stderr
    assert "1 left out" in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no phrase stands"),
        ("# only a comment\n", "no phrase stands"),
        ("李四\n", "none of the 1 hotwords can be spelled"),
        ("保定 5\n阳光\n保定 6\n", "names.txt:3: '保定' has weight 6 here and 5 on line 1"),
        ('"   "\n', "the quotes hold no phrase"),
        ("阳\x07光\n", "no unit for"),
        ("阳\x00光\n", "NUL byte"),
        ("阳" * 10_000 + "\n", "does the list lack line ends?"),
        (b"\xb0\xa1\n", "is not UTF-8"),
    ],
)
def test_a_bad_list_is_refused_in_one_sentence(tmp_path, units, names, text, told):
    done = asrkit("compile-hotwords", names(text), "--units", units, "-o", tmp_path / "h.fst", status=1)
    assert told in done.stderr
    assert not (tmp_path / "h.fst").exists()


def test_an_enormous_weight_is_taken_with_a_warning(tmp_path, units, names):
    path = names("阳光 1e30\n保定\n")
    done = asrkit("compile-hotwords", path, "--units", units, "-o", tmp_path / "h.fst")
    assert f"{path}:1: the weight 1e+30 of '阳光' is taken as 10,000" in done.stderr
    assert "drowns whatever is said" in done.stderr
    path = names("阳光 -1e30\n保定\n")
    done = asrkit("compile-hotwords", path, "--units", units, "-o", tmp_path / "h.fst")
    assert "is taken as -10,000; a phrase with such a weight never comes out" in done.stderr


def test_a_weight_that_is_no_number_belongs_to_the_phrase_and_is_told(tmp_path, units, names):
    done = asrkit("compile-hotwords", names("阳光 nan\n保定\n"), "--units", units, "-o", tmp_path / "h.fst", status=3)
    assert "'阳光 nan' is left out" in done.stderr and "almost a number" in done.stderr


def test_a_negative_bias_for_the_whole_list_is_wrong_usage(tmp_path, units, names):
    options = ("--units", units, "-o", tmp_path / "h.fst", "--incremental-bias", "-1")
    done = asrkit("compile-hotwords", names("阳光\n"), *options, status=2)
    assert "must be 0 or more" in done.stderr


def test_lint_prints_findings_and_ends_with_a_status_that_tells(units, names):
    path = names("阳光\n李é四\n阳\n")
    done = asrkit("hotwords", "lint", path, "--units", units, status=3)
    assert done.stdout.splitlines()[-1] == "1 error, 1 warning, 1 note"
    assert f"{path}:2: error: missing-unit" in done.stdout
    assert asrkit("hotwords", "lint", names("阳光\n"), "--units", units).stdout == "0 errors, 0 warnings, 0 notes\n"
    asrkit("hotwords", "lint", names("李\n"), "--units", units, status=1)


def test_lint_finds_what_stands_in_the_list_twice(units, names):
    twice = names("阳光 1\n保险\n阳光 2\n保险\n")
    told = asrkit("hotwords", "lint", twice, "--units", units, "--on-duplicate", "highest").stdout.splitlines()
    what = "'阳光' stands in the list again (line 3), whose weight 2 counts in place of 1; remove one of the two"
    assert f"{twice}:1: warning: duplicate: {what}" in told
    what = "'保险' stands in the list again (line 2); remove one of the two"
    assert f"{twice}:4: warning: duplicate: {what}" in told


def test_explain_searches_as_decode_does():
    from asrkit.cli import decode, hotwords

    def defaults(command):
        return {parameter.name: parameter.default for parameter in command.params}

    asked, done = defaults(hotwords.explain), defaults(decode.command)
    for name in ("beam", "max_active", "lm_scale", "word_score"):
        assert asked[name] == done[name]
