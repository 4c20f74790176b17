"""What is wrong, risky or without effect in a hotword list, each with advice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import takewhile

from asrkit.errors import shown
from asrkit.formats.arpa import Arpa
from asrkit.formats.hotword_lines import Phrase, may_be_several
from asrkit.formats.specials import is_unknown
from asrkit.hotwords.graph import LARGEST_BIAS
from asrkit.hotwords.lists import place, what_an_enormous_weight_does
from asrkit.hotwords.spelling import MAX_SPELLINGS, RefusedPhrase, SpelledPhrase, Speller, Units, spell_all
from asrkit.progress import counted
from asrkit.units.edges import WordEdges, word_edges

LARGE_WEIGHT = 10.0  # nats: e^10 = 22,000 : 1
LONG = 12  # units; longer phrases are seldom said word for word
COMMON = 1e-6  # a word at least this probable is likely to be said by chance
_SHARED_PREFIX = 2  # units
_MANY = 5  # phrases that share a prefix
_NAMED = 5  # phrases named in one finding


class Severity(IntEnum):
    """How bad a finding is."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """One thing to look at: what it is and what to do."""

    severity: Severity
    kind: str
    phrase: str
    line: int
    what: str
    advice: str


def lint(
    phrases: Sequence[Phrase],
    speller: Speller,
    *,
    repeated: Sequence[Phrase] = (),
    probabilities: Mapping[str, float] | None = None,
    vocabulary: frozenset[str] | None = None,
    can_say: Callable[[Units], bool] | None = None,
) -> list[Finding]:
    """Return the findings on `phrases`, the worst first, then in the order of the list.

    Args:
        phrases: weights in nats.
        speller: for the units of the model.
        repeated: what stood in the list again, and was not taken.
        probabilities: how probable the words of the lexicon are, by a language model; without it every word of the
            lexicon that sounds like a phrase is told.
        vocabulary: the words that the decoding graph can put out; None: not known.
        can_say: of a closed vocabulary: whether words of it are said as these units; None: how they are written counts.
    """
    spelled, refused = spell_all(phrases, speller)
    by_text = {phrase.phrase: phrase for phrase in spelled}
    findings = [
        *_unspellable(refused),
        *_repeated(repeated, phrases),
        *_several(phrases),
        *_outside(spelled, speller, vocabulary, can_say),
        *_alike(spelled, speller),
        *_homophones(spelled, speller),
        *_like_common_words(spelled, speller, probabilities),
        *_lengths(spelled, speller.most),
        *_weights(phrases),
        *_inside(spelled, by_text, word_edges(speller.units)),
        *_prefixes(spelled),
    ]
    return sorted(findings, key=lambda finding: (-finding.severity, finding.line))


def word_probabilities(model: Arpa, speller: Speller) -> dict[str, float]:
    """Return the probability of each word of `model`, folded, out of context."""
    values = (10.0 ** model.log10_probs[0].astype(float)).tolist()
    probabilities: dict[str, float] = {}
    for (word,), probability in zip(model.grams[0].tolist(), values, strict=True):
        folded = speller.folded(model.words[word])
        probabilities[folded] = probabilities.get(folded, 0.0) + probability
    return probabilities


def report(findings: Sequence[Finding], name: str) -> Iterator[str]:
    """Yield a line for each finding in the list `name`, and how many there are of each severity."""
    for finding in findings:
        severity = finding.severity.name.lower()
        what = f"{shown(finding.phrase)} {finding.what}; {finding.advice}"
        yield f"{place(name, finding.line)}: {severity}: {finding.kind}: {what}"
    counts = [(sum(f.severity == severity for f in findings), severity.name.lower()) for severity in reversed(Severity)]
    yield ", ".join(counted(count, name) for count, name in counts)


def _unspellable(refused: Sequence[RefusedPhrase]) -> Iterator[Finding]:
    for phrase in refused:
        advice = "write it as it is spoken, in characters that the model knows, or add it to the lexicon"
        what = f"cannot be spelled: {phrase.reason}"
        yield Finding(Severity.ERROR, "missing-unit", phrase.phrase, phrase.line, what, advice)


def _repeated(repeated: Sequence[Phrase], phrases: Sequence[Phrase]) -> Iterator[Finding]:
    taken = {phrase.identity: phrase for phrase in phrases}
    for phrase in repeated:
        what = f"stands in the list again{_on(taken[phrase.identity])}"
        if (weight := taken[phrase.identity].weight) != phrase.weight:
            what += f", whose weight {weight:g} counts in place of {phrase.weight:g}"
        yield Finding(Severity.WARNING, "duplicate", phrase.text, phrase.line, what, "remove one of the two")


def _several(phrases: Sequence[Phrase]) -> Iterator[Finding]:
    for phrase in phrases:
        if may_be_several(phrase.text):
            what = "is one phrase, whose words are said one after the other"
            advice = "write each on a line of its own if they are several hotwords"
            yield Finding(Severity.WARNING, "several-words", phrase.text, phrase.line, what, advice)


def _outside(
    spelled: Sequence[SpelledPhrase],
    speller: Speller,
    vocabulary: frozenset[str] | None,
    can_say: Callable[[Units], bool] | None,
) -> Iterator[Finding]:
    if vocabulary is None:
        return
    known = {speller.folded(word) for word in vocabulary}
    longest = max(map(len, known), default=0)
    is_open = any(map(is_unknown, vocabulary))
    for phrase in spelled:
        if can_say is not None and not is_open:
            is_covered = any(map(can_say, phrase.spellings))
        else:
            is_covered = _is_made_of(speller.folded(phrase.phrase).replace(" ", ""), known, longest)
        if not is_covered:
            what = "is made up of no words of the graph" + (", only <unk> can stand for it" if is_open else "")
            severity = Severity.WARNING if is_open else Severity.ERROR
            advice = "add it to the lexicon and build the graph again"
            yield Finding(severity, "not-in-graph", phrase.phrase, phrase.line, what, advice)


def _alike(spelled: Sequence[SpelledPhrase], speller: Speller) -> Iterator[Finding]:
    first: dict[str, SpelledPhrase] = {}
    for phrase in spelled:
        other = first.setdefault(speller.folded(phrase.phrase), phrase)
        if other is not phrase:
            what = f"differs from {shown(other.phrase)}{_on(other)} in case or width only"
            yield Finding(Severity.WARNING, "duplicate", phrase.phrase, phrase.line, what, "remove one of the two")


def _homophones(spelled: Sequence[SpelledPhrase], speller: Speller) -> Iterator[Finding]:
    said: defaultdict[Units, list[SpelledPhrase]] = defaultdict(list)
    for phrase in spelled:
        for units in phrase.spellings:
            said[units].append(phrase)
    for units, phrases in said.items():
        texts = {speller.folded(phrase.phrase) for phrase in phrases}
        if len(texts) > 1:
            first, *others = phrases
            what = f"sounds like {_list(others)} ({_spoken(units, speller)})"
            advice = "of words equally likely the heavier is written: give the one that is meant the larger weight"
            yield Finding(Severity.WARNING, "homophones", first.phrase, first.line, what, advice)


def _like_common_words(
    spelled: Sequence[SpelledPhrase], speller: Speller, probabilities: Mapping[str, float] | None
) -> Iterator[Finding]:
    words = speller.words_said_as()
    for phrase in spelled:
        if phrase.weight < 0:
            continue
        found = {
            word: probabilities.get(word, 0.0) if probabilities is not None else None
            for units in phrase.spellings
            for word in words.get(units, ())
            if speller.folded(word) != speller.folded(phrase.phrase)
        }
        risky = {word: p for word, p in found.items() if p is None or p >= COMMON}
        if risky:
            ranked = sorted(risky, key=lambda word: (-(risky[word] or 0.0), word))
            told = ", ".join(f"{shown(word)}{_probability(risky[word])}" for word in ranked[:_NAMED])
            severity = Severity.NOTE if probabilities is None else Severity.WARNING
            yield Finding(
                severity, "sounds-like-a-word", phrase.phrase, phrase.line, f"sounds like {told}",
                "it is written in their place where its bonus outweighs the language model: "
                "lower its weight, or give a longer phrase around it",
            )  # fmt: skip


def _lengths(spelled: Sequence[SpelledPhrase], most: int) -> Iterator[Finding]:
    for phrase in spelled:
        length = len(phrase.spellings[0])
        if length == 1 and phrase.weight >= 0:
            what = "is one unit long, and lifted wherever that sound comes"
            advice = "give the longer name that it belongs to"
            yield Finding(Severity.WARNING, "one-unit", phrase.phrase, phrase.line, what, advice)
        if length > LONG:
            what = f"is {length} units long, and gains for good only if all of them are said"
            yield Finding(Severity.NOTE, "long", phrase.phrase, phrase.line, what, "give its rare part only")
        if len(phrase.spellings) == MAX_SPELLINGS == most:
            what = f"can be said in {most} ways or more, of which {most} are used"
            yield Finding(
                Severity.NOTE, "many-spellings", phrase.phrase, phrase.line, what, "add its true reading to the lexicon"
            )


def _weights(phrases: Sequence[Phrase]) -> Iterator[Finding]:
    for phrase in phrases:
        if abs(phrase.weight) > LARGEST_BIAS:
            taken, risk = what_an_enormous_weight_does(phrase.weight)
            what = f"has weight {phrase.weight:g}, taken as {taken}, and {risk}"
            yield Finding(Severity.WARNING, "weight", phrase.text, phrase.line, what, "try a weight between 0 and 5")
        elif abs(phrase.weight) >= LARGE_WEIGHT:
            what = f"has a weight of {phrase.weight:g} nats, which overrules the acoustic model"
            advice = "try 0 to 5; if the weights are FunASR's, say --funasr-weights (20 there is 2 here)"
            yield Finding(Severity.WARNING, "weight", phrase.text, phrase.line, what, advice)
        elif phrase.weight < 0:
            what = f"has weight {phrase.weight:g}, which makes its sound less likely; never written for others"
            yield Finding(Severity.NOTE, "penalty", phrase.text, phrase.line, what, "leave it if that is meant")


def _inside(
    spelled: Sequence[SpelledPhrase], by_text: Mapping[str, SpelledPhrase], words: WordEdges | None
) -> Iterator[Finding]:
    said_as: defaultdict[Units, dict[str, None]] = defaultdict(dict)
    for phrase in spelled:
        for units in phrase.spellings:
            said_as[units][phrase.phrase] = None
    lengths = sorted({len(units) for units in said_as})
    holders: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for phrase in spelled:
        for units in phrase.spellings:
            before, behind = ([True] * len(units),) * 2 if words is None else words.around(units)
            for length in takewhile(len(units).__gt__, lengths):
                for start in range(len(units) - length + 1):
                    if not (before[start] and behind[start + length - 1]):
                        continue
                    for inner in said_as.get(units[start : start + length], ()):
                        if inner != phrase.phrase:
                            holders[inner][phrase.phrase] = None
    for inner, outer in holders.items():
        phrase = by_text[inner]
        what = f"is inside {_list([by_text[text] for text in outer])}: where those are said, its word bias counts too"
        advice = "this is right if both are said; remove it if it never stands alone"
        yield Finding(Severity.NOTE, "inside", inner, phrase.line, what, advice)


def _prefixes(spelled: Sequence[SpelledPhrase]) -> Iterator[Finding]:
    sharing: defaultdict[Units, dict[str, SpelledPhrase]] = defaultdict(dict)
    for phrase in spelled:
        for units in phrase.spellings:
            if len(units) > _SHARED_PREFIX and phrase.weight >= 0:
                sharing[units[:_SHARED_PREFIX]][phrase.phrase] = phrase
    for phrases in sharing.values():
        if len(phrases) >= _MANY:
            first, *others = phrases.values()
            what = f"begins like {_list(others)}: their beginning is lifted until they part"
            advice = "nothing stays paid that is not said to the end; shorten the list if decoding is slow"
            yield Finding(Severity.NOTE, "shared-beginning", first.phrase, first.line, what, advice)


def _is_made_of(text: str, words: set[str], longest: int) -> bool:
    """Whether `text` is one or more of `words`, of which none is longer than `longest`."""
    reached = [True] + [False] * len(text)
    for end in range(1, len(text) + 1):
        reached[end] = any(reached[b] and text[b:end] in words for b in range(max(0, end - longest), end))
    return reached[-1]


def _list(phrases: Sequence[SpelledPhrase]) -> str:
    told = ", ".join(f"{shown(phrase.phrase)}{_on(phrase)}" for phrase in phrases[:_NAMED])
    return told + (f" and {len(phrases) - _NAMED} more" if len(phrases) > _NAMED else "")


def _on(phrase: SpelledPhrase | Phrase) -> str:
    return f" (line {phrase.line})" if phrase.line else ""


def _probability(value: float | None) -> str:
    return "" if value is None else f" (probability {value:.1e})"


def _spoken(units: Units, speller: Speller) -> str:
    return " ".join(speller.units.units[unit] for unit in units)
