"""A hotword never swallows what was clearly said: a step of a special unit breaks its match (laws 5 and 6)."""

import json

import pytest

from asrkit.decode.recognizer import Recognizer
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer()


@pytest.mark.parametrize("number", range(1, 25))
def test_no_recording_loses_the_character_that_a_hotword_of_its_own_text_lacks(recognizer, number):
    recording = str(DEMO / f"demo-{number:02d}.flac")
    said = recognizer.transcribe(recording)
    for place in (1, len(said.text) // 2, len(said.text) - 2):
        without_one = said.text[:place] + said.text[place + 1 :]
        found = recognizer.transcribe(recording, hotwords=[without_one])
        assert len(found.best.units) == len(said.best.units)
        if 1 < place < len(said.text) - 2:  # beside the ends, a neighbour said twice may take its place
            assert found.best.units == said.best.units and len(found.text) == len(said.text)
            assert not found.best.hotwords


def test_a_long_hotword_leaves_the_syllable_that_it_lacks_where_it_was_said(recognizer):
    found = recognizer.transcribe(str(DEMO / "demo-03.flac"), hotwords=["保险公司陈晓峰", "陈晓峰"])
    assert found.text == "请帮我联系保险公司的陈晓峰"
    assert [fired.phrase for fired in found.best.hotwords] == ["陈晓峰"]
    assert found.best.scores.hotword == pytest.approx(sum(fired.bonus for fired in found.best.hotwords), abs=1e-4)


def test_explain_takes_no_match_across_a_break(tmp_path):
    (tmp_path / "list").write_text("保险公司陈晓峰\n", encoding="utf-8")
    told = run("hotwords", "explain", DEMO / "demo-03.flac", "保险公司陈晓峰", "--hotwords", tmp_path / "list").stdout
    assert told.startswith("'保险公司陈晓峰': lost by the acoustics")


def test_the_hotword_score_is_the_sum_of_what_fired_in_every_reading(tmp_path):
    (tmp_path / "list").write_text("保险公司陈晓峰\n联系保险\n陈晓峰\n", encoding="utf-8")
    options = ("--hotwords", tmp_path / "list", "--nbest", 5, "--format", "jsonl")
    for reading in json.loads(run("decode", DEMO / "demo-03.flac", *options).stdout)["nbest"]:
        assert reading["scores"]["hotword"] == pytest.approx(sum(fired["bonus"] for fired in reading["hotwords"]))
