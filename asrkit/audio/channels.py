"""Which channels of a recording are heard, and whether those that are mixed differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError

MIXED = "its channels differ and were mixed; --channel each decodes each by itself"
_DIFFER = 1e-3  # of the loudest channel's energy: what lossy coding adds to equal channels is below that


@dataclass(frozen=True, slots=True)
class Channels:
    """A choice of channels.

    Attributes:
        numbers: from 0; several are mixed equally. None is no choice: all are mixed.
        if_several: a recording of one channel is taken as the chosen one, which somebody has cut out already.
    """

    numbers: tuple[int, ...] | None = None
    if_several: bool = False


UNSAID = Channels()


def mixed(frames: NDArray[np.float32], choice: Channels, name: str) -> tuple[NDArray[np.float32], bool]:
    """Return the samples of the channels that `choice` names, (samples,), and whether they differed and were mixed.

    Args:
        frames: (samples, channels).
        choice: which of them.
        name: of the recording, for messages.

    Raises:
        AsrkitError: the recording lacks a channel.
    """
    count = frames.shape[1]
    numbers = choice.numbers
    if numbers is None or (choice.if_several and count == 1):
        numbers = tuple(range(count))
    for number in numbers:
        if not 0 <= number < count:
            what = f"there is no channel {number}, only {count}, counted from 0"
            raise AsrkitError(what, where=name, cure="name another or let them be mixed")
    if len(numbers) == 1:
        return frames[:, numbers[0]], False
    some = frames if len(numbers) == count else frames[:, list(numbers)]
    mean = some.mean(axis=1, dtype=np.float32)
    with np.errstate(all="ignore"):  # what is not finite is refused later
        loudest = float(np.einsum("ij,ij->j", some, some, dtype=np.float64).max(initial=0.0))
        apart = some - mean[:, None]
        differ = float(np.einsum("ij,ij->j", apart, apart, dtype=np.float64).max(initial=0.0)) > _DIFFER * loudest
    return mean, differ
