"""T: from a model's steps to units, and how it is put before LG.

identity    each step says one unit; units that say nothing (blank, <s>, </s>) pass as ε. One state.
ctc         a unit may last several steps; blank may stand between any two, and must stand between two equal ones.

CTC as one automaton has an arc for every pair of different units, which large unit tables make too many. Here the units
are cut into about √units groups: after unit u, an ε arc leads to each group but u's own, and from there to the units
in it; within u's own group arcs lead to each unit but u.

`with_tokens` gives T∘LG without T: composition with so regular a machine can be said in a few lines of array code. The
tests compare it with OpenFst's composition with `tokens_fst`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from asrkit.errors import AsrkitError
from asrkit.formats.openfst import ARC, EPSILON, NOT_FINAL, Fst
from asrkit.formats.specials import BLANKS
from asrkit.formats.tokens import UnitTable
from asrkit.graph.arrays import pauses, sorted_by_input
from asrkit.graph.ctc import ctc_graph
from asrkit.graph.vocabulary import passing_units

Topology = Literal["identity", "ctc"]
TOPOLOGIES: tuple[Topology, ...] = ("identity", "ctc")


def blank_of(units: UnitTable) -> int:
    """Return the model id of blank.

    Raises:
        AsrkitError: the unit table has none.
    """
    for name in BLANKS:
        if name in units.index:
            return units.index[name]
    cure = "name the model by --model, which knows its blank, or use --topology identity"
    raise AsrkitError(f"the CTC topology needs a blank unit ({', '.join(BLANKS)}); the model has none", cure=cure)


def tokens_fst(units: UnitTable, topology: Topology, silent: tuple[int, ...] = ()) -> Fst:
    """Return T; input and output labels are model ids + 1. Units of the ids `silent` say nothing.

    Raises:
        AsrkitError: as `blank_of`.
    """
    passing = np.array(passing_units(units, silent), np.int32) + 1
    spoken = np.setdiff1d(np.arange(1, len(units.units) + 1, dtype=np.int32), passing)
    if topology == "identity":
        arcs = np.zeros(len(units.units), ARC)
        arcs["ilabel"] = np.arange(1, len(units.units) + 1)
        arcs["olabel"][spoken - 1] = spoken
        return Fst.from_arcs(0, np.zeros(len(arcs), np.int32), arcs, np.zeros(1, np.float32))
    blank_of(units)
    return _ctc(spoken.tolist(), passing.tolist())


def with_tokens(units: UnitTable, topology: Topology, lg: Fst, silent: tuple[int, ...] = ()) -> Fst:
    """Return T∘`lg`, arcs sorted by input label, every state reachable if it is in `lg`.

    Units of the ids `silent` say nothing.

    Raises:
        AsrkitError: as `blank_of`.
    """
    passing = np.array(passing_units(units, silent), np.int32) + 1
    if topology == "ctc":
        blank_of(units)
        return ctc_graph(lg, passing)
    # A state that can only go on without reading needs no loops: the state behind has them.
    loops = np.flatnonzero(pauses(lg))
    arcs = np.zeros((len(loops), len(passing)), ARC)
    arcs["ilabel"] = passing
    arcs["next"] = loops[:, None]
    sources = np.append(lg.sources, np.repeat(loops, len(passing)))
    return sorted_by_input(lg.start, sources, np.append(lg.arcs, arcs.reshape(-1)), lg.states["final"])


def _ctc(spoken: list[int], passing: list[int]) -> Fst:
    """Return the automaton of the module's docstring: state 0 is blank, then the units, then the groups."""
    state = {label: i for i, label in enumerate(spoken, 1)}
    size = max(1, int(np.sqrt(len(spoken))))
    groups = [spoken[i : i + size] for i in range(0, len(spoken), size)]
    rows = []
    for label in spoken:
        rows.append((0, label, label, state[label]))
        rows.append((state[label], label, EPSILON, state[label]))
    for label in passing:
        rows += [(here, label, EPSILON, 0) for here in range(len(spoken) + 1)]
    for number, group in enumerate(groups):
        chosen = 1 + len(spoken) + number
        rows += [(chosen, label, label, state[label]) for label in group]
        for label, here in state.items():
            if label in group:
                rows += [(here, other, other, state[other]) for other in group if other != label]
            else:
                rows.append((here, EPSILON, EPSILON, chosen))
    rows.sort()
    arcs = np.array([(i, o, 0.0, following) for _, i, o, following in rows], ARC)
    finals = np.zeros(1 + len(spoken) + len(groups), np.float32)
    finals[1 + len(spoken) :] = NOT_FINAL
    return Fst.from_arcs(0, np.array([row[0] for row in rows], np.int32), arcs, finals)
