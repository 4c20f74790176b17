"""Where the process begins: `asrkit` and `python -m asrkit`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the process's command line. A Ctrl-C while modules load ends it as the shell expects, without a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and background jobs have it
            signal.signal(number, signal.SIG_DFL)
    from asrkit.cli.main import run

    run()
