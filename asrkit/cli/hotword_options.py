"""The options that say how hotwords are read, spelled and weighed: the same in every command that takes a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from asrkit import defaults

if TYPE_CHECKING:
    from asrkit.formats.lexicon import Lexicon
    from asrkit.formats.tokens import UnitTable
    from asrkit.hotwords.lists import Settings
    from asrkit.hotwords.spelling import Speller


def known_format(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return the format of a hotword list that an option names (a callback of click).

    Raises:
        click.BadParameter: no such format.
    """
    from asrkit.formats import hotword_list

    formats = ("auto", *hotword_list.FORMATS)
    if value not in formats:
        raise click.BadParameter(f"'{value}' is none of {', '.join(formats)}")
    return value


_OPTIONS = (
    click.option("--format", "format", default=defaults.HOTWORD_FORMAT, show_default=True, callback=known_format,
                 help="Format of the list: auto, native, funasr, funasr-json, sherpa-onnx, wenet or nemo."),
    click.option("--on-duplicate", type=click.Choice(["error", "first", "last", "highest"]),
                 default=defaults.ON_DUPLICATE, show_default=True, help="Which weight counts if a phrase has two."),
    click.option("--funasr-weights", is_flag=True, help="The weights are FunASR's: 20 there is 2.0 here."),
    click.option("--incremental-bias", type=float, default=defaults.INCREMENTAL_BIAS, show_default=True,
                 help="Nats for each unit of a phrase."),
    click.option("--hotword-scale", type=float, default=defaults.HOTWORD_SCALE, show_default=True,
                 help="Multiplies every bias."),
    click.option("--keep-case", is_flag=True, help="Letters match in the case of the list only."),
    click.option("--keep-width", is_flag=True, help="Full-width letters and digits are not taken for plain ones."),
)  # fmt: skip


def hotword_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; `settings_and_speller` takes them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def unit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --units, --lexicon and --lexicon-probabilities; `units_and_words` takes them."""
    for option in (
        click.option("--lexicon-probabilities", is_flag=True, help="Its second column is a probability."),
        click.option("--lexicon", "lexicon_path", type=click.Path(), help="The lexicon of the graph: word and units."),
        click.option("--units", "units_path", type=click.Path(), required=True, multiple=True, callback=_only_one,
                     help="The model's unit table."),
    ):  # fmt: skip
        function = option(function)
    return function


def _only_one(context: click.Context, parameter: click.Parameter, paths: tuple[str, ...]) -> str:
    if len(paths) > 1:
        raise click.BadParameter(f"{len(paths)} unit tables are named, but a list is spelled in one: the model's")
    return paths[0]


def units_and_words(
    units_path: str, lexicon_path: str | None, lexicon_probabilities: bool
) -> tuple[UnitTable, Lexicon | None]:
    """Return what the options of `unit_options` name.

    Raises:
        AsrkitError: a file that cannot be read.
    """
    from asrkit.formats import lexicon, tokens

    units = tokens.parse(units_path)
    if lexicon_path is None:
        return units, None
    return units, lexicon.parse(lexicon_path, probabilities=lexicon_probabilities).in_units(units)


def settings_and_speller(
    units: UnitTable,
    words: Lexicon | None,
    *,
    format: str,
    on_duplicate: str,
    funasr_weights: bool,
    incremental_bias: float,
    hotword_scale: float,
    keep_case: bool,
    keep_width: bool,
) -> tuple[Settings, Speller]:
    """Return what the options of `hotword_options` say, for a model's units and the words of a lexicon."""
    from asrkit.hotwords.lists import Settings
    from asrkit.hotwords.spelling import Speller

    settings = Settings(
        format, on_duplicate, funasr_weights, incremental_bias, hotword_scale,
        fold_case=not keep_case, fold_width=not keep_width,
    )  # fmt: skip
    return settings, Speller(units, words, fold_case=settings.fold_case, fold_width=settings.fold_width)
