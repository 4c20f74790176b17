"""`asrkit hotwords`: questions about a hotword list."""

from __future__ import annotations

from typing import Any

import click

from asrkit import defaults
from asrkit.cli.acoustic_options import NAMES as ACOUSTIC
from asrkit.cli.acoustic_options import acoustic_options, general_graph, opened
from asrkit.cli.command import command as subcommand
from asrkit.cli.hotword_options import hotword_options, settings_and_speller, unit_options, units_and_words
from asrkit.errors import Status

_EXPLAIN_EXAMPLE = """asrkit hotwords explain call.wav 阳光保险 --model model/ --graph graph/ --hotwords names.txt
asrkit hotwords explain utt7 阳光保险 --posteriors heard.npz --graph graph/"""


class _Group(click.Group):
    """A group of subcommands that shows an example among the commands of asrkit."""

    example = "asrkit hotwords lint names.txt --units model/tokens.json --lexicon lexicon.txt"


@click.group("hotwords", cls=_Group, no_args_is_help=True)
def command() -> None:
    """What is wrong with a hotword list; why a phrase was or was not recognised."""


@subcommand("lint", example=_Group.example)
@click.argument("list_path", metavar="LIST", type=click.Path())
@unit_options
@hotword_options
@click.option("--lm", "lm_path", type=click.Path(), help="An ARPA model: how common the words are that sound alike.")
@click.option("--graph", "graph_path", type=click.Path(), help="A graph folder: what its words cannot make up.")
def lint(
    list_path: str,
    lm_path: str | None,
    graph_path: str | None,
    units_path: str,
    lexicon_path: str | None,
    lexicon_probabilities: bool,
    **options: Any,
) -> Status:
    """Look for what is wrong, risky or without effect in the hotword list LIST.

    Prints a line for each finding: place, severity, phrase, what, advice. Ends with status 3 if some phrases cannot
    be used, 1 if none can.
    """
    from asrkit.formats import arpa
    from asrkit.graph.folder import open_graph
    from asrkit.hotwords import lint as linting
    from asrkit.hotwords import lists

    units, words = units_and_words(units_path, lexicon_path, lexicon_probabilities)
    settings, speller = settings_and_speller(units, words, **options)
    read = lists.read(list_path, settings)
    vocabulary, can_say = None, None
    if graph_path:
        graph = open_graph(graph_path, units, model_name=units_path)
        vocabulary = frozenset(graph.words.index)
        can_say = None if graph.unknown else settings_and_speller(units, graph.lexicon, **options)[1].can_say
    probabilities = linting.word_probabilities(arpa.parse(lm_path), speller) if lm_path else None
    findings = linting.lint(
        read.phrases, speller, repeated=read.repeated, probabilities=probabilities, vocabulary=vocabulary,
        can_say=can_say,
    )  # fmt: skip
    for line in linting.report(findings, list_path):
        click.echo(line)
    unusable = {finding.phrase for finding in findings if finding.severity == linting.Severity.ERROR}
    if len(unusable) == len(read.phrases):
        return Status.NOTHING_DONE
    return Status.SOME_FAILED if unusable else Status.DONE


@subcommand("explain", example=_EXPLAIN_EXAMPLE)
@click.argument("recording", type=click.Path())
@click.argument("phrases", metavar="PHRASE...", nargs=-1, required=True)
@click.option("--posteriors", "posteriors_path", type=click.Path(),
              help="Of `asrkit posteriors`: RECORDING is the id of an utterance in it.")
@click.option("--graph", "graph_path", type=click.Path(), help="The graph folder.  [default: as in decode]")
@click.option("--hotwords", "list_path", type=click.Path(), help="The list in use; none: what if PHRASE were listed?")
@hotword_options
@click.option("--beam", type=float, default=defaults.BEAM, show_default=True, help="As in decode.")
@click.option("--max-active", type=int, default=defaults.MAX_ACTIVE, show_default=True, help="As in decode.")
@click.option("--lm-scale", type=float, default=defaults.LM_SCALE, show_default=True, help="As in decode.")
@click.option("--word-score", type=float, default=defaults.WORD_SCORE, show_default=True, help="As in decode.")
@acoustic_options
def explain(
    recording: str,
    phrases: tuple[str, ...],
    posteriors_path: str | None,
    graph_path: str | None,
    list_path: str | None,
    **options: Any,
) -> Status:
    """Why was each PHRASE recognised, or not recognised, in the RECORDING?

    Names the cause, the competitor and the margin, and the smallest word bias (or beam) that would mend it, found by
    decoding again with it, and what else that would change.
    """
    from asrkit.decode import explain_report as explaining
    from asrkit.formats import posteriors
    from asrkit.graph.folder import open_graph
    from asrkit.search.options import Options

    search = Options(**{name: options.pop(name) for name in ("beam", "max_active", "lm_scale", "word_score")})
    acoustic = {name: options.pop(name) for name in ACOUSTIC}
    if graph_path is None and acoustic["model_path"] is None:
        graph_path = general_graph()
    if graph_path is None:
        raise click.UsageError("a model of your own needs a --graph to be searched")
    if posteriors_path:
        archive = posteriors.parse(posteriors_path)
        topology, digest = posteriors.model_of(archive) or (None, None)
        graph = open_graph(graph_path, digest, topology=topology, model_name=f"the model of {posteriors_path}")
        units = graph.units
        heard = explaining.of_utterance(archive, recording, posteriors_path)
    else:
        model, listening = opened(**acoustic)
        units = model.package.units
        name = str(acoustic["model_path"] or "the model that ships")
        graph = open_graph(graph_path, units, topology=model.topology, model_name=name)
        heard = explaining.of_recording(model, recording, listening)
    settings, speller = settings_and_speller(units, graph.lexicon, **options)
    case = explaining.prepare(graph, speller, settings, list_path, phrases)
    for line in case.lines(heard, search):
        click.echo(line)
    return Status.SOME_FAILED if case.refused else Status.DONE


command.add_command(lint)
command.add_command(explain)
