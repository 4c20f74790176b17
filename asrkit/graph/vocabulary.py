"""What a graph speaks: which words by which units, and the labels of both.

Labels (law 2): 0 is ε; a unit's label is its model id + 1; word i of the vocabulary has the label i + 1. Marks come
after them, on either side: they keep L∘G apart where it would be ambiguous, and are gone from the finished graph.

    #0        leave a context of the language model (backoff)
    #1        go on with a word that the language model does not know
    #2, …     end of a pronunciation that another word has too, or that another one begins with

The vocabulary is open unless asked otherwise: where the language model allows `<unk>`, there may come a word of the
lexicon that the model lacks, or `<unk>` itself, said as any single unit that is no word's whole pronunciation. So every
sequence of units has a path. Both cost `<unk>`'s cost and `unknown_cost` for each of their units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asrkit import progress
from asrkit.errors import AsrkitError, shown
from asrkit.formats.lexicon import Lexicon
from asrkit.formats.specials import (
    BEGIN,
    END,
    EPSILON,
    PASSING,
    SILENCES,
    UNKNOWN,
    canonical,
    delimiter_of,
    has_no_spaces,
    is_silence,
    is_unknown,
)
from asrkit.formats.tokens import UnitTable

_NO_WORDS = frozenset({EPSILON, BEGIN, END})
_LISTED = 10


class Spelling(NamedTuple):
    """One way to say a word: labels of its units, label of the word, cost in nats."""

    units: tuple[int, ...]
    word: int
    cost: float


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Words and units of a graph.

    Attributes:
        words: ascending, each once.
        units: the model's unit table.
        spellings: ascending by units, then word.
        lm_labels: (words of the LM,) int32: the label of each word of the LM, 0 for one that takes no part.
        unknown: the label of `<unk>`, 0 in a closed vocabulary.
        outside: labels of the words that may stand where the LM has `<unk>`, ascending; empty in a closed vocabulary.
        silent: model ids of the units that say silence, by the lexicon's words of silence.
        unknown_cost: nats for each unit of a word that the LM does not know.
    """

    words: tuple[str, ...]
    units: UnitTable
    spellings: tuple[Spelling, ...]
    lm_labels: NDArray[np.int32]
    unknown: int
    outside: tuple[int, ...]
    silent: tuple[int, ...] = ()
    unknown_cost: float = 0.0

    @property
    def passing(self) -> tuple[int, ...]:
        """Model ids of the units that say nothing, blank first, if there is one."""
        return passing_units(self.units, self.silent)

    @property
    def delimiter(self) -> int:
        """The label of the unit between words, 0 where the model has none."""
        name = delimiter_of(self.units.index)
        return 0 if name is None else self.units.index[name] + 1

    @property
    def backoff(self) -> int:
        """The mark #0 among words."""
        return len(self.words) + 1

    @property
    def unit_marks(self) -> int:
        """The mark #0 among units; #1, #2 … follow."""
        return len(self.units.units) + 1


