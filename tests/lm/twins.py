"""Slow, obvious twins: counts in dictionaries, formulas as they stand in the papers, float64."""

import math
from collections import Counter, defaultdict


def raw_counts(sentences, order):
    """For each order, n-gram (tuple of words) to how often it is there; no 1-gram <s>."""
    counts = [Counter() for _ in range(order)]
    for sentence in sentences:
        words = ["<s>", *sentence, "</s>"]
        for n in range(1, order + 1):
            for i in range(len(words) - n + 1):
                counts[n - 1][tuple(words[i : i + n])] += 1
    del counts[0][("<s>",)]
    return counts


def adjusted_counts(raw):
    """Continuation counts, but raw ones of the highest order and of n-grams that begin with <s>."""
    adjusted = []
    for n, counts in enumerate(raw, 1):
        if n == len(raw):
            adjusted.append(dict(counts))
            continue
        before = defaultdict(set)
        for gram in raw[n]:
            before[gram[1:]].add(gram[0])
        adjusted.append({gram: c if gram[0] == "<s>" else len(before[gram]) for gram, c in counts.items()})
    return adjusted


def estimated(adjusted):
    """D1, D2, D3+ of one order's adjusted counts, or None where they cannot be estimated (Chen & Goodman)."""
    n = Counter(adjusted.values())
    if not (n[1] and n[2] and n[3]):
        return None
    y = n[1] / (n[1] + 2 * n[2])
    discounts = [j - (j + 1) * y * n[j + 1] / n[j] for j in (1, 2, 3)]
    return discounts if all(0 <= d <= j for j, d in enumerate(discounts, 1)) else None


class ModifiedKneserNey:
    """probabilities[n] and backoffs[n] by n-gram, of a model with lmplz's rules."""

    def __init__(self, sentences, order, prune, fallback, keep=None):
        raw = raw_counts(sentences, order)
        adjusted = adjusted_counts(raw)
        self.discounts = [estimated(counts) or list(fallback) for counts in adjusted]
        special = {"<unk>", "<s>", "</s>"}
        words = {gram[0] for gram in raw[0]}
        known = (words if keep is None else words & set(keep)) | special

        def stays(gram):
            n = len(gram)
            if n == 1 and gram[0] in special:
                return True
            return raw[n - 1][gram] > prune[n - 1] and known.issuperset(gram)

        def discount(n, count):
            return self.discounts[n - 1][min(count, 3) - 1]

        sums, left = defaultdict(float), defaultdict(float)
        for n in range(1, order + 1):
            for gram, count in adjusted[n - 1].items():
                sums[gram[:-1]] += count
                left[gram[:-1]] += discount(n, count) if stays(gram) else count
        unigrams = [gram for gram in adjusted[0] if stays(gram)]
        uniform = 1 / len({*unigrams, ("<unk>",)})
        self.probabilities = {("<unk>",): left[()] / sums[()] * uniform, ("<s>",): 1.0}
        for n in range(1, order + 1):
            for gram, count in adjusted[n - 1].items():
                if stays(gram):
                    own = (count - discount(n, count)) / sums[gram[:-1]]
                    lower = self.probabilities[gram[1:]] if n > 1 else uniform
                    self.probabilities[gram] = own + left[gram[:-1]] / sums[gram[:-1]] * lower
        self.backoffs = {
            gram: left[gram] / sums[gram] if gram in sums else 1.0 for gram in self.probabilities if len(gram) < order
        }

    def tables(self):
        """log10 probability and backoff by n-gram."""
        return {
            gram: (min(0.0, math.log10(p)), math.log10(self.backoffs.get(gram, 1.0)))
            for gram, p in self.probabilities.items()
        }


def table(model):
    """log10 probability and backoff by n-gram of an Arpa."""
    return {
        tuple(model.words[i] for i in gram): (float(p), float(b))
        for grams, probs, backoffs in zip(model.grams, model.log10_probs, model.log10_backoffs, strict=True)
        for gram, p, b in zip(grams.tolist(), probs, backoffs, strict=True)
    }


def probability(entries, context, word):
    """p(word | context) by backing off through the entries of `table`, log10."""
    if (*context, word) in entries:
        return entries[(*context, word)][0]
    if not context:
        return entries[("<unk>",)][0]
    return entries.get(context, (0, 0.0))[1] + probability(entries, context[1:], word)
