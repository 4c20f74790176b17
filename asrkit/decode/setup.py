"""What a pipeline is made of, in words that go to another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from asrkit import defaults
from asrkit.acoustic import listening
from asrkit.formats.hotword_lines import Phrase
from asrkit.hotwords import lists
from asrkit.search.options import Options

LatticeForm = Literal["kaldi", "openfst"]
DEFAULT_BEAM, DEFAULT_LM_SCALE = defaults.BEAM, defaults.LM_SCALE


@dataclass(frozen=True)
class Setting:
    """One way to weigh what was heard; a run has one, a sweep several.

    Attributes:
        search: options of the search.
        hotwords: how the hotword list is read and weighed.
        name: such as `lm_scale=0.5,beam=8` in a sweep.
    """

    search: Options = field(default_factory=Options)
    hotwords: lists.Settings = field(default_factory=lists.Settings)
    name: str = ""


@dataclass(frozen=True)
class Setup:
    """All that a pipeline needs.

    Attributes:
        model: a model folder; None if posteriors take the place of recordings and a graph tells the units.
        graph: a graph folder; None decodes greedily.
        hotwords: the path of a hotword list; None for none.
        settings: of the search; each utterance is heard once and searched with each of them.
        listening: how recordings are treated; `speech` is made from `vad`.
        vad: speech is found by silero-vad.
        precision, provider, threads: of the network; see `acoustic.folder.open_package`.
        posteriors: an archive of posteriors in place of recordings.
        nbest: how many readings of each utterance.
        mbr: the reading of least expected errors is wanted in place of the best path's.
        rescore_lm: a language model for kenlm that takes the place of the graph's in the lattice.
        lattices: in which form lattices are wanted.
        keep_posteriors: whether answers bring along what the model said.
        phrases: what stands in the list `hotwords`, weights in nats, if it has been read already: so every process and
            every setting has the same, even if the file changes meanwhile.
        pieces: a folder for what the network says about pieces of long recordings; see `decode.pieces`.
    """

    model: str | None
    graph: str | None = None
    hotwords: str | None = None
    settings: tuple[Setting, ...] = (Setting(),)
    listening: listening.Options = field(default_factory=listening.Options)
    vad: bool = False
    precision: str = defaults.PRECISION
    provider: str = defaults.PROVIDER
    threads: int = defaults.THREADS
    posteriors: str | None = None
    nbest: int = defaults.NBEST
    mbr: bool = False
    rescore_lm: str | None = None
    lattices: LatticeForm | None = None
    keep_posteriors: bool = False
    phrases: tuple[Phrase, ...] | None = None
    pieces: str | None = None
