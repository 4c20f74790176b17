"""Captions break at words and pauses, within their limits, and leave no single syllable over."""

import re
from itertools import combinations, pairwise
from urllib.parse import unquote

import pytest

from asrkit.decode import captions
from asrkit.decode.captions import Limits
from asrkit.formats import hyps
from asrkit.formats.hyps import Alternative, Hypothesis, Word
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, hypotheses
from tests.random_cases import random_cases


def spoken(*texts, each=0.3, pauses=()):
    """Return words said one after the other; `pauses` maps the number of a word to the seconds before it."""
    words, now, before = [], 0.0, dict(pauses)
    for number, text in enumerate(texts):
        now += before.get(number, 0.0)
        words.append(Word(text, now, now + each))
        now += each
    return words


def texts_of(words, **limits):
    return [caption.text for caption in captions.captions(words, Limits(**limits))]


def test_captions_break_at_pauses_and_not_elsewhere_if_there_is_room():
    words = spoken("今天", "天气", "很", "好", "我们", "出去", "走走", pauses={4: 0.8})
    assert texts_of(words) == ["今天天气很好", "我们出去走走"]
    assert texts_of(spoken("今天", "天气", "很", "好")) == ["今天天气很好"]


def test_no_syllable_is_left_over():
    words = spoken("今天", "天气", "很", "好", "吗")
    for width in (8, 9, 10, 16):
        assert all(captions.syllables(text) > 1 for text in texts_of(words, width=width))
    assert texts_of(spoken("今天", "天气", "好", "吗", pauses={3: 0.7})) == ["今天天气好吗"]
    assert texts_of(spoken("今天", "天气", "好", "嗯", pauses={3: 9.0})) == ["今天天气好", "嗯"]  # it is no leftover
    assert texts_of(spoken("we", "went", "to", "see", "it"), width=12)[-1] != "it"


def test_words_are_not_broken_even_where_a_greedy_text_has_characters():
    characters = spoken(*"我们在人民大会堂讨论保险公司的问题")
    found = texts_of(characters, width=12)
    assert "".join(found) == "我们在人民大会堂讨论保险公司的问题"
    assert not any(re.search("保$|大会$|我$|公$|问$", text) for text in found)
    assert texts_of(spoken("hello", "world"), width=6) == ["hello", "world"]


def test_a_word_that_is_too_long_is_a_caption_of_its_own():
    words = spoken("短", "很长很长很长很长的词", "短的", "词", each=2.0)
    assert "很长很长很长很长的词" in texts_of(words, width=8, seconds=3)


def test_words_without_times_are_shown_with_those_that_have_them():
    words = [Word("a"), *spoken("bb", "cc"), Word("dd"), Word("ee", 1.0, 1.2)]
    assert "".join(texts_of(words)).replace(" ", "") == "abbccddee"


def slow_costs(atoms, limits):
    """Yield the cost of every allowed way to break `atoms`."""
    for count in range(len(atoms)):
        for breaks in combinations(range(1, len(atoms)), count):
            edges = (0, *breaks, len(atoms))
            costs = [captions._cost(atoms, a, b, limits) for a, b in pairwise(edges)]
            if None not in costs:
                yield sum(costs)


@random_cases(150)
def test_captions_are_the_best_way_to_break_and_within_the_limits(rng):
    texts = rng.choice(["今天", "好", "去", "hello", "a", "保险公司"], rng.integers(1, 9))
    pauses = {number: float(rng.uniform(0, 3)) for number in range(9)}
    words = spoken(*texts, each=float(rng.uniform(0.1, 1.5)), pauses=pauses)
    limits = Limits(int(rng.integers(4, 30)), float(rng.uniform(1, 6)))
    found, atoms = captions.captions(words, limits), captions._atoms(words)
    assert "".join(c.text for c in found).replace(" ", "") == "".join(word.word for word in words)
    edges, at = [0], 0
    for caption in found:
        size, text = 0, ""
        while len(text) < len(caption.text.replace(" ", "")):
            text += "".join(atoms[at + size].words)
            size += 1
        at += size
        edges.append(at)
        assert size == 1 or (captions._width(caption.text) <= limits.width)
        assert size == 1 or atoms[at - 1].end - atoms[at - size].start <= limits.seconds
    cost = sum(captions._cost(atoms, a, b, limits) for a, b in pairwise(edges))
    assert cost == pytest.approx(min(slow_costs(atoms, limits)))
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(found))
    assert all(c.start < c.end for c in found)


def test_srt_and_vtt_have_their_forms():
    hypothesis = Hypothesis("u", Alternative("", (), tuple(spoken("a<b>", "&", "c", each=3661.5))))
    limits = Limits(seconds=4000)
    assert list(captions.lines("srt", [hypothesis], limits))[:3] == ["1", "00:00:00,000 --> 01:01:01,500", "a<b>"]
    vtt = list(captions.lines("vtt", [hypothesis], limits))
    assert vtt[:5] == ["WEBVTT", "", "00:00:00.000 --> 01:01:01.500", "a&lt;b&gt;", ""]
    assert "&amp;" in "".join(vtt)


def test_captions_of_many_recordings_are_files_with_reversible_names(tmp_path):
    (tmp_path / "wav.scp").write_text(f"a/b%:1 {DEMO}/demo-01.flac\nc {DEMO}/demo-02.flac\n")
    made = ("--captions", "srt", "--captions", "vtt", "--caption-width", 10, "--greedy")
    run("decode", tmp_path / "wav.scp", *made, "-o", tmp_path / "out")
    files = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out" / "captions").iterdir()}
    assert {unquote(name) for name in files} == {"a/b%:1.srt", "a/b%:1.vtt", "c.srt", "c.vtt"}
    for name, content in files.items():
        assert (content.count("-->") >= 2) and content.startswith("1\n" if name.endswith(".srt") else "WEBVTT\n\n")
    assert "the run that finished here was another one" in run(
        "decode", tmp_path / "wav.scp", *made[:2], "--greedy", "-o", tmp_path / "out", "--resume", status=2
    ).stderr


def test_captions_need_a_folder_and_one_recording_on_standard_output():
    both = [DEMO / f"demo-0{number}.flac" for number in (1, 2)]
    assert "--captions needs a folder of results" in run("decode", both[0], "--captions", "srt", status=2).stderr
    assert "a file for each comes by --captions" in run("decode", *both, "--format", "vtt", status=2).stderr
    assert run("decode", both[0], "--format", "vtt").stdout.startswith("WEBVTT\n\n00:00:0")


def test_captions_without_times_are_told_and_not_written_empty(capsys):
    untimed = Hypothesis("u", Alternative("a", (), (Word("a"),)))
    assert list(captions.files([untimed], Limits(formats=("srt",)))) == []
    assert "1 utterance without times of words, left out of captions, such as 'u'" in capsys.readouterr().err


def test_units_have_times_beside_words(tmp_path, graph):
    for options in (("--greedy",), ("--graph", graph)):
        run("decode", DEMO / "demo-01.flac", *options, "-o", tmp_path / "out", "--overwrite")
        (line,) = hypotheses(tmp_path / "out")
        times = line["unit_times"]
        assert len(times) == len(line["units"]) > 5
        assert all(start < end for start, end in times) and times == sorted(times)
        edges = {edge for span in times for edge in span}
        assert all({word["start"], word["end"]} <= edges for word in line["words"])
    (hypothesis,) = hyps.parse(tmp_path / "out" / "hyps.jsonl")
    assert [list(span) for span in hypothesis.best.unit_times] == times
