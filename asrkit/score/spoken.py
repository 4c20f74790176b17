"""From what was said when, and by whom, to one text an utterance: STM and CTM files, supervisions of Lhotse."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from asrkit.errors import AsrkitError, shown

_ROUNDING = 0.011  # seconds: such files round their times to hundredths


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a recording: seconds, channel from 0 (None: of no one channel), who said what, where it stands."""

    recording: str
    channel: int | None
    start: float
    end: float
    speaker: str | None
    text: str
    where: str


def texts_of(pieces: Iterable[Piece], known: Collection[str]) -> dict[str, str]:
    """Return utterance id -> text, in the order in which the recordings first stand there.

    Args:
        pieces: in any order.
        known: the ids of what they are compared with. A recording whose channels were decoded one by one, so that
            `call-0` and `call-1` are among these, has a text for each channel; any other has one.

    Raises:
        AsrkitError: two speakers overlap in what makes one text, so that no order of their words is right.
    """
    known = set(known)
    of_recording: dict[str, list[Piece]] = {}
    for piece in pieces:
        of_recording.setdefault(piece.recording, []).append(piece)
    texts = {}
    for recording, said in of_recording.items():
        apart = {piece.channel: f"{recording}-{piece.channel}" for piece in said}
        if not known.isdisjoint(apart.values()):
            for channel, utt in sorted(apart.items(), key=lambda item: item[1]):
                texts[utt] = _joined([piece for piece in said if piece.channel == channel])
        else:
            texts[recording] = _joined(said)
    return texts


def _joined(pieces: list[Piece]) -> str:
    pieces = sorted(pieces, key=lambda piece: (piece.start, piece.end))
    last = pieces[0]
    for piece in pieces[1:]:
        if piece.start < last.end - _ROUNDING and piece.speaker != last.speaker and piece.text and last.text:
            who = " and ".join(shown(str(one.speaker)) for one in (last, piece))
            what = f"the speakers {who} overlap from {piece.start:g} to {min(piece.end, last.end):g} s"
            cure = "give each a channel or a recording of its own, or cut the overlap out"
            raise AsrkitError(what, where=piece.where, cure=cure)
        last = max(last, piece, key=lambda one: one.end)
    return " ".join(piece.text for piece in pieces if piece.text)
