"""What stands in a model folder, whichever of two runtimes it was exported for.

    FunASR       model.onnx | model_quant.onnx, config.yaml, am.mvn, tokens.json, perhaps model_eb[_quant].onnx
    sherpa-onnx  model.onnx | model.int8.onnx …, tokens.txt; the rest is in the metadata of the ONNX file

A folder with a config.yaml is FunASR's. The units are known by name, not by position.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from asrkit.acoustic.frontend import Frontend
from asrkit.acoustic.session import Session
from asrkit.errors import AsrkitError, from_os_error, shown
from asrkit.formats import am_mvn, funasr_config, tokens
from asrkit.formats.am_mvn import Cmvn
from asrkit.formats.funasr_config import FrontendOptions
from asrkit.formats.specials import BLANKS, ENDS
from asrkit.formats.tokens import UnitTable

SHIPPED = Path(__file__).parents[1] / "models" / "small-paraformer"
GENERAL_GRAPH = SHIPPED.with_name("general-graph")  # for it
PRECISIONS = ("auto", "fp32", "int8")
_FP32 = ("model.onnx",)
_INT8 = ("model_quant.onnx", "model.int8.onnx")
_SHERPA_KINDS = {"paraformer": "paraformer", "sense_voice_ctc": "ctc"}


@dataclass(frozen=True)
class Package:
    """A model folder, read and checked as far as it can be without running the network.

    Attributes:
        source: `FunASR` or `sherpa-onnx`.
        variant: what the export calls itself, such as BiCifParaformer.
        predictor_bias: how many rows behind the last unit the network gives; None if the folder does not tell: then
            the units end before the first `</s>`.
        table: the file of the units.
        embedder: the ONNX file that turns hotwords into the bias of contextual models, if there is one.
    """

    folder: Path
    source: str
    variant: str
    session: Session
    units: UnitTable
    frontend: Frontend
    predictor_bias: int | None
    lang: str | None = None
    embedder: Path | None = None
    table: Path | None = None

    @cached_property
    def blank(self) -> int:
        """The model id of blank, or 0 if no unit bears a name of it."""
        return next((self.units.index[name] for name in BLANKS if name in self.units.index), 0)

    @cached_property
    def end(self) -> int | None:
        """The model id of the end of a sentence, if there is one."""
        return next((self.units.index[name] for name in ENDS if name in self.units.index), None)


def open_package(
    path: str | os.PathLike[str], *, precision: str = "auto", threads: int = 1, provider: str = "cpu"
) -> Package:
    """Return what the model folder `path`, or the folder of the ONNX file `path`, holds.

    Args:
        path: the folder, or one ONNX file in it.
        precision: fp32, int8, or auto: the first that there is.
        threads: how many threads work on one operation.
        provider: a key of `session.PROVIDERS`.

    Raises:
        AsrkitError: a file is missing, damaged, or disagrees with another one.
    """
    folder, onnx = _found(Path(path), precision)
    if (folder / "config.yaml").exists():
        read = _funasr
    elif (folder / "tokens.txt").exists():
        read = _sherpa
    else:
        what = "this model folder has neither a config.yaml (FunASR) nor a tokens.txt (sherpa-onnx)"
        raise AsrkitError(what, where=str(folder), cure="copy the whole folder of the export")
    return read(folder, onnx, threads, provider)


def _found(path: Path, precision: str) -> tuple[Path, Path]:
    try:
        names = os.listdir(path if path.is_dir() else path.parent)
    except OSError as error:
        raise from_os_error(error, path) from error
    if not path.is_dir():
        if not path.exists():
            raise AsrkitError("no such model folder", where=str(path), cure="check the path")
        if path.suffix != ".onnx":
            raise AsrkitError("this is not a model folder", where=str(path), cure="name the folder of a model's export")
        return path.parent, path
    wanted = {"auto": (*_FP32, *_INT8), "fp32": _FP32, "int8": _INT8}[precision]
    onnx = next((name for name in wanted if name in names), None)
    if onnx is None:
        others = sorted(name for name in names if name.endswith(".onnx"))
        beside = f" (there is {', '.join(others[:3])})" if others else ""
        what = f"no {' or '.join(wanted)} is in this model folder{beside}"
        raise AsrkitError(what, where=str(path), cure="name the ONNX file itself" if others else "check the path")
    return path, path / onnx


def _funasr(folder: Path, onnx: Path, threads: int, provider: str) -> Package:
    config = funasr_config.parse(folder / "config.yaml")
    frontend = Frontend(config.frontend, am_mvn.parse(folder / "am.mvn"))
    _check_cmvn(frontend, str(folder / "am.mvn"))
    table = folder / "tokens.txt"
    table = table if table.exists() and not (folder / "tokens.json").exists() else folder / "tokens.json"
    units = tokens.parse(table)
    embedders = (onnx.name.replace("model", "model_eb", 1), "model_eb.onnx", "model_eb_quant.onnx")
    embedder = next((folder / name for name in embedders if (folder / name).exists()), None)
    session = Session(onnx, threads=threads, provider=provider)
    bias = config.predictor_bias
    return Package(folder, "FunASR", config.model, session, units, frontend, bias, config.lang, embedder, table)


def _sherpa(folder: Path, onnx: Path, threads: int, provider: str) -> Package:
    table = folder / "tokens.txt"
    units = tokens.parse(table)
    session = Session(onnx, threads=threads, provider=provider)
    facts = session.metadata
    model_type = facts.get("model_type", "paraformer" if "lfr_window_size" in facts else "")
    if model_type not in _SHERPA_KINDS:
        what = f"the metadata of this ONNX file says {shown(model_type)}, not paraformer or sense_voice_ctc"
        raise AsrkitError(what, where=session.path, cure="use an export of a Paraformer, or add its config.yaml")
    options = FrontendOptions(
        stack=_number(facts, "lfr_window_size", session.path), stride=_number(facts, "lfr_window_shift", session.path)
    )
    cmvn = Cmvn(_vector(facts, "neg_mean", session.path), _vector(facts, "inv_stddev", session.path))
    frontend = Frontend(options, cmvn)
    _check_cmvn(frontend, session.path)
    size = _number(facts, "vocab_size", session.path)
    if len(units.units) != size:
        what = f"this unit table has {len(units.units)} units, but the metadata of {onnx.name} says {size}"
        raise AsrkitError(what, where=str(table), cure="copy the unit table of this model")
    return Package(folder, "sherpa-onnx", model_type, session, units, frontend, None, table=table)


def _check_cmvn(frontend: Frontend, where: str) -> None:
    options = frontend.options
    sizes = {len(frontend.cmvn.shift), len(frontend.cmvn.scale)}
    if sizes != {options.dimensions}:
        what = (
            f"the means and variances are for {max(sizes)} numbers a step, but {options.mels} bins × "
            f"{options.stack} frames are {options.dimensions}"
        )
        raise AsrkitError(what, where=where, cure="copy the one that belongs to this model")


def _number(facts: Mapping[str, str], key: str, where: str) -> int:
    text = facts.get(key, "")
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0):
        what = f"{key} in the metadata of this ONNX file is {shown(text)}, not a number"
        raise AsrkitError(what, where=where, cure="export the model anew")
    return int(text)


def _vector(facts: Mapping[str, str], key: str, where: str) -> np.ndarray:
    try:
        vector = np.array([float(field) for field in facts.get(key, "").split(",")], np.float32)
    except ValueError:
        vector = np.array([np.nan], np.float32)
    if not np.all(np.isfinite(vector)):
        what = f"{key} in the metadata of this ONNX file is not a list of numbers"
        raise AsrkitError(what, where=where, cure="export the model anew")
    return vector
