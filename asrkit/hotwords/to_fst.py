"""The hotword automaton as an OpenFst acceptor with explicit failure arcs, for other tools and for pictures.

    unit arc      label = model id + 1; its cost is minus the credit that the unit brings, pending credit included
    failure arc   label = units + 1; to be taken, without reading anything, only where the unit at hand has no arc;
                  its cost is the pending credit that is given back
    final cost    the pending credit that is given back at the end of the utterance

State 0 is the start; it has an arc for every unit of the model. So the cost of a whole utterance, failure arcs and
final cost included, is minus the bonus of law 5, in nats.
"""

from __future__ import annotations

import numpy as np

from asrkit.formats.openfst import ARC, Fst
from asrkit.formats.symbols import SymbolTable
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.automaton import make_automaton
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.table import HotwordTable
from asrkit.hotwords.trie import ROOT, make_trie

FAILURE_SYMBOL = "#fail"


def whole_table(graph: HotwordGraph) -> HotwordTable:
    """Return the automaton of `graph` with the ends of phrases as states, even where nothing follows them."""
    return make_automaton(make_trie(graph.spellings), graph.bias_per_unit, graph.units, whole=True)


def to_fst(graph: HotwordGraph) -> Fst:
    """Return the acceptor of `graph`; costs in nats."""
    table = whole_table(graph)
    states, edges = table.states, table.edges
    pending = states["pending"].astype(np.float64)
    count = len(states)
    source = np.repeat(np.arange(count), states["end"] - states["first"])
    follows = np.arange(len(edges) - len(source), len(edges))
    read = np.zeros(len(source), ARC)
    read["ilabel"], read["next"] = edges["label"][follows], edges["next"][follows]
    read["weight"] = pending[source] - edges["bank"][follows] - pending[read["next"]]
    of_root = np.zeros(graph.units, ARC)
    root_edge = table.root_edge[1:]
    of_root["ilabel"], of_root["next"] = np.arange(1, graph.units + 1), edges["next"][root_edge]
    of_root["weight"] = -edges["bank"][root_edge] - pending[of_root["next"]]
    fail = np.zeros(count - 1, ARC)
    fail["ilabel"], fail["next"] = graph.units + 1, states["failure"][1:]
    fail["weight"] = pending[1:] - pending[fail["next"]]
    arcs = np.concatenate([of_root, read, fail])
    arcs["olabel"] = arcs["ilabel"]
    sources = np.concatenate([np.full(graph.units, ROOT), source, np.arange(1, count)])
    return Fst.from_arcs(ROOT, sources, arcs, pending.astype(np.float32))


def symbol_table(units: UnitTable) -> SymbolTable:
    """Return the symbols of the labels of `to_fst`."""
    return SymbolTable.of_units(units, FAILURE_SYMBOL)
