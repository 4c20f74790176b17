"""What `asrkit info` tells about a model folder; nothing is decoded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from asrkit.acoustic.folder import open_package
from asrkit.acoustic.model import AcousticModel
from asrkit.acoustic.session import Tensor
from asrkit.units.special import is_special


def describe(path: str | os.PathLike[str]) -> Iterator[str]:
    """Yield lines about the model folder `path`.

    Raises:
        AsrkitError: it cannot be loaded; see `folder.open_package`.
    """
    model = AcousticModel(open_package(path))
    package, options = model.package, model.package.frontend.options
    yield f"acoustic model {package.variant}, exported for {package.source}"
    yield f"file           {package.session.path} ({package.session.file_bytes / 1e6:.1f} MB)"
    specials = [unit for unit in package.units.units if is_special(unit)]
    shown = " ".join(specials[:6]) + (" …" if len(specials) > 6 else "")
    yield f"units          {len(package.units.units):,}, of which special: {shown}"
    yield f"unit table     sha256 {package.units.sha256[:16]}"
    yield f"sound          {options.rate:,} Hz, a step every {1000 * options.seconds:g} ms"
    yield f"features       {options.mels} bins × {options.stack} frames = {options.dimensions} a step"
    yield f"topology       {model.topology}"
    yield f"times          {'from the model' if model.has_timestamps else 'estimated: the model does not tell them'}"
    if package.predictor_bias is not None and model.topology == "identity":
        yield f"predictor bias {package.predictor_bias}"
    if "bias_embed" in package.session.inputs:
        embedder = package.embedder.name if package.embedder else "missing"
        yield f"hotword bias   neutral; the network that embeds hotwords: {embedder}"
    yield f"inputs         {_shown(package.session.inputs)}"
    yield f"outputs        {_shown(package.session.outputs)}"


def _shown(tensors: Mapping[str, Tensor]) -> str:
    return ", ".join(
        f"{t.name} {t.dtype.__name__ if t.dtype else '?'} [{', '.join('·' if n is None else str(n) for n in t.shape)}]"
        for t in tensors.values()
    )
