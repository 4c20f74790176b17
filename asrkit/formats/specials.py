"""The spellings of special words and units: the one place that knows them.

Words of language models and lexicons:

    <s> </s>          begin and end of a sentence; in this spelling only, as in KenLM and SRILM
    <unk> <UNK>       the unknown word; both are one word to KenLM, and become `<unk>` when a file is read
    !SIL <SIL> <sil>  silence, as the lexicons of Kaldi's recipes name it: no word of a text
    <eps>             epsilon in OpenFst's symbol tables

Units of acoustic models: blank, begin and end of a sentence, padding, and the units for what the model does not know.
"""

from __future__ import annotations

import re
from collections.abc import Collection

EPSILON = "<eps>"
BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
UNKNOWN_SPELLINGS = (UNKNOWN, "<UNK>")
SILENCES = frozenset({"!SIL", "!sil", "<SIL>", "<sil>"})
_SILENT_UNITS = frozenset({"SIL", "sil"})  # the plain name is a word of its own, unless it is said as its own unit
_BACKOFF = "#0"  # of Kaldi's words.txt
_OTHER_SPELLINGS = {
    BEGIN: ("<S>", "<bos>", "<BOS>", "<sos>", "!ENTER", "!SENT_START"),
    END: ("</S>", "<eos>", "<EOS>", "!EXIT", "!SENT_END"),
}

BLANKS = ("<blank>", "<blk>", EPSILON, "<pad>", "[PAD]")  # the last two where there is no other, as in wav2vec2
ENDS = (END, "<eos>", "<sos/eos>")
PASSING = (*BLANKS, BEGIN, END, "<sos>", "<eos>", "<sos/eos>")  # units that say nothing

# Ideographs, kana, bopomofo, their marks and full-width forms; not Hangul, which is written with spaces.
_SPACELESS = re.compile(
    "[\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f\uffe0-\uffef"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"[^\W\d_\u2e80-\u312f\u3190-\u9fff]{2,}")
DELIMITERS = (" ", "|", "<space>", "▁")


def delimiter_of(units: Collection[str]) -> str | None:
    """Return the unit that stands between words in a model with these units, or None where words need none.

    Models of letters have one: a space (NeMo), `|` (wav2vec2, flashlight), `<space>` (ESPnet), a `▁` alone. Where
    pieces of words say by `@@` or `▁` how they are joined, there is none; `|` and `▁` are none of a model of words.
    """
    if any(unit.endswith("@@") or (unit.startswith("▁") and unit != "▁") for unit in units):
        return None
    has_words = any(_WORD.search(unit) for unit in units if not unit.startswith(("<", "[")))
    return next((name for name in DELIMITERS if name in units and not (has_words and name in "|▁")), None)


def has_no_spaces(character: str) -> bool:
    """Return whether no spaces are written beside `character`: an ideograph, kana, one of their marks."""
    return _SPACELESS.fullmatch(character) is not None


def canonical(word: str) -> str:
    """Return `word`, and of the unknown word's spellings the one that asrkit writes."""
    return UNKNOWN if word in UNKNOWN_SPELLINGS else word


def is_unknown(word: str) -> bool:
    """Return whether `word` is the unknown word, in any spelling."""
    return word in UNKNOWN_SPELLINGS


def is_silence(word: str, units: Collection[str] = ()) -> bool:
    """Return whether `word`, which is said as `units`, is silence."""
    return word in SILENCES or (word in _SILENT_UNITS and len(units) == 1 and _SILENT_UNITS.issuperset(units))


def is_special_word(word: str) -> bool:
    """Return whether `word` is a special word, which is not said and which no lexicon need spell."""
    return word in (BEGIN, END, EPSILON) or is_unknown(word) or word in SILENCES or word == _BACKOFF


def spelled_otherwise(word: str, words: Collection[str]) -> str | None:
    """Return the spelling under which `words` have the begin or end of a sentence, `word`, where they lack it."""
    if word in words:
        return None
    return next((other for other in _OTHER_SPELLINGS[word] if other in words), None)
