"""Small random lexica and language models, and slow twins of what a graph says about them."""

import itertools

import numpy as np

from asrkit.formats import arpa
from asrkit.formats.arpa import Arpa
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.graph import vocabulary
from asrkit.graph.grammar_fst import grammar_fst
from asrkit.graph.lexicon_fst import lexicon_fst
from asrkit.graph.lg import lexicon_with_grammar
from asrkit.graph.tokens_fst import with_tokens

UNITS = UnitTable(("<blank>", "<s>", "</s>", "a", "b", "c", "d"))
SPOKEN = UNITS.units[3:]
PASSING = (0, 1, 2)
LN10 = float(np.log(10))
# Names that trip up tools which write graphs as text.
NAMES = ("a", "b", "#0", "#1", "a#b", "<x", "[x]", "\\", "Ａ", "<noise>", "甲", "乙", "ε", "0", "e\u0301")


def random_lexicon(rng, names=NAMES, longest=3):
    """Return a lexicon in which homophones, prefixes and words with several pronunciations abound."""
    entries = {}
    for _ in range(rng.integers(2, 9)):
        word = str(rng.choice(names))
        units = tuple(str(u) for u in rng.choice(SPOKEN[:3], rng.integers(1, longest + 1)))
        entries[word, units] = Pronunciation(word, units, float(rng.choice([1.0, 1.0, 0.5, 0.25])))
    return Lexicon(tuple(entries.values()))


def random_model(rng, words, order, *, steep=True):
    """Return a model with a random subset of all n-grams; probabilities do not sum to one, which nobody minds.

    In a `steep` one, every n-gram's suffix is an n-gram (KenLM wants that), and leaving a context early never pays:
    p(w | h) · backoff(hw) ≥ backoff(h) · p(w | h'). Then the cheapest path of a graph with backoff arcs costs what the
    model says. In others it may cost less.
    """
    words = ["<unk>", "<s>", "</s>", *words]
    probability = [{(w,): float(rng.uniform(0.01, 0.3)) for w in words}]
    backoff = {(w,): float(rng.choice([1.0, rng.uniform(0.3, 1.0)])) for w in words}
    for n in range(2, order + 1):
        table = {}
        for context in probability[-1]:
            if context[-1] == "</s>" or rng.random() < 0.3:
                continue
            for word in words:
                suffix = (*context[1:], word)
                kept = word != "<s>" and not (steep and suffix not in probability[-1])
                if not kept or rng.random() > (0.3 if n == 2 else 0.6):
                    continue
                gram = (*context, word)
                backoff[gram] = 1.0 if n == order or word == "</s>" else float(rng.choice([1.0, rng.uniform(0.3, 1.0)]))
                p = float(rng.uniform(0.01, 0.3))
                if steep:
                    p = max(p, 1.001 * backoff[context] * probability[-1][suffix] / backoff[gram])
                if p < 1:
                    table[gram] = p
        probability.append(table)
    probability[0]["<s>",] = 1e-99
    number = {word: i for i, word in enumerate(words)}
    grams = (np.array([[number[w] for w in gram] for gram in table], np.int32).reshape(-1, n)
             for n, table in enumerate(probability, 1))  # fmt: skip
    weights = [np.array([1.0 if n == order or g[-1] == "</s>" else backoff[g] for g in table])
               for n, table in enumerate(probability, 1)]  # fmt: skip
    tables = [np.array(list(table.values())) for table in probability], weights
    return Arpa(tuple(words), tuple(grams), *(tuple(np.log10(t).astype(np.float32) for t in part) for part in tables))


def early_leaving(model):
    """Return a function that scores sentences, log10, where a context may be left early: the best of all ways."""
    tables = [
        {tuple(model.words[i] for i in gram): (float(p), float(b)) for gram, p, b in zip(grams, ps, bs, strict=True)}
        for grams, ps, bs in zip(model.grams, model.log10_probs, model.log10_backoffs, strict=True)
    ]

    def entry(gram):
        return tables[len(gram) - 1].get(gram) if gram else None

    def log10_of(words):
        best = {("<s>",)[: model.order - 1]: 0.0}  # history -> score
        for word in (*words, "</s>"):
            name = (word if (word,) in tables[0] else "<unk>",)
            after = {}
            for history, score in best.items():
                for drop in range(len(history) + 1):
                    context = history[drop:]
                    found = entry(context + name)
                    if found is not None:
                        paid = sum((entry(history[k:]) or (0, 0.0))[1] for k in range(drop))
                        following = (context + name)[-(model.order - 1) :] if model.order > 1 else ()
                        after[following] = max(after.get(following, -np.inf), score + paid + found[0])
            best = after
        return max(best.values())

    return log10_of


