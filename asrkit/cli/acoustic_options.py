"""The options of commands that listen to recordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from asrkit import defaults, progress

if TYPE_CHECKING:
    from asrkit.acoustic.listening import Options
    from asrkit.acoustic.model import AcousticModel


class _Channel(click.ParamType):
    """`each`, or a channel from 0."""

    name = "channel"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "[NUMBER|each]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value == "each" or isinstance(value, int):
            return value
        if not (value.isascii() and value.isdigit()):
            self.fail(f"{value!r} is neither a channel, from 0, nor `each`", param, ctx)
        return int(value)


_OPTIONS = (
    click.option("--model", "model_path", type=click.Path(), help="A model folder.  [default: the one that ships]"),
    click.option("--precision", type=click.Choice(["auto", "fp32", "int8"]), default=defaults.PRECISION,
                 show_default=True, help="Which file of the folder; auto: fp32 if it is there."),
    click.option("--provider", type=click.Choice(["cpu", "cuda"]), default=defaults.PROVIDER, show_default=True,
                 help="Where the network runs; cuda needs onnxruntime-gpu."),
    click.option("--threads", type=click.IntRange(1), default=defaults.THREADS, show_default=True,
                 help="Of the network."),
    click.option("--channel", type=_Channel(), help="The channel to use, from 0, where a list does not name it; each: "
                 "every channel as an utterance of its own, CALL-0, CALL-1 ….  [default: all, mixed]"),
    click.option("--vad", is_flag=True, help="Find speech with silero-vad (the extra `vad`)."),
    click.option("--longest", type=click.FloatRange(1), default=defaults.LONGEST, show_default=True,
                 help="Seconds; longer recordings are cut at silences."),
    click.option("--batch-seconds", type=click.FloatRange(0), default=defaults.BATCH_SECONDS, show_default=True,
                 help="Sound that goes through the network at once; 0: recordings one by one, so that none changes "
                 "what is heard in another."),
)  # fmt: skip


NAMES = (
    "model_path", "precision", "provider", "threads", "channel", "vad", "longest", "batch_seconds",
)  # fmt: skip


def acoustic_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them by name."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def listening_of(longest: float, batch_seconds: float, channel: int | str | None) -> Options:
    """Return the way of listening that the options ask for, but for --vad."""
    from asrkit.acoustic.listening import Options

    return Options(longest, batch_seconds, None if isinstance(channel, str) else channel)


def model_or_shipped(model_path: str | None) -> str:
    """Return the model that the option names, or the one that ships, and say so."""
    from asrkit.acoustic.folder import SHIPPED

    if model_path is not None:
        return model_path
    progress.say(
        "no --model: the small Mandarin model that ships with asrkit is used, for demos and tests: it gets 69 % of the "
        "syllables of strangers wrong, and 77 % of the characters with the general graph"
    )
    return str(SHIPPED)


def general_graph() -> str:
    """Return the graph that ships for the model that ships, and say that it is used."""
    from asrkit.acoustic.folder import GENERAL_GRAPH

    progress.say("no --graph: the general one that ships with asrkit is searched; it knows the words of newspapers")
    return str(GENERAL_GRAPH)


def opened(
    model_path: str | None,
    precision: str,
    provider: str,
    threads: int,
    channel: int | str | None,
    vad: bool,
    longest: float,
    batch_seconds: float,
) -> tuple[AcousticModel, Options]:
    """Return the model and the way of listening that the options ask for."""
    from dataclasses import replace

    from asrkit.acoustic.model import AcousticModel

    path = model_or_shipped(model_path)
    model = AcousticModel.open(path, precision=precision, threads=threads, provider=provider)
    listening = listening_of(longest, batch_seconds, channel)
    if vad:
        from asrkit.audio.vad import SileroVad

        listening = replace(listening, speech=SileroVad().speech)
    return model, listening
