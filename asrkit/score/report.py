"""What `asrkit score` and `asrkit compare` print."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from asrkit import progress
from asrkit.score.align import Pair
from asrkit.score.compare import Change, chance_of_no_gain, changes
from asrkit.score.hotwords import HotwordTally, count_hotwords, inside_and_outside
from asrkit.score.rates import BOOTSTRAP_SAMPLES, ScoredUtterance, Tally, interval, total
from asrkit.score.units import Unit

RATE_NAMES: Mapping[Unit, str] = {"char": "CER", "word": "WER", "mixed": "MER"}
_SIGNIFICANT = 0.05
_SECONDS_PER_HOUR = 3600
_NOTHING = "·"


def summary(utterances: Sequence[ScoredUtterance], unit: Unit) -> Iterator[str]:
    """Yield the error rate over all utterances, its confidence interval, and the ids that one side lacks."""
    tallies = [utterance.tally for utterance in utterances]
    low, high = interval(tallies)
    whole = total(tallies)
    interval_text = f", 95 % between {_percent(low)} and {_percent(high)}" if math.isfinite(low) else ""
    yield (
        f"{RATE_NAMES[unit]} {_percent(whole.rate)}{interval_text}  {_counts(whole)}  "
        f"{progress.counted(len(utterances), 'utterance')}"
    )
    for side in ("hypothesis", "reference"):
        missing = [utterance.utt for utterance in utterances if utterance.missing == side]
        if missing:
            kind = "deleted" if side == "hypothesis" else "inserted"
            count = progress.counted(len(missing), "utterance")
            yield f"no {side} for {count}, counted as all {kind}: {' '.join(missing)}"


def per_speaker(utterances: Sequence[ScoredUtterance], speakers: Mapping[str, str]) -> Iterator[str]:
    """Yield one line a speaker, in the order of their names."""
    tallies: dict[str, Tally] = {}
    for utterance in utterances:
        speaker = speakers.get(utterance.utt, "(no speaker given)")
        tallies[speaker] = tallies.get(speaker, Tally()) + utterance.tally
    for speaker, tally in sorted(tallies.items()):
        yield f"speaker {speaker}  {_percent(tally.rate)}  {_counts(tally)}"


def per_utterance(utterances: Iterable[ScoredUtterance]) -> Iterator[str]:
    """Yield one line an utterance."""
    for utterance in utterances:
        yield f"{utterance.utt}  {_percent(utterance.tally.rate)}  {_counts(utterance.tally)}"


def worst(utterances: Sequence[ScoredUtterance], count: int) -> Iterator[str]:
    """Yield the utterances with most errors, the worst first, ties by id."""
    ranked = sorted(utterances, key=lambda u: (-u.tally.errors, u.utt))[:count]
    for utterance in (u for u in ranked if u.tally.errors):
        yield from ["", f"worst: {next(per_utterance([utterance]))}", *alignment(utterance.pairs)]


def confusions(utterances: Iterable[ScoredUtterance], count: int) -> Iterator[str]:
    """Yield the most frequent errors: how often, what was said, what came out."""
    counts = Counter(pair for utterance in utterances for pair in utterance.pairs if pair.is_error)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].reference or "", item[0].hypothesis or ""))
    if shown := ranked[:count]:
        yield from ("", f"most frequent errors (times, said, recognised; {_NOTHING} is nothing)")
    for pair, times in shown:
        yield f"{times:6d}  {pair.reference or _NOTHING}  {pair.hypothesis or _NOTHING}"


def hotwords(
    utterances: Sequence[ScoredUtterance], phrases: Sequence[tuple[str, ...]], seconds: float | None
) -> Iterator[str]:
    """Yield recall, precision and F1 over all phrases, errors inside and outside of them, and each phrase's counts.

    `seconds` is how long all recordings are together, for false accepts an hour; None if that is not known.
    """
    counts = count_hotwords(utterances, phrases)
    whole = sum(counts.values(), HotwordTally())
    hourly = f"{whole.false / seconds * _SECONDS_PER_HOUR:.1f} an hour" if seconds else "recordings' length not known"
    yield (
        f"hotwords: recall {_percent(whole.recall)} ({whole.found} of {whole.said}), precision "
        f"{_percent(whole.precision)}, F1 {_percent(whole.f1)}, false accepts {whole.false} ({hourly})"
    )
    inside, outside = inside_and_outside(utterances, phrases)
    yield f"inside hotwords  {_percent(inside.rate)}  {_counts(inside)}"
    yield f"outside of them  {_percent(outside.rate)}  {_counts(outside)}"
    for phrase, tally in counts.items():
        if tally.said != tally.found or tally.false:
            yield f"  {phrase}: said {tally.said}, found {tally.found}, false {tally.false}"


def unmatched(system: str, texts: Collection[str], references: Collection[str]) -> Iterator[str]:
    """Yield what `compare` counts otherwise or not at all: ids that a system lacks, ids that the reference lacks."""
    if lacking := [utt for utt in references if utt not in texts]:
        count = progress.counted(len(lacking), "utterance")
        yield f"{system}: no hypothesis for {count}, counted as all deleted: {' '.join(lacking)}"
    if unknown := [utt for utt in texts if utt not in references]:
        count = progress.counted(len(unknown), "utterance")
        yield f"{system}: no reference for {count}, not counted: {' '.join(unknown)}"


def comparison(a: Sequence[ScoredUtterance], b: Sequence[ScoredUtterance], unit: Unit) -> Iterator[str]:
    """Yield both error rates, whether they differ by more than chance, and how many utterances changed."""
    for name, utterances in (("A", a), ("B", b)):
        whole = total(utterance.tally for utterance in utterances)
        yield f"{name}: {RATE_NAMES[unit]} {_percent(whole.rate)}  {_counts(whole)}"
    chance = chance_of_no_gain(a, b)
    verdict = "is more than chance" if chance < _SIGNIFICANT else "may be chance"
    changed = changes(a, b)
    better, worse = sum(c.errors < 0 for c in changed), sum(c.errors > 0 for c in changed)
    finest = 1 / BOOTSTRAP_SAMPLES
    probability = f"p < {finest:g}" if chance < finest else f"p = {chance:.3f}"
    yield f"the difference {verdict} ({probability}, paired bootstrap)"
    count = progress.counted(len(changed), "utterance")
    yield f"{count} changed: B is better in {better}, worse in {worse}, as good in the others"


def change(one: Change, parts: Mapping[str, float] | None) -> Iterator[str]:
    """Yield one changed utterance: both alignments, and by how much each part of the score speaks for B's transcript.

    `parts` are B's scores less those of A's transcript, natural log; None if they are not known.
    """
    word = "better" if one.errors < 0 else "worse" if one.errors > 0 else "as good"
    yield f"{one.utt}: B is {word} ({one.errors:+d} errors)"
    yield from (f"  A {line}" for line in alignment(one.a.pairs)[:2])
    yield f"  B {alignment(one.b.pairs)[1]}"
    if parts:
        yield "  score of B less score of A: " + ", ".join(f"{part} {value:+.2f}" for part, value in parts.items())


def alignment(pairs: Sequence[Pair], *, colour: bool = False) -> list[str]:
    """Return three lines under one another: reference, hypothesis, and a letter for each error.

    With `colour`, errors are red on a terminal.
    """
    rows: list[list[str]] = [[], [], []]
    for pair in pairs:
        cells = [pair.reference or _NOTHING, pair.hypothesis or _NOTHING, _letter(pair)]
        width = max(_width(cell) for cell in cells)
        for row, cell in zip(rows, cells, strict=True):
            padded = cell + " " * (width - _width(cell))
            row.append(f"\x1b[31m{padded}\x1b[0m" if colour and pair.is_error else padded)
    return [(name + " ".join(row)).rstrip() for name, row in zip(("ref ", "hyp ", "    "), rows, strict=True)]


def _letter(pair: Pair) -> str:
    if not pair.is_error:
        return ""
    return "I" if pair.reference is None else "D" if pair.hypothesis is None else "S"


def _width(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %" if math.isfinite(rate) else "n/a"


def _counts(tally: Tally) -> str:
    return (
        f"[{tally.errors} / {tally.reference}: {tally.substitutions} substituted, {tally.deletions} deleted, "
        f"{tally.insertions} inserted]"
    )
