"""From the file of a hotword list to its compiled form, and the report of what could not be used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from asrkit import defaults, progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats import hotword_list
from asrkit.formats.hotword_lines import Phrase, may_be_several
from asrkit.formats.hotword_list import FUNASR_AM_SCALE, HotwordList
from asrkit.formats.reading import name_of
from asrkit.hotwords.graph import LARGEST_BIAS, HotwordGraph
from asrkit.hotwords.spelling import RefusedPhrase, SpelledPhrase, Speller, spell_all
from asrkit.units.edges import word_edges

_SHOWN = 10


@dataclass(frozen=True)
class Settings:
    """How a list is read and weighed.

    Attributes:
        format: of the list; see `formats.hotword_list`.
        on_duplicate: what a phrase with two weights is.
        funasr_weights: the weights, whatever the format, are on FunASR's scale: divided by its am_scale, 10.
        incremental_bias: nats for each covered unit.
        scale: multiplies every bias.
        fold_case, fold_width: how phrases are compared with words and units; see `Speller`.
    """

    format: hotword_list.Format | Literal["auto"] = defaults.HOTWORD_FORMAT
    on_duplicate: hotword_list.OnDuplicate = defaults.ON_DUPLICATE
    funasr_weights: bool = False
    incremental_bias: float = defaults.INCREMENTAL_BIAS
    scale: float = defaults.HOTWORD_SCALE
    fold_case: bool = True
    fold_width: bool = True


def read(path: str | os.PathLike[str], settings: Settings) -> HotwordList:
    """Return the list in the file `path`, weights in nats.

    Raises:
        AsrkitError: as `hotword_list.parse`.
    """
    read = hotword_list.parse(path, format=settings.format, on_duplicate=settings.on_duplicate)
    if settings.funasr_weights and not read.format.startswith("funasr"):
        return read.divided(FUNASR_AM_SCALE)
    return read.in_nats()


def compiled(
    phrases: tuple[Phrase, ...], speller: Speller, settings: Settings, name: str, *, closed: bool = False
) -> tuple[HotwordGraph, tuple[SpelledPhrase, ...], tuple[RefusedPhrase, ...]]:
    """Return the graph of `phrases`, its phrases spelled, and those that cannot be; warn of these and of what is odd.

    Args:
        phrases: weights in nats.
        speller: for the units of the model.
        settings: the biases.
        name: what messages call the list.
        closed: only words of the speller's lexicon can come out.

    Raises:
        AsrkitError: no phrase can be spelled.
    """
    spelled, refused = spell_all(phrases, speller)
    for phrase in refused[:_SHOWN]:
        progress.warn(f"{place(name, phrase.line)}: {shown(phrase.phrase)} is left out: {phrase.reason}")
    if refused and spelled:
        more = f", {len(refused) - _SHOWN:,} of them not told here" if len(refused) > _SHOWN else ""
        progress.warn(f"{name}: {len(refused):,} of {len(refused) + len(spelled):,} hotwords left out{more}")
    if not spelled:
        reason = f"{refused[0].reason} ({shown(refused[0].phrase)})" if refused else "the list is empty"
        what = f"none of the {len(refused):,} hotwords can be spelled: {reason}"
        raise AsrkitError(what, where=name, cure="check that the unit table and the lexicon are those of the model")
    if several := [phrase for phrase in phrases if may_be_several(phrase.text)]:
        first, more = several[0], f" and {len(several) - 1:,} more" if len(several) > 1 else ""
        what = f"{shown(first.text)}{more} is one phrase, whose words are said one after the other"
        progress.warn(
            f"{place(name, first.line)}: {what}; write each on a line of its own if they are several hotwords"
        )
    if closed:
        _warn_of_unsayable(spelled, speller, name)
    enormous = [phrase for phrase in spelled if abs(phrase.weight * settings.scale) > LARGEST_BIAS]
    if enormous:
        first, more = enormous[0], f" and {len(enormous) - 1:,} more" if len(enormous) > 1 else ""
        taken, risk = what_an_enormous_weight_does(first.weight)
        what = f"the weight {first.weight:g} of {shown(first.phrase)}{more} is taken as {taken}"
        progress.warn(f"{place(name, first.line)}: {what}; a phrase with such a weight {risk}")
    graph = HotwordGraph.build(
        spelled, len(speller.units.units), incremental_bias=settings.incremental_bias, scale=settings.scale,
        words=word_edges(speller.units),
    )  # fmt: skip
    return graph, spelled, refused


def _warn_of_unsayable(spelled: tuple[SpelledPhrase, ...], speller: Speller, name: str) -> None:
    unsayable = [phrase for phrase in spelled if not any(map(speller.can_say, phrase.spellings))]
    if unsayable:
        count = f"{len(unsayable):,} of {len(spelled):,} hotwords cannot come out, such as {shown(unsayable[0].phrase)}"
        cure = "add them to the lexicon and build the graph again, or build it without --closed-vocabulary"
        progress.warn(f"{name}: {count}: the graph's vocabulary is closed, and no words of it say them; {cure}")


def compile_list(
    path: str | os.PathLike[str], speller: Speller, settings: Settings
) -> tuple[HotwordGraph, tuple[SpelledPhrase, ...], tuple[RefusedPhrase, ...]]:
    """Return `compiled` of the list in the file `path`."""
    return compiled(read(path, settings).phrases, speller, settings, name_of(path))


def what_an_enormous_weight_does(weight: float) -> tuple[str, str]:
    """Return as what a weight beyond LARGEST_BIAS is taken, and what a phrase with it does."""
    if weight > 0:
        return f"{LARGEST_BIAS:,.0f}", "drowns whatever is said"
    return f"-{LARGEST_BIAS:,.0f}", "never comes out, even where it is said"


def place(name: str, line: int) -> str:
    """Return `name:line`, or `name` of what has no line."""
    return f"{name}:{line}" if line else name
