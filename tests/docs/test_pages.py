"""Each command has a page in docs/commands, and what the pages name exists."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from asrkit.cli.main import COMMANDS

PAGES = Path(__file__).parents[2] / "docs" / "commands"
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")
OF_OTHERS = {"--help"}


def commands_of(name):
    command = importlib.import_module(f"asrkit.cli.{name.replace('-', '_')}").command
    return [command, *(command.commands.values() if isinstance(command, click.Group) else ())]


def options_of(name):
    parameters = [parameter for command in commands_of(name) for parameter in command.params]
    return {option for parameter in parameters for option in (*parameter.opts, *parameter.secondary_opts)}


def test_every_command_has_a_page_and_no_page_is_left_over():
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_that_a_page_names_exist(name):
    known = options_of(name) | OF_OTHERS
    for line in (PAGES / f"{name}.md").read_text(encoding="utf-8").splitlines():
        mentioned = re.search(r"asrkit ([a-z-]+)", line) if line.startswith("    ") else None
        allowed = options_of(mentioned[1]) if mentioned else known
        assert set(OPTION.findall(line)) <= allowed, line


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_page_is_one_that_the_command_understands(name):
    line = next(line for line in (PAGES / f"{name}.md").read_text(encoding="utf-8").splitlines() if line[:4] == "    ")
    program, command, *arguments = shlex.split(line)
    assert (program, command) == ("asrkit", name)
    found = commands_of(name)[0]
    if isinstance(found, click.Group):
        found, arguments = found.commands[arguments[0]], arguments[1:]
    found.make_context(name, arguments)
