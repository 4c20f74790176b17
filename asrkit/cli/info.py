"""`asrkit info`: what is this file or folder?"""

import click

from asrkit.cli.command import command as subcommand


@subcommand("info", example="asrkit info graph/")
@click.argument("path", type=click.Path())
def command(path: str) -> None:
    """Tell what PATH is: kind, sizes, hashes, how it was made, whether its inputs have changed."""
    from asrkit import describe

    for line in describe.describe(path):
        click.echo(line)
