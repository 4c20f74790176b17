"""Units that are never text: blanks, sentence ends, unknowns, padding, tags and events.

One place knows them, by name and not by position: FunASR's `<blank> <s> </s> <unk>`, `<|zh|>` and `<|HAPPY|>` of
SenseVoice, `<blk> <sos/eos>` of sherpa-onnx and WeNet, `<pad>` and `[PAD]` of wav2vec2, `[laughter]` of Switchboard.
"""

from __future__ import annotations

import re

from asrkit.formats.specials import DELIMITERS

_IN_BRACKETS = re.compile(r"<[^<>\s]+>|\[[A-Za-z_]+\]")
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def is_special(unit: str) -> bool:
    """Whether `unit` never becomes text; the space between words and the bytes of SentencePiece do."""
    return _IN_BRACKETS.fullmatch(unit) is not None and unit not in DELIMITERS and byte_of(unit) is None


def byte_of(unit: str) -> int | None:
    """Return the byte that a fallback unit of SentencePiece, such as `<0xE4>`, stands for; None for other units."""
    found = _BYTE.fullmatch(unit)
    return int(found[1], 16) if found else None
