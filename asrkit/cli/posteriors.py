"""`asrkit posteriors`: what the acoustic model says, written down for later searches."""

from typing import Any

import click

from asrkit.cli.acoustic_options import acoustic_options, opened
from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.errors import Status


@subcommand("posteriors", example="asrkit posteriors wav.scp -o posteriors.npz")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, type=Output(), help="NAME.npz, or NAME.ark (with NAME.scp).")
@acoustic_options
@click.option("--allow-commands", is_flag=True, help="Run the commands that a wav.scp holds.")
def command(inputs: tuple[str, ...], output: str, allow_commands: bool, **options: Any) -> Status:
    """Write the log-probabilities of units that a model gives for recordings.

    INPUTs are recordings, folders, wav.scp files, manifests (.jsonl) or lists of paths (.txt). Later commands take the
    output in place of the recordings. Ends with status 3 if some recordings failed; each is named with the reason.
    """
    from asrkit.decode.dump import dump
    from asrkit.decode.inputs import utterances

    listed = utterances(inputs, allow_commands=allow_commands)
    model, listening = opened(**options)
    return dump(model, listed, output, listening)
