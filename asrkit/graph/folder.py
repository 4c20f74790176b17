"""A graph folder: what stands in it, how it is written and opened.

    TLG.fst        the search graph, const and aligned, so that it is mapped, not read
    words.txt      the labels of words; units.txt: those of units
    lexicon.txt    how each word may be said, by which the decoder finds the times of words
    costs.txt      what that costs besides the language model, which another language model takes over
    manifest.json  inputs, options, counts, the hash of the unit table
    T.fst L.fst G.fst LG.fst     on request; marks #0, #1, … are labels after the last word or unit
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from asrkit.errors import AsrkitError
from asrkit.formats import lexicon, openfst, pronunciation_costs, symbols
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.openfst import Fst
from asrkit.formats.pronunciation_costs import PronunciationCost
from asrkit.formats.specials import EPSILON
from asrkit.formats.symbols import SymbolTable
from asrkit.formats.tokens import SPACE, UnitTable
from asrkit.graph.tokens_fst import TOPOLOGIES, Topology
from asrkit.graph.vocabulary import Vocabulary
from asrkit.store import MANIFEST, Manifest, open_verified, publish_folder, write_lines, write_manifest

KIND = "graph"
_CURE = "build the graph again"
_SAYS = {"identity": "a model that says one unit a step (Paraformer)", "ctc": "a CTC model"}
GRAPH, WORDS, UNITS, LEXICON, COSTS = "TLG.fst", "words.txt", "units.txt", "lexicon.txt", "costs.txt"


@dataclass(frozen=True, eq=False)
class GraphFolder:
    """A graph folder, opened.

    Attributes:
        path: the folder.
        fst: TLG, memory-mapped; input labels are model ids + 1, output labels those of `words`.
        topology: "identity" or "ctc".
        passing_units: model ids of the units that say nothing; for CTC, blank is the first.
        unknown: the label of `<unk>`, whose text is that of the one unit it was said as; 0 in a closed vocabulary.
        unit_count: the size of the unit table that the graph was built for.
        manifest: all that is known of how it was made.
    """

    path: Path
    fst: Fst
    topology: Topology
    passing_units: tuple[int, ...]
    unknown: int
    unit_count: int
    manifest: Manifest

    @cached_property
    def words(self) -> SymbolTable:
        """The labels of words; 0 is ε."""
        return symbols.parse(self.path / WORDS)

    @cached_property
    def units(self) -> UnitTable:
        """The unit table that the graph was built for."""
        names = symbols.parse(self.path / UNITS).symbols
        if not all(label in names for label in range(1, self.unit_count + 1)):
            what = f"this table lacks some of the labels 1 to {self.unit_count} of units"
            raise AsrkitError(what, where=str(self.path / UNITS), cure="build the graph anew")
        written = tuple(names[label] for label in range(1, self.unit_count + 1))
        digest = self.manifest.facts.get("units_sha256")
        for space in symbols.SPACE_NAMES:  # the table whose hash the manifest has: lines of fields cannot hold a space
            table = UnitTable(tuple(SPACE if name == space else name for name in written))
            if table.sha256 == digest:
                return table
        return UnitTable(written)

    @cached_property
    def lexicon(self) -> Lexicon:
        """How each word may be said; `<unk>` as any single unit."""
        return lexicon.parse(self.path / LEXICON).in_units(self.units)

    @property
    def unknown_cost(self) -> float:
        """Nats for each unit of a word that the language model does not know."""
        cost = self.manifest.options.get("unknown_cost", 0.0)
        return float(cost) if isinstance(cost, int | float) else 0.0

    @cached_property
    def word_costs(self) -> Mapping[tuple[str, tuple[str, ...]], tuple[float, float]] | None:
        """Word and units -> nats for the pronunciation, and for a word unknown to the LM; none: both are 0.

        None where the graph was built before it had this table, and costs of either kind are in it.
        """
        if (self.path / COSTS).exists():
            costs = pronunciation_costs.parse(self.path / COSTS)
            said = Lexicon(tuple(Pronunciation(cost.word, cost.units) for cost in costs)).in_units(self.units)
            return {(e.word, e.units): cost[2:] for e, cost in zip(said.entries, costs, strict=True)}
        if self.manifest.options.get("probabilities") or self.manifest.facts.get("words_outside_lm"):
            return None
        unknown = self.words.symbols.get(self.unknown) if self.unknown else None
        return {
            (entry.word, entry.units): (0.0, self.unknown_cost)
            for entry in self.lexicon.entries
            if entry.word == unknown
        }


def write_graph(
    path: str | os.PathLike[str],
    parts: Mapping[str, Fst],
    vocabulary: Vocabulary,
    *,
    inputs: Mapping[str, str | os.PathLike[str]],
    options: Mapping[str, Any],
    facts: Mapping[str, Any],
    overwrite: bool = False,
) -> None:
    """Publish a graph folder; what stood under this name before is whole until the new one is.

    Args:
        path: the folder.
        parts: name such as "TLG" -> FST.
        vocabulary: words and units of the graph.
        inputs: name -> path of each file that the graph was made from.
        options: what shaped it.
        facts: what shall stand in the manifest besides.
        overwrite: let it take the place of a folder that stands there, if that is a graph folder too.

    Raises:
        AsrkitError: as `store.publish_folder`.
    """
    final = Path(path)
    with publish_folder(final, KIND, overwrite=overwrite, inputs=inputs.values()) as folder:
        for name, fst in parts.items():
            openfst.write(folder / f"{name}.fst", fst)
        write_lines(folder / WORDS, symbols.serialize(_labelled(vocabulary.words)))
        write_lines(folder / UNITS, symbols.serialize(SymbolTable.of_units(vocabulary.units)))
        write_lines(folder / LEXICON, lexicon.serialize(_spelled(vocabulary)))
        write_lines(folder / COSTS, pronunciation_costs.serialize(_costs(vocabulary)))
        write_manifest(
            folder, KIND, final=final, inputs=inputs, options=options, facts=facts, packages=("numpy",)
        )


def open_graph(
    path: str | os.PathLike[str],
    units: UnitTable | str | None = None,
    *,
    topology: Topology | None = None,
    model_name: str = "the model",
) -> GraphFolder:
    """Open a graph folder: its files are those of its manifest, and no arc leads or points out of it (law 12).

    Args:
        path: the folder.
        units: the unit table of the model that the graph is to be used with, or its SHA-256; None: any.
        topology: how the steps of this model make units; None: as the graph says.
        model_name: what to call this model in messages.

    Raises:
        AsrkitError: it is not a graph folder, is damaged, or was built for another model.
    """
    folder = Path(path)
    manifest = open_verified(folder, KIND)
    if missing := sorted({GRAPH, WORDS, UNITS, LEXICON} - manifest.outputs.keys()):
        raise AsrkitError(f"the manifest lacks {', '.join(missing)}", where=str(folder / MANIFEST), cure=_CURE)
    facts = manifest.facts
    try:
        of_graph, unknown = facts["topology"], int(facts["unknown_label"])
        passing, unit_count = tuple(int(unit) for unit in facts["passing_units"]), int(facts["units"])
        made_for, digest = str(facts["units_from"]), facts["units_sha256"]
        if of_graph not in TOPOLOGIES:
            raise ValueError(of_graph)
    except (KeyError, TypeError, ValueError) as error:
        what = "the manifest lacks what a graph needs"
        raise AsrkitError(what, where=str(folder / MANIFEST), cure=_CURE) from error
    if units is not None and (units.sha256 if isinstance(units, UnitTable) else units) != digest:
        what = f"this graph was built for the units of {made_for}, which are not those of {model_name}"
        raise AsrkitError(what, where=str(folder), cure="build a graph with this model's unit table")
    if topology is not None and topology != of_graph:
        what = f"this graph is for {_SAYS[of_graph]}, but {model_name} is {_SAYS[topology]}"
        raise AsrkitError(what, where=str(folder), cure="build a graph with: asrkit build-graph --model MODEL")
    opened = GraphFolder(folder, openfst.parse(folder / GRAPH), of_graph, passing, unknown, unit_count, manifest)
    _check_labels(opened)
    return opened


def _check_labels(graph: GraphFolder) -> None:
    """Raise an AsrkitError if an arc reads no unit or says no word of the graph's own tables."""
    arcs, words = graph.fst.arcs, graph.words.symbols
    largest = {side: int(arcs[side].max()) if len(arcs) else 0 for side in ("ilabel", "olabel")}
    what = None
    if largest["ilabel"] > graph.unit_count:
        what = f"an arc reads the label {largest['ilabel']}, but there are {graph.unit_count} units"
    elif unnamed := next((label for label in range(largest["olabel"] + 1) if label not in words), None):
        what = f"arcs say words up to the label {largest['olabel']}, but {WORDS} lacks {unnamed}"
    elif not 0 <= graph.unknown <= len(words) or not all(0 <= unit < graph.unit_count for unit in graph.passing_units):
        what = "the manifest names labels that the graph lacks"
    if what:
        raise AsrkitError(what, where=str(graph.path / GRAPH), cure=_CURE)


def _spelled(vocabulary: Vocabulary) -> Lexicon:
    words, units = vocabulary.words, vocabulary.units.units
    entries = (
        Pronunciation(words[spelling.word - 1], tuple(units[label - 1] for label in spelling.units))
        for spelling in vocabulary.spellings
    )
    return Lexicon(tuple(entries))


def _costs(vocabulary: Vocabulary) -> Iterator[PronunciationCost]:
    words, units, outside = vocabulary.words, vocabulary.units.units, frozenset(vocabulary.outside)
    for spelling in vocabulary.spellings:
        if spelling.cost:
            unknown = vocabulary.unknown_cost * len(spelling.units) if spelling.word in outside else 0.0
            said = tuple(units[label - 1] for label in spelling.units)
            yield PronunciationCost(words[spelling.word - 1], said, max(0.0, spelling.cost - unknown), unknown)


def _labelled(names: tuple[str, ...]) -> SymbolTable:
    return SymbolTable.numbered((EPSILON, *names))
