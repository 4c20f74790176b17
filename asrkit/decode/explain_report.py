"""Questions about hotwords, from files to answers in words; `explain` finds the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from asrkit.acoustic import listening
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode.explain import Cause, Explanation, explain
from asrkit.decode.inputs import utterances
from asrkit.decode.readings import Reader
from asrkit.errors import AsrkitError, shown
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.posteriors import Posteriors
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.lists import Settings, compile_list
from asrkit.hotwords.spelling import RefusedPhrase, SpelledPhrase, Speller, spell_all
from asrkit.search.graph import SearchGraph, search_graph
from asrkit.search.options import Options
from asrkit.search.path import Path

if TYPE_CHECKING:
    from asrkit.graph.folder import GraphFolder

_ADVICE = {
    Cause.NOT_IN_GRAPH: "no bias helps: add its words to the lexicon and build the graph again",
    Cause.FAR_AWAY: "no bias helps: the model heard something else; look at the recording, or at the reading of it",
}


@dataclass(frozen=True, eq=False)
class Question:
    """Phrases to be explained with a graph and a list.

    Attributes:
        graph: the decoding graph.
        reader: writes what the search found, as `asrkit decode` does.
        unit_of: the unit of each model id.
        hotwords: the list, empty if there is none.
        phrases: those that can be spelled.
        refused: those that cannot.
    """

    graph: SearchGraph
    reader: Reader
    unit_of: Sequence[str]
    hotwords: HotwordGraph
    phrases: tuple[SpelledPhrase, ...]
    refused: tuple[RefusedPhrase, ...]

    def lines(self, log_probs: NDArray[np.float32], options: Options) -> Iterator[str]:
        """Yield the answers in words."""
        for phrase in self.refused:
            yield f"{shown(phrase.phrase)}: cannot be spelled: {phrase.reason}"
            yield "  no bias helps: write it as it is spoken, or add it to the lexicon and build the graph again"
        for phrase in self.phrases:
            answer = explain(log_probs, self.graph, self.hotwords, phrase, options)
            emission, hotwords = Emission(log_probs), self.hotwords.with_added([phrase])

            def written(path: Path, emission: Emission = emission, hotwords: HotwordGraph = hotwords) -> list[str]:
                return [word.word for word in self.reader.reading(path, emission, hotwords).words]

            yield from sentences(answer, written, self.unit_of)


def prepare(
    graph: GraphFolder, speller: Speller, settings: Settings, list_path: str | None, phrases: Sequence[str]
) -> Question:
    """Return the question about `phrases`, with the list in the file `list_path` (None: no list).

    Raises:
        AsrkitError: the list cannot be read, or none of it be spelled; the graph is not sound.
    """
    units = speller.units.units
    if list_path:
        hotwords = compile_list(list_path, speller, settings)[0]
    else:
        hotwords = HotwordGraph.build(
            (), len(units), incremental_bias=settings.incremental_bias, scale=settings.scale
        )
    spelled, refused = spell_all([Phrase(phrase) for phrase in phrases], speller)
    search = search_graph(
        graph.fst, graph.unit_count, graph.topology, graph.passing_units, name=str(graph.path)
    )
    return Question(search, Reader(graph, speller.units), units, hotwords, spelled, refused)


def of_utterance(archive: Mapping[str, Posteriors], utt: str, name: str) -> NDArray[np.float32]:
    """Return the posteriors of the utterance `utt`.

    Raises:
        AsrkitError: there is no such utterance.
    """
    if utt not in archive:
        some = ", ".join(list(archive)[:3])
        raise AsrkitError(f"utterance {shown(utt)} is not in it", where=name, cure=f"name one such as {some}")
    return archive[utt].log_probs


def of_recording(model: AcousticModel, path: str, options: listening.Options) -> NDArray[np.float32]:
    """Return what the model says about the recording in the file `path`, (steps, units) natural log.

    Raises:
        AsrkitError: it cannot be read or heard, or `path` names several.
    """
    wanted = utterances([path])
    if len(wanted) > 1:
        raise AsrkitError(f"these are {len(wanted):,} recordings", where=path, cure="name one of them")
    (heard,) = listening.hear(model, wanted, options)
    if heard.emission is None:
        raise AsrkitError((heard.reason or "the model gave no result").rstrip("."))
    return heard.emission.log_probs


def sentences(answer: Explanation, written: Callable[[Path], list[str]], unit_of: Sequence[str]) -> Iterator[str]:
    """Yield `answer` in words, a line each.

    Args:
        answer: the answer.
        written: the words of a path, as they are shown.
        unit_of: the unit of each model id.
    """

    def text(words: Sequence[str]) -> str:
        return " ".join(words) or "nothing"

    name = shown(answer.phrase)
    yield f"{name}: {answer.cause}; what came out: {text(written(answer.best))}"
    if answer.rival is not None and answer.parts is not None:
        rival = text(written(answer.rival))
        parts = ", ".join(f"{part} {value:+.2f}" for part, value in answer.parts._asdict().items() if round(value, 2))
        holder = "the best path without it" if answer.cause == Cause.RECOGNISED else "the best path with it"
        ahead = f"{answer.margin:.2f} nats ahead of" if answer.margin >= 0 else f"{-answer.margin:.2f} nats behind"
        yield f"  what came out is {ahead} {holder}, {rival} ({parts or 'all parts equal'})"
    if answer.beam_step is not None:
        yield f"  at step {answer.beam_step} the path with it lay {answer.beam_gap:.2f} nats behind by its sound"
        yield f"  with a beam of {answer.beam:.1f} it is recognised (tried out)"
    if worst := max(answer.gaps, key=lambda gap: gap.behind, default=None):
        unit, likeliest = unit_of[worst.unit], unit_of[worst.likeliest]
        if worst.behind:
            yield f"  its least likely unit is {unit}, at step {worst.step} {worst.behind:.2f} nats behind {likeliest}"
        else:
            yield "  each of its units is the likeliest of its step"
    if answer.smallest_bias is not None:
        yield f"  with a word bias of {answer.smallest_bias:.2f} it is recognised (tried out); that changes:"
        before, after = written(answer.best), written(answer.after or answer.best)
        for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind != "equal":
                yield f"    {text(before[a:b])} -> {text(after[c:d])}"
    elif answer.cause in (Cause.NOT_IN_GRAPH, Cause.FAR_AWAY):
        yield f"  {_ADVICE[answer.cause]}"
