"""Small random graphs and posteriors for the tests of the search."""

import numpy as np

from asrkit.formats.openfst import ARC, Fst
from asrkit.hotwords.table import HOTWORD_EDGE, HOTWORD_STATE, make_table, no_hotwords
from asrkit.search.graph import search_graph
from asrkit.units.edges import WordEdges
from tests.hotwords.law import graph_of, random_words

BLANK = 0


def random_grammar(rng, states, units, *, words=5, first_unit=0, epsilons=True, coarse=False):
    """Return the arcs (source, unit label, word, cost, next) and final costs of a random graph over units.

    Epsilon arcs lead to higher states only. With `coarse`, costs are small whole numbers, so that ties abound.
    """
    arcs = []

    def cost(scale=2.0):
        return float(rng.integers(0, 3)) if coarse else float(np.float32(rng.normal(1.0, scale)))

    for source in range(states):
        for _ in range(rng.integers(1, 4)):
            label = int(rng.integers(first_unit, units)) + 1
            word = int(rng.integers(0, words + 1)) if rng.random() < 0.6 else 0
            arcs.append((source, label, word, cost(), int(rng.integers(0, states))))
        if epsilons and source + 1 < states and rng.random() < 0.5:
            word = int(rng.integers(1, words + 1)) if rng.random() < 0.2 else 0
            arcs.append((source, 0, word, cost(), int(rng.integers(source + 1, states))))
    finals = np.where(rng.random(states) < 0.5, [cost() for _ in range(states)], np.inf).astype(np.float32)
    if not np.isfinite(finals).any():
        finals[-1] = 0
    return arcs, finals


def compiled(arcs, finals, units, topology, special_units, start=0):
    """Return the search graph of these arcs, sorted by label."""
    arcs = sorted(arcs, key=lambda arc: arc[:2])
    rows = np.array([arc[1:] for arc in arcs], ARC)
    fst = Fst.from_arcs(start, np.array([arc[0] for arc in arcs], np.int32), rows, np.asarray(finals, np.float32))
    return search_graph(fst, units, topology, special_units)


def identity_graph(rng, states=4, units=4, **more):
    """Return a random graph in which unit 0 is special: every state passes over it."""
    arcs, finals = random_grammar(rng, states, units, first_unit=1, **more)
    arcs += [(state, BLANK + 1, 0, 0.0, state) for state in range(states)]
    return compiled(arcs, finals, units, "identity", [BLANK])


def ctc_graph(rng, states=3, units=4, **more):
    """Return a random graph composed with CTC's topology: state (last unit or blank, grammar state)."""
    grammar, finals = random_grammar(rng, states, units, first_unit=1, **more)
    number = {(BLANK, 0): 0}
    arcs, waiting = [], [(BLANK, 0)]

    def state(last, inner):
        if (last, inner) not in number:
            number[last, inner] = len(number)
            waiting.append((last, inner))
        return number[last, inner]

    while waiting:
        last, inner = waiting.pop()
        here = number[last, inner]
        arcs.append((here, BLANK + 1, 0, 0.0, state(BLANK, inner)))
        if last != BLANK:
            arcs.append((here, last + 1, 0, 0.0, here))
        for source, label, word, cost, following in grammar:
            if source == inner and label == 0:
                arcs.append((here, 0, word, cost, state(last, following)))
            elif source == inner and label - 1 != last:
                arcs.append((here, label, word, cost, state(label - 1, following)))
    of_states = np.zeros(len(number), np.float32)
    for (_, inner), index in number.items():
        of_states[index] = finals[inner]
    if not np.isfinite(of_states).any():
        of_states[-1] = 0
    return compiled(arcs, of_states, units, "ctc", [BLANK])


def random_posteriors(rng, steps, units, *, coarse=False):
    """Return (steps, units) float32 log-probabilities; with `coarse`, whole numbers, which do not sum to one."""
    if coarse:
        return -rng.integers(0, 3, (steps, units)).astype(np.float32)
    logits = rng.normal(0, 2, (steps, units))
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    if rng.random() < 0.2:
        log_probs[rng.random((steps, units)) < 0.1] = -np.inf
    return log_probs.astype(np.float32)


def random_hotwords(rng, units, states=6):
    """Return a random table of the right form: a trie with failures to shallower states, gains drawn at random."""
    parents = [0] + [int(rng.integers(0, i)) for i in range(1, states)]
    depth = [0]
    for i in range(1, states):
        depth.append(depth[parents[i]] + 1)
    table = np.zeros(states, HOTWORD_STATE)
    edges, root = [(0, 0, 0.0, 0.0)], np.zeros(units + 1, np.uint32)
    for state in range(states):
        shallower = [other for other in range(states) if depth[other] < depth[state]]
        table["failure"][state] = rng.choice(shallower) if shallower else 0
        table["pending"][state] = rng.integers(0, 5) if state else 0
        used = sorted({int(rng.integers(2, units + 1)) for child in range(1, states) if parents[child] == state})
        table["first"][state] = len(edges)
        for label in used:
            if state == 0:
                root[label] = len(edges)
            edges.append((label, int(rng.integers(1, states)), float(rng.integers(-2, 5)), 0.0))
        table["end"][state] = len(edges)
    return make_table(table, np.array(edges, HOTWORD_EDGE), root)


def word_hotwords(rng, units, likely=None, *, whole=True):
    """Return the table of random phrases of whole words; unit 0, and perhaps another one, is special.

    Phrases are of `likely` units, by default of all. If not `whole`, each position is an edge.
    """
    words = random_words(rng, units)
    special = np.zeros(units, bool)
    special[[0, *rng.integers(1, units, rng.integers(0, 2))]] = True
    words = WordEdges(words.opens & ~special, words.closes & ~special, special)
    text = np.setdiff1d(np.arange(1, units) if likely is None else likely, np.flatnonzero(special))
    phrases = [tuple(rng.choice(text, rng.integers(1, 4)).tolist()) for _ in range(rng.integers(1, 13))]
    weights = {phrase: float(rng.integers(-3, 4)) for phrase in phrases}
    return graph_of(weights, float(rng.choice([0, 1, 2])), units, words=words if whole else None).table


def some_hotwords(rng, units):
    """Return a table of one of three kinds: none, drawn at random, of whole words."""
    match rng.integers(0, 3):
        case 0:
            return no_hotwords(units)
        case 1:
            return random_hotwords(rng, units)
    return word_hotwords(rng, units)
