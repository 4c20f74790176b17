"""Greedy syllables as characters: `python naive.py GREEDY/text > text`.

The naive lexicon: each toned syllable is the most frequent character whose first reading it is, by the counts of the
Chinese word list that comes with asrkit. This is what a model of syllables is worth before it meets a language model.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import asrkit
from asrkit.formats import kaldi_dir, word_counts
from asrkit.text.pinyin import readings, spellings

WORDS = Path(asrkit.__file__).parent / "text" / "words_zh.txt.gz"


def naive_lexicon() -> dict[str, str]:
    """Return syllable, as any model may write it -> character."""
    counts: Counter[str] = Counter()
    for word, count in word_counts.parse(WORDS).items():
        for character in word:
            counts[character] += count
    lexicon: dict[str, str] = {}
    for character, _ in counts.most_common():
        for (syllable,) in (readings(character) or ())[:1]:
            for unit in spellings(syllable):
                lexicon.setdefault(unit, character)
    return lexicon


def main(path: str) -> None:
    """Print the transcripts of `path` in characters; a syllable that no character has stays as it is."""
    lexicon = naive_lexicon()
    for line in kaldi_dir.parse_text(path):
        print(line.utt, "".join(lexicon.get(unit, unit) for unit in line.text.split()))


if __name__ == "__main__":
    main(*sys.argv[1:])
