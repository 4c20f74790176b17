"""FunASR's `config.yaml`: what of it matters when the exported model is run.

    model: BiCifParaformer
    lang: en-bpe                     seldom there
    model_conf: {predictor_bias: 1}  0 where absent
    frontend_conf: {fs: 16000, window: hamming, n_mels: 80, frame_length: 25, frame_shift: 10, lfr_m: 7, lfr_n: 6}
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import yaml

from asrkit.errors import AsrkitError, shown
from asrkit.formats.reading import decoded, name_of, open_binary

_MAX_BYTES = 4 << 20
_CURE = "copy config.yaml of the model anew"
_WINDOWS = ("hamming", "hanning", "povey", "rectangular", "blackman")


@dataclass(frozen=True)
class FrontendOptions:
    """How samples become features: Kaldi's filter bank, then `stack` frames joined every `stride` frames.

    Attributes:
        rate: samples per second.
        window: the name of the window function, as Kaldi calls it.
        mels: bins of the filter bank.
        frame_length, frame_shift: milliseconds.
    """

    rate: int = 16000
    window: str = "hamming"
    mels: int = 80
    frame_length: float = 25.0
    frame_shift: float = 10.0
    stack: int = 1
    stride: int = 1

    @property
    def dimensions(self) -> int:
        """How many numbers a step has."""
        return self.mels * self.stack

    @property
    def seconds(self) -> float:
        """How far apart two steps are."""
        return self.stride * self.frame_shift / 1000


@dataclass(frozen=True)
class Config:
    """What of config.yaml matters."""

    model: str
    frontend: FrontendOptions
    predictor_bias: int = 0
    lang: str | None = None


def parse(path: str | os.PathLike[str]) -> Config:
    """Return what the file `path` says (`-`: standard input).

    Raises:
        AsrkitError: not YAML; a value that matters is missing or of another kind.
    """
    name = name_of(path)
    with open_binary(path) as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise AsrkitError("too large for a model's config", where=name, cure="check that this is the file you meant")
    lines = [decoded(raw, name, number, max_bytes=_MAX_BYTES) for number, raw in enumerate(content.split(b"\n"), 1)]
    try:
        value = yaml.safe_load("\n".join(lines))
    except yaml.MarkedYAMLError as error:
        where = f"{name}:{error.problem_mark.line + 1}" if error.problem_mark else name
        raise AsrkitError(f"not YAML: {error.problem}", where=where, cure=_CURE) from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise AsrkitError("not YAML that can be read", where=name, cure=_CURE) from error
    if not isinstance(value, dict):
        raise AsrkitError("this is not the config of a model", where=name, cure=_CURE)
    fields = _Fields(value, name)
    frontend = fields.section("frontend_conf")
    options = FrontendOptions(
        rate=frontend.integer("fs", 16000, 1000, 200_000),
        window=frontend.text("window", "hamming"),
        mels=frontend.integer("n_mels", 80, 1, 1024),
        frame_length=float(frontend.integer("frame_length", 25, 1, 1000)),
        frame_shift=float(frontend.integer("frame_shift", 10, 1, 1000)),
        stack=frontend.integer("lfr_m", 1, 1, 100),
        stride=frontend.integer("lfr_n", 1, 1, 100),
    )
    if options.window not in _WINDOWS:
        cure = f"the window functions are {', '.join(_WINDOWS)}"
        raise AsrkitError(f"there is no window function {shown(options.window)}", where=name, cure=cure)
    bias = fields.section("model_conf", optional=True).integer("predictor_bias", 0, 0, 100)
    return Config(fields.text("model", "unknown"), options, bias, fields.text("lang", "") or None)


class _Fields:
    """The keys and values of one section of the file."""

    def __init__(self, values: dict[Any, Any], name: str) -> None:
        self._values = values
        self._name = name

    def section(self, key: str, *, optional: bool = False) -> _Fields:
        value = self._values.get(key)
        if value is None and optional:
            return _Fields({}, self._name)
        if not isinstance(value, dict):
            raise AsrkitError(f"there is no section {key}", where=self._name, cure=_CURE)
        return _Fields(value, self._name)

    def integer(self, key: str, default: int, least: int, most: int) -> int:
        value = self._values.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            what = f"{key} is {shown(str(value))}, not a number from {least} to {most}"
            raise AsrkitError(what, where=self._name, cure=_CURE)
        return int(value)

    def text(self, key: str, default: str) -> str:
        value = self._values.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            raise AsrkitError(f"{key} is {shown(str(value))}, not a name", where=self._name, cure=_CURE)
        return value
