"""The slow, obvious twins of the search: one with the same pruning rule, one that walks every path."""

import math
from typing import NamedTuple

import numpy as np

from asrkit.hotwords.table import after_break, at_end, follow
from asrkit.search.path import says_new_unit

NEXT_BEAM_MARGIN = 0.5


class Way(NamedTuple):
    cost: float
    arcs: tuple


def arcs_from(graph, state):
    first = int(graph.fst.states["pos"][state])
    return range(first, first + int(graph.fst.states["narcs"][state]))


def breaks(graph, label):
    """Whether a hotword's match breaks at a step of this label (law 5)."""
    unit = label - 1
    return unit in graph.special_units and not (graph.topology == "ctc" and unit == graph.special_units[0])


def leaving(graph):
    """Return for each state its arcs as (index, input label, next state)."""
    arcs = [(a, int(arc["ilabel"]), int(arc["next"])) for a, arc in enumerate(graph.fst.arcs)]
    return [[arcs[a] for a in arcs_from(graph, state)] for state in range(len(graph.fst.states))]


def cutoff_rule(costs, options):
    """Return the cutoff (costs must be below it) and the next beam, by the rule that pruning.py states."""
    ranked = sorted(costs)
    cutoff = ranked[0] + options.beam
    if len(ranked) > options.max_active and ranked[options.max_active - 1] < cutoff:
        last = ranked[options.max_active - 1]
        return np.nextafter(last, math.inf), last - ranked[0] + NEXT_BEAM_MARGIN
    if len(ranked) <= options.min_active:
        return math.inf, options.beam
    if options.min_active > 0 and ranked[options.min_active - 1] >= cutoff:
        last = ranked[options.min_active - 1]
        return np.nextafter(last, math.inf), last - ranked[0] + NEXT_BEAM_MARGIN
    return cutoff, options.beam


def beam_search(log_probs, graph, hotwords, options):
    """Return (cost, arcs, complete, dead end) of the best path under the beam, with dictionaries for everything."""
    arcs = graph.fst.arcs

    def pending(key):
        return float(hotwords.states["pending"][key[1]])

    def graph_cost(a):
        cost = options.lm_scale * float(arcs["weight"][a])
        return cost - options.word_score if arcs["olabel"][a] else cost

    def survives(cost, key, cutoffs):
        return cost < cutoffs[0] or cost - pending(key) < cutoffs[1]

    def close(ways, cutoffs):
        waiting = list(ways)
        while waiting:
            key = waiting.pop(0)
            for a in arcs_from(graph, key[0]):
                if arcs["ilabel"][a] == 0:
                    cost = ways[key].cost + graph_cost(a)
                    target = (int(arcs["next"][a]), key[1])
                    if survives(cost, target, cutoffs) and cost < ways.get(target, Way(math.inf, ())).cost:
                        ways[target] = Way(cost, (*ways[key].arcs, a))
                        if target not in waiting:
                            waiting.append(target)
        return ways

    ways = close({(graph.fst.start, 0): Way(0.0, ())}, (math.inf, math.inf))
    dead_end = None
    for t, row in enumerate(log_probs):
        settled_cutoff, settled_beam = cutoff_rule([way.cost for way in ways.values()], options)
        total_cutoff, total_beam = cutoff_rule([way.cost - pending(key) for key, way in ways.items()], options)
        candidates = []
        best = min(ways, key=lambda key: ways[key].cost - pending(key))
        for state, hotword in [best, *(key for key in ways if key != best)]:
            way = ways[state, hotword]
            if not survives(way.cost, (state, hotword), (settled_cutoff, total_cutoff)):
                continue
            for a in arcs_from(graph, state):
                label = int(arcs["ilabel"][a])
                if label == 0 or row[label - 1] == -np.inf:
                    continue
                cost = way.cost + graph_cost(a) + -float(row[label - 1])
                new = says_new_unit(graph, np.array([state]), *(arcs[[a]][f] for f in ("ilabel", "olabel", "next")))
                after, banked = follow(hotwords, hotword, label) if new[0] else (hotword, 0.0)
                if breaks(graph, label):
                    after = after_break(hotwords, hotword)
                candidates.append((cost - banked, (int(arcs["next"][a]), after), (*way.arcs, a)))
        candidates = [c for c in candidates if c[0] < math.inf]
        if not candidates:
            dead_end = t
            break
        cutoffs = (
            min(cost for cost, _, _ in candidates) + settled_beam,
            min(cost - pending(key) for cost, key, _ in candidates) + total_beam,
        )
        ways = {}
        for cost, key, path in candidates:
            if survives(cost, key, cutoffs) and cost < ways.get(key, Way(math.inf, ())).cost:
                ways[key] = Way(cost, path)
        ways = close(ways, cutoffs)
    finals = graph.fst.states["final"]
    due = {key: at_end(hotwords, key[1]) for key in ways}
    ends = {
        key: way.cost + options.lm_scale * float(finals[key[0]]) - due[key] if np.isfinite(finals[key[0]]) else math.inf
        for key, way in ways.items()
    }
    complete = min(ends.values()) < math.inf
    if not complete:
        ends = {key: way.cost - due[key] for key, way in ways.items()}
    best = min(ends, key=ends.get)
    return ends[best], ways[best].arcs, complete, dead_end


def every_path(log_probs, graph):
    """Yield the arcs of every path from the start state that reads one unit a step and ends in a final state."""
    arcs, final = leaving(graph), np.isfinite(graph.fst.states["final"]).tolist()
    possible = (log_probs > -np.inf).tolist()

    def walk(state, t, path):
        if t == len(possible) and final[state]:
            yield path
        for a, label, following in arcs[state]:
            if label == 0:
                yield from walk(following, t, (*path, a))
            elif t < len(possible) and possible[t][label - 1]:
                yield from walk(following, t + 1, (*path, a))

    yield from walk(graph.fst.start, 0, ())


def score_of(arcs, log_probs, graph, hotwords, options):
    """Return the score of a path that ends in a final state, and its words, added up arc by arc."""
    score, t, state, hotword, words = 0.0, 0, graph.fst.start, 0, []
    for a in arcs:
        _, label, word, cost, following = (a, *graph.fst.arcs[a].item())
        score -= options.lm_scale * cost
        if word:
            score += options.word_score
            words.append(word)
        if label:
            score += float(log_probs[t, label - 1])
            t += 1
        again = graph.topology == "ctc" and following == state and word == 0
        if label and label - 1 not in graph.special_units and not again:
            hotword, banked = follow(hotwords, hotword, label)
            score += banked
        elif breaks(graph, label):
            hotword = after_break(hotwords, hotword)
        state = following
    return score + at_end(hotwords, hotword) - options.lm_scale * float(graph.fst.states["final"][state]), words
