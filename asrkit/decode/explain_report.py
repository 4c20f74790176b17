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
from asrkit.decode.explain import FAR, WIDE_ACTIVE, explain
from asrkit.decode.explanation import Cause, Explanation
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
from asrkit.units.edges import word_edges

if TYPE_CHECKING:
    from asrkit.graph.folder import GraphFolder

Written = Callable[[Path, HotwordGraph | None], list[str]]

_WHOLE = 24  # words of what came out that are shown whole
_AROUND = 4  # words on both sides of what differs in a longer one

_ADVICE = {
    Cause.INSIDE_A_WORD: "no bias helps: a hotword begins and ends where words do; list the longer word if it is meant",
    Cause.NOT_IN_GRAPH: "no bias helps: add its words to the lexicon and build the graph again",
    Cause.FAR_AWAY: "no bias helps: the model heard something else; look at the recording, or at the reading of it",
}


@dataclass(frozen=True, eq=False)
class Question:
    """Phrases to be explained with a graph and a list.

    Attributes:
        graph: the decoding graph.
        reader: writes what the search found, as `asrkit decode` does.
        speller: spelled the phrases.
        unit_of: the unit of each model id.
        hotwords: the list, empty if there is none.
        phrases: those that can be spelled.
        refused: those that cannot.
    """

    graph: SearchGraph
    reader: Reader
    speller: Speller
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
            emission, wanted = Emission(log_probs), self.compared(phrase.phrase)

            def written(path: Path, hotwords: HotwordGraph | None, emission: Emission = emission) -> list[str]:
                return [word.word for word in self.reader.reading(path, emission, hotwords, options).words]

            def writes(path: Path, hotwords: HotwordGraph, written: Written = written, wanted: str = wanted) -> bool:
                return wanted in self.compared("".join(written(path, hotwords)))

            answer = explain(log_probs, self.graph, self.hotwords, phrase, options, writes=writes)
            yield from sentences(answer, written, self.unit_of)

    def compared(self, text: str) -> str:
        """Return `text` as the report compares it: as if written without spaces, in small letters of one width."""
        return "".join(self.speller.folded(text).split()).lower()


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
            (), len(units), incremental_bias=settings.incremental_bias, scale=settings.scale,
            words=word_edges(speller.units),
        )  # fmt: skip
    spelled, refused = spell_all([Phrase(phrase) for phrase in phrases], speller)
    search = search_graph(
        graph.fst, graph.unit_count, graph.topology, graph.passing_units, name=str(graph.path)
    )
    return Question(search, Reader(graph, search, speller.units), speller, units, hotwords, spelled, refused)


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


def sentences(
    answer: Explanation,
    written: Written,
    unit_of: Sequence[str],
) -> Iterator[str]:
    """Yield `answer` in words, a line each.

    Args:
        answer: the answer.
        written: the words of the text of a path under a list of hotwords.
        unit_of: the unit of each model id.
    """
    came_out = written(answer.best, answer.in_use)
    rival = None
    if answer.rival is not None:
        rival = written(answer.rival, answer.with_phrase if _rival_has_it(answer) else answer.in_use)
    yield f"{shown(answer.phrase)}: {answer.cause}; what came out: {_excerpt(came_out, rival)}"
    yield from _margin(answer, None if rival is None else _excerpt(rival, came_out))
    yield from _beam(answer)
    yield from _sound(answer, unit_of)
    if answer.smallest_bias is not None:
        after = answer.after or answer.best
        listed = "" if answer.listed else "if it is listed "
        what = "written so" if answer.cause == Cause.WRITTEN_OTHERWISE else "recognised"
        yield f"  {listed}with a word bias of {answer.smallest_bias:.2f} it is {what} (tried out); that changes:"
        yield from _changes(came_out, written(after, answer.with_bias()))
    elif advice := _advice(answer):
        yield f"  {advice}"


def _advice(answer: Explanation) -> str | None:
    """Return what is told of a phrase that no word bias brings."""
    if answer.cause in _ADVICE or answer.cause == Cause.RECOGNISED or answer.with_phrase is None:
        return _ADVICE.get(answer.cause)
    if answer.with_phrase.scale == 0:
        return "no bias helps: with a scale of 0 biases count for nothing"
    if answer.cause != Cause.WRITTEN_OTHERWISE:
        return None
    matches = answer.with_phrase.matches(answer.best.units.tolist(), answer.best.breaks.tolist())
    own = [match for match in matches if answer.phrase in match.phrases]
    longer = [
        name
        for match in matches
        if any(match.end - match.start > m.end - m.start and match.start < m.end and m.start < match.end for m in own)
        for name in match.phrases
    ]
    if longer:
        return f"no bias helps: the longer hotword {shown(longer[0])} lies over it, and the longest is written"
    return f"no word bias up to {FAR:g} nats has it written: what came out has its sound, but other words there"


