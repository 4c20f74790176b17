"""Running the kernels: a workspace for each thread, kept between utterances, grown or swept when it is full."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit.hotwords.table import HotwordTable
from asrkit.search import beam, sweep
from asrkit.search.graph import SearchGraph
from asrkit.search.options import Options
from asrkit.search.pruning import HALF, LOW, SLACK, Limits
from asrkit.search.workspace import (
    Progress,
    Workspace,
    for_lattice,
    more_candidates,
    more_hypotheses,
    more_links,
    more_tokens,
    new_workspace,
)

_GENERATIONS = 1 << 31  # after so many steps the hash table is wiped, so that old marks cannot come alive again
_MOST_ACTIVE = 1 << 31
_WORTH_SWEEPING = 0.5  # fuller than this after a sweep, an array is enlarged too


class RawLinks(NamedTuple):
    """All links within `lattice_beam` of the best path.

    Attributes:
        links: (links,) LINK; sources and targets are indices of tokens.
        token_cost: (tokens,) float64, the cost of the best way to each token.
        place: (tokens, 2) int32: the searched step of each token, and its place in that step; links run upwards.
        end_cost: (tokens,) float64: the cost of ending at a token, inf where no path ends.
        end_due: (tokens,) float64: what the end of the utterance banks for hotwords there.
    """

    links: NDArray[np.record]
    token_cost: NDArray[np.float64]
    place: NDArray[np.int32]
    end_cost: NDArray[np.float64]
    end_due: NDArray[np.float64]


class Found(NamedTuple):
    """The outcome of a search, in the terms of the graph.

    Attributes:
        arcs: (arcs,) int32, the arcs of the best path.
        complete: whether it ends in a final state.
        dead_end: the searched step in which no hypothesis could go on, or None.
        candidates: how many ways into hypotheses were weighed.
        raw: the links of the lattice, if they were wanted.
    """

    arcs: NDArray[np.int32]
    complete: bool
    dead_end: int | None
    candidates: int
    raw: RawLinks | None


class _Kept(threading.local):
    work: Workspace | None = None


_kept = _Kept()


def workspace_bytes() -> int:
    """Return the size of this thread's workspace."""
    return _kept.work.bytes if _kept.work is not None else 0


def forget_workspace() -> None:
    """Give this thread's workspace back to the system."""
    _kept.work = None


def run(
    graph: SearchGraph, hotwords: HotwordTable, log_probs: NDArray[np.float32], options: Options, *, lattice: bool
) -> Found:
    """Search one utterance; see `decoder.decode` and `posteriors.checked` for what the arguments must be."""
    limits = _limits(options, lattice=lattice)
    # Hashing overflows, and what is infinite is scaled by 0; only numba's interpreted mode would tell of it.
    with np.errstate(over="ignore", invalid="ignore"):
        work, outcome = _searched(graph, hotwords, log_probs, limits)
        _kept.work = work
        return _found(work, outcome, graph, hotwords, limits)


def living(
    graph: SearchGraph, hotwords: HotwordTable, log_probs: NDArray[np.float32], options: Options
) -> Iterator[NDArray[np.record]]:
    """Yield the hypotheses that live before the first step and after each, HYPOTHESIS records; none after a dead end.

    They are good until the next are asked for, and no other search may run in this thread before the last.
    """
    limits = _limits(options, lattice=False)
    with np.errstate(over="ignore", invalid="ignore"):
        work = _started(graph, hotwords, limits)
        for end in range(len(log_probs) + 1):
            work, outcome = _continued(work, graph, hotwords, log_probs[:end], limits)
            _kept.work = work
            if outcome == beam.DEAD_END:
                return
            at = work.progress[0]
            yield work.hypotheses[at.step & 1][: at.hypotheses]


def _limits(options: Options, *, lattice: bool) -> Limits:
    return Limits(
        float(options.beam),
        min(options.max_active, _MOST_ACTIVE),
        min(options.min_active, _MOST_ACTIVE),
        float(options.lm_scale),
        float(options.word_score),
        lattice,
        float(options.lattice_beam),
    )


def _searched(
    graph: SearchGraph, hotwords: HotwordTable, log_probs: NDArray[np.float32], limits: Limits
) -> tuple[Workspace, int]:
    return _continued(_started(graph, hotwords, limits), graph, hotwords, log_probs, limits)


