"""From the raw lattice to the word lattice: weighted determinization over words, pruned as it goes.

A state of the result is a subset of raw states, each with what its best way costs more than the best way to the subset
(Mohri 1997). Scores are vectors of parts, ordered by their sum, so that every arc of the result knows its parts (as
Kaldi's lattices do with pairs). Members of a subset are dropped when no path through them lies within the beam: this
keeps the work near the size of the result, where determinizing all would be exponential.

Raw arcs run upwards, so that whatever a subset leads to lies above its lowest member. Subsets are therefore gone
through by their lowest members: the best way to a subset is known when its turn comes, and one that is made again is
looked for among those of the same lowest member alone.
"""

# ruff: noqa: ANN001, ANN202  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import allocating_kernel, kernel, ready
from asrkit.search.word_lattice import Acyclic, backward

_PER_NAT = 1e6  # excesses are compared in millionths of a nat
_ROUNDING = 1e-9  # nats, so that rounding drops no path at the edge of the beam
_HALF, _LOW = 32, 0xFFFFFFFF  # a word and a state in one integer
_NONE = -1
_NOTHING, _NO_END = (0.0, 0.0, 0.0, 0.0), (0.0, -np.inf, 0.0, 0.0)


def determinize(raw: Acyclic, beam: float) -> Acyclic:
    """Return a lattice with one path for each word sequence that `raw` has within `beam` nats of its best path.

    The score of each path, and each part of it, is that of the best raw path with these words.
    """
    remaining = backward(raw)
    first = np.searchsorted(raw.sources, np.arange(len(raw.finals) + 1))
    least = float(remaining[0]) - beam - _ROUNDING
    arcs, scores, finals = _determinized(first, raw.targets, raw.words, raw.scores, raw.finals, remaining, least)
    sources, words, targets = np.ascontiguousarray(arcs.T)
    return Acyclic(sources, targets, words, scores, finals)


@allocating_kernel
def _determinized(first, targets, words, scores, finals, remaining, least):
    """Return the arcs, (arcs, 3) int32 of source, word and target, their scores, and the final scores, by parts.

    Of each subset are kept, in the order in which they are made: where its members begin in `members` and `parts`, the
    score of the best way to it, the one made before it with the same lowest member, and its number in the result,
    given when its turn comes.
    """
    members, parts = [(0, 0)], [_NOTHING]  # (raw state, excess), ascending; parts relative to the subset's best
    begins, reached, before, number = [0, 1], [0.0], [_NONE], [_NONE]
    last = np.full(len(finals), _NONE)  # of each raw state, the last subset made whose lowest member it is
    last[0] = 0
    best, best_parts = np.full(len(finals), -np.inf), np.zeros((len(finals), 4))  # of the ways within the one at hand
    arcs, arc_scores, ends = [(0, 0, 0)][:0], [_NOTHING][:0], [_NOTHING][:0]
    for lowest in range(len(finals)):
        here = last[lowest]
        while here != _NONE:
            number[here] = len(ends)
            for m in range(begins[here], begins[here + 1]):
                state, _ = members[m]
                best[state] = _set(best_parts[state], parts[m])
            limits = lowest, members[begins[here + 1] - 1][0], least - reached[here]
            ways, end = _ways_out(limits, first, targets, words, scores, finals, remaining, best, best_parts)
            ends.append(end)
            at = 0
            while at < len(ways):
                word = ways[at][0] >> _HALF
                at, common = _add_subset(ways, at, scores, best_parts, members, parts)
                lowest_there = members[begins[-1]][0]
                there = _made_before(last[lowest_there], members, begins, before)
                if there == _NONE:
                    there = len(reached)
                    begins.append(len(members))
                    reached.append(-np.inf)
                    before.append(last[lowest_there])
                    number.append(_NONE)
                    last[lowest_there] = there
                else:
                    del members[begins[-1] :]
                    del parts[begins[-1] :]
                reached[there] = max(reached[there], reached[here] + _sum(common))
                arcs.append((number[here], word, there))
                arc_scores.append(common)
            here = before[here]
    rows = np.empty((len(arcs), 3), np.int32)
    for a in range(len(arcs)):
        rows[a, 0], rows[a, 1], rows[a, 2] = arcs[a][0], arcs[a][1], number[arcs[a][2]]
    return rows, _rows(arc_scores), _rows(ends)


