"""A compiled hotword list: immutable, so that a changed list is a new graph, swapped in between utterances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from asrkit import defaults
from asrkit.errors import AsrkitError, Status, shown
from asrkit.hotwords.automaton import make_automaton
from asrkit.hotwords.spelling import SpelledPhrase, Units
from asrkit.hotwords.table import HotwordTable, after_break, at_end, follow
from asrkit.hotwords.trie import EDGE, ROOT, Spellings, children_of, make_trie
from asrkit.units.edges import WordEdges

DEFAULT_INCREMENTAL_BIAS = defaults.INCREMENTAL_BIAS
_BREAK = EDGE - 1  # among units: one that no phrase has
LARGEST_BIAS = 10_000.0  # nats; beyond it nothing is heard any more, and single precision would lose the decimals


@dataclass(frozen=True)
class Match:
    """A complete occurrence in a sequence of units.

    Attributes:
        phrases: the phrases that are said like this, more than one if they sound the same.
        start, end: units[start:end] is the occurrence.
        bonus: nats: the word bias, and the incremental bias of the units that no occurrence before it covers (of those
            that end at the same unit the longest counts as the first). The bonuses of all matches add up to the total.
        biases: nats, the word bias of each phrase.
        boosted: whether each phrase is boosted.
        bias_per_unit: nats, the incremental bias.
    """

    phrases: tuple[str, ...]
    start: int
    end: int
    bonus: float
    biases: tuple[float, ...] = ()
    boosted: tuple[bool, ...] = ()
    bias_per_unit: float = 0.0

    def own_bonus(self, phrase: str) -> float:
        """Return the bonus (nats) of one of the phrases if it alone is said here."""
        place = self.phrases.index(phrase)
        return self.biases[place] + self.boosted[place] * self.bias_per_unit * (self.end - self.start)

    def of(self, phrases: Sequence[str], covered: set[int]) -> Match:
        """Return the match as if only some of its phrases were listed; units in `covered` are paid for, and it grows.

        The bonuses of all matches, taken in their order, add up to those phrases' total (law 5).
        """
        places = [self.phrases.index(phrase) for phrase in phrases]
        bonus = max(self.biases[place] for place in places)
        if any(self.boosted[place] for place in places):
            fresh = set(range(self.start, self.end)) - covered
            covered |= fresh
            bonus += self.bias_per_unit * len(fresh)
        return replace(
            self, phrases=tuple(phrases), bonus=bonus,
            biases=tuple(self.biases[p] for p in places), boosted=tuple(self.boosted[p] for p in places),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class HotwordGraph:
    """Phrases and their automaton. Two graphs of the same phrases, in whatever order, hold the same bytes.

    Attributes:
        phrases: ascending, each once.
        weights: (phrases,) float64, whole-word biases in nats, before the scale.
        incremental_bias: nats for each covered unit, before the scale.
        scale: multiplies all biases.
        spellings: the sequences of units that are matched, phrase by phrase; biases in nats, scaled.
        phrase_of: (sequences,) int32: which phrase each of them says.
        units: the size of the model's unit table.
        words: where words begin and end among the units; None: each position is an edge.
        table: the automaton, for the search; nats, scaled.
    """

    phrases: tuple[str, ...]
    weights: NDArray[np.float64]
    incremental_bias: float
    scale: float
    spellings: Spellings
    phrase_of: NDArray[np.int32]
    units: int
    words: WordEdges | None
    table: HotwordTable
    _edges: NDArray[np.uint64]
    _end: NDArray[np.int32]

    @classmethod
    def build(
        cls,
        spelled: Iterable[SpelledPhrase],
        units: int,
        *,
        incremental_bias: float = DEFAULT_INCREMENTAL_BIAS,
        scale: float = 1.0,
        words: WordEdges | None = None,
    ) -> HotwordGraph:
        """Return the graph of these phrases.

        Phrases that sound the same share one bias, the largest of theirs.

        Args:
            spelled: the phrases; one that comes twice must be the same.
            units: the size of the model's unit table.
            incremental_bias: nats for each unit that a phrase of weight 0 or more covers.
            scale: multiplies the incremental bias and all weights.
            words: where words begin and end among the units (`units.edges.word_edges`): phrases match whole words only;
                None: each position is an edge.

        Raises:
            AsrkitError: a bias or the scale is negative or not finite; a phrase has two weights, one that is not a
                number, or units that the model lacks.
        """
        _check(incremental_bias, scale)
        chosen = _by_phrase(spelled)
        ordered = [chosen[phrase] for phrase in sorted(chosen)]
        return cls._of(ordered, units, float(incremental_bias), float(scale), words)

    @classmethod
    def _of(
        cls, ordered: list[SpelledPhrase], units: int, incremental_bias: float, scale: float, words: WordEdges | None
    ) -> HotwordGraph:
        weights = np.array([phrase.weight for phrase in ordered], np.float64)
        counts = np.array([len(phrase.spellings) for phrase in ordered], np.int64)
        phrase_of = np.repeat(np.arange(len(ordered), dtype=np.int32), counts)
        sequences = [units for phrase in ordered for units in phrase.spellings]
        first = np.concatenate([[0], np.cumsum(np.fromiter(map(len, sequences), np.int64, len(sequences)))])
        all_units = np.fromiter((unit for units in sequences for unit in units), np.int32, int(first[-1]))
        wrong = np.flatnonzero((all_units < 0) | (all_units >= units))
        short = np.flatnonzero(np.diff(first) == 0)
        if len(wrong) or len(short):
            sequence = short[0] if len(short) else np.searchsorted(first, wrong[0], side="right") - 1
            name = shown(ordered[phrase_of[sequence]].phrase)
            what = f"hotword {name} is not spelled in the {units:,} units of this model"
            raise AsrkitError(what, cure="spell it with the unit table of the model")
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = np.nan_to_num(weights * scale)  # an infinite weight is as good as none if the scale is 0
        bias = np.clip(scaled, -LARGEST_BIAS, LARGEST_BIAS)[phrase_of] + 0.0  # no -0.0
        bias[_holds_another(ordered, words)] = 0
        per_unit = _bias_per_unit(incremental_bias, scale)
        spellings = Spellings(all_units, first, bias, (weights[phrase_of] >= 0) & (per_unit > 0))
        trie = make_trie(spellings, words)
        table = make_automaton(trie, per_unit, units, words)
        return cls(
            phrases=tuple(phrase.phrase for phrase in ordered),
            weights=_frozen(weights),
            incremental_bias=incremental_bias,
            scale=scale,
            spellings=Spellings(*map(_frozen, spellings)),
            phrase_of=_frozen(phrase_of),
            units=units,
            words=words,
            table=table,
            _edges=_frozen(trie.edges),
            _end=_frozen(trie.end.astype(np.int32)),
        )

    def with_added(self, spelled: Iterable[SpelledPhrase]) -> HotwordGraph:
        """Return the graph with these phrases too; one that is there already takes the new weight and spellings.

        Raises:
            AsrkitError: as `build`.
        """
        chosen = {phrase.phrase: phrase for phrase in self._spelled()}
        return self._with(chosen | _by_phrase(spelled))

    def with_weight(self, phrase: str, weight: float) -> HotwordGraph:
        """Return the graph with another weight for one of its phrases."""
        chosen = {spelled.phrase: spelled for spelled in self._spelled()}
        return self._with(chosen | {phrase: replace(chosen[phrase], weight=weight)})

    def without(self, phrases: Iterable[str]) -> HotwordGraph:
        """Return the graph without these phrases.

        Raises:
            AsrkitError: one of them is not in the graph.
        """
        chosen = {phrase.phrase: phrase for phrase in self._spelled()}
        for phrase in phrases:
            if chosen.pop(phrase, None) is None:
                raise AsrkitError(f"hotword {shown(phrase)} is not in the list", cure="remove what has been added")
        return self._with(chosen)

    def _with(self, chosen: dict[str, SpelledPhrase]) -> HotwordGraph:
        ordered = [chosen[phrase] for phrase in sorted(chosen)]
        return self._of(ordered, self.units, self.incremental_bias, self.scale, self.words)

    def _spelled(self) -> list[SpelledPhrase]:
        spellings: list[list[Units]] = [[] for _ in self.phrases]
        units, first = self.spellings.units.tolist(), self.spellings.first.tolist()
        for i, phrase in enumerate(self.phrase_of.tolist()):
            spellings[phrase].append(tuple(units[first[i] : first[i + 1]]))
        listed = zip(self.phrases, self.weights.tolist(), spellings, strict=True)
        return [SpelledPhrase(phrase, weight, tuple(ways)) for phrase, weight, ways in listed]

    def bonus(self, units: Sequence[int], breaks: Sequence[int] = ()) -> float:
        """Return the bonus (nats) of a whole utterance with these units (model ids): law 5.

        `breaks` tells before which of them a match breaks, as `Path.breaks`.
        """
        state, total, broken = ROOT, 0.0, frozenset(breaks)
        for place, unit in enumerate(units):
            if place in broken:
                state = after_break(self.table, state)
            state, banked = follow(self.table, state, unit + 1)
            total += banked
        if len(units) in broken:
            state = after_break(self.table, state)
        return total + at_end(self.table, state)

    def matches(self, units: Sequence[int], breaks: Sequence[int] = ()) -> tuple[Match, ...]:
        """Return all complete occurrences in `units` (model ids), in the order of their ends, the longest first.

        `breaks` tells before which of them a match breaks, as `Path.breaks`.
        """
        found = []
        said, unit_of, starts = self._symbols(units, breaks)
        nodes, length = np.full(len(starts), ROOT), 0
        while len(starts):  # all that begin somewhere grow by one symbol at a time
            nodes = children_of(self._edges, nodes, said[starts + length])
            length += 1
            ends = unit_of[starts + length - 1] + 1
            ended = zip(ends.tolist(), unit_of[starts].tolist(), nodes.tolist(), strict=True)
            found += [match for match in ended if match[2] in self._phrases_at]
            going_on = (nodes != ROOT) & (starts + length < len(said))
            nodes, starts = nodes[going_on], starts[going_on]
        covered = [False] * len(units)
        matches = []
        for end, start, node in sorted(found):
            sequences = self._phrases_at[node]
            bonus = max(float(self.spellings.bias[i]) for i in sequences)
            if any(self.spellings.boosted[i] for i in sequences):
                bonus += self.bias_per_unit * covered[start:end].count(False)
                covered[start:end] = [True] * (end - start)
            listed = {self.phrases[self.phrase_of[i]]: i for i in sequences}
            biases = tuple(float(self.spellings.bias[i]) for i in listed.values())
            boosted = tuple(bool(self.spellings.boosted[i]) for i in listed.values())
            matches.append(Match(tuple(listed), start, end, bonus, biases, boosted, self.bias_per_unit))
        return tuple(matches)

    def _symbols(
        self, units: Sequence[int], breaks: Sequence[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return the units with edge symbols and breaks among them, the unit of each symbol, and where phrases begin.

        The unit of an edge symbol or a break is the one before it.
        """
        said = np.asarray(units, np.int64)
        place, begins = np.arange(len(said)), np.ones(len(said), np.bool_)
        symbols, keys = [said], [3 * place]
        if self.words is not None:
            begins, ends = self.words.around(said)
            special = self.words.special[said]
            after = place[ends & ~special & ~self.words.closes[said]]
            symbols.append(np.full(len(after), EDGE))
            keys.append(3 * after + 1)
            said = np.where(special, _BREAK, said)
            symbols[0] = said
            begins &= ~special
        broken = np.asarray(breaks, np.int64)
        symbols.append(np.full(len(broken), _BREAK))
        keys.append(3 * broken - 1)
        order = np.argsort(np.concatenate(keys), kind="stable")
        key = np.concatenate(keys)[order]
        return np.concatenate(symbols)[order], key // 3, np.searchsorted(key, 3 * place[begins])

    @cached_property
    def _phrases_at(self) -> dict[int, list[int]]:
        """Node -> the sequences that end there."""
        at: dict[int, list[int]] = {}
        for sequence, node in enumerate(self._end.tolist()):
            at.setdefault(node, []).append(sequence)
        return at

    @property
    def bias_per_unit(self) -> float:
        """Nats for each covered unit, scaled."""
        return _bias_per_unit(self.incremental_bias, self.scale)

    @property
    def states(self) -> int:
        """How many states the automaton has."""
        return len(self.table.states)

    @property
    def bytes(self) -> int:
        """Size of all arrays."""
        arrays = (*self.table, *self.spellings, self.weights, self.phrase_of, self._edges, self._end)
        return sum(array.nbytes for array in arrays)


