"""`asrkit build-graph`: lexicon, language model and unit table in, a graph folder out, stage by stage."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from asrkit import defaults, progress
from asrkit.errors import AsrkitError, Status
from asrkit.formats import arpa, lexicon, tokens
from asrkit.formats.openfst import Fst
from asrkit.formats.reading import STDIN, name_of
from asrkit.formats.specials import BLANKS
from asrkit.formats.tokens import UnitTable
from asrkit.graph.folder import KIND, write_graph
from asrkit.graph.grammar_fst import Grammar, grammar_fst
from asrkit.graph.lexicon_fst import lexicon_fst
from asrkit.graph.lg import lexicon_with_grammar
from asrkit.graph.tokens_fst import Topology, blank_of, tokens_fst, with_tokens
from asrkit.graph.vocabulary import Vocabulary, choose
from asrkit.lm.memory import resident_bytes
from asrkit.store import check_free

_STAGES = ("reading", "L and G", "LG", "TLG", "writing")


@dataclass(frozen=True)
class Options:
    """What shapes a graph.

    Attributes:
        topology: how a model's steps make units, see `tokens_fst`.
        closed_vocabulary: nothing outside the lexicon and the language model comes out.
        unknown_cost: nats for each unit of a word that the language model does not know.
        strict: refuse a language model with words that the lexicon lacks.
        probabilities: the lexicon has a column of probabilities.
        keep_parts: write T, L, G and LG too.
        blank: the model id of a CTC model's blank, if its name in the unit table does not tell.
    """

    topology: Topology = defaults.TOPOLOGY
    closed_vocabulary: bool = False
    unknown_cost: float = defaults.UNKNOWN_COST
    strict: bool = False
    probabilities: bool = False
    keep_parts: bool = False
    blank: int | None = None


def build(
    lexicon_path: str,
    lm_path: str,
    units_path: str,
    output: str | os.PathLike[str],
    options: Options | None = None,
    *,
    jobs: int = 1,
    overwrite: bool = False,
) -> None:
    """Build the graph folder `output`.

    `jobs` threads read the inputs and make L and G; the result does not depend on it.

    Raises:
        AsrkitError: as the readers of lexicon, ARPA and unit table, `vocabulary.choose`, `grammar_fst` and
            `folder.write_graph`; two inputs are standard input.
    """
    options = options or Options()
    _check_paths((lexicon_path, lm_path, units_path), output, overwrite=overwrite)
    told = _Stages()
    told.begin()
    units = table = tokens.parse(units_path)
    if options.blank is not None:
        units = _with_blank(units, options.blank)
    if options.topology == "ctc":
        blank_of(units)
    words, model = _both(
        jobs,
        lambda: lexicon.parse(lexicon_path, probabilities=options.probabilities).in_units(units),
        lambda: arpa.parse(lm_path),
    )
    vocabulary = choose(
        words, model.words, model.log10_probs[0], units,
        closed=options.closed_vocabulary, unknown_cost=options.unknown_cost, strict=options.strict,
        names=(name_of(lexicon_path), name_of(lm_path)),
    )  # fmt: skip
    counts = "/".join(f"{len(grams):,}" for grams in model.grams)
    told.end(f"{len(units.units):,} units, {len(words.entries):,} pronunciations, {counts} n-grams")
    told.begin()
    lexicon_part, grammar = _both(
        jobs, lambda: lexicon_fst(vocabulary), lambda: grammar_fst(model, vocabulary, name_of(lm_path))
    )
    _warn_of_grammar(grammar, model, name_of(lm_path))
    told.end(f"L {_size(lexicon_part)}; G {_size(grammar.fst)}")
    told.begin()
    lg = lexicon_with_grammar(vocabulary, grammar.fst)
    told.end(_size(lg))
    told.begin()
    parts = {"TLG": with_tokens(units, options.topology, lg, vocabulary.silent)}
    told.end(_size(parts["TLG"]))
    told.begin()
    tokens_part = tokens_fst(units, options.topology, vocabulary.silent)
    made = {"T": tokens_part, "L": lexicon_part, "G": grammar.fst, "LG": lg, **parts}
    inputs = _named({"lexicon": lexicon_path, "lm": lm_path, "units": units_path})
    write_graph(
        output,
        made if options.keep_parts else parts,
        replace(vocabulary, units=table),
        inputs=inputs,
        options=asdict(options),
        facts=_facts(made, vocabulary, options, units_path) | {"units_sha256": table.sha256},
        overwrite=overwrite,
    )
    told.end(f"{os.fspath(output)}: {sum(f.stat().st_size for f in Path(output).iterdir()) / 1e6:,.1f} MB")


def _check_paths(paths: tuple[str, ...], output: str | os.PathLike[str], *, overwrite: bool) -> None:
    if sum(path == STDIN for path in paths) > 1:
        raise AsrkitError("only one input can be standard input", status=Status.WRONG_USAGE, cure="name files")
    check_free(output, KIND, overwrite=overwrite, inputs=paths)


def _with_blank(units: UnitTable, blank: int) -> UnitTable:
    """Return the table in which the unit `blank`, which has another name, bears that by which graphs know it."""
    return UnitTable(tuple(BLANKS[0] if unit == blank else name for unit, name in enumerate(units.units)))


def _named(inputs: dict[str, str]) -> dict[str, str]:
    """Return name in the manifest -> path; files of one name in different folders are called by their parts as well."""
    files = {part: path for part, path in inputs.items() if path != STDIN}
    names = Counter(Path(path).name for path in files.values())
    return {
        Path(path).name if names[Path(path).name] == 1 else f"{part} {Path(path).name}": path
        for part, path in files.items()
    }


def _warn_of_grammar(grammar: Grammar, model: arpa.Arpa, name: str) -> None:
    if model.order == 1:
        progress.warn(f"{name} is of order 1: it knows which words are frequent, but nothing of their order")
    if grammar.cheaper_by_backoff:
        progress.warn(
            f"{name}: {grammar.cheaper_by_backoff:,} n-grams are less probable than backing off (by up to "
            f"{grammar.largest_gain:.3g} nats); in the graph their words cost the smaller of both",
            ngrams=grammar.cheaper_by_backoff,
        )


def _facts(made: dict[str, Fst], vocabulary: Vocabulary, options: Options, units_path: str) -> dict[str, Any]:
    return {
        "topology": options.topology,
        "units": len(vocabulary.units.units),
        "units_sha256": vocabulary.units.sha256,
        "units_from": name_of(units_path) if units_path == STDIN else "/".join(Path(units_path).resolve().parts[-2:]),
        "passing_units": list(vocabulary.passing),
        "unknown_label": vocabulary.unknown,
        "words": len(vocabulary.words),
        "words_outside_lm": len(vocabulary.outside) - (vocabulary.unknown > 0),
        "parts": {name: {"states": len(fst.states), "arcs": len(fst.arcs)} for name, fst in made.items()},
    }


def _size(fst: Fst) -> str:
    return f"{len(fst.states):,} states, {len(fst.arcs):,} arcs"


def _both(jobs: int, first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Return what both functions return, at the same time if there are two `jobs`."""
    if jobs == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(second)
        return first(), later.result()


class _Stages:
    """Tells each stage: its name, what came out, how long it took, and the most memory used so far."""

    def __init__(self) -> None:
        self._done = 0
        self._began = 0.0

    def begin(self) -> None:
        progress.stage(self._done + 1, len(_STAGES), _STAGES[self._done])
        self._began = time.monotonic()

    def end(self, result: str) -> None:
        seconds, peak = time.monotonic() - self._began, resident_bytes()
        self._done += 1
        progress.say(f"{result}; {seconds:.1f} s, peak {peak / 1e6:,.0f} MB", seconds=seconds, peak_bytes=peak)
