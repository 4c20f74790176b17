"""A part of a transducer, small enough to be drawn: all of it, what lies around a state, or what a sentence touches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError, shown
from asrkit.formats.openfst import EPSILON, NOT_FINAL, Fst

MAX_LINES = 400  # between two states each, however many arcs it stands for
_AROUND = 60  # arcs


def whole(fst: Fst) -> NDArray[np.int64]:
    """Return the numbers of all arcs.

    Raises:
        AsrkitError: they would be more than MAX_LINES lines.
    """
    if _lines(fst, np.arange(len(fst.arcs))) > MAX_LINES:
        what = f"{len(fst.states):,} states and {len(fst.arcs):,} arcs are too many for a picture"
        raise AsrkitError(what, cure=f"draw a part of it: --around {fst.start}, or --sentence with a few of its words")
    return np.arange(len(fst.arcs))


def around(fst: Fst, state: int) -> NDArray[np.int64]:
    """Return the numbers of about 60 arcs near `state`: those that leave it first, then those that enter it.

    Raises:
        AsrkitError: there is no such state.
    """
    if not 0 <= state < len(fst.states):
        raise AsrkitError(f"there is no state {state}", cure=f"name one from 0 to {len(fst.states) - 1}")
    sources = fst.sources
    chosen: dict[int, None] = {}
    seen, waiting = {state}, [state]
    while waiting and len(chosen) < _AROUND:
        here = waiting.pop(0)
        for arc in (*np.flatnonzero(sources == here).tolist(), *np.flatnonzero(fst.arcs["next"] == here).tolist()):
            if len(chosen) >= _AROUND:
                break
            chosen[arc] = None
            for other in (int(fst.arcs["next"][arc]), int(sources[arc])):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    return np.array(sorted(chosen), np.int64)


def touched_by(fst: Fst, sentence: str, inputs: Mapping[int, str], outputs: Mapping[int, str]) -> NDArray[np.int64]:
    """Return the numbers of the arcs on all paths from start to end that say `sentence`.

    What a path says is its output, or if no path puts that out, its input; spaces do not count. `inputs` and `outputs`
    give the text of each label, those of marks and ε left out.

    Raises:
        AsrkitError: no path says it; the paths would be more than MAX_LINES lines.
    """
    text = "".join(sentence.split())
    for side, names in (("olabel", outputs), ("ilabel", inputs)):
        arcs = _on_paths(fst, fst.arcs[side], _moves(text, names, int(fst.arcs[side].max(initial=0))))
        if _lines(fst, arcs) > MAX_LINES:
            cure = "take a shorter sentence, or draw LG.fst or G.fst in place of TLG.fst"
            raise AsrkitError(f"{len(arcs):,} arcs say this sentence, too many for a picture", cure=cure)
        if len(arcs):
            return arcs
    cure = "take words of its words.txt, or units of its units.txt"
    raise AsrkitError(f"no path from start to end says {shown(sentence)}", cure=cure)


def _lines(fst: Fst, arcs: NDArray[np.int64]) -> int:
    """Return how many pairs of states the arcs join."""
    return len(np.unique(fst.sources[arcs].astype(np.int64) << 32 | fst.arcs["next"][arcs]))


def _moves(text: str, names: Mapping[int, str], labels: int) -> NDArray[np.int32]:
    """Return (places, labels) the place in the text after a label at a place, or -1; ε and marks stay."""
    moves = np.full((len(text) + 1, labels + 1), -1, np.int32)
    moves[:, EPSILON] = np.arange(len(text) + 1)
    for label in range(1, labels + 1):
        name = names.get(label)
        if name is None:
            moves[:, label] = np.arange(len(text) + 1)
        elif name in text:
            for at in range(len(text)):
                if text.startswith(name, at):
                    moves[at, label] = at + len(name)
    return moves


def _on_paths(fst: Fst, labels: NDArray[np.int32], moves: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the arcs between the start at the first place and a final state at the last, by `moves`."""
    places = len(moves)
    seen = np.zeros(len(fst.states) * places, np.bool_)
    new = np.array([fst.start * places])
    seen[new] = True
    levels = []  # of each, the arcs followed: (from, arc, to), a node being state · places + place
    while len(new):
        table = fst.states[new // places]
        counts = table["narcs"].astype(np.int64)
        which = np.repeat(np.arange(len(new)), counts)
        arc = table["pos"][which].astype(np.int64) + np.arange(len(which))
        arc -= np.repeat(np.cumsum(counts) - counts, counts)
        place = moves[new[which] % places, labels[arc]]
        going = place >= 0
        to = fst.arcs["next"][arc[going]].astype(np.int64) * places + place[going]
        levels.append((new[which[going]], arc[going], to))
        new = np.unique(to)
        new = new[~seen[new]]
        seen[new] = True
    good = np.zeros(len(seen), np.bool_)
    good[np.flatnonzero(fst.states["final"] < NOT_FINAL) * places + places - 1] = True
    good &= seen
    count = -1
    while count != (count := int(good.sum())):
        for before, _, to in reversed(levels):
            good[before[good[to]]] = True
    return np.unique(np.concatenate([arc[good[before] & good[to]] for before, arc, to in levels]))
