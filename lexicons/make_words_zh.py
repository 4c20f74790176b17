"""Make asrkit/text/words_zh.txt.gz from the word list of the package jieba: `python lexicons/make_words_zh.py`.

It needs `pip install jieba==0.42.1`. The same version gives the same bytes.
"""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from asrkit import store
from asrkit.errors import AsrkitError
from asrkit.formats import word_counts

OUTPUT = Path(__file__).parents[1] / "asrkit" / "text" / "words_zh.txt.gz"


def main() -> None:
    found = find_spec("jieba")
    if found is None or found.origin is None:
        raise AsrkitError("the package jieba is missing", cure="pip install jieba==0.42.1")
    counts = word_counts.parse(Path(found.origin).parent / "dict.txt")  # lines: word count part-of-speech
    store.write_lines(OUTPUT, word_counts.serialize(counts))
    print(f"{OUTPUT.name}: {len(counts):,} words of jieba {version('jieba')}, {OUTPUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
