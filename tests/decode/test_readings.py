"""Sentences that a model of syllables hears perfectly, through the graph that ships: no absurd reading may win."""

import json

import numpy as np
import pytest

from asrkit.text import pinyin
from tests.cli.running import asrkit
from tests.decode.demo import TOKENS

UNITS = json.loads(TOKENS.read_text(encoding="utf-8"))
PLAIN = (
    "导航到杭州市西湖区",
    "导航到南京市鼓楼区",
    "明天早上七点叫我起床",
    "请输入您的身份证号码",
    "陈经理明天请假",
    "把货送到三号仓库",
    "请问这种药怎么吃",
    "明天再说吧",
    "银行在路的左边",
    "他们和我们一起去",
)
NAMES = ("深圳华强", "平谷区", "隆基绿能", "奥体中心", "曾国藩", "任嘉伦", "单田芳")
SURNAMES = {"任": "rén", "单": "shàn"}


def heard(sentences):
    """Return utterance -> (steps, units) log-probabilities, 0.98 on each syllable of pypinyin's reading."""
    found = {}
    for number, sentence in enumerate(sentences):
        syllables, _ = pinyin.likely_reading(sentence)
        said = [pinyin.unit_of(s, c, UNITS_INDEX) for s, c in zip(syllables, sentence, strict=True)]
        found[f"u{number:02d}"] = rows(said)
    return found


def rows(said):
    table = np.full((len(said), len(UNITS)), 1e-6)
    table[np.arange(len(said)), [UNITS_INDEX[unit] for unit in said]] = 0.98
    return np.log(table / table.sum(axis=1, keepdims=True)).astype(np.float32)


UNITS_INDEX = {unit: number for number, unit in enumerate(UNITS)}


def texts(folder, utterances, *options):
    np.savez(folder / "heard.npz", **utterances)
    done = asrkit("decode", "--posteriors-in", folder / "heard.npz", "--quiet", *options)
    return [line.split(" ", 1)[1] for line in done.stdout.splitlines()]


def test_what_is_heard_perfectly_is_written_right(tmp_path):
    assert texts(tmp_path, heard(PLAIN)) == list(PLAIN)


def test_ta_you_quan_li_is_no_tai(tmp_path):
    (text,) = texts(tmp_path, {"u": rows(["tā", "yǒu", "quán", "lì"])})
    assert text in ("他有权力", "她有权力", "它有权力", "他有权利", "她有权利", "它有权利")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_whatever_the_lexicons_readings(tmp_path, name):
    (tmp_path / "names").write_text(f"{name}\n", encoding="utf-8")
    syllables = [pinyin.unit_of(s, c, UNITS_INDEX) for s, c in zip(pinyin.likely_reading(name)[0], name, strict=True)]
    said = {name: syllables, "曾国藩": ["zēng", "guó", "fān"]}[name]
    said[0] = SURNAMES.get(name[0], said[0])
    (text,) = texts(tmp_path, {"u": rows(["wǒ", "qù", *said])}, "--hotwords", tmp_path / "names")
    assert text == f"我去{name}"
