"""Each kind of finding, and none on a list that is well."""

import numpy as np
import pytest

from asrkit.formats.arpa import Arpa
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.graph import LARGEST_BIAS
from asrkit.hotwords.lint import Severity, lint, report, word_probabilities
from asrkit.hotwords.spelling import Speller

UNITS = UnitTable(("<blank>", *"阳光保险定公司张三章阿", "hel@@", "lo"))
TONED = UnitTable(("<blank>", "zhāng", "sān", "bǎo", "dìng", "<unk>"))
WORDS = Lexicon(
    (
        Pronunciation("张三", ("zhāng", "sān")),
        Pronunciation("章三", ("zhāng", "sān")),
        Pronunciation("保定", ("bǎo", "dìng")),
        Pronunciation("宝定", ("bǎo", "dìng")),
        Pronunciation("抱定", ("bǎo", "dìng")),
    )
)


def listed(*lines):
    phrases = []
    for number, line in enumerate(lines, 1):
        text, _, weight = line.partition(":")
        phrases.append(Phrase(text, float(weight or 0), line=number))
    return phrases


def kinds(findings):
    return [(finding.severity.name, finding.kind, finding.phrase, finding.line) for finding in findings]


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        (["阳光é"], ("ERROR", "missing-unit", "阳光é", 1)),
        (["阳光", "hello", "ＨELLO"], ("WARNING", "duplicate", "ＨELLO", 3)),
        (["阳"], ("WARNING", "one-unit", "阳", 1)),
        (["阳光:20"], ("WARNING", "weight", "阳光", 1)),
        ([f"阳光:{2 * LARGEST_BIAS}"], ("WARNING", "weight", "阳光", 1)),
        (["阳光:-2"], ("NOTE", "penalty", "阳光", 1)),
        (["阳光保险", "保险"], ("NOTE", "inside", "保险", 2)),
        (["光保", "阳光保险"], ("NOTE", "inside", "光保", 1)),
        (["阳光保险公司张三章阳光阳光保"], ("NOTE", "long", "阳光保险公司张三章阳光阳光保", 1)),
        ([f"阳光{c}" for c in "保险定公司"], ("NOTE", "shared-beginning", "阳光保", 1)),
    ],
)
def test_what_is_odd_is_found(lines, finding):
    assert kinds(lint(listed(*lines), Speller(UNITS))) == [finding]


def test_a_list_that_is_well_has_no_findings():
    assert lint(listed("阳光保险:2", "保定", "hello"), Speller(UNITS)) == []


def test_homophones_of_the_list_are_found():
    findings = lint(listed("张三:1", "章三:2"), Speller(TONED, WORDS))
    assert ("WARNING", "homophones", "张三", 1) in kinds(findings)
    (finding,) = (f for f in findings if f.kind == "homophones")
    assert "'章三' (line 2) (zhāng sān)" in finding.what
    assert "the heavier is written" in finding.advice and "cannot tell them apart" not in finding.advice  # law 14


def test_words_that_sound_alike_are_told_with_their_probability():
    model = Arpa(
        ("<unk>", "宝定", "抱定"),
        (np.array([[0], [1], [2]], np.int32),),
        (np.array([-1, -3, -9], np.float32),),
        (np.zeros(3, np.float32),),
    )
    speller = Speller(TONED, WORDS)
    (finding,) = lint(listed("保定"), speller, probabilities=word_probabilities(model, speller))
    assert finding.severity == Severity.WARNING and finding.what == "sounds like '宝定' (probability 1.0e-03)"
    assert "where its bonus outweighs the language model" in finding.advice  # a weight of 0 still has a bonus for units
    (finding,) = lint(listed("保定"), speller)
    assert finding.severity == Severity.NOTE and finding.what == "sounds like '宝定', '抱定'"
    assert lint(listed("保定:-1"), speller)[0].kind == "penalty"


def test_what_the_graph_cannot_put_out_is_found():
    closed = frozenset({"阳光", "保"})
    found = kinds(lint(listed("阳光保", "阳光险"), Speller(UNITS), vocabulary=closed))
    assert found == [("ERROR", "not-in-graph", "阳光险", 2)]
    found = kinds(lint(listed("阳光保", "阳光险"), Speller(UNITS), vocabulary=closed | {"<unk>"}))
    assert found == [("WARNING", "not-in-graph", "阳光险", 2)]


def test_the_report_has_a_line_a_finding_and_the_counts():
    lines = list(report(lint(listed("阳", "阳光é"), Speller(UNITS)), "names.txt"))
    assert lines[0].startswith("names.txt:2: error: missing-unit: '阳光é' cannot be spelled: ")
    assert lines[1].startswith("names.txt:1: warning: one-unit: '阳' is one unit long")
    assert lines[2:] == ["1 error, 1 warning, 0 notes"]


def test_the_vocabulary_of_the_graph_is_gone_through_once_not_for_each_phrase():
    measured = []

    class Word(str):
        def __len__(self):
            measured.append(str(self))
            return super().__len__()

    plain = Speller(UNITS, fold_case=False, fold_width=False)
    lint(listed("阳光", "保险", "公司", "张三"), plain, vocabulary=frozenset({Word("阳光"), Word("保"), Word("险")}))
    assert len(measured) <= 3
