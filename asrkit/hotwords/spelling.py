"""From a phrase to the sequences of the model's units that say it.

A phrase is cut into characters and runs of Latin letters; then the way with the fewest pieces is sought, where a piece
is a word of the lexicon, or else a character or letter run that the model's units spell themselves:

    阳光, IBM          units as they are, if the model has them
    hel@@ lo, ▁hel lo  the fewest pieces, for models with `@@` or `▁` units
    i b m              also letter by letter, for a run of capitals
    bǎo dìng           readings of a character by pypinyin, for models of toned syllables (bǎo or bao3)

Several lexicon pronunciations, equally short cuts and readings give several spellings of one phrase. A phrase of which
any character cannot be spelled is refused as a whole: a shorter phrase would lift something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from asrkit.errors import shown
from asrkit.formats.hotword_lines import Phrase
from asrkit.formats.lexicon import Lexicon
from asrkit.formats.reading import split_fields
from asrkit.formats.specials import delimiter_of, has_no_spaces
from asrkit.formats.tokens import UnitTable

MAX_UNITS = 200  # of a phrase; more is a file without line ends, not a name
MAX_SPELLINGS = 8  # of a phrase; the likeliest are kept
_UNIT_PIECE_COST = 1.01  # a piece that the lexicon knows is preferred to one that only the units spell

_TOKEN = re.compile(r"[^\W\d_\u2e80-\U0003ffff]+(?:['’][^\W\d_\u2e80-\U0003ffff]+)*|.", re.DOTALL)
_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: " ", 0xA0: " "}
_SPECIAL = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")

Units = tuple[int, ...]


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
        self._longest_unit = max(map(len, self._unit), default=0)
        self._joined = any(unit.endswith("@@") for unit in self._unit)
        self._marked = any(unit.startswith("▁") and len(unit) > 1 for unit in self._unit)
        self._syllabic = not {"zhōng", "zhong1"}.isdisjoint(self._unit)
        self._words: dict[str, list[Units]] = {}
        self._lacking: dict[str, str] = {}  # word of the lexicon -> the unit that the model lacks
        for entry in lexicon.entries if lexicon else ():
            self._add_word(self.folded(entry.word), entry.units)
        self._longest_word = max(map(len, self._words), default=0)

    def _add_word(self, word: str, names: tuple[str, ...]) -> None:
        reading = tuple(self.units.index.get(name, -1) for name in names)
        if reading[-1] == self._delimiter and len(reading) > 1:
            reading = reading[:-1]
        if -1 in reading:
            self._lacking[word] = names[reading.index(-1)]
        elif reading not in self._words.setdefault(word, []):
            self._words[word].append(reading)

    def spell(self, phrase: str) -> tuple[Units, ...]:
        """Return the distinct spellings of `phrase`, at most MAX_SPELLINGS, the likeliest first.

        Raises:
            Unspellable: a character has no units; too long.
        """
        text = phrase.translate(_FULL_WIDTH) if self.fold_width else phrase
        whole = self._words.get(self.folded(text)) or self._plain(text) or self._cut(text)
        if len(whole[0]) > MAX_UNITS:
            raise Unspellable(f"it has {len(whole[0]):,} units, more than {MAX_UNITS}; does the list lack line ends?")
        return tuple(whole[:MAX_SPELLINGS])

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
        if self._words or any(c < "\u2e80" for c in text):
            return None
        units = tuple(map(self._unit.get, text))
        return None if None in units else [units]  # type: ignore[list-item]

    def _cut(self, text: str) -> list[Units]:
        """Return the spellings by the fewest pieces of each part between spaces."""
        spellings: list[Units] = [()]
        if len(text) > MAX_UNITS * 20:
            raise Unspellable(f"it has {len(text):,} characters; does the list lack line ends?")
        parts = split_fields(text)
        for before, part in zip(["", *parts], parts, strict=False):
            if before and self._delimiter is not None and not (has_no_spaces(before[-1]) or has_no_spaces(part[0])):
                spellings = _products(spellings, [(self._delimiter,)])
            spellings = _products(spellings, self._cut_part(part))
        if not spellings[0]:
            raise Unspellable("nothing of it is spoken")
        return spellings

    def _cut_part(self, part: str) -> list[Units]:
        tokens = _TOKEN.findall(part)
        readings: list[list[Units]] = []
        best: list[tuple[float, list[Units]]] = [(0.0, [()])]
        for end in range(1, len(tokens) + 1):
            cost, word = float("inf"), ""
            ways: list[Units] = []
            for begin in range(end - 1, -1, -1):
                word = tokens[begin] + word
                if begin < end - 1 and len(word) > self._longest_word:
                    break
                pieces, piece_cost = self._words.get(self.folded(word), []), 1.0
                if begin == end - 1 and not pieces:
                    piece_cost = _UNIT_PIECE_COST
                    pieces = self._by_units(tokens[begin])
                    if not pieces and self._syllabic and tokens[begin] >= "\u2e80":
                        readings = readings or self._read_by_pypinyin(tokens)
                        pieces = readings[begin]
                total = best[begin][0] + piece_cost
                if pieces and total <= cost:
                    found = _products(best[begin][1], pieces)
                    ways = list(dict.fromkeys(ways + found))[:MAX_SPELLINGS] if total == cost else found
                    cost = total
            best.append((cost, ways))
        if not best[-1][1]:
            raise Unspellable(self._why_not(tokens[max(i for i, (_, ways) in enumerate(best) if ways)]))
        return best[-1][1]

    def _by_units(self, token: str) -> list[Units]:
        """Return how units alone spell a character or a run of letters."""
        if token >= "\u2e80" or not token[0].isalpha():
            unit = self._unit.get(token, self._unit.get("▁" + token))
            return [(unit,)] if unit is not None else []
        ways = self._fewest_pieces(self.folded(token))
        if 1 < len(token) <= 6 and token.isupper():
            letters = [self._fewest_pieces(self.folded(letter)) for letter in token]
            if all(letters):
                ways = list(dict.fromkeys([*ways, tuple(way[0][0] for way in letters)]))
        return ways

    def _fewest_pieces(self, word: str) -> list[Units]:
        best: list[list[Units]] = [[()]]
        for end in range(1, len(word) + 1):
            ways: list[Units] = []
            for begin in range(max(0, end - self._longest_unit), end):
                piece = word[begin:end]
                if self._joined and end < len(word):
                    piece += "@@"
                elif self._marked and begin == 0:
                    piece = "▁" + piece
                unit = self._unit.get(piece)
                if unit is not None:
                    ways += [(*way, unit) for way in best[begin]]
            least = min(map(len, ways), default=0)
            best.append([way for way in dict.fromkeys(ways) if len(way) == least][:MAX_SPELLINGS])
        whole_word_only = not (self._joined or self._marked)
        return [way for way in best[-1] if not whole_word_only or len(way) == 1 or len(word) == len(way)]

    def _read_by_pypinyin(self, tokens: list[str]) -> list[list[Units]]:
        """Return for each token its likely readings; of a run of letters, which has none, the first stands for all."""
        from pypinyin import Style, lazy_pinyin, pinyin

        readings: list[list[Units]] = []
        for run in re.findall(r"[\u2e80-\U0003ffff]+|[^\u2e80-\U0003ffff]", "".join(t[0] for t in tokens)):
            likely = lazy_pinyin(run, Style.TONE3, errors=list, neutral_tone_with_five=True, v_to_u=True)
            every = pinyin(run, Style.TONE3, errors=list, heteronym=True, neutral_tone_with_five=True, v_to_u=True)
            for first, others in zip(likely, every, strict=True):
                found = (self._syllable(syllable) for syllable in dict.fromkeys([first, *others]))
                readings.append([(unit,) for unit in dict.fromkeys(found) if unit is not None])
        return readings

    def _syllable(self, syllable: str) -> int | None:
        from pypinyin.contrib.tone_convert import tone3_to_tone

        forms = (syllable, syllable.replace("ü", "v"), tone3_to_tone(syllable), syllable.removesuffix("5"))
        return next((self._unit[form] for form in forms if form in self._unit), None)

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
    """Return the phrases spelled, in their order, and those that cannot be spelled."""
    spelled, refused = [], []
    for phrase in phrases:
        try:
            spellings = speller.spell(phrase.text)
        except Unspellable as error:
            refused.append(RefusedPhrase(phrase.text, phrase.line, str(error)))
        else:
            spelled.append(SpelledPhrase(phrase.text, phrase.weight, spellings, phrase.line))
    return tuple(spelled), tuple(refused)


def _products(heads: list[Units], tails: list[Units]) -> list[Units]:
    """Return the likeliest of all heads with all tails."""
    if len(heads) * len(tails) <= MAX_SPELLINGS:
        return [head + tail for head in heads for tail in tails]
    ranked = sorted((i + j, i, j) for i in range(len(heads)) for j in range(len(tails)))[:MAX_SPELLINGS]
    return [heads[i] + tails[j] for _, i, j in ranked]
