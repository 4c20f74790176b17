"""A language model for kenlm, opened with care."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asrkit import store
from asrkit.errors import AsrkitError
from asrkit.formats.reading import is_packed, open_binary
from asrkit.lm.kenlm_binary import KenlmScorer, reason_of
from asrkit.lm.scorers import KENLM_MAGIC

if TYPE_CHECKING:
    import kenlm


def open_kenlm(path: str) -> kenlm.Model:
    """Return the model in the file `path`, an ARPA file, gzipped or not, or KenLM's binary.

    A binary is first loaded in a process of its own, where a damaged one does no harm.

    Raises:
        AsrkitError: it cannot be read, or kenlm cannot load it.
    """
    with open_binary(path) as stream:
        head = stream.read(len(KENLM_MAGIC))
    if head == KENLM_MAGIC:
        KenlmScorer(path).close()
    if not is_packed(path):
        return _loaded(path, path)
    with open_binary(path) as stream, store.scratch_copy(stream) as unpacked:  # kenlm's wheel cannot unpack
        return _loaded(unpacked, path)


def _loaded(file: str, path: str) -> kenlm.Model:
    """Return the model in `file`, which messages call `path`."""
    import kenlm

    silent = kenlm.Config()
    silent.show_progress, silent.arpa_complain = False, kenlm.ARPALoadComplain.NONE
    try:
        return kenlm.Model(file, silent)
    except (OSError, RuntimeError) as error:
        cure = "give an ARPA file or a binary of KenLM's build_binary"
        what = f"kenlm cannot load this model: {reason_of(error).replace(file, path)}"
        raise AsrkitError(what, where=path, cure=cure) from error
