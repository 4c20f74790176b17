"""Options that `score` and `compare` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from asrkit.score.spelling import Rules
    from asrkit.score.transcripts import Columns

_FLAGS = (
    "keep_width", "keep_case", "keep_punctuation", "keep_apostrophes", "drop_tags", "simplified", "plain_numbers",
)  # fmt: skip
_OPTIONS = (
    click.option("--profile", type=click.Choice(["plain", "strict", "mandarin", "english"]), default="plain",
                 show_default=True, help="A set of these options: strict keeps all differences; mandarin and english "
                 "leave out tags and fillers and join numbers; mandarin takes traditional characters as simplified."),
    click.option("--unit", type=click.Choice(["mixed", "char", "word"]),
                 help="What is counted: characters, words, or Chinese characters and Latin words.  [default: mixed]"),
    click.option("--keep-width", is_flag=True, help="Full-width and half-width forms differ."),
    click.option("--keep-case", is_flag=True, help="Upper and lower case differ."),
    click.option("--keep-punctuation", is_flag=True, help="Punctuation counts."),
    click.option("--keep-apostrophes", is_flag=True, help="\u2019 and ' differ."),
    click.option("--drop-tags", is_flag=True, help="What is in [], {}, <> or \u3010\u3011 does not count."),
    click.option("--fillers", type=click.Path(), help="A list of words, one a line, that do not count."),
    click.option("--simplified", is_flag=True, help="Traditional characters are taken as simplified ones."),
    click.option("--plain-numbers", is_flag=True, help="1,234.5 is 1234.5."),
    click.option("--id-column", help="Of CSV references: the column of the ids, or recordings."),
    click.option("--text-column", help="Of CSV references: the column of the texts."),
)


def scoring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; it gets them by name."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def rules_of(options: dict[str, Any]) -> Rules:
    """Return what the options compare."""
    from asrkit.score.spelling import combined, read_fillers

    fillers = read_fillers(options["fillers"]) if options["fillers"] else None
    return combined(options["profile"], options["unit"], fillers, **{name: options[name] for name in _FLAGS})


def columns_of(options: dict[str, Any]) -> Columns:
    """Return the columns that the options name."""
    from asrkit.score.transcripts import Columns

    return Columns(options["id_column"], options["text_column"])