@allocating_kernel
def _ways_out(limits, first, targets, words, scores, finals, remaining, best, best_parts):
    """Return the ways out of a subset that put out a word, sorted, and the best parts of ending in it.

    A way is word << 32 | target, source, arc. `limits` are the lowest and the highest member, and the score that a
    path has to have from the subset on.

    `best` and `best_parts` hold the scores of the members, and -inf elsewhere. The parts of what they reach without a
    word are filled in; `best` is cleared.
    """
    state, highest, enough = limits
    ways, end, end_parts = [(0, 0, 0)][:0], -np.inf, _NO_END
    while state <= highest:
        here = best[state]
        best[state] = -np.inf
        for a in range(first[state], first[state + 1]):
            target, score = targets[a], here + scores[a].sum()
            if here == -np.inf or score + remaining[target] < enough:
                continue
            if words[a] != 0:
                ways.append((np.int64(words[a]) << _HALF | target, state, a))
            elif score > best[target]:
                best[target] = score
                best_parts[target] = best_parts[state] + scores[a]
                highest = max(highest, target)
        score = here + finals[state].sum()
        if score >= enough and score > end:
            end, end_parts = score, _tuple(best_parts[state] + finals[state])
        state += 1
    ways.sort()
    return ways, end_parts


@allocating_kernel
def _add_subset(ways, begin, scores, best_parts, members, parts):
    """Add what the ways from `begin` on reach by one word to the members.

    Returns where the ways of the next word begin, and the parts of the best way, to which those of the members are
    relative.
    """
    at, first_member = begin, len(members)
    most, common = -np.inf, _NOTHING
    while at < len(ways) and ways[at][0] >> _HALF == ways[begin][0] >> _HALF:
        way, source, arc = ways[at]
        reached = _tuple(best_parts[source] + scores[arc])
        if at == begin or ways[at - 1][0] != way:
            members.append((way & _LOW, 0))
            parts.append(reached)
        elif _sum(reached) > _sum(parts[-1]):
            parts[-1] = reached
        if _sum(reached) > most:
            most, common = _sum(reached), reached
        at += 1
    for m in range(first_member, len(members)):
        p = parts[m]
        parts[m] = p[0] - common[0], p[1] - common[1], p[2] - common[2], p[3] - common[3]
        members[m] = members[m][0], round((most - _sum(p)) * _PER_NAT)
    return at, common


@allocating_kernel
def _made_before(subset, members, begins, before):
    """Return the subset that equals the members added last, among `subset` and those made before it; else _NONE."""
    begin, count = begins[-1], len(members) - begins[-1]
    while subset != _NONE:
        first, equal = begins[subset], begins[subset + 1] - begins[subset] == count
        m = 0
        while equal and m < count:
            equal = members[first + m] == members[begin + m]
            m += 1
        if equal:
            break
        subset = before[subset]
    return subset


@kernel
def _sum(parts):
    return parts[0] + parts[1] + parts[2] + parts[3]


@kernel
def _tuple(row):
    return row[0], row[1], row[2], row[3]


@kernel
def _set(row, parts):
    """Set a row to these parts. Returns their sum."""
    row[0], row[1], row[2], row[3] = parts
    return _sum(parts)


@allocating_kernel
def _rows(parts):
    rows = np.empty((len(parts), 4))
    for i in range(len(parts)):
        _set(rows[i], parts[i])
    return rows


_labels, _scores = np.zeros(1, np.int32), np.zeros((1, 4))
ready(_determinized, np.zeros(1, np.int64), _labels, _labels, _scores, _scores, np.zeros(1), 0.0)
