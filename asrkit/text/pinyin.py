"""Readings of Chinese words as toned syllables, and how a model writes such syllables.

Readings come from pypinyin: the phrases of its dictionary are read as it says, other words character by character. It
lists every reading that a character ever had (平 as `bēng`, 太 as `tā`); here one counts only if it is alive: it makes
up at least LEAST_SHARE of the character's occurrences. These are counted in running text (`readings_zh.txt`, the field
kHanyuPinlu of Unihan) and in pypinyin's phrases, each of which weighs as _PHRASE_WEIGHT occurrences. What pypinyin
reads first always counts, and so does what is said but not written (sandhi of 一 and 不). The neutral tone is 5: `de5`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

MAX_READINGS = 2  # of a word of several characters
LEAST_SHARE = 0.02  # of a character's occurrences: a rarer reading is none of the character by itself
_LEAST_RATIO = 0.15  # a further reading of a word of several characters is at least this likely, measured by its first
_PHRASE_WEIGHT = 10
_COUNTED = "readings_zh.txt"  # see lexicons/README.md
_SPOKEN = {
    "一": ("yí", "yì"), "不": ("bú",), "谁": ("shéi",), "这": ("zhèi",), "那": ("nèi",), "哪": ("něi",),
}  # fmt: skip
# Surnames that are read otherwise than the character is elsewhere.
_SURNAMES = {
    "单": "shàn", "区": "ōu", "仇": "qiú", "查": "zhā", "任": "rén", "解": "xiè", "华": "huà", "盖": "gě", "朴": "piáo",
    "翟": "zhái", "燕": "yān", "纪": "jǐ", "宁": "nìng", "尉": "yù", "曾": "zēng", "乐": "yuè", "黑": "hè", "折": "shé",
    "召": "shào", "洗": "xiǎn", "员": "yùn", "繁": "pó", "逄": "páng", "秘": "bì", "覃": "qín", "缪": "miào",
    "葛": "gě", "句": "gōu", "隗": "wěi", "种": "chóng", "令": "líng", "哈": "hǎ", "於": "yū", "郗": "xī", "都": "dū",
    "晟": "chéng",
}  # fmt: skip

_PROBES = ("zhōng", "zhong1", "shì", "shi4")

Reading = tuple[str, ...]


def is_syllabic(units: Mapping[str, int]) -> bool:
    """Return whether a model with these `units` writes Chinese as toned syllables."""
    return any(probe in units for probe in _PROBES)


def readings(word: str) -> list[Reading] | None:
    """Return the readings of `word`, such as ("bao3", "ding4"), distinct, the likeliest first.

    Of a single character these are all that are alive, of a longer word at most MAX_READINGS. None if a character has
    none.
    """
    first, is_known = likely_reading(word)
    if None in first or len(first) != len(word):
        return None
    if len(word) == 1:
        return [(syllable,) for syllable in likelihoods(word)]
    ways: list[tuple[float, Reading]] = [(1.0, ())]
    for syllable, known, character in zip(first, is_known, word, strict=True):
        others = {} if known else likelihoods(character)
        most = max(others.get(syllable, 0.0), LEAST_SHARE)
        choices = [(1.0, syllable), *((min(1.0, others[s] / most), s) for s in others if s != syllable)]
        longer = [(ratio * factor, (*head, tail)) for ratio, head in ways for factor, tail in choices]
        longer = [way for way in longer if way[0] >= _LEAST_RATIO]
        ways = sorted(longer, key=lambda way: -way[0])[:MAX_READINGS]  # stable: what pypinyin reads stays first
    return [reading for _, reading in ways]


def likely_reading(text: str) -> tuple[list[str | None], list[bool]]:
    """Return for each character of `text` how pypinyin reads it there, None of what it cannot read; and whether a
    phrase of its dictionary says that it is read so and not otherwise.
    """
    from pypinyin.constants import PHRASES_DICT
    from pypinyin.seg.mmseg import seg

    read: list[str | None] = []
    is_known: list[bool] = []
    for piece in seg.cut(text):
        syllables = PHRASES_DICT.get(piece, ())
        if len(syllables) == len(piece):
            read += [numbered(first) for first, *_ in syllables]
            is_known += [len(several) == 1 for several in syllables]
        else:
            read += [numbered(listed[0]) if (listed := _listed(character)) else None for character in piece]
            is_known += [False] * len(piece)
    return read, is_known


@cache
def likelihoods(character: str) -> dict[str, float]:
    """Return the living readings of `character` and their shares (which may add up to less than 1).

    The one that pypinyin reads first comes first, the others by their shares. Empty of what has no reading.
    """
    listed = _listed(character)
    if not listed:
        return {}
    counted = _counted().get(character, Counter()) + Counter(
        {syllable: count * _PHRASE_WEIGHT for syllable, count in _in_phrases().get(character, Counter()).items()}
    )
    counted[listed[0]] += 1
    total = sum(counted.values())
    shares = {syllable: counted[syllable] / total for syllable in dict.fromkeys(listed)}
    spoken = _SPOKEN.get(character, ())
    others = [s for s in shares if s != listed[0] and (shares[s] >= LEAST_SHARE or s in spoken)]
    ordered = [listed[0], *sorted(others, key=lambda syllable: -shares[syllable])]
    return {numbered(syllable): shares[syllable] for syllable in ordered}


def of_surname(character: str) -> str | None:
    """Return how `character` is read as a surname, if that is not how it is read elsewhere."""
    syllable = _SURNAMES.get(character)
    return syllable and numbered(syllable)


@cache
def spellings(syllable: str) -> tuple[str, ...]:
    """Return how models write `syllable`, as `readings` gives it: `lü4`, `lv4`, `lǜ`; `lüe4`, `lue4`; `de5`, `de`."""
    from pypinyin.contrib.tone_convert import tone3_to_tone

    plain = syllable.replace("ü", "v")
    forms = [syllable, plain, syllable.replace("ü", "u:"), tone3_to_tone(syllable)]
    if "üe" in syllable:
        forms.append(syllable.replace("ü", "u"))
    if syllable.endswith("5"):
        forms += [form.removesuffix("5") + mark for form in (syllable, plain) for mark in ("", "0")]
    return tuple(dict.fromkeys(forms))


def unit_of(syllable: str, character: str, units: Mapping[str, int]) -> str | None:
    """Return the unit that `syllable`, a reading of `character`, is in a model, or None.

    Where the model lacks a syllable in the neutral tone, the likeliest other reading of the character is taken.
    """
    unit = next((form for form in spellings(syllable) if form in units), None)
    if unit is None and syllable.endswith("5"):
        every = (*likelihoods(character), *map(numbered, _listed(character)))
        others = (other for other in every if not other.endswith("5"))
        return next((found for other in others if (found := unit_of(other, character, units))), None)
    return unit


@cache
def _listed(character: str) -> list[str]:
    """Return all readings of `character` that pypinyin lists, with marks for their tones."""
    from pypinyin.constants import PINYIN_DICT

    return [syllable for syllable in PINYIN_DICT.get(ord(character), "").split(",") if syllable]


@cache
def numbered(syllable: str) -> str:
    """Return `syllable`, as in `bǎo`, with its tone as a number: `bao3`."""
    from pypinyin.contrib.tone_convert import tone_to_tone3

    return tone_to_tone3(syllable, neutral_tone_with_five=True, v_to_u=True)


@cache
def _counted() -> dict[str, Counter[str]]:
    """Return character -> how often each reading was counted in running text."""
    rows = (line.split() for line in files("asrkit.text").joinpath(_COUNTED).read_text("utf-8").splitlines())
    return {row[0]: Counter(dict(zip(row[1::2], map(int, row[2::2]), strict=True))) for row in rows}


@cache
def _in_phrases() -> dict[str, Counter[str]]:
    """Return character -> in how many phrases of pypinyin's dictionary it has each reading."""
    from pypinyin.constants import PHRASES_DICT

    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for phrase, syllables in PHRASES_DICT.items():
        for character, (syllable, *_) in zip(phrase, syllables, strict=False):
            counts[character][syllable] += 1
    return counts
