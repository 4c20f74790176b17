"""asrkit: n-gram language models, WFST graphs and hotwords for Paraformer ONNX models.

    recognizer = asrkit.Recognizer(model="model/", graph="graph/", hotwords=["林婉清", "阳光保险"])
    recognizer.transcribe("meeting.wav").text

Wrong input raises `asrkit.AsrkitError`, which says in one sentence what is wrong, where, and how to put it right.
Whatever is heavy is imported when `Recognizer` is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asrkit.decode.recognizer import Recognizer
    from asrkit.errors import AsrkitError

__all__ = ["AsrkitError", "Recognizer", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "Recognizer":
        from asrkit.decode.recognizer import Recognizer

        return Recognizer
    if name == "AsrkitError":
        from asrkit.errors import AsrkitError

        return AsrkitError
    raise AttributeError(f"module 'asrkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), "AsrkitError", "Recognizer"]
