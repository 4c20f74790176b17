"""What libsndfile cannot read, such as m4a and AAC, through PyAV, which is optional (the extra `av`)."""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError

CURE = "give a wav, flac, ogg or mp3 file, or install PyAV for m4a, AAC and others: pip install 'asrkit[av]'"
_CURE = "give a wav, flac, ogg or mp3 file"


def is_there() -> bool:
    """Whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def read(file: IO[bytes], name: str) -> tuple[NDArray[np.float32], int]:
    """Return the sound in `file`, (samples, channels) float32 in [-1, 1], and its rate.

    Raises:
        AsrkitError: it is no recording, or a damaged one.
    """
    import av

    file.seek(0)
    try:
        with av.open(file) as container:
            if not container.streams.audio:
                raise AsrkitError("there is no sound in this file", where=name, cure=_CURE)
            stream = container.streams.audio[0]
            rate, pieces = stream.rate, []
            resampler = av.AudioResampler(format="fltp", layout=stream.layout.name, rate=rate)
            for frame in container.decode(stream):
                pieces += [made.to_ndarray().T for made in resampler.resample(frame)]
            pieces += [made.to_ndarray().T for made in resampler.resample(None)]
    except (av.FFmpegError, ValueError, EOFError) as error:
        what = f"this is not a recording that can be read ({_why(error)})"
        raise AsrkitError(what, where=name, cure=_CURE) from error
    if not pieces:
        raise AsrkitError("this recording is empty", where=name, cure="record it again")
    return np.concatenate(pieces).astype(np.float32, copy=False), int(rate)


def _why(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().rstrip(".")
