"""Captions, SubRip and WebVTT: a recording's words in pieces to be read, broken between words and at pauses.

Of all ways to break the words, the one of least cost is taken: each caption costs something, so does a break where
nobody pauses, a pause inside a caption, room that is left, and most of all a caption of one syllable. None is wider or
lasts longer than the limits, unless a single word does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from asrkit import defaults, progress
from asrkit.errors import shown
from asrkit.formats import paths
from asrkit.formats.hyps import Hypothesis, Word
from asrkit.text.segment import Segmenter, shipped_lexicon
from asrkit.units.joining import text_of

FORMATS = ("srt", "vtt")
FOLDER = "captions"
_PAUSE = 0.6  # seconds of silence that end a caption
_CAPTION, _UNBROKEN, _ROOM, _LEFTOVER = 0.5, 0.5, 1.0, 6.0  # costs
_INSIDE = 2.0  # for each _PAUSE that a pause inside a caption lasts
_SHORTEST = 0.3  # seconds that a caption is shown, if the next one leaves them
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_VOWELS = re.compile(r"[aeiouyàáâäåæèéêëìíîïòóôöøùúûüāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How captions are made.

    Attributes:
        width: columns of a terminal that the longest has: a Chinese character takes two.
        seconds: how long it lasts at most.
        formats: of FORMATS, those that a folder of results has.
    """

    width: int = defaults.CAPTION_WIDTH
    seconds: float = defaults.CAPTION_SECONDS
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caption:
    """One caption, in seconds."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class _Atom:
    """Words that stay together."""

    words: tuple[str, ...]
    start: float
    end: float


def lines(format: str, hypotheses: Iterable[Hypothesis], limits: Limits | None = None) -> Iterator[str]:
    """Yield the lines of the captions of `hypotheses` in one of FORMATS; words without times have none."""
    number = 0
    if format == "vtt":
        yield from ("WEBVTT", "")
    for hypothesis in hypotheses:
        for caption in captions(hypothesis.best.words, limits or Limits()):
            number += 1
            if format == "srt":
                times = f"{_clock(caption.start, ',')} --> {_clock(caption.end, ',')}"
                yield from (str(number), times, caption.text, "")
            else:
                text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                yield from (f"{_clock(caption.start, '.')} --> {_clock(caption.end, '.')}", text, "")


def files(hypotheses: Iterable[Hypothesis], limits: Limits) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield (name, lines) of the files of captions of each of `hypotheses`, and warn of those that have no times."""
    without = []
    for hypothesis in hypotheses:
        if hypothesis.best.words and all(word.start is None for word in hypothesis.best.words):
            without.append(hypothesis.utt)
            continue
        for format in limits.formats:
            yield paths.file_name(hypothesis.utt, f".{format}"), lines(format, [hypothesis], limits)
    if without:
        count = progress.counted(len(without), "utterance")
        progress.warn(f"{count} without times of words, left out of {FOLDER}, such as {shown(without[0])}")


def captions(words: Sequence[Word], limits: Limits) -> list[Caption]:
    """Return the captions of words, in their order."""
    atoms = _atoms(words)
    costs, breaks = [0.0], [0]  # of the best way to break the first atoms, and where its last caption begins
    for end in range(1, len(atoms) + 1):
        best = None
        for begin in range(end - 1, -1, -1):
            cost = _cost(atoms, begin, end, limits)
            if cost is None:
                break
            if best is None or costs[begin] + cost < best[0]:
                best = costs[begin] + cost, begin
        assert best is not None  # an atom alone is always allowed
        costs.append(best[0])
        breaks.append(best[1])
    parts, end = [], len(atoms)
    while end:
        parts.append(atoms[breaks[end] : end])
        end = breaks[end]
    parts.reverse()
    made = []
    for number, part in enumerate(parts):
        following = parts[number + 1][0].start if number + 1 < len(parts) else float("inf")
        last = min(max(part[-1].end, part[0].start + _SHORTEST), max(following, part[0].start))
        made.append(Caption(part[0].start, last, _text(part)))
    return made


def _cost(atoms: Sequence[_Atom], begin: int, end: int, limits: Limits) -> float | None:
    """Return what a caption of atoms[begin:end] costs, None if it is too wide or lasts too long."""
    part = atoms[begin:end]
    text = _text(part)
    width = _width(text)
    if len(part) > 1 and (width > limits.width or part[-1].end - part[0].start > limits.seconds):
        return None
    gaps = [after.start - before.end for before, after in pairwise(part)]
    inside = sum(_INSIDE * gap / _PAUSE for gap in gaps if gap >= _PAUSE)
    room = max(0.0, 1 - width / limits.width)
    cost = _CAPTION + inside + _ROOM * room * room + (_LEFTOVER if syllables(text) <= 1 else 0.0)
    if end < len(atoms):
        cost += _UNBROKEN * max(0.0, 1 - (atoms[end].start - part[-1].end) / _PAUSE)
    return cost


def syllables(text: str) -> int:
    """Return how many syllables `text` has, about: Chinese characters, and runs of vowels in words of letters."""
    chinese = len(_CHINESE.findall(text))
    return chinese + sum(max(1, len(_VOWELS.findall(word))) for word in _CHINESE.sub(" ", text).split())


def _text(part: Sequence[_Atom]) -> str:
    return text_of(word for atom in part for word in atom.words)


def _atoms(words: Sequence[Word]) -> list[_Atom]:
    """Return what is never broken: characters of one word together, words without times with the one before."""
    together = _together([word.word for word in words])
    atoms: list[_Atom] = []
    early: list[str] = []  # words without times before the first that has them
    for word, with_last in zip(words, together, strict=True):
        if word.start is None or word.end is None:
            if atoms:
                atoms[-1] = _Atom((*atoms[-1].words, word.word), atoms[-1].start, atoms[-1].end)
            else:
                early.append(word.word)
        elif atoms and with_last:
            atoms[-1] = _Atom((*atoms[-1].words, word.word), atoms[-1].start, max(atoms[-1].end, word.end))
        else:
            atoms.append(_Atom((*early, word.word), word.start, word.end))
            early = []
    return atoms


def _together(words: Sequence[str]) -> list[bool]:
    """Return of each word whether it goes on with the one before: single characters that are a word together."""
    goes_on = [False] * len(words)
    number = 0
    while number < len(words):  # runs of single characters, as a greedy text has them
        end = number
        while end < len(words) and len(words[end]) == 1 and _CHINESE.match(words[end]):
            end += 1
        if end - number > 1:
            segmented = _segmenter().text("".join(words[number:end])).split()
            if sum(map(len, segmented)) == end - number:
                at = number
                for word in segmented:
                    goes_on[at + 1 : at + len(word)] = [True] * (len(word) - 1)
                    at += len(word)
        number = max(end, number + 1)
    return goes_on


@cache
def _segmenter() -> Segmenter:
    return Segmenter(shipped_lexicon())


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
