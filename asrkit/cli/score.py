"""`asrkit score`: error rates of transcripts."""

from __future__ import annotations

import os
import sys

import click

from asrkit import progress
from asrkit.cli.command import command as subcommand
from asrkit.cli.scoring import counted, scoring_options


@subcommand("score", example="asrkit score data/text out/ --hotwords names.txt")
@click.argument("reference", type=click.Path())
@click.argument("hypothesis", type=click.Path())
@scoring_options
@click.option("--hotwords", "hotword_path", type=click.Path(), help="A hotword list: recall, precision, false accepts.")
@click.option("--utt2spk", type=click.Path(), help="Speakers of the utterances: a rate for each of them.")
@click.option("--per-utterance", is_flag=True, help="A line for every utterance.")
@click.option("--align", is_flag=True, help="The alignment of every utterance.")
@click.option("--worst", type=click.IntRange(0), default=3, show_default=True,
              help="How many of the worst utterances to show.")
@click.option("--confusions", type=click.IntRange(0), default=10, show_default=True,
              help="How many of the most frequent errors to show.")
def command(
    reference: str,
    hypothesis: str,
    unit: str,
    keep_width: bool,
    keep_case: bool,
    keep_punctuation: bool,
    hotword_path: str | None,
    utt2spk: str | None,
    per_utterance: bool,
    align: bool,
    worst: int,
    confusions: int,
) -> None:
    """Error rates of the transcripts HYPOTHESIS against REFERENCE.

    Each is a Kaldi text file or data folder, *.trn, *.jsonl of `asrkit decode`, or its output folder. Utterances that
    one of them lacks are counted as errors and named.
    """
    from asrkit.errors import shown
    from asrkit.formats import hotword_list, kaldi_dir
    from asrkit.score import report, transcripts
    from asrkit.score.rates import score
    from asrkit.score.units import split
    from asrkit.text.normalise import Normaliser

    alike = Normaliser(nfkc=not keep_width, fold_case=not keep_case, remove_punctuation=not keep_punctuation)
    references, hypotheses = transcripts.read(reference), transcripts.read(hypothesis)
    utterances = score(
        {utt: alike(text) for utt, text in references.texts.items()},
        {utt: alike(text) for utt, text in hypotheses.texts.items()},
        unit,
    )
    phrases = []
    if hotword_path:  # before anything is told
        phrases = [split(alike(phrase.written), unit) for phrase in hotword_list.parse(hotword_path).phrases]
    speakers = {line.utt: line.speaker for line in kaldi_dir.parse_utt2spk(utt2spk)} if utt2spk else {}
    if unknown := speakers.keys() - {utterance.utt for utterance in utterances}:
        what = f"{progress.counted(len(unknown), 'utterance')} of it, such as {shown(min(unknown))}, "
        progress.warn(f"{utt2spk}: {what}{'is' if len(unknown) == 1 else 'are'} in neither transcript")
    click.echo(counted(unit, keep_width, keep_case, keep_punctuation))
    for line in report.summary(utterances, unit):
        click.echo(line)
    if utt2spk:
        for line in report.per_speaker(utterances, speakers):
            click.echo(line)
    if hotword_path:
        known = [hypotheses.durations.get(utt) for utt in references.texts]
        seconds = None if None in known else sum(known)
        for line in report.hotwords(utterances, phrases, seconds):
            click.echo(line)
    if per_utterance:
        for line in report.per_utterance(utterances):
            click.echo(line)
    if align:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        for utterance in utterances:
            click.echo(f"\n{utterance.utt}")
            for line in report.alignment(utterance.pairs, colour=colour):
                click.echo(line)
    for line in (*report.worst(utterances, worst), *report.confusions(utterances, confusions)):
        click.echo(line)
