"""`asrkit segment`: raw Chinese or mixed text to words."""

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand


@subcommand("segment", example="asrkit segment news.txt -o words.txt")
@click.argument("texts", metavar="TEXT...", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", default="-", type=Output(), help="Where the words go.  [default: standard output]")
@click.option("--lexicon", type=click.Path(), help="Lines `word count`.  [default: the Chinese one that comes along]")
@click.option("--nfkc/--no-nfkc", default=True, show_default=True, help="Full-width Latin to ASCII and the like.")
@click.option("--fold-case/--no-fold-case", default=True, show_default=True, help="Letters to lower case.")
@click.option("--punctuation", type=click.Choice(["remove", "keep"]), default="remove", show_default=True,
              help="What becomes of it.")  # fmt: skip
def command(
    texts: tuple[str, ...], output: str, lexicon: str | None, nfkc: bool, fold_case: bool, punctuation: str
) -> None:
    """Cut each line of the TEXTs into words, with one space between them.

    The words are those of a lexicon with counts, on the most probable path; what it does not know falls to characters.
    Latin words and numbers stay whole. Lines in which no word stands are left out.
    """
    from asrkit.text import files
    from asrkit.text.normalise import Normaliser

    normaliser = Normaliser(nfkc=nfkc, fold_case=fold_case, remove_punctuation=punctuation == "remove")
    files.segment_files(texts, output, lexicon=lexicon, normaliser=normaliser)