def _bias_per_unit(incremental_bias: float, scale: float) -> float:
    return min(incremental_bias * scale, LARGEST_BIAS)


def _check(incremental_bias: float, scale: float) -> None:
    for name, value in (("incremental bias", incremental_bias), ("hotword scale", scale)):
        if not (math.isfinite(value) and value >= 0):
            what = f"the {name} is {value:g}, but must be 0 or more"
            raise AsrkitError(what, cure="penalise a phrase by its own negative weight", status=Status.WRONG_USAGE)


def _by_phrase(spelled: Iterable[SpelledPhrase]) -> dict[str, SpelledPhrase]:
    """Return the phrases by their texts, checked: each with one weight."""
    chosen: dict[str, SpelledPhrase] = {}
    for phrase in spelled:
        if math.isnan(phrase.weight):
            raise AsrkitError(f"hotword {shown(phrase.phrase)} has a weight that is not a number", cure="give it one")
        before = chosen.setdefault(phrase.phrase, phrase)
        if before.weight != phrase.weight:
            what = f"hotword {shown(phrase.phrase)} has two weights, {before.weight:g} and {phrase.weight:g}"
            raise AsrkitError(what, cure="give it one")
    return chosen


def _holds_another(ordered: list[SpelledPhrase], words: WordEdges | None) -> NDArray[np.intp]:
    """Return the sequences that hold another spelling of their own phrase, whose bias would else be paid twice."""
    inner, number = [], 0
    for phrase in ordered:
        if len(phrase.spellings) > 1:
            known = set(phrase.spellings)
            lengths = sorted(set(map(len, known)))
            inner += [
                number + i for i, long in enumerate(phrase.spellings) if _holds_any(long, known, lengths, words)
            ]
        number += len(phrase.spellings)
    return np.array(inner, np.intp)


def occurrences(
    spelling: Units, units: Sequence[int], words: WordEdges | None, breaks: Sequence[int] = ()
) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of each occurrence of a spelling in a sequence of units and breaks (law 5)."""
    said, length = tuple(units), len(spelling)
    starts = [start for start in range(len(said) - length + 1) if said[start : start + length] == spelling]
    if not starts:
        return
    before, behind = (None, None) if words is None else words.around(said)
    for start in starts:
        end = start + length
        whole = before is None or (before[start] and behind[end - 1])
        if whole and not any(start < place < end for place in breaks):
            yield start, end


def _holds_any(long: Units, known: set[Units], lengths: list[int], words: WordEdges | None) -> bool:
    """Whether a shorter one of the sequences `known`, which have these `lengths`, occurs in `long`."""
    size = len(long)
    inside = {long[at : at + n] for n in lengths if n < size for at in range(size - n + 1)} & known
    return any(words is None or any(occurrences(short, long, words)) for short in inside)


def _frozen(array: NDArray) -> NDArray:
    array.flags.writeable = False
    return array
