"""`asrkit build-graph`: a lexicon and a language model as one search graph."""

from __future__ import annotations

from typing import Any

import click

from asrkit import defaults
from asrkit.cli.command import command as subcommand

_EXAMPLE = "asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --tokens model/tokens.json -o graph/"


@subcommand("build-graph", example=_EXAMPLE)
@click.option("--lexicon", "lexicon_path", type=click.Path(), required=True, help="Words and their units.")
@click.option("--lm", "lm_path", type=click.Path(), required=True, help="The language model, ARPA.")
@click.option("--tokens", "units_path", type=click.Path(), required=True, help="The model's tokens.json or tokens.txt.")
@click.option("-o", "--output", type=click.Path(), required=True, help="The graph folder to make.")
@click.option("--topology", type=click.Choice(["identity", "ctc"]), default=defaults.TOPOLOGY, show_default=True,
              help="How the model's steps make units: one each (Paraformer), or CTC.")  # fmt: skip
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
    lexicon_path: str, lm_path: str, units_path: str, output: str, jobs: int, overwrite: bool, **options: Any
) -> None:
    """Build the search graph of a lexicon and a language model for a model's units.

    The folder holds TLG.fst, words.txt, units.txt, lexicon.txt, costs.txt and a manifest. Costs of the language model
    are not scaled: decoding scales them.
    """
    from asrkit.graph.build import Options, build

    build(lexicon_path, lm_path, units_path, output, Options(**options), jobs=jobs, overwrite=overwrite)
