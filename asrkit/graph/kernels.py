"""The two inner loops of graph building: equal states become one; sorted spellings become a tree.

Costs are those of `costs`: exact, so that equal means equal. Arcs are given as four arrays, one a field, to spare the
kernels record types; weights are float32.
"""

# ruff: noqa: ANN001, ANN201, ANN202  (the types of a kernel stand in its decorator)

from __future__ import annotations

import numpy as np

from asrkit.compiled import allocating_kernel, kernel

_MIX, _SHIFT, _MASK = 0x9E3779B97F4A7C15, 29, (1 << 62) - 1
_FIRST_WIDTH = 1 << 10
MIXED = 0  # in place of a word: more than one


@kernel("uint64(uint64, int64)")
def _mixed(h, value):
    h = (h ^ np.uint64(value)) * np.uint64(_MIX)
    return h ^ (h >> np.uint64(_SHIFT))


@kernel("boolean(int32[::1], int32[::1], float32[::1], int32[::1], int64, int64, int64)")
def _same_arcs(ilabels, olabels, weights, nexts, one, other, count):
    for k in range(count):
        a, b = one + k, other + k
        if ilabels[a] != ilabels[b] or nexts[a] != nexts[b] or olabels[a] != olabels[b] or weights[a] != weights[b]:
            return False
    return True


@kernel("uint64(int32[::1], int32[::1], float32[::1], int32[::1], int64, int64)")
def _hash_of_arcs(ilabels, olabels, weights, nexts, first, count):
    h = np.uint64(count + 1)
    for a in range(first, first + count):
        h = _mixed(h, np.int64(ilabels[a]) << 32 | np.int64(nexts[a]))
        h = _mixed(h, np.int64(olabels[a]) << 32 ^ np.int64(weights[a] * np.float32(1024)))
    return h


@allocating_kernel("int64(int64[::1], float32[::1], int32[::1], int32[::1], float32[::1], int32[::1], int32[::1])")
def merge_equal_states(first, finals, ilabels, olabels, weights, nexts, same_as):
    """Let `nexts` lead to the first of all states with the same final cost and arcs, until nothing changes.

    State s has the arcs first[s]:first[s + 1]. same_as (states,), the numbers of the states at first, tells in the end
    which state each one has become. Returns the number of passes. States that are equal only on the condition that they
    are equal (on cycles) stay apart.
    """
    states = finals.shape[0]
    width = 1
    while width < 2 * states:
        width *= 2
    slots = np.empty(width, np.int32)
    mask = np.uint64(width - 1)
    passes = 0
    while True:
        passes += 1
        slots[:] = -1
        changed = False
        for s in range(states):
            if same_as[s] != s:
                continue
            count = first[s + 1] - first[s]
            h = _mixed(_hash_of_arcs(ilabels, olabels, weights, nexts, first[s], count), np.int64(finals[s] < np.inf))
            slot = h & mask
            while slots[slot] >= 0:
                other = slots[slot]
                if (
                    finals[other] == finals[s]
                    and first[other + 1] - first[other] == count
                    and _same_arcs(ilabels, olabels, weights, nexts, first[other], first[s], count)
                ):
                    same_as[s] = other
                    changed = True
                    break
                slot = (slot + np.uint64(1)) & mask
            if same_as[s] == s:
                slots[slot] = s
        if not changed:
            return passes
        for s in range(states):
            same_as[s] = same_as[same_as[s]]
        for a in range(nexts.shape[0]):
            nexts[a] = same_as[nexts[a]]


