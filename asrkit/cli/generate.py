"""`asrkit generate`: sentences that a language model finds likely."""

import click

from asrkit import defaults
from asrkit.cli.command import command as subcommand


@subcommand("generate", example="asrkit generate lm.arpa.gz --strategy sample --seed 1 --count 5")
@click.argument("model", metavar="LM", type=click.Path())
@click.option("--strategy", type=click.Choice(["greedy", "beam", "sample"]), default="sample", show_default=True,
              help="The likeliest word each time, the likeliest sentences of a beam, or draws.")  # fmt: skip
@click.option("--count", type=click.IntRange(1), default=defaults.SENTENCES, show_default=True,
              help="Sentences; greedy knows only one.")
@click.option("--seed", type=click.IntRange(0), default=defaults.SEED, show_default=True,
              help="Of the draws of `sample`.")
@click.option("--temperature", type=float, default=defaults.TEMPERATURE, show_default=True,
              help="Below 1: likelier words; `sample`.")
@click.option("--top-k", type=click.IntRange(1), help="Draw among the likeliest only.  [default: all; `sample`]")
@click.option("--beam", type=click.IntRange(1), default=defaults.BEGINNINGS, show_default=True,
              help="Beginnings kept; `beam`.")
@click.option("--prefix", default="", help="Words to begin with, separated by spaces.")
@click.option("--max-words", type=click.IntRange(1), default=defaults.MAX_WORDS, show_default=True,
              help="Cut longer sentences.")
def command(
    model: str,
    strategy: str,
    count: int,
    seed: int,
    temperature: float,
    top_k: int | None,
    beam: int,
    prefix: str,
    max_words: int,
) -> None:
    """Write sentences that LM, an ARPA file, finds likely.

    greedy takes the likeliest word each time, beam looks for the likeliest sentences as a whole, sample draws words by
    their probability. <s> and <unk> are never taken.
    """
    from asrkit import store
    from asrkit.lm import generate

    options = generate.Options(strategy, count, seed, temperature, top_k, beam, max_words)
    store.write_lines("-", generate.sentences(model, prefix, options))
