"""Make asrkit/units/syllables_zh.txt, the most frequent character of each toned syllable, from words_zh.txt.gz.

`python lexicons/make_syllables_zh.py`. A word counts for each of its characters as pypinyin reads the word; syllables
that no word has get a character by its first reading, or by any reading of it.
"""

from collections import defaultdict
from pathlib import Path

from pypinyin import constants

from asrkit import store
from asrkit.formats import word_counts
from asrkit.text.pinyin import readings

ROOT = Path(__file__).parents[1] / "asrkit"
WORDS = ROOT / "text" / "words_zh.txt.gz"
OUTPUT = ROOT / "units" / "syllables_zh.txt"


def main() -> None:
    counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    of_character: dict[str, int] = defaultdict(int)
    for word, count in word_counts.parse(WORDS).items():
        for character in word:
            of_character[character] += count
        for character, syllable in zip(word, (readings(word) or [()])[0], strict=False):
            counts[syllable][character] += count
    for code in constants.PINYIN_DICT:
        character = chr(code)
        for rank, (syllable,) in enumerate(readings(character) or ()):
            counts[syllable][character] += (1e-3 if rank == 0 else 1e-9) * (1 + of_character[character])
    table = {syllable: max(of, key=lambda c: (of[c], -ord(c))) for syllable, of in sorted(counts.items())}
    store.write_lines(OUTPUT, (f"{syllable} {character}" for syllable, character in table.items()))
    print(f"{OUTPUT.name}: {len(table):,} syllables")


if __name__ == "__main__":
    main()
