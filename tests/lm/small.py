"""Small corpora, their counts counted the obvious way, and the law that probabilities sum to one."""

from collections import Counter

import numpy as np

from asrkit.lm.counts import NgramCounts
from asrkit.lm.model import Model

SPECIAL = ("<unk>", "<s>", "</s>")


def random_corpus(rng, sentences=60, letters=8, most=8):
    """Sentences of a few words, some frequent and some rare, so that counts are spread."""
    share = 1.0 / np.arange(1, letters + 1)
    words = [chr(ord("a") + i) for i in range(letters)]
    number = int(rng.integers(1, sentences))
    return [list(rng.choice(words, rng.integers(0, most), p=share / share.sum())) for _ in range(number)]


def count(sentences, order):
    """Return a dict from n-gram (tuple of words) to its count, of orders 1 to `order`."""
    counts = Counter()
    for words in sentences:
        padded = ["<s>", *map(str, words), "</s>"]
        for n in range(1, order + 1):
            counts.update(tuple(padded[i : i + n]) for i in range(len(padded) - n + 1))
    return counts


def ngram_counts(sentences, order, extra=()):
    """Return the same as NgramCounts; `extra` words are in the vocabulary without having been seen."""
    counts = count(sentences, order)
    words = [*SPECIAL, *sorted({word for line in sentences for word in line} | set(extra))]
    ids = {word: i for i, word in enumerate(words)}
    grams, numbers = [], []
    for n in range(1, order + 1):
        some = sorted([ids[word] for word in gram] for gram in counts if len(gram) == n)
        if n == 1:
            some = [[i] for i in range(len(words))]
        grams.append(np.array(some, np.int32).reshape(-1, n))
        numbers.append(np.array([counts[tuple(words[i] for i in gram)] for gram in some], np.int64))
    return NgramCounts(tuple(words), tuple(grams), tuple(numbers))


def assert_sums_to_one(arpa, rng, within=1e-6, others=20):
    """Check every context of the model and some that it does not have."""
    model = Model.of(arpa)
    contexts = [gram for table in model.trie.grams[:-1] for gram in table.tolist()] + [[]]
    size = len(model.vocabulary) + 1
    contexts += [rng.integers(0, size, rng.integers(0, model.order + 1)).tolist() for _ in range(others)]
    for context in contexts:
        p = 10.0 ** model.distribution(context)
        p[model.vocabulary.begin] = 0.0
        total = p.sum()
        assert abs(total - 1.0) < within, ([model.vocabulary.words[i] for i in context if i < size - 1], total)


def probability(model, words, context):
    """Return p(each of `words` | context) of a Model as floats."""
    grams = [[*model.vocabulary.ids_of(context), *model.vocabulary.ids_of([word])] for word in words]
    return 10.0 ** model.log10_of(np.array(grams))
