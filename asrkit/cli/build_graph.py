"""`asrkit build-graph`: a lexicon and a language model as one search graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from asrkit import defaults
from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand

if TYPE_CHECKING:
    from asrkit.graph.tokens_fst import Topology

_EXAMPLE = "asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --model model/ -o graph/"


@subcommand("build-graph", example=_EXAMPLE)
@click.option("--lexicon", "lexicon_path", type=click.Path(), required=True, help="Words and their units.")
@click.option("--lm", "lm_path", type=click.Path(), required=True, help="The language model, ARPA.")
@click.option("--model", "model_path", type=click.Path(), help="The model's folder: its units, topology and blank.")
@click.option("--tokens", "units_path", type=click.Path(), help="Without --model: its tokens.json or tokens.txt.")
@click.option("-o", "--output", type=Output(), required=True, help="The graph folder to make.")
@click.option("--topology", type=click.Choice(["identity", "ctc"]), default="identity", show_default=True,
              help="With --tokens: how the model's steps make units, one each (Paraformer), or CTC.")  # fmt: skip
@click.option("--closed-vocabulary", is_flag=True, help="Let no word out that the lexicon or the LM lacks.")
@click.option("--unk-cost", "unknown_cost", type=click.FloatRange(0, 200), default=defaults.UNKNOWN_COST,
              show_default=True,
              help="Nats for each unit of a word unknown to the LM, besides the LM's cost of <unk>.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Refuse an LM with words that the lexicon lacks.")
@click.option("--probabilities", is_flag=True, help="The lexicon's second column is a probability.")
@click.option("--keep-parts", is_flag=True, help="Write T.fst, L.fst, G.fst and LG.fst too.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Threads.")
@click.option("--overwrite", is_flag=True, help="Replace a graph folder of this name, once the new one is whole.")
def command(
    lexicon_path: str,
    lm_path: str,
    model_path: str | None,
    units_path: str | None,
    output: str,
    topology: Topology,
    jobs: int,
    overwrite: bool,
    **options: Any,
) -> None:
    """Build the search graph of a lexicon and a language model for a model's units.

    The folder holds TLG.fst, words.txt, units.txt, lexicon.txt, costs.txt and a manifest. Costs of the language model
    are not scaled: decoding scales them.
    """
    from asrkit.graph.build import Options, build

    if (model_path is None) == (units_path is None):
        raise click.UsageError("give one of --model and --tokens")
    blank = None
    if model_path is not None:
        from asrkit.acoustic.for_graph import units_of

        chosen = click.get_current_context().get_parameter_source("topology") is ParameterSource.COMMANDLINE
        units_path, topology, blank = units_of(model_path, topology if chosen else None)
    settings = Options(topology=topology, blank=blank, **options)
    build(lexicon_path, lm_path, str(units_path), output, settings, jobs=jobs, overwrite=overwrite)
