"""`asrkit train-lm`: text in, n-gram model out."""

from __future__ import annotations

from typing import Any

import click

from asrkit import defaults
from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.lm import train as training

_FALLBACK = ",".join(f"{d:g}" for d in defaults.DISCOUNT_FALLBACK)


@subcommand("train-lm", example="asrkit train-lm words.txt -o lm.arpa.gz --order 3 --prune 0,0,1")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=Output(), help="The ARPA file; .gz is compressed.")
@click.option("--order", default=defaults.ORDER, show_default=True, type=click.IntRange(1, training.MAX_ORDER),
              help="Words in the longest n-gram.")  # fmt: skip
@click.option(
    "--smoothing",
    default=training.MODIFIED_KNESER_NEY,
    show_default=True,
    type=click.Choice(list(training.SMOOTHINGS)),
    help="How probability reaches what was never seen.",
)
@click.option("--prune", metavar="N,N,…", help="Leave out n-grams seen at most so often, by order: 0,0,1.")
@click.option("--vocab", type=click.Path(), help="Words of the model, in a text file; others leave it.")
@click.option("--min-count", default=defaults.MIN_COUNT, show_default=True, type=click.IntRange(1),
              help="Words seen less often leave the model.")
@click.option(
    "--special-words",
    default=defaults.SPECIAL_WORDS,
    show_default=True,
    type=click.Choice(training.SPECIAL_WORDS),
    help="<s>, </s>, <unk> in TEXT: an error, skip the line, take them for space, or count <unk> as the unknown word.",
)
@click.option(
    "--discount-fallback",
    metavar="[=D1,D2,D3]",
    is_flag=False,
    flag_value=_FALLBACK,
    help=f"Discounts where they cannot be estimated [{_FALLBACK}].",
)
@click.option("--no-interpolate-unigrams", is_flag=True, help="Give what 1-grams leave to <unk>, as SRILM does.")
@click.option("--k", type=float, help="What add-k adds; 1 is Laplace's law.")
@click.option("--heldout", multiple=True, type=click.Path(), help="Text for the weights of jelinek-mercer.")
@click.option("--memory", metavar="SIZE", help=f"Work within so much memory [{defaults.MEMORY}].")
@click.option("--jobs", type=click.IntRange(1, 64), help="Threads [as many as there are processors, at most 8].")
def command(**options: Any) -> None:
    """Train an n-gram model on TEXTs: a sentence a line, spaces between the words.

    modified-kneser-ney estimates what lmplz does, and sorts on disk (in TMPDIR) what --memory does not hold; the other
    smoothings count in memory. With --vocab or --min-count it prunes n-grams with other words, as lmplz does; the
    others count such words as <unk>.
    """
    training.train(training.Request(**options))
