"""From a phrase to the sequences of the model's units that say it.

A phrase is cut at its spaces, and each part into characters and runs of letters; then the way with the fewest pieces is
sought, where a piece is a word of the lexicon, or else a character or letter run that the model's units spell
themselves (`wordpieces`) or that is read as a toned syllable (`syllables`).

Several pronunciations, cuts of equally few pieces, splits and readings give several spellings of one phrase. They are
ranked: the phrase's own reading by pypinyin's dictionary first, then by how likely readings are, and splits by how few
units they have. A phrase of which any character cannot be spelled is refused as a whole: a shorter phrase would lift
something else.

A list may tell the units itself, as those of sherpa-onnx do (`阳 光 保 险`, `▁PER C ENT`, `hù chéng fēng @户晨风`):
they are one spelling of what `Phrase.written` says, beside those found here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log

from asrkit.errors import shown
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon
from asrkit.formats.reading import split_fields
from asrkit.formats.specials import delimiter_of, has_no_spaces
from asrkit.formats.tokens import UnitTable
from asrkit.hotwords.kbest import Labels, Way, cheapest, k_best, products
from asrkit.hotwords.syllables import Syllables
from asrkit.hotwords.wordpieces import CHINESE, WordPieces
from asrkit.text.pinyin import is_syllabic

MAX_UNITS = 200  # of a phrase; more is a file without line ends, not a name
MAX_SPELLINGS = 8  # readings of a phrase; the likeliest are kept
MAX_SPLITS = 16  # splits of a phrase into pieces of words; those of the fewest pieces are kept
_PIECE, _UNIT_PIECE = 1000.0, 1010.0  # costs: fewer pieces come first; one of the lexicon before one of units alone
_BESIDE_LEXICON = 0.5  # cost of splits that the lexicon does not have
_UNLIKELY = 4.7  # nats behind the likeliest, 1 : 110; what is less likely is no spelling
_TONED = re.compile("[^\\x00-\\x7f]|[a-z][0-5](?: |$)")
_CHINESE = re.compile(f"[{CHINESE}-\U0003ffff]")

_TOKEN = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+(?:['’][^\W\d_\u2e80-\U0003ffff]+)*|.", re.DOTALL)
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0xA0: " ", 0x2019: "'"}
_SILENT = "·‧•・\u200b\u200c\u200d\u2060\ufeff"  # dots within foreign names, and what nobody sees
_SPECIAL = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")

Units = Labels
_Read = tuple[int | None, bool]  # the unit of a character, and whether pypinyin's dictionary has a phrase there
_UNREAD: _Read = None, False


class Unspellable(Exception):
    """A phrase that the units of the model cannot say; its message tells why."""


@dataclass(frozen=True)
class SpelledPhrase:
    """A phrase with the ways to say it.

    Attributes:
        phrase: as it stands in the list.
        weight: its whole-word bias in nats, before any scale.
        spellings: the distinct sequences of model ids, the likeliest first.
        line: where it stands in the list, 0 if nowhere.
    """

    phrase: str
    weight: float
    spellings: tuple[Units, ...]
    line: int = 0


@dataclass(frozen=True)
class RefusedPhrase:
    """A phrase that takes no part, and why."""

    phrase: str
    line: int
    reason: str


class Speller:
    """Spells phrases in the units of a model; never changed once made."""

    def __init__(
        self, units: UnitTable, lexicon: Lexicon | None = None, *, fold_case: bool = True, fold_width: bool = True
    ) -> None:
        """Make a speller.

        Args:
            units: the model's unit table.
            lexicon: words and their units, the one that the graph was built with; None: units and pypinyin only.
            fold_case: letters match whatever their case.
            fold_width: full-width letters, digits and marks are read as plain ones (Ａ as A).
        """
        self.units = units
        self.fold_case = fold_case
        self.fold_width = fold_width
        self._unit: dict[str, int] = {}
        name = delimiter_of(units.index)
        self._delimiter = None if name is None else units.index[name]  # between words, never behind the last one
        for unit, number in units.index.items():
            if not _SPECIAL.fullmatch(unit) and number != self._delimiter:
                self._unit.setdefault(self.folded(unit), number)
        self._spoken = {ord(c): None for c in _SILENT if c not in self._unit}
        self._spoken |= _FULL_WIDTH if fold_width else {}
        self._pieces = WordPieces(self._unit)
        self._syllables = Syllables(self._unit) if is_syllabic(self._unit) else None
        self.most = MAX_SPLITS if self._pieces.in_pieces else MAX_SPELLINGS
        self._words: dict[str, list[Units]] = {}
        self._lacking: dict[str, str] = {}  # word of the lexicon -> the unit that the model lacks
        self._costs: dict[tuple[str, Units], float] = {}  # of pronunciations that the lexicon says are rare
        self._ways: dict[str, list[Way]] = {}  # of words that have been asked for
        self._said: frozenset[Units] | None = None  # all pronunciations, once they are asked for
        self._longest_said = 0
        for entry in lexicon.entries if lexicon else ():
            self._add_word(self.folded(entry.word), entry.units, entry.probability)
        self._longest_word = max(map(len, self._words), default=0)

    def _add_word(self, word: str, names: tuple[str, ...], probability: float) -> None:
        reading = tuple(self.units.index.get(name, -1) for name in names)
        if reading[-1] == self._delimiter and len(reading) > 1:
            reading = reading[:-1]
        if -1 in reading:
            self._lacking[word] = names[reading.index(-1)]
        elif reading not in self._words.setdefault(word, []):
            self._words[word].append(reading)
            if probability != 1:
                self._costs[word, reading] = -log(probability)

    def spell(self, phrase: str) -> tuple[Units, ...]:
        """Return the distinct spellings of `phrase`, at most `most`, the likeliest first.

        Raises:
            Unspellable: a character has no units; too long.
        """
        text = unicodedata.normalize("NFC", phrase.translate(self._spoken))
        ways = self._plain(text) or self._cut(text)
        if len(ways[0]) > MAX_UNITS:
            raise Unspellable(f"it has {len(ways[0]):,} units, more than {MAX_UNITS}; does the list lack line ends?")
        return tuple(ways)

    def as_units(self, phrase: str) -> Units | None:
        """Return the units that the fields of `phrase` name: each a unit, or a syllable's beginning and rest (`x iǎo`).

        None if they do not.
        """
        fields = [self.folded(unicodedata.normalize("NFC", field)) for field in split_fields(phrase)]
        longest = 2 if self.is_syllabic else 1

        def arcs(end: int) -> Iterator[tuple[int, list[Way]]]:
            for begin in range(max(0, end - longest), end):
                if (unit := self._named("".join(fields[begin:end]))) is not None:
                    yield begin, [(float(end - begin), (unit,))]

        ways = k_best(len(fields), arcs, 1)[-1] if 0 < len(fields) <= longest * MAX_UNITS else []
        return ways[0][1] if ways else None

    @property
    def is_syllabic(self) -> bool:
        """Whether the units are toned syllables, so that a phrase in units does not tell how it is written."""
        return self._syllables is not None

    def can_say(self, units: Units) -> bool:
        """Return whether words of the lexicon, one after the other, are said as `units`."""
        if self._said is None:
            said = frozenset(reading for readings in self._words.values() for reading in readings)
            self._longest_said = max(map(len, said), default=0)
            self._said = said  # last: another thread may look
        units = tuple(unit for unit in units if unit != self._delimiter)  # the readings of words have none
        reached = [True] + [False] * len(units)
        for end in range(1, len(units) + 1):
            begins = range(max(0, end - self._longest_said), end)
            reached[end] = any(reached[begin] and units[begin:end] in self._said for begin in begins)
        return reached[-1]

    def _named(self, name: str) -> int | None:
        """Return the unit called `name`, or the syllable that is written so with a number or a mark for its tone."""
        if name not in self._unit and self._syllables:
            return self._syllables.called(name)
        return self._unit.get(name)

    def words_said_as(self) -> dict[Units, list[str]]:
        """Return the words of the lexicon, folded, by how they are said."""
        words: dict[Units, list[str]] = {}
        for word, readings in self._words.items():
            for reading in readings:
                words.setdefault(reading, []).append(word)
        return words

    def folded(self, text: str) -> str:
        """Return `text` in the form in which words are compared."""
        text = text.translate(_FULL_WIDTH) if self.fold_width else text
        return text.lower() if self.fold_case else text

    def _plain(self, text: str) -> list[Units] | None:
        """Return the spelling of a text whose every character is a unit and no Latin letter: the usual case."""
        if not text or self._words or self._pieces.splits_chinese or any(c < CHINESE for c in text):
            return None
        units = tuple(map(self._unit.get, text))
        return None if None in units else [units]  # type: ignore[list-item]

    def _cut(self, text: str) -> list[Units]:
        """Return the spellings of the parts between spaces, one after the other."""
        if len(text) > MAX_UNITS * 20:
            raise Unspellable(f"it has {len(text):,} characters; does the list lack line ends?")
        parts = split_fields(text)
        found: list[list[Way]] = []
        for before, part in zip(["", *parts], parts, strict=False):
            if before and self._delimiter is not None and not (has_no_spaces(before[-1]) or has_no_spaces(part[0])):
                found.append([(0.0, (self._delimiter,))])
            found.append(self._of_part(part))
        if not found:
            raise Unspellable("nothing of it is spoken")
        return [units for _, units in products(found, self.most)]

    def _of_part(self, part: str) -> list[Way]:
        """Return the spellings of a text without spaces."""
        tokens = _TOKEN.findall(part)
        folded = [self.folded(token) for token in tokens]
        most = self.most if len(part) <= MAX_UNITS else 1
        read = self._read(tokens) if self._syllables else None
        ways: list[Way] = []
        if (word := "".join(folded)) in self._words:
            ways = self._whole(word, read)[:most]
        elif self._words or read:
            ways = _from_zero(self._by_words(tokens, folded, read, most))
        if not self._syllables and (self._pieces.in_pieces or not ways):
            splits = self._pieces.ways(part, word, most)
            ways = cheapest(ways + [(cost + _BESIDE_LEXICON, units) for cost, units in splits], most)
        if not ways:
            raise Unspellable(self._why_not(self._missing(tokens, folded)))
        if read and (own := self._own(tokens, folded, read)) is not None:
            ways = cheapest([(-1.0, own), *ways], most)
        return ways

    def _whole(self, word: str, read: list[_Read] | None) -> list[Way]:
        """Return how the lexicon says `word`, in its order, and how it is said if it is a name."""
        ways = [(0.0, units) for units in self._words[word]]
        surnames = self._of_surname(word, read) if read else []
        named = [(cost, units + way[1:]) for cost, units in surnames for _, way in ways if len(way) == len(word)]
        return cheapest(ways + named, self.most)

    def _of_surname(self, name: str, read: list[_Read]) -> list[Way]:
        """Return how the first character is read as a surname, unless a phrase of the dictionary begins with it."""
        return [] if read[0][1] or name < CHINESE or self._syllables is None else self._syllables.of_surname(name)

    def _read(self, tokens: list[str]) -> list[_Read]:
        """Return how pypinyin reads each token that is Chinese; (None, False) of the others."""
        assert self._syllables is not None
        runs = "".join(token if token >= CHINESE else "\n" for token in tokens).split("\n")
        return [one for run in runs for one in ((None, False), *self._syllables.read(run))][1:]

    def _by_words(self, tokens: list[str], folded: list[str], read: list[_Read] | None, most: int) -> list[Way]:
        """Return the ways of the fewest words of the lexicon, and pieces that units or pypinyin spell."""
        longest = self._longest_word

        def arcs(end: int) -> Iterator[tuple[int, list[Way]]]:
            word = ""
            for begin in range(end - 1, -1, -1):
                word = folded[begin] + word
                if begin < end - 1 and len(word) > longest:
                    break
                if word in self._words:
                    yield begin, [(cost + _PIECE, units) for cost, units in self._of_lexicon(word)]
                elif begin == end - 1:
                    ways = self._of_token(tokens[begin], word, read[begin] if read else _UNREAD)
                    yield begin, [(cost + _UNIT_PIECE, units) for cost, units in ways]
            if end == 1 and read:
                piece = _PIECE if folded[0] in self._words else _UNIT_PIECE
                yield 0, [(cost + piece, units) for cost, units in self._of_surname("".join(tokens), read)]

        return k_best(len(tokens), arcs, most, _UNLIKELY)[-1]

    def _of_lexicon(self, word: str) -> list[Way]:
        """Return how the lexicon says `word`, which it has."""
        if word not in self._ways:
            readings = self._words[word]
            if len(readings) == 1:
                ways = [(0.0, readings[0])]
            elif any((word, reading) in self._costs for reading in readings):
                ways = _from_zero(sorted((self._costs.get((word, units), 0.0), units) for units in readings))
            elif self._syllables and word >= CHINESE:
                ways = self._syllables.of_word(word, readings)
            else:
                ways = [(0.0, units) for units in readings]
            self._ways[word] = ways
        return self._ways[word]

    def _of_token(self, token: str, folded: str, read: _Read = _UNREAD) -> list[Way]:
        """Return how units, or pypinyin, spell a character or a run of letters."""
        if self._syllables and token >= CHINESE:
            unit, is_known = read
            return [(0.0, (unit,))] if is_known and unit is not None else self._syllables.ways(token)
        return self._pieces.ways(token, folded, self.most if len(token) <= MAX_UNITS else 1)

    def _own(self, tokens: list[str], folded: list[str], read: list[_Read]) -> Units | None:
        """Return how a part is said if pypinyin reads its Chinese; None unless it knows a phrase there."""
        if not any(is_known for _, is_known in read):
            return None
        units: list[int] = []
        for token, word, (unit, _) in zip(tokens, folded, read, strict=True):
            if token >= CHINESE:
                units.append(-1 if unit is None else unit)
            else:
                units += (self._of_lexicon(word) if word in self._words else self._of_token(token, word))[0][1]
        return None if -1 in units else tuple(units)

    def _missing(self, tokens: list[str], folded: list[str]) -> str:
        """Return the token at which every way to spell a part ends."""
        for end, word in enumerate(folded):
            if word not in self._words and not self._of_token(tokens[end], word):
                return tokens[end]
        return "".join(tokens)

    def _why_not(self, token: str) -> str:
        word = self.folded(token)
        if word in self._lacking and word not in self._words:
            return f"the lexicon spells {shown(token)} by {shown(self._lacking[word])}, which the model lacks"
        digit = "; write digits as they are spoken" if token.isdigit() else ""
        also = " and the lexicon has no such word" if self._words else ""
        return f"the model has no unit for {shown(token)}{also}{digit}"


def spell_all(
    phrases: Iterable[Phrase], speller: Speller
) -> tuple[tuple[SpelledPhrase, ...], tuple[RefusedPhrase, ...]]:
    """Return the phrases spelled, in their order, and those that cannot be spelled.

    A phrase is called as it is written. Two of a list that are written alike, but said otherwise, are one phrase with
    the spellings of both; the larger weight counts.
    """
    spelled: dict[str, SpelledPhrase] = {}
    refused = []
    for phrase in phrases:
        name = phrase.written
        try:
            spellings = _spellings(phrase, name, speller)
        except Unspellable as error:
            refused.append(RefusedPhrase(phrase.text, phrase.line, str(error)))
            continue
        weight, line = phrase.weight, phrase.line
        if before := spelled.get(name):
            spellings = tuple(dict.fromkeys(before.spellings + spellings))
            weight, line = max(weight, before.weight), before.line
        spelled[name] = SpelledPhrase(name, weight, spellings, line)
    return tuple(spelled.values()), tuple(refused)


def _spellings(phrase: Phrase, name: str, speller: Speller) -> tuple[Units, ...]:
    """Return the spellings of a phrase that is written as `name`, those that the list gives itself first."""
    is_cut = name != phrase.text or (speller.is_syllabic and not _CHINESE.search(name))
    if not is_cut or len(cut := speller.as_units(phrase.text) or ()) > MAX_UNITS:
        return speller.spell(name)
    if cut and name == phrase.text:
        if not _TONED.search(name):  # letters
            return speller.spell(name)
        raise Unspellable(f"it tells the sound, but not what is written: add that, as in {shown(f'{name} @…')}")
    if cut and phrase.label is not None:  # what is said is not what is written
        return (cut,)
    try:
        found = speller.spell(name if phrase.label is None else phrase.text)
    except Unspellable:
        found = () if cut else speller.spell(name)
    return tuple(dict.fromkeys((cut, *found) if cut else found))


def _from_zero(ways: list[Way]) -> list[Way]:
    """Return `ways`, cheapest first, with the costs measured from the cheapest."""
    return [(cost - ways[0][0], units) for cost, units in ways]
