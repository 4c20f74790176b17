"""The hotword automaton as an OpenFst acceptor with explicit failure arcs, for other tools and for pictures.

    unit arc      label = model id + 1; its cost is minus the credit that the unit brings, pending credit included
    failure arc   label = units + 1; to be taken, without reading anything, only where the unit at hand has no arc;
                  its cost is the pending credit that is given back
    final cost    the pending credit that is given back at the end of the utterance

State 0 is the start; it has an arc for every unit of the model. So the cost of a whole utterance, failure arcs and
final cost included, is minus the bonus of law 5, in nats.

Where units are parts of words (`units.edges`), there is one more label, and perhaps a second root, state 1, for being
inside a word with nothing matched:

    edge arc      label = units + 2; where a state has one, it is to be taken, without reading anything, before a unit
                  that opens a word; its cost is minus what is earned if a word ends here, pending credit included

Special units (`<unk>`, `</s>`) have arcs wherever they do not lead where failure arcs would.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asrkit.formats.openfst import ARC, Fst
from asrkit.formats.symbols import SymbolTable
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.automaton import make_automaton
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.table import OPENS, SPECIAL, HotwordTable
from asrkit.hotwords.trie import ROOT, make_trie
from asrkit.units.edges import WordEdges

FAILURE_SYMBOL, EDGE_SYMBOL = "#fail", "#edge"


def whole_table(graph: HotwordGraph) -> HotwordTable:
    """Return the automaton of `graph` with the ends of phrases as states, even where nothing follows them."""
    trie = make_trie(graph.spellings, graph.words)
    return make_automaton(trie, graph.bias_per_unit, graph.units, graph.words, whole=True)


def to_fst(graph: HotwordGraph) -> Fst:
    """Return the acceptor of `graph`; costs in nats."""
    table = whole_table(graph)
    states, edges, roots = table.states, table.edges, len(table.root_edge)
    pending = states["pending"].astype(np.float64)
    count = len(states)
    source = np.repeat(np.arange(count), states["end"] - states["first"])
    follows = np.arange(len(edges) - len(source), len(edges))
    read = np.zeros(len(source), ARC)
    read["ilabel"], read["next"] = edges["label"][follows], edges["next"][follows]
    read["weight"] = pending[source] - edges["bank"][follows] - pending[read["next"]]
    root, label = np.nonzero(_read_by_roots(table))
    root_edge = table.root_edge[root, label]
    of_root = np.zeros(len(root), ARC)
    of_root["ilabel"], of_root["next"] = label, edges["next"][root_edge]
    of_root["weight"] = -edges["bank"][root_edge] - pending[of_root["next"]]
    fail = np.zeros(count - roots, ARC)
    fail["ilabel"], fail["next"] = graph.units + 1, states["failure"][roots:]
    fail["weight"] = pending[roots:] - pending[fail["next"]]
    arcs, final = [of_root, read, fail], pending
    sources = [root, source, np.arange(roots, count)]
    if len(table.borders):
        borders = table.borders
        after, due = borders["after_edge"], borders["due"].astype(np.float64)
        inside = np.flatnonzero(after != np.arange(count))
        edge = np.zeros(len(inside), ARC)
        edge["ilabel"], edge["next"] = graph.units + 2, after[inside]
        edge["weight"] = (pending - due - pending[after])[inside]
        arcs.append(edge)
        sources.append(inside)
        final = pending - due
        waiting = np.flatnonzero(borders["after_break"] >= roots)
        special = np.flatnonzero(table.reads == SPECIAL)
        broken = np.zeros((len(waiting), len(special)), ARC)
        broken["ilabel"], broken["next"] = special, borders["after_break"][waiting, None]
        broken["weight"] = (pending[waiting] - pending[borders["after_break"][waiting]])[:, None]
        arcs.append(broken.reshape(-1))
        sources.append(np.repeat(waiting, len(special)))
    every = np.concatenate(arcs)
    every["olabel"] = every["ilabel"]
    source = np.concatenate(sources)
    order = np.lexsort((every["ilabel"], source))
    return Fst.from_arcs(ROOT, source[order], every[order], final.astype(np.float32))


def _read_by_roots(table: HotwordTable) -> NDArray[np.bool_]:
    """Return which labels have an arc from each root: all, but that root 1 has an edge arc before those that open."""
    read = np.ones(table.root_edge.shape, np.bool_)
    read[:, 0] = False
    if len(table.borders):
        read[1:, table.reads == OPENS] = False
    return read


def symbol_table(units: UnitTable, words: WordEdges | None = None) -> SymbolTable:
    """Return the symbols of the labels of `to_fst`, of a graph with these word edges."""
    return SymbolTable.of_units(units, FAILURE_SYMBOL, *(() if words is None else (EDGE_SYMBOL,)))
