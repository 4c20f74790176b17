"""Law 5, read aloud: the slow, obvious twin of the automaton; and random lists to try both on."""

import numpy as np

from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.hotwords.table import follow

BREAK = -1  # a unit that no phrase has


def with_breaks(units, breaks):
    """Return the sequence of units and breaks that `Path.units` and `Path.breaks` tell."""
    places = range(len(units) + 1)
    return [said for place in places for said in ([BREAK] * (place in breaks) + units[place : place + 1])]


def total_bonus(weights, incremental_bias, units):
    """Return the bonus of (utterances, length) `units` under {tuple of units: weight}, one number an utterance."""
    covered = np.zeros(units.shape, bool)
    bonus = np.zeros(len(units))
    for phrase, weight in weights.items():
        for start in range(units.shape[1] - len(phrase) + 1):
            is_there = (units[:, start : start + len(phrase)] == phrase).all(axis=1)
            bonus += weight * is_there
            if weight >= 0:
                covered[is_there, start : start + len(phrase)] = True
    return bonus + incremental_bias * covered.sum(axis=1)


def pending_credit(weights, incremental_bias, units):
    """Return law 6's pending credit of one sequence of units."""
    paid = set()
    for phrase, weight in weights.items():
        for start in range(len(units) - len(phrase) + 1):
            if weight >= 0 and tuple(units[start : start + len(phrase)]) == phrase:
                paid |= set(range(start, start + len(phrase)))
    for start in range(len(units)):
        suffix = tuple(units[start:])
        if any(weight >= 0 and phrase[: len(suffix)] == suffix for phrase, weight in weights.items()):
            return incremental_bias * len(set(range(start, len(units))) - paid)
    return 0.0


def graph_of(weights, incremental_bias, units, scale=1.0):
    """Return the graph of {tuple of units: weight}."""
    spelled = [SpelledPhrase("-".join(map(str, p)), weight, (tuple(p),)) for p, weight in weights.items()]
    return HotwordGraph.build(spelled, units, incremental_bias=incremental_bias, scale=scale)


def random_list(rng, letters):
    """Return up to seven random phrases with whole-numbered weights, some of them negative."""
    longest = int(rng.choice([2, 4, 8]))
    phrases = [rng.integers(0, letters, rng.integers(1, longest + 1)).tolist() for _ in range(rng.integers(1, 8))]
    return {tuple(phrase): float(rng.integers(-9, 10)) for phrase in phrases}


def walked(graph, units):
    """Return what the automaton banks on each of (utterances, length) `units`, and the states that it ends in."""
    steps = [[follow(graph.table, state, unit + 1) for unit in range(graph.units)] for state in range(graph.states)]
    following = np.array([[state for state, _ in row] for row in steps])
    banked = np.array([[bank for _, bank in row] for row in steps])
    state, total = np.zeros(len(units), np.int64), np.zeros(len(units))
    for unit in units.T:
        total += banked[state, unit]
        state = following[state, unit]
    return total, state
