"""Whose are the errors, the models' or the search's?  `whose.py REFERENCE OUT POSTERIORS GRAPH`.

The question needs the score of the best path that says what was said. With its own sentence as a hotword and a bias of
50 nats on each of its units the search finds that path, if there is one. Less the bonus, its score is compared with
that of the path that comes out without hotwords: where what was said scores less, it is not what a search should find,
however wide. OUT is what `asrkit decode` made of the POSTERIORS with the GRAPH, under its default options.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from asrkit import defaults
from asrkit.formats import posteriors
from asrkit.formats.hotword_lines import Phrase
from asrkit.graph.folder import open_graph
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import Speller, spell_all
from asrkit.score import transcripts
from asrkit.score.rates import score
from asrkit.search.decoder import decode
from asrkit.search.graph import SearchGraph, search_graph
from asrkit.search.options import Options
from asrkit.text.normalise import Normaliser

_BIAS = 50.0  # nats a unit: outweighs whatever speaks against the sentence
_NEARLY = 1e-3  # nats: rounding
RIGHT, SOUNDS, MODELS, SEARCH, NO_PATH = (
    "came out right",
    "same sounds, other characters: the language model's",
    "what was said scores less: the models'",
    "what was said scores more: the search's",
    "what was said has no path: as many units as the model counted, or one that it knows, do not say it",
)


def kind(log_probs: NDArray[np.float32], graph: SearchGraph, speller: Speller, sentence: str) -> str:
    """Return which of the kinds an utterance with an error is."""
    options = Options(lm_scale=defaults.LM_SCALE)
    spelled, _ = spell_all([Phrase(sentence)], speller)
    if not spelled:
        return NO_PATH
    hotwords = HotwordGraph.build(spelled, graph.units, incremental_bias=_BIAS)
    said = decode(log_probs, graph, hotwords.table, options).best
    if tuple(said.units.tolist()) not in spelled[0].spellings:
        return NO_PATH
    came_out = decode(log_probs, graph, None, options).best
    if said.units.tolist() == came_out.units.tolist():
        return SOUNDS
    ahead = said.scores.total - said.scores.hotword - came_out.scores.total
    return SEARCH if ahead > _NEARLY else MODELS


def main(reference: str, out: str, heard: str, graph_path: str) -> None:
    """Print how many utterances, and how many errors in them, are of each kind."""
    alike = Normaliser()
    texts = transcripts.read(reference).texts
    ours = transcripts.read(out).texts
    archive, folder = posteriors.parse(heard), open_graph(graph_path)
    graph = search_graph(folder.fst, folder.unit_count, folder.topology, folder.passing_units)
    speller = Speller(folder.units, folder.lexicon)
    counts = {name: [0, 0] for name in (RIGHT, SOUNDS, MODELS, SEARCH, NO_PATH)}
    wanted = {utt: alike(text) for utt, text in texts.items() if utt in ours and utt in archive}
    for scored in score(wanted, {utt: alike(ours[utt]) for utt in wanted}, "mixed"):
        sentence = "".join(texts[scored.utt].split())
        right = not scored.tally.errors
        count = counts[RIGHT if right else kind(archive[scored.utt].log_probs, graph, speller, sentence)]
        count[0] += 1
        count[1] += scored.tally.errors
    print("utterances  errors")
    for name, (utterances, errors) in counts.items():
        print(f"{utterances:10d}  {errors:6d}  {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
