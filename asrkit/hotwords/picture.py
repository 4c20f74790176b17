"""The hotword automaton as a picture, in Graphviz's language, for lists of a few phrases.

A solid arc bears a unit and the credit that it brings; a dashed one is a failure and bears what is taken back; a double
circle is the end of a phrase and bears the word bias. In a plain circle stands, with a question mark, the pending
credit, which the end of the utterance would take back; "paid" if a phrase that ended before has paid these units; and 0
if no phrase that begins so earns anything by its units. At the grey root every other unit leads to the root.

Where phrases match whole words only, an arc with `|` is followed where a word ends; there may be a second grey state,
for being inside a word with nothing matched.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.automaton import nodes_of_states
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.table import HotwordTable
from asrkit.hotwords.to_fst import whole_table
from asrkit.hotwords.trie import EDGE, ROOT, Trie, make_trie

MAX_STATES = 400
EDGE_MARK = "|"
_EARNED, _TAKEN_BACK, _PENDING = "#1a6f3c", "#b3372f", "#666666"
_FONT = "Noto Sans CJK SC, sans-serif"


def dot(graph: HotwordGraph, units: UnitTable) -> Iterator[str]:
    """Yield the lines of a Graphviz file that draws `graph`.

    Raises:
        AsrkitError: the automaton has more than MAX_STATES states.
    """
    table = whole_table(graph)
    if len(table.states) > MAX_STATES:
        what = f"an automaton of {len(table.states):,} states is too large for a picture"
        raise AsrkitError(what, cure=f"draw a few of its phrases, up to about {MAX_STATES // 4}")
    trie = make_trie(graph.spellings, graph.words)
    node = nodes_of_states(trie, graph.words)
    pending = table.states["pending"].astype(float)
    is_end = _ends(trie)
    yield "digraph hotwords {"
    yield "  rankdir=LR; nodesep=0.35; ranksep=0.7;"
    yield f'  node [shape=circle, fontname="{_FONT}", fontsize=10, width=0.55, fixedsize=true];'
    yield f'  edge [fontname="{_FONT}", fontsize=13, arrowsize=0.7];'
    for state in range(len(node)):
        if state < len(table.root_edge):
            text = "" if state == ROOT else "inside"
            look = f'label="{text}", style=filled, fillcolor="#dddddd"'
        elif is_end[node[state]]:
            bias = trie.bonus[node[state]]
            look = f'shape=doublecircle, label="{bias:+.3g}", fontcolor="{_EARNED if bias >= 0 else _TAKEN_BACK}"'
        else:
            nothing = "paid" if trie.leads_to_boosted[node[state]] else "0"
            text = f"{pending[state]:.3g}?" if pending[state] else nothing
            look = f'label="{text}", fontcolor="{_PENDING}"'
        yield f"  {state} [{look}];"
    for state, label, following, bank in (*_edges(table), *_at_edges(table, trie, node)):
        credit = bank - trie.bonus[node[following]] + pending[following] - pending[state]
        earned = f" {credit:+.3g}" if round(credit, 6) else ""
        colour = _EARNED if credit > 0 else "black"
        name = _quoted(units.units[label - 1]) if label else EDGE_MARK
        yield f'  {state} -> {following} [label="{name}{earned}", color="{colour}", weight=8];'
    for state in range(len(table.root_edge), len(node)):
        failure = int(table.states["failure"][state])
        back = pending[state] - pending[failure]
        look = f'label="{-back:.3g}", fontcolor="{_TAKEN_BACK}", color="{_TAKEN_BACK}"' if back else 'color="#aaaaaa"'
        yield f"  {state} -> {failure} [style=dashed, {look}, constraint=false];"
    yield "}"


def _edges(table: HotwordTable) -> Iterator[tuple[int, int, int, float]]:
    """Yield (state, label, next state, bank) of each edge, the root's first."""
    edge = len(table.root_edge)
    counts = (table.states["end"] - table.states["first"]).tolist()
    counts[ROOT] = int(np.count_nonzero(table.root_edge[ROOT] >= len(table.root_edge)))
    for state, count in enumerate(counts):
        for label, following, bank, _ in table.edges[edge : edge + count].tolist():
            yield state, label, following, bank
        edge += count


def _at_edges(table: HotwordTable, trie: Trie, node: NDArray[np.int64]) -> Iterator[tuple[int, int, int, float]]:
    """Yield the same, with label 0, for each state that goes on to a longer string at a word edge."""
    for state, border in enumerate(table.borders[: len(node)].tolist()):
        following, _, _, due = border
        if trie.unit[node[following]] == EDGE and trie.parent[node[following]] == node[state]:
            yield state, 0, following, due


def _ends(trie: Trie) -> NDArray[np.bool_]:
    """Return for each node whether a phrase ends there, be it a suffix of the node's string."""
    is_end = np.zeros(len(trie.edges), np.bool_)
    is_end[trie.end] = True
    for first, end in pairwise(trie.level_ends.tolist()):
        is_end[first:end] |= is_end[trie.failure[first:end]]
    return is_end


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
