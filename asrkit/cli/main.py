"""The command `asrkit`: its subcommands in the order of work, and how every run ends (law 9).

Whatever happens, a run ends with an exit status of `asrkit.errors.Status` and at most one sentence on standard error;
`--debug` adds the traceback.
"""

from __future__ import annotations

import importlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import cast

import click
from click.shell_completion import shell_complete

import asrkit
from asrkit import progress
from asrkit.cli.command import DEBUG, Command
from asrkit.errors import AsrkitError, Status, from_os_error

# In the order of work. Each name is a module of asrkit.cli with a `command`; a dash stands for an underscore.
COMMANDS = (
    "segment",
    "train-lm",
    "eval-lm",
    "generate",
    "prune-lm",
    "mix-lm",
    "make-lexicon",
    "build-graph",
    "draw",
    "compile-hotwords",
    "hotwords",
    "posteriors",
    "decode",
    "score",
    "compare",
    "info",
)
_COMPLETE = "_ASRKIT_COMPLETE"
_BROKEN_PIPE = 128 + signal.SIGPIPE


class _Commands(click.Group):
    """Imports a subcommand's module only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, importlib.import_module(f"asrkit.cli.{cmd_name.replace('-', '_')}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, in the order of work"):
            for name in COMMANDS:
                subcommand = cast(Command, self.get_command(ctx, name))
                formatter.write(f"  {name:<16} {subcommand.get_short_help_str(90)}\n")
                formatter.write(f"  {'':<16} $ {subcommand.example.splitlines()[0]}\n")


@click.command(cls=_Commands, no_args_is_help=True)
@click.version_option(asrkit.__version__, prog_name="asrkit")
def main() -> None:
    """From a Paraformer ONNX model, a lexicon, domain text and a list of hotwords to transcripts.

    Text files may be `-` (standard input or output) and may be gzipped. Data goes to standard output or files,
    messages to standard error.
    """


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command line `arguments` (default: the process's own) and exit."""
    if instruction := os.environ.get(_COMPLETE):  # the shell asks what could stand here
        sys.exit(shell_complete(main, {}, "asrkit", _COMPLETE, instruction))
    handler = _Interrupt()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and background jobs have it
            signal.signal(number, handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a character that the terminal lacks ends no run
    status = _status_of(list(sys.argv[1:] if arguments is None else arguments))
    _leave_stdout()
    if status == Status.INTERRUPTED and arguments is None:  # the process's own command line
        os._exit(status)  # all is in order; while the interpreter ends, another Ctrl-C would kill it
    sys.exit(status)


def _status_of(arguments: list[str]) -> int:
    debug = False
    try:
        try:
            with main.make_context("asrkit", arguments) as context:
                try:
                    status = main.invoke(context)
                finally:
                    debug = bool(context.meta.get(DEBUG))
            if sys.stdout is not None:
                sys.stdout.flush()
            return int(status or Status.DONE)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise from_os_error(error) from error
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return Status.WRONG_USAGE
    except click.UsageError as error:
        place = error.ctx.command_path if error.ctx else "asrkit"
        message = error.format_message().strip().rstrip(".")
        progress.error(f"{message}; see: {place} --help")
        return Status.WRONG_USAGE
    except (KeyboardInterrupt, click.Abort):
        progress.error("interrupted")
        return Status.INTERRUPTED
    except BrokenPipeError:
        return _BROKEN_PIPE
    except AsrkitError as error:
        if debug:
            traceback.print_exc()
        progress.error(str(error))
        return error.status
    except MemoryError:
        if debug:
            traceback.print_exc()
        progress.error("not enough memory; use a smaller input or a machine with more")
        return Status.NOTHING_DONE
    except Exception as error:  # a defect of asrkit: still one sentence
        if debug:
            traceback.print_exc()
        cure = "run it again with --debug and report what it prints"
        progress.error(f"a defect of asrkit, {type(error).__name__}: {' '.join(str(error).split())}; {cure}")
        return Status.NOTHING_DONE


def _leave_stdout() -> None:
    """Let go of what cannot be written any more (a reader gone, a full disk): Python would complain at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Interrupt:
    """What Ctrl-C and SIGTERM do: the first ends the run in order, the third ends it at once."""

    def __init__(self) -> None:
        self._times = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._times += 1
        if self._times == 1:
            raise KeyboardInterrupt
        if self._times > 2:
            os._exit(Status.INTERRUPTED)
        progress.warn("putting things in order first; once more ends at once, without that")
