"""The arrays in which a search lives: filled by the kernels, grown here, kept from utterance to utterance.

A *hypothesis* is a pair (graph state, hotword state) with the cost of the best way to it (law 4). Each hypothesis that
lived at some step leaves a *token*, which names the token and the arc it came by, so that a path can be traced back.
A *candidate* is one way into a hypothesis of the next step, before equal pairs are recombined. For a lattice, all ways
are kept as *links* between tokens.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# All are np.record, so that plain Python reads them as numba does. A key is hotword state << 32 | graph state.
HYPOTHESIS = np.dtype((np.record, [("key", "<u8"), ("cost", "<f8")]))
CANDIDATE = np.dtype((np.record, [("key", "<u8"), ("cost", "<f8"), ("source", "<u4"), ("arc", "<u4")]))
TOKEN = np.dtype((np.record, [("previous", "<i4"), ("arc", "<i4")]))
LINK = np.dtype((np.record, [("cost", "<f8"), ("source", "<u4"), ("target", "<u4"), ("arc", "<u4")]))

NO_TOKEN = -1  # before the first token
_HYPOTHESES, _CANDIDATES, _TOKENS, _LINKS = 1 << 12, 1 << 15, 1 << 16, 1 << 14
LABEL_BLOCK = 64
MOST_HUBS = 256  # the index of a hub takes 8 bytes a unit
MOST_ROOTS = 2  # of the hotword automaton
_SLOTS_PER_HYPOTHESIS = 4  # of the hash table


class Progress(NamedTuple):
    """Where a search stands, as plain numbers: much quicker to read in Python than the record."""

    step: int
    hypotheses: int
    tokens: int
    links: int
    generation: int
    candidates: int


PROGRESS = np.dtype((np.record, [(name, "<i8") for name in Progress._fields]))


class Workspace(NamedTuple):
    """What a search reads and writes.

    Attributes:
        hypotheses: (2, capacity) HYPOTHESIS; row `step % 2` holds those that live now, the other takes the next.
        slots: (power of two,) uint64, the hash table of the hypotheses being made: generation << 32 | index. A slot
            of an older generation is free, so that nothing is ever cleared.
        queue, queued: (capacity,) uint32 and bool: hypotheses whose epsilon arcs are still to be followed.
        scratch: (capacity,) float64, costs being ranked.
        label_cost: (units + 1,) float32, −ln p of each label at this step.
        label_bound: (units + 1,) float32, a little less than label_cost less the most that hotwords gain by the
            label from their root.
        block_least: (blocks of labels,) float32, the least label_bound in each block.
        own, own_blocks: (units + 1,) and (blocks of labels,) bool: the labels, and their blocks, that a hypothesis at a
            hub does not read as the root of the hotword automaton does.
        leader_cost, leader: (most hubs · most roots,) float64 and uint64: of the hypotheses of this step whose arcs
            have been followed from each hub, at the end of whose failure links lies each root of the hotword automaton,
            the least cost, and its hotword state.
        chosen: (capacity,) uint32, as many as candidates: the arcs of a hub that can matter.
        candidates: (capacity,) CANDIDATE.
        tokens: (capacity,) TOKEN; those of the hypotheses that live now are the last ones.
        token_cost: (capacity,) float64, filled for lattices.
        links: (capacity,) LINK, filled for lattices, step by step; in a step, first arcs that read a unit, then
            epsilon arcs. A link's cost is that of the whole best path through it up to its target.
        progress: (1,) PROGRESS: where the search stands. `candidates` counts all that were made, as a measure.
    """

    hypotheses: NDArray[np.record]
    slots: NDArray[np.uint64]
    queue: NDArray[np.uint32]
    queued: NDArray[np.bool_]
    scratch: NDArray[np.float64]
    label_cost: NDArray[np.float32]
    label_bound: NDArray[np.float32]
    block_least: NDArray[np.float32]
    own: NDArray[np.bool_]
    own_blocks: NDArray[np.bool_]
    leader_cost: NDArray[np.float64]
    leader: NDArray[np.uint64]
    chosen: NDArray[np.uint32]
    candidates: NDArray[np.record]
    tokens: NDArray[np.record]
    token_cost: NDArray[np.float64]
    links: NDArray[np.record]
    progress: NDArray[np.record]

    @property
    def bytes(self) -> int:
        """Size of all arrays."""
        return sum(array.nbytes for array in self)


def new_workspace(units: int) -> Workspace:
    """Return a small workspace for a model of `units` units."""
    blocks = -(-(units + 1) // LABEL_BLOCK)
    return Workspace(
        label_cost=np.zeros(units + 1, np.float32),
        label_bound=np.zeros(units + 1, np.float32),
        block_least=np.zeros(blocks, np.float32),
        own=np.zeros(units + 1, np.bool_),
        own_blocks=np.zeros(blocks, np.bool_),
        leader_cost=np.zeros(MOST_ROOTS * MOST_HUBS, np.float64),
        leader=np.zeros(MOST_ROOTS * MOST_HUBS, np.uint64),
        chosen=np.zeros(_CANDIDATES, np.uint32),
        candidates=np.zeros(_CANDIDATES, CANDIDATE),
        tokens=np.zeros(_TOKENS, TOKEN),
        token_cost=np.zeros(1, np.float64),
        links=np.zeros(1, LINK),
        progress=np.zeros(1, PROGRESS),
        **_hypothesis_arrays(_HYPOTHESES),
    )


def for_lattice(work: Workspace) -> Workspace:
    """Return `work` with room for links."""
    if len(work.token_cost) == len(work.tokens):
        return work
    links = work.links if len(work.links) >= _LINKS else np.zeros(_LINKS, LINK)
    return work._replace(token_cost=np.zeros(len(work.tokens), np.float64), links=links)


def more_hypotheses(work: Workspace) -> Workspace:
    """Return `work` with twice the room for hypotheses; those that live now stay."""
    arrays = _hypothesis_arrays(2 * work.hypotheses.shape[1])
    arrays["hypotheses"][:, : work.hypotheses.shape[1]] = work.hypotheses
    return work._replace(**arrays)


def more_candidates(work: Workspace) -> Workspace:
    """Return `work` with twice the room for candidates."""
    count = 2 * len(work.candidates)
    return work._replace(candidates=np.zeros(count, CANDIDATE), chosen=np.zeros(count, np.uint32))


def more_tokens(work: Workspace) -> Workspace:
    """Return `work` with twice the room for tokens; those there are stay."""
    token_cost = _doubled(work.token_cost) if len(work.token_cost) == len(work.tokens) else work.token_cost
    return work._replace(tokens=_doubled(work.tokens), token_cost=token_cost)


def more_links(work: Workspace) -> Workspace:
    """Return `work` with twice the room for links; those there are stay."""
    return work._replace(links=_doubled(work.links))


def _doubled(array: NDArray) -> NDArray:
    return np.concatenate([array, np.zeros(len(array), array.dtype)])


def _hypothesis_arrays(capacity: int) -> dict[str, NDArray]:
    return {
        "hypotheses": np.zeros((2, capacity), HYPOTHESIS),
        "slots": np.zeros(_SLOTS_PER_HYPOTHESIS * capacity, np.uint64),
        "queue": np.zeros(capacity, np.uint32),
        "queued": np.zeros(capacity, np.bool_),
        "scratch": np.zeros(capacity, np.float64),
    }
