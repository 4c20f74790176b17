"""`asrkit compare`: two systems on the same utterances."""

from __future__ import annotations

from dataclasses import asdict

import click

from asrkit.cli.command import command as subcommand
from asrkit.cli.scoring import counted, scoring_options


@subcommand("compare", example="asrkit compare out-plain/ out-hotwords/ data/text")
@click.argument("a", type=click.Path())
@click.argument("b", type=click.Path())
@click.argument("reference", type=click.Path())
@scoring_options
@click.option("--show", type=click.IntRange(0), default=20, show_default=True,
              help="How many changed utterances to show.")
def command(
    a: str, b: str, reference: str, unit: str, keep_width: bool, keep_case: bool, keep_punctuation: bool, show: int
) -> None:
    """Which utterances change from A to B, for better or worse, by which part of the score, and is it chance?

    A, B and REFERENCE are Kaldi text, *.trn, *.jsonl of `asrkit decode`, or its output folders; scores stand in the
    last two only. Parts of the score are compared between the two best transcripts as each system scored its own.
    Utterances that A or B lacks are counted as deleted and named; those that REFERENCE lacks are not counted.
    """
    from asrkit.score import report, transcripts
    from asrkit.score.compare import changes
    from asrkit.score.rates import score
    from asrkit.text.normalise import Normaliser

    alike = Normaliser(nfkc=not keep_width, fold_case=not keep_case, remove_punctuation=not keep_punctuation)
    systems = [transcripts.read(a), transcripts.read(b)]
    references = {utt: alike(text) for utt, text in transcripts.read(reference).texts.items()}
    texts = ({utt: alike(text) for utt, text in system.texts.items() if utt in references} for system in systems)
    left, right = (score(references, one, unit) for one in texts)
    click.echo(counted(unit, keep_width, keep_case, keep_punctuation))
    for name, system in zip("AB", systems, strict=True):
        for line in report.unmatched(name, system.texts, references):
            click.echo(line)
    for line in report.comparison(left, right, unit):
        click.echo(line)
    for one in changes(left, right)[:show]:
        scores = [s.hypotheses[one.utt].best.scores if one.utt in s.hypotheses else None for s in systems]
        parts = None
        if all(scores):
            parts = {part: value - asdict(scores[0])[part] for part, value in asdict(scores[1]).items()}
        for line in ("", *report.change(one, parts)):
            click.echo(line)
