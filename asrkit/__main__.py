"""`python -m asrkit` is the command `asrkit`."""

from asrkit.cli.start import main

main()
