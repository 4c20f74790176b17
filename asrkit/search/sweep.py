"""After or amid a search: what of its tokens and links can still matter, and the path back from a token."""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

import numpy as np

from asrkit.compiled import allocating_kernel, kernel, ready
from asrkit.search.graph import example
from asrkit.search.workspace import NO_TOKEN, new_workspace

_DEAD = -1


@allocating_kernel
def trace_back(tokens, last):
    """Return the arcs, (arcs,) int32, of the best path to the token `last`, the first arc first."""
    length, token = 0, last
    while tokens[token].previous != NO_TOKEN:
        length += 1
        token = tokens[token].previous
    arcs = np.empty(length, np.int32)
    token = last
    for i in range(length - 1, -1, -1):
        arcs[i] = tokens[token].arc
        token = tokens[token].previous
    return arcs


@allocating_kernel
def sweep_tokens(work):
    """Drop the tokens from which no living hypothesis descends; close the gaps."""
    at, tokens = work.progress[0], work.tokens
    new_index = np.full(at.tokens, _DEAD, np.int32)
    new_index[at.tokens - at.hypotheses :] = 0  # alive, whatever the number will be
    for token in range(at.tokens - 1, 0, -1):
        if new_index[token] != _DEAD:
            # a token may come, by an epsilon arc, from one of its own step with a higher number
            ancestor = tokens[token].previous
            while ancestor != NO_TOKEN and new_index[ancestor] == _DEAD:
                new_index[ancestor] = 0
                ancestor = tokens[ancestor].previous
    count = 0
    for token in range(at.tokens):
        if new_index[token] != _DEAD:
            new_index[token] = count
            count += 1
    renumber_tokens(work, new_index, count)


@allocating_kernel
def sweep_links(work, arcs, excess, beam):
    """Drop the links that lie on no path within `beam` of the best path to its end, and tokens without links.

    Kaldi's lattice pruning. The excess of a link is how much more than the best path to the same end the best path
    through it costs; dropping by it amid a search loses nothing that the end of the search would keep.

    `arcs` are the graph's; `excess`, (tokens,) float64, holds for the ends what they cost more than the best end, and
    inf elsewhere, and is filled in.
    """
    at, links, token_cost = work.progress[0], work.links, work.token_cost
    last = at.links - 1
    while last >= 0:
        # Links run from earlier to later steps, except that epsilon arcs stay in a step: theirs are gone over
        # until nothing changes.
        first = last
        if arcs[links[last].arc].ilabel == 0:
            while first > 0 and arcs[links[first - 1].arc].ilabel == 0:
                first -= 1
        changed = True
        while changed:
            changed = False
            for i in range(last, first - 1, -1):
                link = links[i]
                through = excess[link.target] + (link.cost - token_cost[link.target])
                if through <= beam and through < excess[link.source]:
                    excess[link.source] = through
                    changed = first < last
        last = first - 1
    kept = 0
    for i in range(at.links):
        link = links[i]
        if excess[link.target] + (link.cost - token_cost[link.target]) <= beam:
            links[kept].cost, links[kept].source = link.cost, link.source
            links[kept].target, links[kept].arc = link.target, link.arc
            kept += 1
    at.links = kept
    new_index = np.full(at.tokens, _DEAD, np.int32)
    count = 0
    for token in range(at.tokens):
        if excess[token] <= beam or token >= at.tokens - at.hypotheses:
            token_cost[count] = token_cost[token]
            excess[count] = excess[token]
            new_index[token] = count
            count += 1
    for i in range(kept):
        links[i].source, links[i].target = new_index[links[i].source], new_index[links[i].target]
    renumber_tokens(work, new_index, count)


@kernel
def renumber_tokens(work, new_index, count):
    """Move each token to its new index, in place; indices never grow."""
    at, tokens = work.progress[0], work.tokens
    for token in range(at.tokens):
        new = new_index[token]
        if new != _DEAD:
            previous = tokens[token].previous
            tokens[new].arc = tokens[token].arc
            tokens[new].previous = NO_TOKEN if previous == NO_TOKEN else new_index[previous]
    at.tokens = count


@allocating_kernel
def places(links, token_count, arcs):
    """Return for each token its step and its place within the step, (tokens, 2) int32, so that links run upwards."""
    place = np.zeros((token_count, 2), np.int32)
    first = 0
    while first < len(links):
        end = first + 1
        reads = arcs[links[first].arc].ilabel != 0
        while end < len(links) and (arcs[links[end].arc].ilabel != 0) == reads:
            end += 1
        changed = True
        while changed:  # epsilon arcs of a step come in any order
            changed = False
            for i in range(first, end):
                source, target = links[i].source, links[i].target
                step = place[source, 0] + reads
                within = 0 if reads else place[source, 1] + 1
                if place[target, 0] < step or place[target, 1] < within:
                    place[target, 0] = max(place[target, 0], step)
                    place[target, 1] = max(place[target, 1], within)
                    changed = not reads
        first = end
    return place


_work = new_workspace(1)
ready(trace_back, _work.tokens, 0)
ready(sweep_tokens, _work)
ready(places, _work.links, 0, example().arrays.arcs)
ready(sweep_links, _work, example().arrays.arcs, _work.token_cost, 0.0)
