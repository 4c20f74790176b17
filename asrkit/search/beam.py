"""The beam search itself, as kernels over flat arrays: a Viterbi search over the hypotheses of each step.

The recursion, for a hypothesis q = (graph state, hotword state) after t steps:

    cost(q, t) = min over arcs a: p -> q that read a unit u of  cost(p, t-1) + graph cost(a) - ln p(u | t) - banked(a)
    cost(q, t) = min over arcs a: p -> q that read nothing  of  cost(p, t)   + graph cost(a)

At the end the graph's cost of ending is added, and what hotwords earn whose word ends there is taken off.

`search` tells the story of a step: `find_cutoff` says who survives, `expand` follows the arcs of the survivors into a
buffer of candidates while the cutoff of the next step tightens, `recombine` keeps the best of equal pairs, and
`close_epsilons` applies the second line. No hash table is touched until the cutoff is known: that makes it fast.

Ties. Of two ways of equal cost into a hypothesis, the one found first stays. The best hypothesis of a step is expanded
first, then the others in the order in which they were found, arcs in the order of the file; of equal final costs the
first found wins. So the result depends on the input alone.

Costs are sums of float64, added in this order: cost so far, graph cost, -ln p, banked.
"""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import kernel, ready
from asrkit.hotwords.table import no_hotwords
from asrkit.search.costs import graph_cost
from asrkit.search.expansion import FULL, expand
from asrkit.search.graph import example
from asrkit.search.hotword_expansion import expand_with_hotwords
from asrkit.search.live_labels import read_step
from asrkit.search.pruning import HALF, LOW, Cutoffs, Limits, find_cutoff, passes
from asrkit.search.workspace import NO_TOKEN, new_workspace

DONE, DEAD_END, MORE_CANDIDATES, MORE_HYPOTHESES, MORE_TOKENS, MORE_LINKS = range(6)  # what `search` returns

_ONE = np.uint64(1)
_GOLDEN = np.uint64(11400714819323198485)  # 2**64 / golden ratio, for Fibonacci hashing


@kernel
def search(graph, hotwords, work, log_probs, limits):
    """Search from the step where `work.progress` stands to the end of the utterance.

    Returns DONE; DEAD_END if no hypothesis survives the step where `progress` stands; or which array is too small: call
    again with a larger one (or with dead tokens swept out), and that step is done anew.

    `log_probs` is (steps, units) float32, natural log.
    """
    at = work.progress[0]
    while at.step < len(log_probs):
        hypotheses, following = work.hypotheses[at.step & 1], work.hypotheses[(at.step + 1) & 1]
        read_step(log_probs, at.step, hotwords, work)
        best, cutoffs, beams = find_cutoff(hypotheses, at.hypotheses, work.scratch, hotwords, limits)
        if len(hotwords.edges) > 1:
            found, next_cutoffs = expand_with_hotwords(
                graph, hypotheses, at.hypotheses, best, work, cutoffs, beams, hotwords, limits
            )
        else:
            found, next_cutoff = expand(
                graph, hypotheses, at.hypotheses, best, work, cutoffs.total, beams.total, hotwords, limits
            )
            next_cutoffs = Cutoffs(next_cutoff, next_cutoff)
        if found == FULL:
            return MORE_CANDIDATES
        if found == 0:
            return DEAD_END
        if len(work.tokens) - at.tokens < len(following):
            return MORE_TOKENS
        if limits.links and len(work.links) - at.links < found:
            return MORE_LINKS

        at.generation += 1
        base = at.tokens - at.hypotheses
        count, links = recombine(
            work.candidates, found, next_cutoffs, hotwords, work, following, base, at.links, limits
        )
        if count == FULL:
            return MORE_HYPOTHESES
        if count == 0:  # costs so large that the beam is lost in rounding
            return DEAD_END
        outcome = settle(graph, following, count, next_cutoffs, hotwords, work, links, limits)
        if outcome != DONE:
            return outcome
        at.candidates += found
        at.step += 1
    return DONE


@kernel
def start(graph, hotwords, work, limits):
    """Begin an utterance: one hypothesis, the start state, and what its epsilon arcs reach."""
    at = work.progress[0]
    at.step, at.tokens, at.links, at.candidates = 0, 0, 0, 0
    hypotheses, unlimited = work.hypotheses[0], Cutoffs(np.inf, np.inf)
    at.generation += 1
    hypotheses[0].key, hypotheses[0].cost = np.uint64(graph.start), 0.0
    work.tokens[0].previous, work.tokens[0].arc = NO_TOKEN, 0
    slot = slot_of(work.slots, np.uint64(at.generation), hypotheses, hypotheses[0].key)[0]
    work.slots[slot] = np.uint64(at.generation) << HALF
    return settle(graph, hypotheses, 1, unlimited, hotwords, work, 0, limits)


