"""Law 5, read aloud: the slow, obvious twin of the automaton; and random lists to try both on."""

import numpy as np

from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.hotwords.table import after_break, at_end, follow
from asrkit.units.edges import WordEdges

BREAK = -1  # a unit that no phrase has


def with_breaks(units, breaks):
    """Return the sequence of units and breaks that `Path.units` and `Path.breaks` tell."""
    places = range(len(units) + 1)
    return [said for place in places for said in ([BREAK] * (place in breaks) + units[place : place + 1])]


def whole_words(words, units):
    """Return before which places of `units`, and behind which, an edge lies: by looking at the next text on each side.

    Behind the last text lies an edge only if its unit closes a word, or if the utterance ends there: None.
    """
    seen_through = [unit == BREAK or words.special[unit] for unit in units]
    before, behind = [], []
    for place, unit in enumerate(units):
        earlier = [units[other] for other in range(place) if not seen_through[other]]
        later = [units[other] for other in range(place + 1, len(units)) if not seen_through[other]]
        is_text = not seen_through[place]
        before.append(is_text and (not earlier or words.closes[earlier[-1]] or words.opens[unit]))
        if is_text and not later and not words.closes[unit]:
            behind.append(None)
        else:
            behind.append(is_text and bool(words.closes[unit] or words.opens[later[0]]))
    return before, behind


def total_bonus(weights, incremental_bias, units, words=None):
    """Return the bonus of (utterances, length) `units` under {tuple of units: weight}, one number an utterance."""
    covered = np.zeros(units.shape, bool)
    bonus = np.zeros(len(units))
    begins, ends = np.ones(units.shape, bool), np.ones(units.shape, bool)
    if words is not None:
        for row, said in enumerate(units.tolist()):
            begins[row], behind = whole_words(words, said)
            ends[row] = [edge in (True, None) for edge in behind]
    for phrase, weight in weights.items():
        for start in range(units.shape[1] - len(phrase) + 1):
            end = start + len(phrase)
            is_there = (units[:, start:end] == phrase).all(axis=1) & begins[:, start] & ends[:, end - 1]
            bonus += weight * is_there
            if weight >= 0:
                covered[is_there, start:end] = True
    return bonus + incremental_bias * covered.sum(axis=1)


def pending_credit(weights, incremental_bias, units, words=None):
    """Return law 6's pending credit of one sequence of units and breaks."""
    before, behind = [True] * len(units), [True] * len(units)
    if words is not None:
        before, behind = whole_words(words, units)
    boosted = [phrase for phrase, weight in weights.items() if weight >= 0]
    paid = set()
    for phrase in boosted:
        for start in range(len(units) - len(phrase) + 1):
            end = start + len(phrase)
            if tuple(units[start:end]) == phrase and before[start] and behind[end - 1]:
                paid |= set(range(start, end))
    last = len(units)  # one past the last text
    while words is not None and last and (units[last - 1] == BREAK or words.special[units[last - 1]]):
        last -= 1
    for start in range(last):
        suffix = tuple(units[start:last])
        is_prefix = any(phrase[: len(suffix)] == suffix for phrase in boosted)
        if last < len(units):  # nothing goes on, but it may be that a word ended before the break
            is_prefix = suffix in boosted
        if is_prefix and before[start]:
            return incremental_bias * len(set(range(start, last)) - paid)
    return 0.0


def graph_of(weights, incremental_bias, units, scale=1.0, words=None):
    """Return the graph of {tuple of units: weight}."""
    spelled = [SpelledPhrase("-".join(map(str, p)), weight, (tuple(p),)) for p, weight in weights.items()]
    return HotwordGraph.build(spelled, units, incremental_bias=incremental_bias, scale=scale, words=words)


def random_list(rng, letters):
    """Return up to seven random phrases with whole-numbered weights, some of them negative."""
    longest = int(rng.choice([2, 4, 8]))
    phrases = [rng.integers(0, letters, rng.integers(1, longest + 1)).tolist() for _ in range(rng.integers(1, 8))]
    return {tuple(phrase): float(rng.integers(-9, 10)) for phrase in phrases}


def random_words(rng, units, specials=0):
    """Return random word edges of `units` units: pieces with `@@` or `▁`, letters with a delimiter, or all at once.

    The last `specials` units are special.
    """
    opens, closes = rng.random((2, units)) < rng.choice([0.2, 0.5])
    match rng.integers(0, 4):
        case 0:  # with @@, among them characters that open, too
            opens = closes & opens
        case 1:  # with ▁
            closes = opens & closes
        case 2:  # letters
            closes = opens
    special = np.arange(units) >= units - specials
    return WordEdges(opens & ~special, closes & ~special, special)


def walked(graph, units):
    """Return what the automaton banks on each of (utterances, length) `units`, and the states that it ends in."""
    states = range(len(graph.table.states))
    steps = [[*(follow(graph.table, state, unit + 1) for unit in range(graph.units)),
              (after_break(graph.table, state), 0.0)] for state in states]  # fmt: skip
    following = np.array([[state for state, _ in row] for row in steps])
    banked = np.array([[bank for _, bank in row] for row in steps])
    state, total = np.zeros(len(units), np.int64), np.zeros(len(units))
    for unit in units.T:
        total += banked[state, unit]  # BREAK, -1, is the last one
        state = following[state, unit]
    return total + np.array([at_end(graph.table, last) for last in states])[state], state
