"""`asrkit eval-lm`: how well a model knows a text, and why a sentence is unlikely."""

import click

from asrkit.cli.command import command as subcommand


@subcommand("eval-lm", example="asrkit eval-lm lm.arpa.gz heldout.txt --words")
@click.argument("model", metavar="LM", type=click.Path())
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=click.Path())
@click.option("--words", is_flag=True, help="Show each word's score, the order that answered, the backoff paid.")
def command(model: str, texts: tuple[str, ...], words: bool) -> None:
    """Score each line of the TEXTs with LM, an ARPA file or KenLM binary; then tell the perplexity.

    Columns: log10 probability of the sentence, its words that LM does not have (OOV), its text. The totals come after
    the line `# totals`, with OOV words (scored as <unk>) and without.
    """
    from asrkit import store
    from asrkit.lm import evaluate, scorers

    store.write_lines("-", evaluate.report(scorers.open_scorer(model), texts, words=words))
