"""What every subcommand has in common: its example in `--help`, the options for messages, what it reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from asrkit import progress

DEBUG = "asrkit.debug"  # key in click's context


class Output(click.Path):
    """The type of each option that names a file or folder to write; every other path of a command is an input.

    While a command runs, no input is written over: see `store.guard`. An option that writes and is not of this type
    counts as an input, so that writing to it is refused.
    """


class Command(click.Command):
    """A click command that shows `example` at the end of its help and has --quiet, --log-json and --debug."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.params.extend(_message_options())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse an empty path: an unset variable of a script would choose another way to work, and say nothing."""
        rest = super().parse_args(ctx, args)
        for param in self.params:
            if "" in _paths_of(param, ctx):
                raise click.BadParameter("the path is empty", ctx, param)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an output that would take the place of an input is refused before anything is done."""
        from asrkit import store

        inputs = [path for param in self.params if not _writes(param) for path in _paths_of(param, ctx)]
        outputs = [path for param in self.params if _writes(param) for path in _paths_of(param, ctx)]
        with store.protecting(inputs):
            store.check_outputs(outputs)
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        formatter.write("\nExample:\n" + "".join(f"  {line}\n" for line in self.example.splitlines()))


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function the subcommand `name`; its docstring is the help."""
    return click.command(name, cls=Command, example=example)


def _writes(param: click.Parameter) -> bool:
    return isinstance(param.type, Output)


def _paths_of(param: click.Parameter, ctx: click.Context) -> tuple[str, ...]:
    """Return the paths that were given for `param`; none if it takes no paths."""
    value = ctx.params.get(param.name or "")
    if not isinstance(param.type, click.Path) or value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _message_options() -> list[click.Option]:
    return [
        click.Option(["--quiet"], is_flag=True, expose_value=False, callback=_quiet, help="Only warnings and errors."),
        click.Option(["--log-json"], is_flag=True, expose_value=False, callback=_json, help="Messages as JSON lines."),
        click.Option(["--debug"], is_flag=True, expose_value=False, callback=_debug, help="Errors with a traceback."),
    ]


def _quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    progress.configure(quiet=value)


def _json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    progress.configure(json_lines=value)


def _debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value