def _text(words: Sequence[str]) -> str:
    return " ".join(words) or "nothing"


def _excerpt(words: Sequence[str], others: Sequence[str] | None) -> str:
    """Return a short text whole, and of a long one what differs from the `others` and a few words around it."""
    first, last = 0, min(len(words), _WHOLE)
    if len(words) > _WHOLE and others is not None:
        changes = [codes for codes in _opcodes(words, others) if codes[0] != "equal"]
        if changes:
            first, last = max(0, changes[0][1] - _AROUND), min(len(words), changes[-1][2] + _AROUND)
    return ("… " if first else "") + _text(words[first:last]) + (" …" if last < len(words) else "")


def _opcodes(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, before, after, autojunk=False).get_opcodes()


def _rival_has_it(answer: Explanation) -> bool:
    """Whether the rival is shown as if the phrase were listed."""
    return answer.listed or answer.cause != Cause.RECOGNISED


def _margin(answer: Explanation, rival: str | None) -> Iterator[str]:
    """Yield what is told of the competitor, whose words are `rival`."""
    if rival is None or answer.parts is None or answer.rival is None:
        return
    if answer.cause == Cause.NOT_LISTED and answer.rival.units.tolist() == answer.best.units.tolist():
        yield "  its sound came out, written otherwise, since it is not listed"  # one path: a margin would be none
        return
    holder = {
        Cause.RECOGNISED: "the best path without it",
    }.get(answer.cause, "the best path with it")
    parts = ", ".join(f"{part} {value:+.2f}" for part, value in answer.parts._asdict().items() if round(value, 2))
    ahead = f"{answer.margin:.2f} nats ahead of" if answer.margin >= 0 else f"{-answer.margin:.2f} nats behind"
    yield f"  what came out is {ahead} {holder}, {rival} ({parts or 'all parts equal'})"


def _beam(answer: Explanation) -> Iterator[str]:
    """Yield where the beam dropped the phrase, and which beam would not."""
    bias = "" if answer.bias is None else f" and a word bias of {answer.bias:.2f}"
    if answer.bias is not None:
        yield "  no word bias helps with this beam, which drops it before the last unit, with which the word bias comes"
    if answer.dropped is not None:
        step, behind, crowded = answer.dropped
        reason = ", within the beam, but as many as --max-active were better" if crowded else ""
        yield f"  it was dropped at step {step}, where it lay {behind:.2f} nats behind the best{reason}"
    if answer.beam is not None:
        room = f" and --max-active {WIDE_ACTIVE}" if answer.dropped and answer.dropped.crowded else ""
        yield f"  with a beam of {answer.beam:.1f}{room}{bias} it is recognised (tried out)"


def _sound(answer: Explanation, unit_of: Sequence[str]) -> Iterator[str]:
    """Yield how far the sound is from that of the phrase, and at which unit."""
    if answer.cause == Cause.FAR_AWAY and not answer.gaps:
        yield f"  fewer units were heard than it has: {answer.heard}"
    worst = max(answer.gaps, key=lambda gap: gap.behind, default=None)
    if worst is None:
        return
    if answer.cause == Cause.FAR_AWAY:
        behind, first, last = sum(gap.behind for gap in answer.gaps), answer.gaps[0].step, answer.gaps[-1].step
        yield f"  it comes nearest at steps {first} to {last}, {behind:.2f} nats behind the likeliest units"
    if worst.behind:
        unit, likeliest = unit_of[worst.unit], unit_of[worst.likeliest]
        yield f"  its least likely unit is {unit}, at step {worst.step} {worst.behind:.2f} nats behind {likeliest}"
    else:
        yield "  each of its units is the likeliest of its step"


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Yield a line for each place where the words are others."""
    for kind, a, b, c, d in _opcodes(before, after):
        if kind != "equal":
            yield f"    {_text(before[a:b])} -> {_text(after[c:d])}"
