"""`asrkit mix-lm`: several language models made one."""

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand


@subcommand("mix-lm", example="asrkit mix-lm news.arpa.gz medical.arpa.gz --tune heldout.txt -o mixed.arpa.gz")
@click.argument("models", metavar="LM LM...", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=Output(), help="Where the mixed ARPA file goes.")
@click.option("--weights", help="One for each LM, separated by commas, such as 0.7,0.3.")
@click.option("--tune", multiple=True, type=click.Path(), help="Text whose likelihood decides the weights.")
def command(models: tuple[str, ...], output: str, weights: str | None, tune: tuple[str, ...]) -> None:
    """Mix ARPA files by static linear interpolation: all their n-grams, with the mean of their probabilities."""
    from asrkit.formats import arpa
    from asrkit.lm.mix import Mixer

    if (weights is None) == (not tune):
        raise click.UsageError("give one of --weights and --tune")
    given = None
    if weights is not None:
        try:
            given = [float(weight) for weight in weights.split(",")]
        except ValueError:
            raise click.UsageError(
                f"--weights {weights!r}: give numbers separated by commas, such as 0.7,0.3"
            ) from None
    mixer = Mixer([arpa.parse(model) for model in models], models)
    arpa.write(output, mixer.mixed(given if given is not None else mixer.tuned(tune)))
