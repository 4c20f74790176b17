"""Special words of lexicons and language models in graphs: the unknown word, silence."""

import json

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import arpa
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.graph import vocabulary
from asrkit.graph.build import Options, build
from asrkit.graph.folder import open_graph
from asrkit.graph.tokens_fst import blank_of, tokens_fst, with_tokens
from asrkit.hotwords.lint import lint
from asrkit.hotwords.spelling import Speller
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from tests.cli.running import asrkit as run
from tests.graph.small import random_model

UNITS = ("<blank>", "<s>", "</s>", "HH", "AH", "L", "OW", "SIL", "SPN", "<unk>")
LEXICON = "!SIL SIL\n<UNK> SPN\nHELLO HH AH L OW\nLOW L OW\n"


def make(folder, text=LEXICON, words=("HELLO", "LOW", "!SIL"), spelling="<unk>", units=UNITS, **options):
    folder.mkdir(exist_ok=True)
    (folder / "tokens.json").write_text(json.dumps(units))
    (folder / "lexicon.txt").write_text(text)
    arpa.write(folder / "lm.arpa", random_model(np.random.default_rng(4), list(words), 2))
    respelled = (folder / "lm.arpa").read_text().replace("<unk>", spelling)
    (folder / "lm.arpa").write_text(respelled)
    paths = (str(folder / name) for name in ("lexicon.txt", "lm.arpa", "tokens.json"))
    build(*paths, folder / "graph", Options(**options))
    return open_graph(folder / "graph")


def said(graph, text):
    """Return the words for steps that say the units of `text`."""
    units = text.split()
    log_probs = np.full((len(units), len(UNITS)), np.log(1e-6), np.float32)
    log_probs[np.arange(len(units)), [UNITS.index(unit) for unit in units]] = np.log(1 - 9e-6)
    ready = search_graph(graph.fst, graph.unit_count, graph.topology, graph.passing_units)
    best = decode(log_probs, ready).best
    return [graph.words.symbols[word] for word in best.words], [UNITS[unit] for unit in best.units]


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_silence_of_a_kaldi_lexicon_is_read_and_nothing_is_written_for_it(tmp_path, capsys, topology):
    graph = make(tmp_path / "g", topology=topology)
    told = capsys.readouterr().err
    assert told.count("'!SIL': silence, for which nothing is written") == 1
    assert "are not in the lexicon" not in told
    assert said(graph, "SIL HH AH L OW SIL SIL L OW SIL") == (["HELLO", "LOW"], ["HH", "AH", "L", "OW", "L", "OW"])
    assert "!SIL" not in graph.words.index


def test_a_strict_build_asks_no_pronunciation_for_silence(tmp_path):
    make(tmp_path / "g", strict=True)
    with pytest.raises(AsrkitError, match=r"1 of 2 words of .* are not in the lexicon: 'OTHER'"):
        make(tmp_path / "h", words=("HELLO", "OTHER", "<SIL>"), strict=True)


def test_silence_in_units_that_the_model_lacks_is_no_error(tmp_path):
    graph = make(tmp_path / "g", "<SIL> sil\nSIL sil\nHELLO HH AH L OW\n", words=("HELLO",))
    assert said(graph, "HH AH L OW")[0] == ["HELLO"]


def test_a_word_called_sil_that_is_said_is_a_word(tmp_path):
    graph = make(tmp_path / "g", "SIL L OW\nHELLO HH AH L OW\n", words=("HELLO", "SIL"))
    assert said(graph, "L OW")[0] == ["SIL"]


def test_the_unit_of_silence_stays_a_unit_where_a_word_is_said_with_it(tmp_path):
    graph = make(tmp_path / "g", "!SIL SIL\nLOW L OW SIL\n", words=("LOW",), closed_vocabulary=True)
    assert said(graph, "L OW SIL") == (["LOW"], ["L", "OW", "SIL"])


def test_a_unit_named_as_silence_says_nothing_without_any_lexicon():
    units = UnitTable(("<blank>", "a", "<sil>"))
    chosen = vocabulary.choose(
        Lexicon((Pronunciation("A", ("a",)),)), ["<s>", "</s>", "<unk>", "A"], np.zeros(4, np.float32), units
    )
    assert chosen.passing == (0, 2) and not chosen.unknown


def test_the_unknown_words_own_line_in_a_lexicon_is_passed_over(tmp_path, capsys):
    graph = make(tmp_path / "g", LEXICON + "<unk> NSN\n")
    assert "the unknown word's own pronunciation is not used" in capsys.readouterr().err
    assert said(graph, "L OW SPN L OW")[0] == ["LOW", "<unk>", "LOW"]


def test_both_spellings_of_the_unknown_word_give_one_graph(tmp_path):
    graphs = [make(tmp_path / name, spelling=spelling) for name, spelling in (("1", "<unk>"), ("2", "<UNK>"))]
    assert graphs[0].fst == graphs[1].fst and graphs[0].words == graphs[1].words
    assert graphs[1].words.symbols[graphs[1].unknown] == "<unk>"


def test_parts_with_silence_fit_together():
    units = UnitTable(UNITS)
    chosen = vocabulary.choose(
        Lexicon((Pronunciation("!SIL", ("SIL",)), Pronunciation("LOW", ("L", "OW")))),
        ["<s>", "</s>", "LOW"], np.zeros(3, np.float32), units,
    )  # fmt: skip
    assert chosen.silent == (7,) and chosen.passing == (0, 1, 2, 7)
    assert 8 not in tokens_fst(units, "identity", chosen.silent).arcs["olabel"]
    assert with_tokens and "SIL" not in chosen.words


@pytest.mark.parametrize("name", ["<pad>", "[PAD]", "<blank>"])
def test_the_blank_of_wav2vec2_is_known(name):
    units = UnitTable((name, "<s>", "</s>", "a", "|"))
    assert blank_of(units) == 0
    assert vocabulary.passing_units(units)[0] == 0
    assert blank_of(UnitTable(("<pad>", "<blank>", "a"))) == 1  # where there is a blank, padding is not it


def test_lint_knows_an_open_graph_whatever_its_spelling_of_the_unknown_word():
    speller = Speller(UnitTable(("a", "b")), fold_case=False)
    for spelling in ("<unk>", "<UNK>"):
        (finding,) = lint([Phrase("ab", 0.0)], speller, vocabulary=frozenset({"a", spelling}))
        assert "only <unk> can stand for it" in finding.what


def test_special_words_of_a_list_are_not_spelled(tmp_path):
    (tmp_path / "words.txt").write_text("<eps>\n<s> 1\n</s> 2\n<UNK> 3\n!SIL 4\nab 5\n#0 6\n")
    (tmp_path / "tokens.json").write_text(json.dumps(["a", "b", "<", ">", "s", "/", "e", "p", "u", "n", "k", "#", "0"]))
    done = run("make-lexicon", tmp_path / "words.txt", "--units", tmp_path / "tokens.json")
    assert done.stdout == "ab a b\n"
    assert "<eps> <s> </s> <UNK> !SIL #0: special words, which are not spelled" in done.stderr
