"""FunASR's `am.mvn`: means and variances for features, as Kaldi's text form of a network with two layers.

    <AddShift> 560 560
    <LearnRateCoef> 0 [ <number> … ]        what is added: the negative means
    <Rescale> 560 560
    <LearnRateCoef> 0 [ <number> … ]        by what is multiplied then: one over the deviations

All else in the file is passed over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError
from asrkit.formats.reading import name_of, read_lines

_LARGEST = 1e30
_CURE = "copy am.mvn of the model anew"


@dataclass(frozen=True)
class Cmvn:
    """Features are normalised as (x + shift) · scale, in the precision of these: (dimensions,) float64 or float32."""

    shift: NDArray[np.floating]
    scale: NDArray[np.floating]


def parse(path: str | os.PathLike[str]) -> Cmvn:
    """Return the two vectors in the file `path` (`-`: standard input), float64.

    Raises:
        AsrkitError: one of the layers is missing, holds what is not a number, or their sizes differ.
    """
    vectors: dict[str, NDArray[np.float64]] = {}
    layer = None
    for number, line in read_lines(path, max_bytes=16 << 20):
        fields = line.split()
        if fields[:1] in (["<AddShift>"], ["<Rescale>"]):
            layer = fields[0]
        elif fields[:1] == ["<LearnRateCoef>"] and layer is not None:
            vectors[layer] = _vector(fields, f"{name_of(path)}:{number}")
            layer = None
    missing = next((layer for layer in ("<AddShift>", "<Rescale>") if layer not in vectors), None)
    if missing is not None:
        raise AsrkitError(f"this file has no layer {missing}", where=name_of(path), cure=_CURE)
    shift, scale = vectors["<AddShift>"], vectors["<Rescale>"]
    if len(shift) != len(scale):
        what = f"{len(shift)} numbers are added, but {len(scale)} multiplied"
        raise AsrkitError(what, where=name_of(path), cure=_CURE)
    return Cmvn(shift, scale)


def _vector(fields: list[str], where: str) -> NDArray[np.float64]:
    if len(fields) < 5 or fields[2] != "[" or fields[-1] != "]":
        raise AsrkitError("the numbers of this layer do not stand between brackets", where=where, cure=_CURE)
    try:
        vector = np.array([float(field) for field in fields[3:-1]])
    except ValueError as error:
        raise AsrkitError("not every value of this layer is a number", where=where, cure=_CURE) from error
    if not np.all(np.abs(vector) < _LARGEST):
        raise AsrkitError("a value of this layer is not finite, or far too large", where=where, cure=_CURE)
    return vector