def _started(graph: SearchGraph, hotwords: HotwordTable, limits: Limits) -> Workspace:
    work = _kept.work
    if work is None or len(work.label_cost) != graph.units + 1:
        work = new_workspace(graph.units)
    if limits.links:
        work = for_lattice(work)
    at = work.progress[0]
    if at.generation > _GENERATIONS:
        work.slots[:] = 0
        at.generation = 0
    while (outcome := beam.start(graph.arrays, hotwords, work, limits)) != beam.DONE:
        work = _with_more_room(work, outcome)
    return work


def _continued(
    work: Workspace, graph: SearchGraph, hotwords: HotwordTable, log_probs: NDArray[np.float32], limits: Limits
) -> tuple[Workspace, int]:
    """Search from the step where `work` stands to the end of `log_probs`."""
    at = work.progress[0]
    swept_at = None
    while (outcome := beam.search(graph.arrays, hotwords, work, log_probs, limits)) not in (beam.DONE, beam.DEAD_END):
        if outcome in (beam.MORE_TOKENS, beam.MORE_LINKS) and swept_at != at.step:
            swept_at = int(at.step)
            _sweep(work, graph, limits)
            fullness = max(at.tokens / len(work.tokens), limits.links * at.links / len(work.links))
            if fullness < _WORTH_SWEEPING:
                continue
        work = _with_more_room(work, outcome)
    return work, outcome


def _sweep(work: Workspace, graph: SearchGraph, limits: Limits) -> None:
    at = work.progress[0]
    if limits.links:
        excess = np.full(at.tokens, np.inf)
        excess[at.tokens - at.hypotheses :] = 0
        sweep.sweep_links(work, graph.arrays.arcs, excess, limits.lattice_beam + SLACK)
    else:
        sweep.sweep_tokens(work)


def _with_more_room(work: Workspace, outcome: int) -> Workspace:
    match outcome:
        case beam.MORE_CANDIDATES:
            return more_candidates(work)
        case beam.MORE_HYPOTHESES:
            return more_hypotheses(work)
        case beam.MORE_TOKENS:
            return more_tokens(work)
        case _:
            return more_links(work)


def _found(work: Workspace, outcome: int, graph: SearchGraph, hotwords: HotwordTable, limits: Limits) -> Found:
    at = Progress(*work.progress[0].item())
    hypotheses = work.hypotheses[at.step & 1][: at.hypotheses]
    final = graph.fst.states["final"][hypotheses["key"] & LOW].astype(np.float64)
    final[np.isfinite(final)] *= limits.lm_scale
    complete = bool(np.isfinite(final).any())
    end_cost = final if complete else np.zeros(len(final))
    end_due = np.zeros(len(final))
    if len(hotwords.borders):
        end_due += hotwords.borders["due"][hypotheses["key"] >> HALF]
    costs = hypotheses["cost"] + end_cost - end_due
    best = int(np.argmin(costs))
    arcs = sweep.trace_back(work.tokens, at.tokens - at.hypotheses + best)
    dead_end = at.step if outcome == beam.DEAD_END else None
    raw = None
    if limits.links:
        raw = _raw_links(work, graph, costs - costs[best], end_cost, end_due, limits.lattice_beam)
    return Found(arcs, complete, dead_end, at.candidates, raw)


def _raw_links(
    work: Workspace,
    graph: SearchGraph,
    end_excess: NDArray[np.float64],
    end_cost: NDArray[np.float64],
    end_due: NDArray[np.float64],
    lattice_beam: float,
) -> RawLinks:
    at = Progress(*work.progress[0].item())
    excess = np.full(at.tokens, np.inf)
    excess[at.tokens - at.hypotheses :] = end_excess
    sweep.sweep_links(work, graph.arrays.arcs, excess, lattice_beam)
    at = Progress(*work.progress[0].item())  # fewer tokens and links
    ends = np.full(at.tokens, np.inf)  # the hypotheses that live in the end are still the last tokens
    ends[at.tokens - at.hypotheses :] = np.where(end_excess <= lattice_beam, end_cost, np.inf)
    due = np.zeros(at.tokens)
    due[at.tokens - at.hypotheses :] = end_due
    links = work.links[: at.links].copy()
    place = sweep.places(links, at.tokens, graph.arrays.arcs)
    return RawLinks(links, work.token_cost[: at.tokens].copy(), place, ends, due)