def written(model, path):
    arpa.write(path, model)
    return path


def make_parts(lexicon, model, **options):
    """Return (vocabulary, L, G, LG)."""
    chosen = vocabulary.choose(lexicon, model.words, model.log10_probs[0], UNITS, **options)
    grammar = grammar_fst(model, chosen)
    return chosen, lexicon_fst(chosen), grammar.fst, lexicon_with_grammar(chosen, grammar.fst)


def make_graph(lexicon, model, topology, **options):
    """Return (vocabulary, TLG)."""
    chosen, *_, lg = make_parts(lexicon, model, **options)
    return chosen, with_tokens(UNITS, topology, lg)


def cheapest(fst, labels):
    """Return (cost, output labels) of the cheapest path that reads `labels`; (inf, None) if there is none."""
    best = _closed(fst, {fst.start: (0.0, ())})
    for label in labels:
        best = _closed(fst, _step(fst, best, label))
    ends = [(cost + float(fst.states["final"][s]), out) for s, (cost, out) in best.items()]
    cost, out = min(ends, default=(np.inf, None))
    return (cost, out) if np.isfinite(cost) else (np.inf, None)


def _step(fst, best, label):
    after = {}
    for state, (cost, out) in best.items():
        first = int(fst.states["pos"][state])
        for arc in fst.arcs[first : first + int(fst.states["narcs"][state])]:
            if arc["ilabel"] == label:
                reached = cost + float(arc["weight"]), out + ((int(arc["olabel"]),) if arc["olabel"] else ())
                following = int(arc["next"])
                if following not in after or reached < after[following]:
                    after[following] = reached
    return after


def _closed(fst, best):
    frontier = best
    while frontier:
        reached = _step(fst, frontier, 0)
        frontier = {s: value for s, value in reached.items() if s not in best or value < best[s]}
        best = {**best, **frontier}
    return best


def segmentations(units, ways):
    """Yield every tuple of (word, cost) that says `units`; `ways` maps a tuple of units to such pairs."""
    if not units:
        yield ()
    for end in range(1, len(units) + 1):
        for first in ways.get(units[:end], ()):
            for rest in segmentations(units[end:], ways):
                yield (first, *rest)


def ways_to_say(lexicon, model, *, closed=False, unknown_cost=0.0):
    """Return {units: [(word, cost), …]}, the words of an open or closed vocabulary by how they are said."""
    ways, alone = {}, set(SPOKEN)
    for entry in lexicon.entries:
        known = entry.word in model.words
        if known or not closed:
            cost = -np.log(entry.probability) + (0 if known else unknown_cost * len(entry.units))
            ways.setdefault(entry.units, []).append((entry.word, cost))
            if len(entry.units) == 1:
                alone.discard(entry.units[0])
    if not closed:
        for unit in alone:
            ways.setdefault((unit,), []).append(("<unk>", unknown_cost))
    return ways


def twin(units, ways, log10_of):
    """Return (cost, list of word sequences of that cost) by trying every segmentation; `log10_of` scores a sentence."""
    costs = {}
    for way in segmentations(units, ways):
        words = tuple(word for word, _ in way)
        cost = sum(cost for _, cost in way) - LN10 * log10_of(words)
        costs[words] = min(cost, costs.get(words, np.inf))
    least = min(costs.values(), default=np.inf)
    return least, [words for words, cost in costs.items() if cost < least + 1e-4]


def ctc_collapsed(frames):
    """Return the units that CTC reads in `frames`, model ids."""
    runs = (unit for unit, _ in itertools.groupby(frames))
    return tuple(unit for unit in runs if unit not in PASSING)
