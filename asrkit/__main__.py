"""`python -m asrkit` is the command `asrkit`."""

from asrkit.cli.main import run

run()
