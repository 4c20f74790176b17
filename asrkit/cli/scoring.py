"""Options that `score` and `compare` share, and how they tell them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--unit", type=click.Choice(["mixed", "char", "word"]), default="mixed", show_default=True,
                 help="What is counted: characters, words, or Chinese characters and Latin words."),
    click.option("--keep-width", is_flag=True, help="Full-width and half-width forms differ."),
    click.option("--keep-case", is_flag=True, help="Upper and lower case differ."),
    click.option("--keep-punctuation", is_flag=True, help="Punctuation counts."),
)  # fmt: skip


def scoring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def counted(unit: str, keep_width: bool, keep_case: bool, keep_punctuation: bool) -> str:
    """Return the line that says what the options have counted."""
    choices = {"width": keep_width, "case": keep_case, "punctuation": keep_punctuation}
    kept = ", ".join(name for name, keep in choices.items() if keep) or "none"
    return f"counted: {unit}; differences that count besides words: {kept}"
