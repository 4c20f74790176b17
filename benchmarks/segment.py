"""Cutting Chinese text into words, against jieba (HMM=False): the same lexicon, the same task."""

import time

from asrkit.text.segment import Segmenter, shipped_lexicon


def main() -> None:
    import jieba

    jieba.setLogLevel("ERROR")
    jieba.initialize()
    segmenter = Segmenter(shipped_lexicon())
    text = _text(jieba)
    segmenter.text(text[:1000])

    begun = time.process_time()
    theirs = [" ".join(jieba.cut(line, HMM=False)) for line in text.split("\n")]
    middle = time.process_time()
    ours = segmenter.text(text).split("\n")
    ended = time.process_time()

    their_seconds, our_seconds = middle - begun, ended - middle
    same = sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(ours)
    print(f"segment: {len(text) / 1e6:.1f} M characters, CPU: asrkit {our_seconds:.2f} s, jieba {their_seconds:.2f} s")
    print(f"segment: ratio {our_seconds / their_seconds:.3f}, {len(text) / our_seconds / 1e6:.1f} M characters/s")
    print(f"segment: {same:.2%} of lines the same")


def _text(jieba) -> str:
    """Return words of jieba's lexicon, drawn by count, as 20,000 lines of 60 characters or so."""
    import numpy as np

    words = [word for word in jieba.dt.FREQ if "\u4e00" <= word[0] <= "\u9fff" and word.isalpha()]
    count = np.array([jieba.dt.FREQ[word] for word in words], float)
    drawn = np.random.default_rng(1).choice(len(words), (20_000, 35), p=count / count.sum())
    return "\n".join("".join(words[i] for i in line) for line in drawn)


if __name__ == "__main__":
    main()
