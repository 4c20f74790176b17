"""What a graph takes from a model folder: its unit table, its topology, its blank."""

from __future__ import annotations

import os

from asrkit.acoustic.folder import BLANKS, open_package
from asrkit.acoustic.model import AcousticModel
from asrkit.errors import AsrkitError, Status


def units_of(path: str | os.PathLike[str], topology: str | None = None) -> tuple[str, str, int | None]:
    """Return what a graph for the model folder `path` needs: its unit table, its topology, and blank if no name tells.

    Args:
        path: the folder.
        topology: what it must be; None: as the model has it.

    Raises:
        AsrkitError: the model cannot be loaded, or is of another topology.
    """
    model = AcousticModel(open_package(path))
    package = model.package
    if topology not in (None, model.topology):
        what = f"the topology of this model is {model.topology}, not {topology}"
        raise AsrkitError(what, where=os.fspath(path), cure="leave out --topology", status=Status.WRONG_USAGE)
    unnamed = model.topology == "ctc" and not any(name in package.units.index for name in BLANKS)
    return str(package.table), model.topology, package.blank if unnamed else None