def passing_units(units: UnitTable, silent: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return the model ids of the units that say nothing, blank first, if there is one, and those that are `silent`."""
    return tuple(dict.fromkeys((*(units.index[name] for name in PASSING if name in units.index), *silent)))


def choose(
    lexicon: Lexicon,
    lm_words: Sequence[str],
    lm_log10: NDArray[np.float32],
    units: UnitTable,
    *,
    closed: bool = False,
    unknown_cost: float = 0.0,
    strict: bool = False,
    names: tuple[str, str] = ("the lexicon", "the language model"),
) -> Vocabulary:
    """Return the vocabulary of a graph from `lexicon`, a language model and a model's unit table.

    Args:
        lexicon: words and their units; a probability p of a pronunciation costs −ln p.
        lm_words: the words of the language model.
        lm_log10: (words,) log10 of each word's 1-gram probability: tells how frequent words are.
        units: the model's unit table.
        closed: no word outside the language model or the lexicon may come out.
        unknown_cost: nats for each unit of a word that the language model does not know.
        strict: refuse a language model with words that the lexicon lacks, rather than warn.
        names: what to call lexicon and language model in messages.

    Raises:
        AsrkitError: a unit that the model lacks; a word that stands for something else (`<s>`, `</s>`, `<eps>`); the
            lexicon and the language model have no word in common; with `strict`, see there.
    """
    lexicon_name, lm_name = names
    lm_words = [canonical(word) for word in lm_words]
    lexicon, silent = _without_specials(lexicon, units, lexicon_name)
    said = _in_labels(lexicon, units, lexicon_name)
    _tell_unspelled_delimiter(lexicon, units, lexicon_name)
    known = {word for word in lm_words if word not in _NO_WORDS and not is_silence(word)}
    unknown_name = UNKNOWN if UNKNOWN in known else None
    if not closed and unknown_name is None:
        progress.warn(f"{lm_name} has no <unk>: the vocabulary is closed")
    in_both = known.intersection(word for word, *_ in said)
    if not in_both:
        cure = "make the lexicon from the words of the model's text, or the model from text segmented by the lexicon"
        raise AsrkitError(f"no word of {lm_name} stands in this lexicon", where=lexicon_name, cure=cure)
    _tell_lacking(lm_words, lm_log10, known - {unknown_name}, in_both, names, strict=strict)
    taking_part = [(word, labels, cost) for word, labels, cost in said if word in known]
    outside: set[str] = set()
    if not closed and unknown_name is not None:
        others = [(word, labels, cost) for word, labels, cost in said if word not in known]
        others += [(unknown_name, (label,), 0.0) for label in _not_said_alone(said, units, silent)]
        taking_part += [(word, labels, cost + unknown_cost * len(labels)) for word, labels, cost in others]
        outside = {word for word, *_ in taking_part if word == unknown_name or word not in known}
    if outside:
        in_both.add(unknown_name)
    words = tuple(sorted(in_both | outside))
    label_of = {word: i for i, word in enumerate(words, 1)}
    return Vocabulary(
        words=words,
        units=units,
        spellings=tuple(sorted(Spelling(labels, label_of[word], cost) for word, labels, cost in taking_part)),
        lm_labels=np.array([label_of[word] if word in in_both else 0 for word in lm_words], np.int32),
        unknown=label_of[unknown_name] if outside else 0,
        outside=tuple(sorted(label_of[word] for word in outside)),
        silent=silent,
        unknown_cost=unknown_cost,
    )


def _without_specials(lexicon: Lexicon, units: UnitTable, name: str) -> tuple[Lexicon, tuple[int, ...]]:
    """Return the lexicon without words of silence and the unknown word, and the ids of the units that are silence.

    Those are the units of the words of silence, and units of such a name, unless other words are said with them.
    """
    words = [entry for entry in lexicon.entries if not (is_unknown(entry.word) or is_silence(entry.word, entry.units))]
    spoken = {unit for entry in words for unit in entry.units}
    silences = [entry for entry in lexicon.entries if is_silence(entry.word, entry.units)]
    silent = ({unit for entry in silences for unit in entry.units} | SILENCES) - spoken
    if silences:
        told = " ".join(dict.fromkeys(shown(entry.word) for entry in silences))
        progress.say(f"{name}: {told}: silence, for which nothing is written")
    if len(words) + len(silences) < len(lexicon.entries):
        progress.say(f"{name}: the unknown word's own pronunciation is not used; any unit may be said in its place")
    return Lexicon(tuple(words)), tuple(sorted(units.index[unit] for unit in silent if unit in units.index))


def _not_said_alone(
    said: Iterable[tuple[str, tuple[int, ...], float]], units: UnitTable, silent: tuple[int, ...]
) -> list[int]:
    """Return the labels of the units that say something but are no word's whole pronunciation."""
    covered = {labels[0] for _, labels, _ in said if len(labels) == 1}
    covered.update(unit + 1 for unit in passing_units(units, silent))
    covered.update(units.index[name] + 1 for name in (delimiter_of(units.index),) if name is not None)
    return [label for label in range(1, len(units.units) + 1) if label not in covered]


def _in_labels(lexicon: Lexicon, units: UnitTable, name: str) -> list[tuple[str, tuple[int, ...], float]]:
    """Return (word, labels of its units, −ln of its probability) of each entry."""
    index = {unit: i + 1 for unit, i in units.index.items() if unit not in PASSING}
    said, lacking = [], []
    for entry in lexicon.entries:
        if entry.word in _NO_WORDS:
            what = f"{shown(entry.word)} cannot be a word: graphs use this name"
            raise AsrkitError(what, where=f"{name}:{entry.line}", cure="remove or rename it")
        labels = tuple(map(index.get, entry.units))
        if None in labels:
            lacking.append(entry)
        said.append((entry.word, labels, float(-np.log(entry.probability)) if entry.probability != 1 else 0.0))
    if lacking:
        first = lacking[0]
        unit = next(unit for unit in first.units if unit not in index)
        more = f"; {len(lacking) - 1:,} more lines have such units" if len(lacking) > 1 else ""
        what = f"the word {shown(first.word)} has the unit {shown(unit)}, which the model lacks{more}"
        if unit in units.index:
            what = f"the word {shown(first.word)} has the unit {shown(unit)}, which says nothing{more}"
        cure = "make the lexicon for this model with asrkit make-lexicon"
        raise AsrkitError(what, where=f"{name}:{first.line}", cure=cure)
    return said


def _tell_unspelled_delimiter(lexicon: Lexicon, units: UnitTable, name: str) -> None:
    """Warn if the model has a unit between words, and no word of letters is spelled with it."""
    delimiter = delimiter_of(units.index)
    of_letters = [entry.units for entry in lexicon.entries if not has_no_spaces(entry.word[-1])]
    if delimiter is not None and of_letters and not any(delimiter in said for said in of_letters):
        what = f"no word is spelled with {shown(delimiter)}, which the model has between words"
        progress.warn(f"{name}: {what}; words may run into one another: make the lexicon with asrkit make-lexicon")


def _tell_lacking(
    lm_words: Sequence[str],
    lm_log10: NDArray[np.float32],
    known: set[str],
    said: set[str],
    names: tuple[str, str],
    *,
    strict: bool,
) -> None:
    """Warn of words of the LM, of those that are `known` words, that are not `said`, or refuse them."""
    lacking = known - said
    if not lacking:
        return
    lexicon_name, lm_name = names
    often = np.argsort(-lm_log10, kind="stable")
    told = " ".join(_first(shown(lm_words[i]) for i in often if lm_words[i] in lacking))
    dots = " …" if len(lacking) > _LISTED else ""
    what = f"{len(lacking):,} of {len(known):,} words of {lm_name} are not in the lexicon: {told}{dots}"
    if strict:
        raise AsrkitError(what, where=lexicon_name, cure="add them, or allow them to be left out by dropping --strict")
    progress.warn(f"{lexicon_name}: {what}; they cannot be recognised", lacking=len(lacking))


def _first(items: Iterable[str]) -> list[str]:
    return [item for item, _ in zip(items, range(_LISTED), strict=False)]
