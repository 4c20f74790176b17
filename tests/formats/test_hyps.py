import json

import pytest

from asrkit.formats import hyps
from asrkit.formats.hyps import Alternative, Failure, FiredHotword, Hypothesis, Scores, Word
from tests.formats.bad_files import check_broken, check_harmless, odd_word, put, told, written
from tests.mutants import survives
from tests.random_cases import random_cases

FULL = Hypothesis(
    "u1",
    Alternative(
        "阳光 保险",
        ("yang2", "guang1", "bao3", "xian3"),
        (Word("阳光", 0.5, 0.75, 0.98), Word("保险", 0.75, 1.25, 0.5)),
        Scores(-2.5, -4.0, -1.5, 2.75, 0.25),
        (FiredHotword("阳光", 0.5, 0.75, 2.75),),
    ),
    (Alternative("阳光 保鲜", scores=Scores(-3.0)),),
    1.5,
    ("times are estimated",),
)
GOOD = "".join(f"{line}\n" for line in hyps.serialize([FULL, Hypothesis("u2", Alternative(""))])).encode()
GOOD_FAILED = '{"utt": "u3", "reason": "no such file"}\n\n{"utt": "u4", "reason": "太短"}\n'.encode()


def test_a_line_has_the_names_and_the_order_of_the_design():
    line = json.loads(GOOD.split(b"\n")[0])
    assert list(line) == ["utt", "text", "units", "words", "scores", "hotwords", "nbest", "duration", "warnings"]
    assert list(line["words"][0]) == ["word", "start", "end", "confidence"]
    assert list(line["scores"]) == ["total", "acoustic", "lm", "hotword", "words"]
    assert list(line["hotwords"][0]) == ["phrase", "start", "end", "bonus"]
    assert "阳光".encode() in GOOD


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "hyps.jsonl"
    path.write_bytes(GOOD)
    assert hyps.parse(path) == (FULL, Hypothesis("u2", Alternative("")))
    assert hyps.parse(path)[0].text == "阳光 保险"


@random_cases(30)
def test_any_hypothesis_is_read_as_it_was_written(tmp_path, rng):
    def text():
        return " ".join(odd_word(rng) for _ in range(int(rng.integers(0, 4)))) + ("\n\0 " if rng.random() < 0.1 else "")

    def maybe():
        return None if rng.random() < 0.3 else number()

    def number():
        return round(float(rng.normal()), 6)

    def alternative():
        words = tuple(Word(text(), maybe(), maybe(), maybe()) for _ in range(int(rng.integers(0, 3))))
        hotwords = tuple(FiredHotword(text(), maybe(), maybe(), number()) for _ in words)
        scores = None if rng.random() < 0.2 else Scores(*(number() for _ in range(5)))
        return Alternative(text(), tuple(odd_word(rng) for _ in words), words, scores, hotwords)

    ids = dict.fromkeys(odd_word(rng) for _ in range(5))
    count = int(rng.integers(3))
    value = tuple(Hypothesis(i, alternative(), (alternative(),) * count, maybe(), (text(),)) for i in ids)
    assert hyps.parse(put(tmp_path / "h.jsonl", hyps.serialize(value))) == value
    failures = tuple(Failure(i, text()) for i in ids)
    assert hyps.parse_failed(put(tmp_path / "f.jsonl", hyps.serialize_failed(failures))) == failures


def test_hypotheses_of_other_tools_need_only_an_id_and_a_text(tmp_path):
    path = written(tmp_path / "h.jsonl", '{"utt": "a", "text": "x", "language": "zh", "scores": null}\n')
    assert hyps.parse(path) == (Hypothesis("a", Alternative("x")),)


def test_a_file_without_lines_is_sound_since_all_or_none_may_have_failed(tmp_path):
    assert hyps.parse(written(tmp_path / "hyps.jsonl", "")) == ()
    assert hyps.parse_failed(written(tmp_path / "failed.jsonl", "")) == ()


def test_numbers_are_rounded_to_six_digits(tmp_path):
    value = Hypothesis("u", Alternative("x", words=(Word("x", 1 / 3),), scores=Scores(-2 / 3)), duration=1e-9)
    again = hyps.parse(put(tmp_path / "h.jsonl", hyps.serialize([value])))[0]
    assert (again.best.words[0].start, again.best.scores.total, again.duration) == (0.333333, -0.666667, 0.0)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("[1]", "h.jsonl:1: this line is not a JSON object"),
        ('\n{"utt": "a"', "h.jsonl:2: not JSON at column 12"),
        ('{"utt": "a"}', "h.jsonl:1: 'text' is missing; write a string"),
        ('{"text": "a"}', "h.jsonl:1: 'utt' is missing; write a string"),
        ('{"utt": "", "text": "a"}', "h.jsonl:1: 'utt' is empty"),
        ('{"utt": 1, "text": "a"}', "h.jsonl:1: 'utt' is not a string; write a string"),
        ('{"utt": "a", "text": "a", "duration": "1"}', "'duration' is not a number; write a number"),
        ('{"utt": "a", "text": "a", "duration": true}', "'duration' is not a number"),
        ('{"utt": "a", "text": "a", "duration": 1' + "0" * 400 + "}", "'duration' is not a number"),
        ('{"utt": "a", "text": "a", "duration": NaN}', "NaN is not a finite number"),
        ('{"utt": "a", "text": "a", "units": "ab"}', "'units' is not a list"),
        ('{"utt": "a", "text": "a", "units": ["a", 1]}', "'units' is not a list of strings"),
        ('{"utt": "a", "text": "a", "words": ["a"]}', "'words' is not a list of objects"),
        ('{"utt": "a", "text": "a", "words": [{"start": 1}]}', "'word' is missing"),
        ('{"utt": "a", "text": "a", "scores": [1]}', "'scores' is not an object"),
        ('{"utt": "a", "text": "a", "scores": {}}', "'total' is missing; write a number"),
        ('{"utt": "a", "text": "a", "nbest": [{}]}', "'text' is missing"),
        ('{"utt": "a", "text": "a", "text": "b"}', "the key 'text' stands twice in one object"),
        ('{"utt": "a", "text": "\\udc80"}', "half of a surrogate pair"),
        ('{"utt": "a", "text": "x"}\n{"utt": "a", "text": "y"}', "h.jsonl:2: the utterance 'a' stands on line 1 too"),
    ],
)
def test_wrong_lines_are_told_with_place_and_cure(tmp_path, line, sentence):
    told(hyps.parse, written(tmp_path / "h.jsonl", line), sentence)


def test_wrong_lines_of_failed_jsonl_are_told(tmp_path):
    told(hyps.parse_failed, written(tmp_path / "f.jsonl", '{"utt": "a"}'), "f.jsonl:1: 'reason' is missing")
    repeated = '{"utt": "a", "reason": "x"}\n' * 2
    told(hyps.parse_failed, written(tmp_path / "f.jsonl", repeated), "f.jsonl:2: the utterance 'a' stands on line 1")


@pytest.mark.parametrize(("parse", "good"), [(hyps.parse, GOOD), (hyps.parse_failed, GOOD_FAILED)])
def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path, parse, good):
    check_broken(parse, good, tmp_path / "h.jsonl")
    check_harmless(parse, good, tmp_path / "h2.jsonl")


@pytest.mark.parametrize(("parse", "good"), [(hyps.parse, GOOD), (hyps.parse_failed, GOOD_FAILED)])
def test_damaged_files_are_survived(tmp_path, parse, good):
    values, errors = survives(parse, good, tmp_path / "h.jsonl")
    assert values > 20 and errors > 300
