"""onnxruntime, opened with care: what cannot be loaded or run is told in one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from asrkit.errors import AsrkitError, from_os_error

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int32)": np.int32, "tensor(int64)": np.int64,
}  # fmt: skip
_CURE = "export or copy the model anew"
_QUIET = 4  # onnxruntime's own messages: fatal ones only, for ours tell the same in one sentence


@dataclass(frozen=True)
class Tensor:
    """An input or output: its name, type and shape; None in the shape is a size that may vary."""

    name: str
    dtype: type[np.generic] | None
    shape: tuple[int | None, ...]


class Session:
    """One ONNX file, ready to be run.

    Args:
        path: the ONNX file.
        threads: how many threads work on one operation.
        provider: a key of PROVIDERS.

    Raises:
        AsrkitError: the file is missing, damaged, lacks its external data; the provider is not there.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int = 1, provider: str = "cpu") -> None:
        self.path = os.fspath(path)
        if PROVIDERS[provider] not in onnxruntime.get_available_providers():
            cure = "install onnxruntime-gpu, or use the provider cpu"
            raise AsrkitError(f"onnxruntime has no provider {provider} here", cure=cure)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the next recordings are being read
        options.log_severity_level = _QUIET
        try:
            with open(path, "rb") as file:
                if not file.read(1):
                    raise AsrkitError("this file is empty", where=self.path, cure=_CURE)
        except OSError as error:
            raise from_os_error(error, path) from error
        try:
            self._session = onnxruntime.InferenceSession(self.path, options, [PROVIDERS[provider]])
        except Exception as error:  # onnxruntime has a dozen error types without a common one of their own
            raise AsrkitError(_why(error), where=self.path, cure=_CURE) from error

    @cached_property
    def inputs(self) -> Mapping[str, Tensor]:
        """The inputs by name."""
        return {item.name: _tensor(item) for item in self._session.get_inputs()}

    @cached_property
    def outputs(self) -> Mapping[str, Tensor]:
        """The outputs by name."""
        return {item.name: _tensor(item) for item in self._session.get_outputs()}

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """The model's own key-value pairs."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def file_bytes(self) -> int:
        """How large the ONNX file is, with the external data beside it."""
        path = Path(self.path)
        beside = [path.with_name(path.name + suffix) for suffix in (".data", "_data")]
        return sum(p.stat().st_size for p in (path, *beside) if p.exists())

    def run(self, feed: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return output name -> array; each input is given the type that the session wants.

        Raises:
            AsrkitError: the network fails.
        """
        typed = {name: np.asarray(array, self.inputs[name].dtype) for name, array in feed.items()}
        try:
            values = self._session.run(list(self.outputs), typed)
        except Exception as error:
            cure = "some networks fail where nothing is said; else export the model anew"
            raise AsrkitError(f"the network failed ({_first_line(error)})", where=self.path, cure=cure) from error
        return dict(zip(self.outputs, values, strict=True))


def _tensor(item: Any) -> Tensor:
    shape = tuple(size if isinstance(size, int) else None for size in item.shape)
    return Tensor(item.name, _TYPES.get(item.type), shape)


def _why(error: Exception) -> str:
    text = _first_line(error)
    if "external data" in text.lower() or "External initializer" in text:
        beside = re.search(r'"([^"]+)"', str(error))
        name = f" ({Path(beside[1]).name})" if beside else ""
        return f"a file with weights that belongs beside this one is missing or cut short{name}"
    if "protobuf" in text.lower():
        return "this is not an ONNX file, or it is damaged"
    return f"onnxruntime cannot load this ({text})"


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    text = " ".join((lines or [type(error).__name__])[0].split())
    text = text.split(" : ", 3)[-1] if text.startswith("[ONNXRuntimeError]") else text
    return text[:200].rstrip(". ")
