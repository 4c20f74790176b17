"""`asrkit hotwords explain` as its users meet it: a recording, a name, and why it came out or did not."""

from pathlib import Path

import numpy as np
import pytest

from asrkit.formats import lexicon, posteriors, tokens
from tests.cli.running import asrkit
from tests.decode.demo import DEMO, TOKENS


def test_explain_tells_why_a_name_came_out_or_did_not(graph, tmp_path):
    asrkit("posteriors", DEMO / "demo-04.flac", "-o", tmp_path / "post.npz")
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    asked = ("--posteriors", tmp_path / "post.npz", "--graph", graph, "--lm-scale", 1)
    listed = asrkit("hotwords", "explain", "demo-04", "林婉清", *asked, "--hotwords", tmp_path / "names",
                    "--incremental-bias", 5)  # fmt: skip
    assert "'林婉清': recognised" in listed.stdout and "nats ahead of the best path without it" in listed.stdout
    other = asrkit("hotwords", "explain", "demo-04", "诸葛文静", *asked, "--hotwords", tmp_path / "names")
    assert "'诸葛文静': " in other.stdout and "recognised;" not in other.stdout


def test_explain_hears_a_recording_itself_and_knows_the_graph_that_ships():
    done = asrkit("hotwords", "explain", DEMO / "demo-02.flac", "保定")
    assert done.stdout.startswith("'保定': ") and "nats ahead of the best path" in done.stdout
    assert "no --graph: the general one" in done.stderr and "no --model: the small Mandarin model" in done.stderr


def test_explain_writes_words_as_decode_does_and_asks_for_no_unit_table(graph, heard, tmp_path):
    """林婉清 is no word of this graph: it comes as characters of those sounds, and is shown as it is listed."""
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    asked = ("--posteriors", heard, "--graph", graph, "--hotwords", tmp_path / "names")
    done = asrkit("hotwords", "explain", "demo-04", "林婉清", *asked)
    decoded = asrkit("decode", DEMO / "demo-04.flac", "--graph", graph, "--hotwords", tmp_path / "names")
    came_out = done.stdout.splitlines()[0].split("what came out: ")[1]
    assert came_out.replace(" ", "") == decoded.stdout.split(" ", 1)[1].strip()


@pytest.mark.parametrize(
    ("recording", "more", "told"),
    [
        ("gone.wav", (), "gone.wav: no such file"),
        (DEMO, (), "these are 24 recordings; name one of them"),
        (Path(__file__), (), "not a recording that can be read"),
        (DEMO / "demo-01.flac", ("--model", TOKENS.parent), "needs a --graph"),
    ],
)
def test_what_explain_cannot_hear_is_told_in_one_sentence(recording, more, told):
    done = asrkit("hotwords", "explain", recording, "保定", *more, status=2 if more else 1)
    assert told in done.stderr and done.stderr.splitlines()[-1].startswith("asrkit: error: ")


def write_said(path, graph, word):
    """Write posteriors of the utterance `said`, in which the word of the graph is sure."""
    units = tokens.parse(TOKENS)
    said = next(entry.units for entry in lexicon.parse(graph / "lexicon.txt").entries if entry.word == word)
    log_probs = np.full((len(said), len(units.units)), -20.0, np.float32)
    log_probs[np.arange(len(said)), [units.index[unit] for unit in said]] = 0
    with posteriors.writer(path) as add:
        add("said", posteriors.Posteriors(log_probs, None))


def test_a_name_whose_sound_came_out_in_other_characters_is_not_called_recognised(graph, tmp_path):
    """阿莫西林 is a word of this graph and is said; 阿莫西淋 sounds the same: its weight decides."""
    write_said(tmp_path / "said.npz", graph, "阿莫西林")
    (tmp_path / "names").write_text("阿莫西林\n阿莫西淋\n", encoding="utf-8")
    asked = ("--posteriors", tmp_path / "said.npz", "--graph", graph)
    done = asrkit("hotwords", "explain", "said", "阿莫西林", "阿莫西淋", *asked, "--hotwords", tmp_path / "names")
    lines = done.stdout.splitlines()
    assert lines[0] == "'阿莫西林': recognised; what came out: 阿莫西林"
    other = lines.index("'阿莫西淋': its sound was recognised, but written otherwise; what came out: 阿莫西林")
    assert lines[other + 1].startswith("  with a word bias of ") and "written so (tried out)" in lines[other + 1]
    assert lines[other + 2] == "    阿莫西林 -> 阿莫西淋"
    unlisted = asrkit("hotwords", "explain", "said", "阿莫西淋", *asked).stdout
    assert unlisted.startswith("'阿莫西淋': not in the list; what came out: 阿莫西林\n")
    assert unlisted.splitlines()[1] == "  its sound came out, written otherwise, since it is not listed"
    assert "nats ahead" not in unlisted


def test_why_no_bias_has_a_phrase_written_is_told_as_it_is(graph, tmp_path):
    """阿莫西林 is said; a hotword within a longer one is not written, and with a scale of 0 none is."""
    write_said(tmp_path / "said.npz", graph, "阿莫西林")
    (tmp_path / "names").write_text("阿莫西林 5\n莫西淋\n", encoding="utf-8")
    asked = ("--posteriors", tmp_path / "said.npz", "--graph", graph, "--hotwords", tmp_path / "names")
    within = asrkit("hotwords", "explain", "said", "莫西淋", *asked).stdout
    assert within.startswith("'莫西淋': its sound was recognised, but written otherwise")
    assert "the longer hotword '阿莫西林' lies over it" in within and "scale" not in within
    unscaled = asrkit("hotwords", "explain", "said", "阿莫西淋", *asked, "--hotword-scale", 0).stdout
    assert "with a scale of 0 biases count for nothing" in unscaled
