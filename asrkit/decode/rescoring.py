"""Another language model in the place of the graph's, over what the search left open."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from asrkit import progress, store
from asrkit.errors import AsrkitError, Status
from asrkit.formats import arpa
from asrkit.formats.arpa import Arpa
from asrkit.formats.reading import STDIN, is_packed, open_binary
from asrkit.formats.specials import delimiter_of, is_unknown
from asrkit.graph.folder import GraphFolder
from asrkit.lm.kenlm_binary import reason_of
from asrkit.lm.scorers import KENLM_MAGIC, open_kenlm_binary
from asrkit.lm.word_ids import refuse_without_ends
from asrkit.search.lattice import Lattice
from asrkit.search.path import Path
from asrkit.search.pronunciations import Cost, apart
from asrkit.search.rescore import rescore

if TYPE_CHECKING:
    import kenlm


class Rescorer:
    """A language model that takes the place of the one in a graph.

    What a word costs besides the language model stays as a graph of the new model would have it: its pronunciation's
    cost, and that of an unknown word where the new model does not know the word.
    """

    def __init__(self, path: str, graph: GraphFolder) -> None:
        """Raises: AsrkitError: as `open_kenlm`; a graph that cannot be used."""
        self._model = open_kenlm(path)
        self._word_of = graph.words.symbols
        units = graph.units.index
        delimiter = delimiter_of(units)
        self._delimiter = 0 if delimiter is None else units[delimiter] + 1
        costs = graph.word_costs
        if costs is None:
            what = "this graph has no table of what words cost besides its language model"
            progress.warn(f"{graph.path}: {what}; the new one is used without: build it again")
            costs = {}
        unknown_cost = graph.unknown_cost
        self._ways: dict[int, dict[tuple[int, ...], Cost]] = {}
        knows = {word: word in self._model for word in graph.words.index}
        for entry in graph.lexicon.entries:
            label = graph.words.index.get(entry.word)
            if label is None:
                continue
            said = tuple(units[unit] + 1 for unit in entry.units if unit != delimiter and unit in units)
            pronunciation, unknown = costs.get((entry.word, entry.units), (0.0, 0.0))
            is_outside = is_unknown(entry.word) or not knows[entry.word]
            now = pronunciation + (unknown_cost * len(entry.units) if is_outside else 0.0)
            ways = self._ways.setdefault(label, {})
            cost = Cost(pronunciation + unknown, now)
            ways[said] = min(cost, ways.get(said, cost))

    def paths(self, lattice: Lattice, count: int) -> list[Path]:
        """Return the best paths of the `count` best word sequences under the new model, best first.

        Their scores are those under the new model: what words cost besides it belongs to the part `lm`.
        """
        lattice = apart(lattice, self._ways, self._delimiter)
        paths = []
        for new in rescore(lattice.words, self._model, self._word_of.__getitem__, lattice.options.lm_scale, count):
            path = lattice.path_of(new.words)
            s = path.scores
            paths.append(replace(path, scores=s._replace(lm=new.total - s.acoustic - s.hotword - s.words)))
        return paths


def open_kenlm(path: str) -> kenlm.Model:
    """Return the model in the file `path`, an ARPA file, gzipped or not, or KenLM's binary.

    A binary is first loaded in a process of its own, where a damaged one does no harm. An ARPA file is read as every
    command reads it. If kenlm would read it otherwise or not at all, because it is packed, its fields are separated by
    spaces, or its order is 1, kenlm gets a copy that it reads alike.

    Raises:
        AsrkitError: it cannot be read, or kenlm cannot load it.
    """
    if path == STDIN:
        what = "a language model for rescoring cannot come from standard input"
        raise AsrkitError(what, cure="write it to a file first", status=Status.WRONG_USAGE)
    with open_binary(path) as stream:
        head = stream.read(len(KENLM_MAGIC))
    if head == KENLM_MAGIC:
        open_kenlm_binary(path).close()
        if not is_packed(path):
            return _loaded(path, path)
        with open_binary(path) as stream, store.scratch_copy(stream) as unpacked:  # kenlm's wheel cannot unpack
            return _loaded(unpacked, path)
    model = arpa.parse(path)
    refuse_without_ends(model.words, path)
    if not is_packed(path) and model.order > 1:
        try:
            return _loaded(path, path)
        except AsrkitError:  # separated by spaces, or with other liberties
            pass
    with store.scratch_folder() as folder:
        plain = os.path.join(folder, "lm.arpa")
        arpa.write(plain, _of_two_orders(model))
        return _loaded(plain, path)


def _of_two_orders(model: Arpa) -> Arpa:
    """Return the model with an empty order of 2-grams if it has none, which kenlm asks for."""
    if model.order > 1:
        return model
    nothing = np.zeros(0, np.float32)
    grams = (*model.grams, np.zeros((0, 2), np.int32))
    return replace(
        model,
        grams=grams,
        log10_probs=(*model.log10_probs, nothing),
        log10_backoffs=(np.zeros_like(model.log10_probs[0]), nothing),
    )


def _loaded(file: str, path: str) -> kenlm.Model:
    """Return the model in `file`, which messages call `path`."""
    import kenlm

    silent = kenlm.Config()
    silent.show_progress, silent.arpa_complain = False, kenlm.ARPALoadComplain.NONE
    try:
        return kenlm.Model(file, silent)
    except (OSError, RuntimeError) as error:
        cure = "give an ARPA file or a binary of KenLM's build_binary"
        reason = reason_of(error).replace(os.path.realpath(file), path).replace(file, path)
        what = f"kenlm cannot load this model: {reason}"
        raise AsrkitError(what, where=path, cure=cure) from error