@allocating_kernel(
    "Tuple((int64, int64))(int32[::1], int32[::1], float32[::1], int32[::1], int64[::1], int32[::1], int32[::1], int64,"
    " int64, int64, int64, int64[::1], int32[::1], int32[::1], float32[::1], int32[::1], int64[::1], int32[::1],"
    " int32[::1], float32[::1], int32[::1])"
)
def grow_trees(
    row_states, row_ranks, row_costs, row_nexts, chain_starts, chain_labels, chain_words, first_mark,
    longest, widest, first_number, root_ends, root_ilabels, root_olabels, root_weights, root_nexts,
    ends, ilabels, olabels, weights, nexts,
):  # fmt: skip
    """Make, for each grammar state, the tree of the spellings of the words that may follow; equal subtrees are one.

    Rows are sorted by state, then rank: the chain row_ranks[i] (labels chain_labels[chain_starts[r]:chain_starts[r+1]],
    word chain_words[r], chains sorted, none the beginning of another) leads from row_states[i] to row_nexts[i] at
    row_costs[i]. A cost is paid as soon as it is sure (the least of all that may follow), a word is put out as soon as
    it is the only one. Labels from `first_mark` on become ε; a state where such a label alone goes on is left out.

    The arcs of the roots go to root_*, those of root s before root_ends[s]; the arcs of the other states, numbered from
    `first_number` on, to the rest, those of state i before ends[i]. `longest` is the longest chain, `widest` the most
    labels that may follow one prefix. Returns the numbers of other states and of their arcs.
    """
    # The open node at each depth: its arcs so far, each with the least cost and the only word of what lies behind.
    open_count = np.zeros(longest + 1, np.int64)
    open_label = np.empty((longest + 1, widest), np.int32)
    open_next = np.empty((longest + 1, widest), np.int32)
    open_least = np.empty((longest + 1, widest), np.float32)
    open_word = np.empty((longest + 1, widest), np.int32)
    width = _FIRST_WIDTH
    slots = np.full(width, -1, np.int32)
    states, arcs, root_arcs = np.int64(0), np.int64(0), np.int64(0)
    rows = row_states.shape[0]
    for i in range(rows + 1):
        new_root = i == rows or i == 0 or row_states[i] != row_states[i - 1]
        shared = np.int64(0)
        if not new_root:
            at, before = chain_starts[row_ranks[i]], chain_starts[row_ranks[i - 1]]
            while chain_labels[at + shared] == chain_labels[before + shared]:
                shared += 1
        if i > 0:  # nodes that the new row does not pass are complete
            length = chain_starts[row_ranks[i - 1] + 1] - chain_starts[row_ranks[i - 1]]
            for depth in range(length - 1, shared, -1):
                count = open_count[depth]
                open_count[depth] = 0
                least, word = open_least[depth, 0], open_word[depth, 0]
                for k in range(1, count):
                    least = min(least, open_least[depth, k])
                    if open_word[depth, k] != word:
                        word = np.int32(MIXED)
                marks = count
                while marks > 0 and open_label[depth, marks - 1] >= first_mark:
                    marks -= 1
                if marks == 0 and count == 1:
                    number = np.int64(open_next[depth, 0])
                else:
                    for k in range(count):  # ε first
                        source = (k + marks) % count
                        ilabels[arcs + k] = open_label[depth, source] if source < marks else 0
                        olabels[arcs + k] = open_word[depth, source] if word == MIXED else 0
                        weights[arcs + k] = open_least[depth, source] - least
                        nexts[arcs + k] = open_next[depth, source]
                    mask = np.uint64(width - 1)
                    slot = _hash_of_arcs(ilabels, olabels, weights, nexts, arcs, count) & mask
                    while slots[slot] >= 0:
                        other = np.int64(slots[slot])
                        begin = ends[other - 1] if other > 0 else 0
                        if ends[other] - begin == count and _same_arcs(
                            ilabels, olabels, weights, nexts, begin, arcs, count
                        ):
                            break
                        slot = (slot + np.uint64(1)) & mask
                    if slots[slot] < 0:
                        slots[slot] = states
                        arcs += count
                        ends[states] = arcs
                        states += 1
                    number = first_number + slots[slot]
                    if 2 * states > width:
                        width *= 4
                        mask = np.uint64(width - 1)
                        slots = np.full(width, -1, np.int32)
                        for s in range(states):
                            begin = ends[s - 1] if s > 0 else 0
                            slot = _hash_of_arcs(ilabels, olabels, weights, nexts, begin, ends[s] - begin) & mask
                            while slots[slot] >= 0:
                                slot = (slot + np.uint64(1)) & mask
                            slots[slot] = s
                k = open_count[depth - 1] - 1
                open_next[depth - 1, k] = number
                open_least[depth - 1, k] = least
                open_word[depth - 1, k] = word
            if new_root:
                for k in range(open_count[0]):
                    root_ilabels[root_arcs] = open_label[0, k]
                    root_olabels[root_arcs] = open_word[0, k]
                    root_weights[root_arcs] = open_least[0, k]
                    root_nexts[root_arcs] = open_next[0, k]
                    root_arcs += 1
                open_count[0] = 0
                root_ends[row_states[i - 1]] = root_arcs
        if i < rows:
            rank = row_ranks[i]
            first, end = chain_starts[rank], chain_starts[rank + 1]
            for depth in range(shared, end - first):
                k = open_count[depth]
                open_label[depth, k] = chain_labels[first + depth]
                open_count[depth] += 1
            depth = end - first - 1
            k = open_count[depth] - 1
            open_next[depth, k] = row_nexts[i]
            open_least[depth, k] = row_costs[i]
            open_word[depth, k] = chain_words[rank]
    return states, arcs


@allocating_kernel("void(int32[::1], int64, int32[::1], int32[::1])")
def order_by(keys, count, before, after):
    """Write the numbers in `before` to `after`, by ascending key (0 … count - 1), equal ones as they were."""
    first = np.zeros(count + 1, np.int64)
    for key in keys:
        first[key + 1] += 1
    for key in range(count):
        first[key + 1] += first[key]
    for number in before:
        key = keys[number]
        after[first[key]] = number
        first[key] += 1
