"""Lists as users have them: what is told of what their writers hardly meant."""

import pytest

from asrkit.errors import AsrkitError
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.lint import lint
from asrkit.hotwords.lists import Settings, compiled
from asrkit.hotwords.spelling import Speller

CHARACTERS = UnitTable(("<blank>", *"林婉清阳光保险"))
TONED = UnitTable(("<blank>", "hù", "chéng", "chén", "fēng", "xiǎo", "ài", "zhōng"))


def test_several_chinese_words_on_a_line_are_one_phrase_and_that_is_told(capsys):
    speller = Speller(CHARACTERS)
    graph, *_ = compiled((Phrase("林婉清 阳光保险", line=3),), speller, Settings(), "names")
    assert graph.phrases == ("林婉清阳光保险",)
    assert "names:3: '林婉清 阳光保险' is one phrase" in (told := capsys.readouterr().err)
    assert "write each on a line of its own" in told
    (finding,) = lint([Phrase("林婉清 阳光保险", line=3)], speller)
    assert finding.kind == "several-words" and finding.severity.name == "WARNING"


@pytest.mark.parametrize("text", ["林婉清", "阳 光 保 险", "林 婉清"])
def test_characters_and_surnames_by_themselves_are_no_several_words(text, capsys):
    compiled((Phrase(text),), Speller(CHARACTERS), Settings(), "names")
    assert capsys.readouterr().err == ""
    assert lint([Phrase(text)], Speller(CHARACTERS)) == []


@pytest.mark.parametrize("said", ["hù chéng fēng", "hu4 cheng2 feng1", "h ù ch éng f ēng", "Hù Chéng Fēng"])
def test_syllables_with_a_label_are_one_way_to_say_what_the_label_writes(said):
    graph, (phrase,), refused = compiled((Phrase(said, label="户晨风"),), Speller(TONED), Settings(), "names")
    assert graph.phrases == ("户晨风",) and not refused
    assert phrase.spellings == (tuple(TONED.index[unit] for unit in ("hù", "chéng", "fēng")),)


def test_a_label_whose_units_the_model_lacks_is_spelled_itself():
    _, (phrase,), _ = compiled((Phrase("hu chen feng", label="户晨风"),), Speller(TONED), Settings(), "names")
    assert phrase.spellings == (tuple(TONED.index[unit] for unit in ("hù", "chén", "fēng")),)


def test_syllables_without_a_label_are_refused_for_nobody_knows_how_to_write_them():
    with pytest.raises(AsrkitError, match="add that, as in 'hù chéng fēng @…'"):
        compiled((Phrase("hù chéng fēng"),), Speller(TONED), Settings(), "names")


def test_what_a_closed_graph_cannot_say_is_counted(capsys):
    words = Lexicon((Pronunciation("林", ("林",)), Pronunciation("婉清", ("婉", "清")), Pronunciation("阳", ("阳",))))
    listed = (Phrase("林婉清"), Phrase("阳光"), Phrase("婉"))
    speller = Speller(CHARACTERS, words)
    compiled(listed, speller, Settings(), "names", closed=True)
    assert "names: 2 of 3 hotwords cannot come out, such as '阳光': the graph's vocabulary is closed" in (
        capsys.readouterr().err
    )
    compiled(listed, speller, Settings(), "names")
    assert "cannot come out" not in capsys.readouterr().err
    vocabulary = frozenset(("林", "婉清", "阳"))
    found = lint(listed, Speller(CHARACTERS), vocabulary=vocabulary, can_say=speller.can_say)
    assert [f.phrase for f in found if f.kind == "not-in-graph"] == ["阳光", "婉"]


def test_a_closed_graph_can_say_a_name_by_words_that_sound_like_it(capsys):
    words = Lexicon((Pronunciation("胡", ("hù",)), Pronunciation("陈风", ("chén", "fēng"))))
    compiled((Phrase("户晨风"),), Speller(TONED, words), Settings(), "names", closed=True)
    assert capsys.readouterr().err == ""
