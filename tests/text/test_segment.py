import functools
import math

import pytest

from asrkit.text.segment import COSTS_PER_NAT, Segmenter, shipped_lexicon
from tests.random_cases import random_cases


@pytest.fixture(scope="module")
def chinese():
    return Segmenter(shipped_lexicon())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("结婚的和尚未结婚的", "结婚 的 和 尚未 结婚 的"),
        ("南京市长江大桥", "南京市 长江大桥"),
        ("我花了1,000.5元买iPhone15 Pro，don't worry！", "我 花 了 1,000.5 元 买 iphone15 pro don't worry"),
        ("Ｔ恤和at&t", "t恤 和 at&t"),
        ("𠮷野家", "𠮷 野 家"),
        ("한국어 음성 인식, 3월", "한국어 음성 인식 3월"),
        ("你好서울의地铁", "你好 서울의 地铁"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("שלום עולם", "שלום עולם"),
        ("，。！", ""),
        ("", ""),
    ],
)
def test_raw_text_becomes_words(chinese, raw, words):
    assert chinese.text(raw) == words


def test_lines_stay_apart_whatever_the_lexicon():
    segmenter = Segmenter({"中国": 5, "国人": 5, "a b": 3})
    assert segmenter.text("中\n国 人\n\n a b \n") == "中\n国 人\n\na b\n"
    assert list(segmenter.lines(["中国", "", " 人 "])) == ["中国", "", "人"]


def test_large_texts_are_cut_in_blocks_without_a_trace():
    segmenter = Segmenter({"中国": 5})
    lines = ["中国人" * 300] * 1300
    assert list(segmenter.lines(lines)) == [" ".join(["中国", "人"] * 300)] * 1300


def test_equal_costs_are_decided_for_the_longest_first_word():
    assert Segmenter({"中国": 2, "国人": 2, "中": 2, "人": 2}).text("中国人") == "中国 人"


def test_words_of_the_lexicon_that_become_one_add_up():
    folded = Segmenter({"中国": 9, "T恤": 1, "t恤": 8, "恤": 9})
    assert folded.text("Ｔ恤") == "t恤"
    assert folded._costs[1] == round(math.log(27 / 9) * COSTS_PER_NAT)


def _twin(line, counts):
    """All ways to cut a line of runs, by plain recursion."""
    total = sum(counts.values())

    def cost(word):
        return round(math.log(total / counts.get(word, 1)) * COSTS_PER_NAT)

    def whole(character):
        return character.isascii() and character.isalnum()

    def may_cut(text, at):
        return at == len(text) or not (whole(text[at - 1]) and whole(text[at]))

    @functools.cache
    def best(text):
        if not text:
            return 0, 0, ()
        ways = []
        first = next(n for n in range(1, len(text) + 1) if may_cut(text, n))
        for n in range(1, len(text) + 1):
            if may_cut(text, n) and (text[:n] in counts or n == first):
                rest = best(text[n:])
                ways.append((cost(text[:n]) + rest[0], -n, (text[:n], *rest[2])))
        return min(ways)

    return " ".join(" ".join(best(run)[2]) for run in line.split())


@random_cases(200)
def test_the_path_is_the_best_of_all(rng):
    letters = list("中国人民a1 ")
    words = {"".join(rng.choice(letters[:6], rng.integers(1, 5))) for _ in range(rng.integers(1, 25))}
    counts = {word: int(rng.integers(1, 5)) for word in sorted(words)}
    line = "".join(rng.choice(letters, rng.integers(0, 14)))
    assert Segmenter(counts).text(line) == _twin(line, counts)
