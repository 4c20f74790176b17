"""What `--help` shows as a default is what is used, on the command line and from Python."""

import importlib
import inspect
import re
from pathlib import Path
from typing import get_args

import click
import pytest

import asrkit
from asrkit import defaults
from asrkit.acoustic import folder, listening, session
from asrkit.cli.main import COMMANDS
from asrkit.decode import outputs, recognizer, setup
from asrkit.formats import hotword_list
from asrkit.graph import build, make_lexicon, tokens_fst
from asrkit.hotwords import graph, lists
from asrkit.lm import corpus, generate, train
from asrkit.search.options import Options
from asrkit.text.normalise import Normaliser
from tests.cli.running import asrkit as run

PACKAGE = Path(asrkit.__file__).parent
PAGES = PACKAGE.parent / "docs" / "commands"


def commands_of(name):
    command = importlib.import_module(f"asrkit.cli.{name.replace('-', '_')}").command
    return [*command.commands.values()] if isinstance(command, click.Group) else [command]


ALL = {f"{name} {command.name}": command for name in COMMANDS for command in commands_of(name)}


def default_of(name, option):
    (parameter,) = (p for command in commands_of(name) for p in command.params if option in p.opts)
    return parameter.default


def of(function, name):
    return inspect.signature(function).parameters[name].default


USED = [  # command, option, what is used elsewhere under the same name
    ("decode", "--beam", of(Options, "beam")),
    ("decode", "--beam", of(recognizer.Recognizer.__init__, "beam")),
    ("decode", "--max-active", of(Options, "max_active")),
    ("decode", "--min-active", of(Options, "min_active")),
    ("decode", "--word-score", of(Options, "word_score")),
    ("decode", "--lattice-beam", of(Options, "lattice_beam")),
    ("decode", "--lm-scale", of(recognizer.Recognizer.__init__, "lm_scale")),
    ("decode", "--nbest", of(setup.Setup, "nbest")),
    ("decode", "--nbest", of(recognizer.Recognizer.__init__, "nbest")),
    ("decode", "--incremental-bias", of(lists.Settings, "incremental_bias")),
    ("decode", "--incremental-bias", of(recognizer.Recognizer.__init__, "incremental_bias")),
    ("decode", "--incremental-bias", of(graph.HotwordGraph.build, "incremental_bias")),
    ("decode", "--hotword-scale", of(lists.Settings, "scale")),
    ("decode", "--hotword-scale", of(recognizer.Recognizer.__init__, "hotword_scale")),
    ("decode", "--hotword-format", of(lists.Settings, "format")),
    ("decode", "--on-duplicate", of(lists.Settings, "on_duplicate")),
    ("decode", "--longest", of(listening.Options, "longest")),
    ("decode", "--batch-seconds", of(listening.Options, "batch_seconds")),
    ("decode", "--precision", of(setup.Setup, "precision")),
    ("decode", "--precision", of(folder.open_package, "precision")),
    ("decode", "--provider", of(setup.Setup, "provider")),
    ("decode", "--provider", of(folder.open_package, "provider")),
    ("decode", "--threads", of(setup.Setup, "threads")),
    ("build-graph", "--unk-cost", of(build.Options, "unknown_cost")),
    ("train-lm", "--order", of(train.Request, "order")),
    ("train-lm", "--smoothing", of(train.Request, "smoothing")),
    ("train-lm", "--min-count", of(train.Request, "min_count")),
    ("train-lm", "--special-words", of(train.Request, "special_words")),
    ("generate", "--count", of(generate.Options, "count")),
    ("generate", "--seed", of(generate.Options, "seed")),
    ("generate", "--temperature", of(generate.Options, "temperature")),
    ("generate", "--beam", of(generate.Options, "beam")),
    ("generate", "--max-words", of(generate.Options, "max_words")),
    ("segment", "--nfkc", of(Normaliser, "nfkc")),
    ("segment", "--fold-case", of(Normaliser, "fold_case")),
]


@pytest.mark.parametrize(("command", "option", "used"), USED)
def test_the_default_of_an_option_is_the_one_in_use(command, option, used):
    assert default_of(command, option) == used


def test_options_of_one_name_have_one_default():
    """Options that mean the same in several commands, such as --beam of `decode` and of `hotwords explain`."""
    same = ("--max-active", "--lm-scale", "--word-score", "--incremental-bias", "--hotword-scale", "--on-duplicate",
            "--longest", "--batch-seconds", "--precision", "--provider", "--threads", "--channel")  # fmt: skip
    for option in same:
        found = {str(p.default) for command in ALL.values() for p in command.params if option in p.opts}
        assert len(found) == 1, (option, found)
    assert default_of("hotwords", "--beam") == default_of("decode", "--beam") == defaults.BEAM


@pytest.mark.parametrize("name", ALL)
def test_help_shows_no_number_that_is_not_a_default(name):
    """A number written into a help text is not seen to change with the value: it was 2.0 where 1.5 was used."""
    for parameter in ALL[name].params:
        told = re.findall(r"\[default[^\]]*: *([-\d.]+)\]", getattr(parameter, "help", None) or "")
        assert not told, parameter.opts


def test_help_shows_the_bias_in_use():
    told = " ".join(run("decode", "--help").stdout.split())
    assert f"Nats for each unit of a hotword. [default: {defaults.INCREMENTAL_BIAS}]" in told


@pytest.mark.parametrize("name", COMMANDS)
def test_the_pages_tell_the_defaults_in_use(name):
    """`--beam` (8) on a page of docs/commands is the value of --beam."""
    for option, value in re.findall(r"`(--[a-z-]+)` \((\d+(?:\.\d+)?)[) ]", (PAGES / f"{name}.md").read_text("utf-8")):
        assert float(value) == float(default_of(name, option)), option


def choices_of(name, option):
    (parameter,) = {p for command in commands_of(name) for p in command.params if option in p.opts}
    return set(parameter.type.choices)


@pytest.mark.parametrize(
    ("command", "option", "known"),
    [
        ("decode", "--format", outputs.FORMATS),
        ("decode", "--on-duplicate", get_args(hotword_list.OnDuplicate)),
        ("decode", "--precision", folder.PRECISIONS),
        ("decode", "--provider", session.PROVIDERS),
        ("decode", "--lattice", get_args(setup.LatticeForm)),
        ("build-graph", "--topology", tokens_fst.TOPOLOGIES),
        ("make-lexicon", "--by", ("auto", *make_lexicon.WAYS)),
        ("train-lm", "--smoothing", train.SMOOTHINGS),
        ("train-lm", "--special-words", corpus.POLICIES),
    ],
)
def test_what_an_option_offers_is_what_there_is(command, option, known):
    assert choices_of(command, option) == set(known)


@pytest.mark.parametrize(("command", "option"), [("decode", "--hotword-format"), ("compile-hotwords", "--format")])
def test_help_names_every_format_of_hotword_lists(command, option):
    (told,) = (p.help for found in commands_of(command) for p in found.params if option in p.opts)
    assert set(re.findall(r"[a-z-]+", told.split(":")[1])) - {"or"} == {"auto", *hotword_list.FORMATS}
