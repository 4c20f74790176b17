"""`asrkit compare`: two systems on the same utterances."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from asrkit.cli.command import command as subcommand
from asrkit.cli.scoring import columns_of, rules_of, scoring_options


@subcommand("compare", example="asrkit compare out-plain/ out-hotwords/ data/text")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.argument("reference", type=click.Path())
@scoring_options
@click.option("--show", type=click.IntRange(0), default=20, show_default=True,
              help="How many changed utterances to show.")
def command(a: str, b: str, reference: str, show: int, **options: Any) -> None:
    """Which utterances change from A to B, for better or worse, by which part of the score, and is it chance?

    A, B and REFERENCE are whatever `asrkit score` reads; only hyps.jsonl and folders of `decode` have scores. Parts
    of the score are compared between the two best transcripts as each system scored its own.
    Utterances that A or B lacks are counted as deleted and named; those that REFERENCE lacks are not counted.
    """
    from asrkit.score import report, transcripts
    from asrkit.score.compare import changes
    from asrkit.score.rates import score
    from asrkit.score.spelling import Spelling, told

    rules = rules_of(options)
    of_reference, of_systems = Spelling(rules), Spelling(rules)
    systems = [transcripts.read(name, recognised=True) for name in (a, b)]
    ids = {**systems[0].texts, **systems[1].texts}
    said = transcripts.read(reference, known=ids, columns=columns_of(options)).texts
    for name, system in zip((a, b), systems, strict=True):
        transcripts.check_common(said, system.texts, name)
    references = {utt: of_reference(text) for utt, text in said.items()}
    texts = [{utt: of_systems(text) for utt, text in system.texts.items() if utt in said} for system in systems]
    left, right = (score(references, one, rules.unit) for one in texts)
    click.echo(str(rules))
    if changed := told(of_reference.counts, of_systems.counts):
        click.echo(changed)
    for name, system in zip("AB", systems, strict=True):
        for line in report.unmatched(name, system.texts, references):
            click.echo(line)
    for line in report.comparison(left, right, rules.unit):
        click.echo(line)
    for one in changes(left, right)[:show]:
        scores = [s.hypotheses[one.utt].best.scores if one.utt in s.hypotheses else None for s in systems]
        parts = None
        if all(scores):
            parts = {part: value - asdict(scores[0])[part] for part, value in asdict(scores[1]).items()}
        for line in ("", *report.change(one, parts)):
            click.echo(line)