@kernel
def recombine(candidates, found, cutoffs, hotwords, work, hypotheses, base, links, limits):
    """Keep the best candidate below the cutoff of each key, as hypotheses and tokens.

    Returns how many hypotheses there are (FULL if too many) and how many links. `base` is the token of the source
    hypothesis 0; the new tokens follow those of the source hypotheses.
    """
    at = work.progress[0]
    generation, slots, tokens = np.uint64(at.generation), work.slots, work.tokens
    new_base, count = at.tokens, 0
    with_hotwords = len(hotwords.edges) > 1
    for c in range(found):
        candidate = candidates[c]
        pending = hotwords.states[candidate.key >> HALF].pending if with_hotwords else 0.0
        if not passes(candidate.cost, 0.0, pending, cutoffs):
            continue
        slot, index = slot_of(slots, generation, hypotheses, candidate.key)
        if index == FULL:
            if count == len(hypotheses):
                return FULL, links
            index = count
            slots[slot] = generation << HALF | np.uint64(index)
            hypotheses[index].key = candidate.key
            hypotheses[index].cost = np.inf
            count += 1
        if candidate.cost < hypotheses[index].cost:
            hypotheses[index].cost = candidate.cost
            tokens[new_base + index].previous = base + candidate.source
            tokens[new_base + index].arc = candidate.arc
        if limits.links:
            set_link(work.links[links], candidate.cost, base + candidate.source, new_base + index, candidate.arc)
            links += 1
    return count, links


@kernel
def close_epsilons(graph, hypotheses, count, cutoffs, hotwords, work, base, limits):
    """Follow arcs that read nothing until no cost falls: the second line of the recursion.

    Hypotheses wait in a first-in-first-out queue, each at most once, so that the work is bounded as in Bellman-Ford.
    Returns how many hypotheses there are (FULL if too many). `base` is the token of hypothesis 0.
    """
    states, arcs, queue, queued, tokens = graph.states, graph.arcs, work.queue, work.queued, work.tokens
    generation, capacity = np.uint64(work.progress[0].generation), len(hypotheses)
    head, waiting = 0, 0
    for i in range(count):
        queued[i] = states[hypotheses[i].key & LOW].nieps > 0
        if queued[i]:
            queue[waiting] = i
            waiting += 1
    while waiting > 0:
        source = queue[head]
        head = head + 1 if head + 1 < capacity else 0
        waiting -= 1
        queued[source] = False
        cost_so_far, key = hypotheses[source].cost, hypotheses[source].key
        hotword_part = key & ~LOW
        pending = hotwords.states[key >> HALF].pending
        state = states[key & LOW]
        for a in range(state.pos, state.pos + state.nieps):
            arc = arcs[a]
            cost = cost_so_far + graph_cost(arc, limits)
            if not passes(cost, 0.0, pending, cutoffs):
                continue
            slot, index = slot_of(work.slots, generation, hypotheses, hotword_part | arc.next)
            if index == FULL:
                if count == capacity:
                    return FULL
                index = count
                work.slots[slot] = generation << HALF | np.uint64(index)
                hypotheses[index].key = hotword_part | arc.next
                hypotheses[index].cost = np.inf
                queued[index] = False
                count += 1
            if cost < hypotheses[index].cost:
                hypotheses[index].cost = cost
                tokens[base + index].previous = base + source
                tokens[base + index].arc = a
                if not queued[index] and states[arc.next].nieps > 0:
                    end = head + waiting
                    queue[end if end < capacity else end - capacity] = index
                    queued[index] = True
                    waiting += 1
    return count


@kernel
def link_epsilons(graph, hypotheses, count, cutoffs, hotwords, work, base, links, limits):
    """Record every epsilon arc between hypotheses whose costs are settled. Returns the number of links or FULL."""
    generation = np.uint64(work.progress[0].generation)
    for i in range(count):
        key = hypotheses[i].key
        pending = hotwords.states[key >> HALF].pending
        state = graph.states[key & LOW]
        if np.int64(state.nieps) > len(work.links) - links:
            return FULL
        for a in range(state.pos, state.pos + state.nieps):
            arc = graph.arcs[a]
            cost = hypotheses[i].cost + graph_cost(arc, limits)
            if passes(cost, 0.0, pending, cutoffs):
                target = slot_of(work.slots, generation, hypotheses, key & ~LOW | arc.next)[1]
                set_link(work.links[links], cost, base + i, base + target, a)
                links += 1
    return links


@kernel
def settle(graph, hypotheses, count, cutoffs, hotwords, work, links, limits):
    """End a step whose arcs with input have been followed: close epsilons and enter the outcome in `progress`."""
    at = work.progress[0]
    base = at.tokens
    count = close_epsilons(graph, hypotheses, count, cutoffs, hotwords, work, base, limits)
    if count == FULL:
        return MORE_HYPOTHESES
    if limits.links:
        links = link_epsilons(graph, hypotheses, count, cutoffs, hotwords, work, base, links, limits)
        if links == FULL:
            return MORE_LINKS
        for i in range(count):
            work.token_cost[base + i] = hypotheses[i].cost
    at.hypotheses, at.tokens, at.links = count, base + count, links
    return DONE


@kernel
def slot_of(slots, generation, hypotheses, key):
    """Return where in the hash table the hypothesis `key` is, or would go, and its index (FULL if there is none)."""
    mask = np.uint64(len(slots) - 1)
    slot = ((key * _GOLDEN) >> HALF) & mask
    while slots[slot] >> HALF == generation:
        index = np.int64(slots[slot] & LOW)
        if hypotheses[index].key == key:
            return slot, index
        slot = (slot + _ONE) & mask
    return slot, FULL


@kernel
def set_link(link, cost, source, target, arc):
    """Fill in a link."""
    link.cost, link.source, link.target, link.arc = cost, source, target, arc


_graph, _work = example().arrays, new_workspace(1)
_log_probs = np.zeros((1, 1), np.float32)
_log_probs.flags.writeable = False
_limits = Limits(0.0, 1, 0, 1.0, 0.0, False, 0.0)
ready(start, _graph, no_hotwords(1), _work, _limits)
ready(search, _graph, no_hotwords(1), _work, _log_probs, _limits)
