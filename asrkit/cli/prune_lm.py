"""`asrkit prune-lm`: a smaller model that says nearly the same."""

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand


@subcommand("prune-lm", example="asrkit prune-lm lm.arpa.gz --threshold 1e-8 -o small.arpa.gz")
@click.argument("model", metavar="LM", type=click.Path())
@click.option("-o", "--output", required=True, type=Output(), help="Where the pruned ARPA file goes.")
@click.option("--threshold", type=float, help="Drop n-grams that raise the perplexity by a factor below 1 + this.")
@click.option("--max-ngrams", type=click.IntRange(1), help="Drop those that matter least until so many are left.")
def command(model: str, output: str, threshold: float | None, max_ngrams: int | None) -> None:
    """Drop the n-grams of LM, an ARPA file, that change it least (relative entropy, Stolcke 1998)."""
    from asrkit.formats import arpa
    from asrkit.lm import prune

    if (threshold is None) == (max_ngrams is None):
        raise click.UsageError("give one of --threshold and --max-ngrams")
    before = arpa.parse(model)
    if threshold is not None:
        after = prune.prune(before, threshold=threshold, name=model)
    else:
        after = prune.prune_to_size(before, max_ngrams=max_ngrams, name=model)
    arpa.write(output, after)
    prune.tell(before, after)
