"""`asrkit decode`: recordings to transcripts."""

from __future__ import annotations

import click

from asrkit.cli.command import command as subcommand
from asrkit.errors import Status

_EXAMPLE = "asrkit decode recordings/ --model model/ --graph graph/ --hotwords names.txt -o out"


@subcommand("decode", example=_EXAMPLE)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("--model", type=click.Path(), help="A Paraformer export.  [default: the small one that comes along]")
@click.option("--graph", type=click.Path(), help="A graph of asrkit build-graph.  [default: none, greedy decoding]")
@click.option("--hotwords", type=click.Path(), help="A hotword list in any of the known formats.")
@click.option("-o", "--output", type=click.Path(), help="The folder of results.")
@click.option("--format", "output_format", type=click.Choice(["text", "jsonl", "ctm", "trn", "srt"]),
              help="Write this to standard output in place of a folder.  [default, without -o: text]")
@click.option("--greedy", is_flag=True, help="The best unit of each step, without graph.")
@click.option("--beam", type=float, default=8.0, show_default=True, help="Nats behind the best that are kept.")
@click.option("--max-active", type=int, default=7000, show_default=True, help="Hypotheses that go on from a step.")
@click.option("--min-active", type=int, default=0, show_default=True, help="At least so many go on.")
@click.option("--lm-scale", type=float, default=0.5, show_default=True, help="Weight of the language model.")
@click.option("--word-score", type=float, default=0.0, show_default=True, help="Nats for each word.")
@click.option("--lattice-beam", type=float, default=6.0, show_default=True, help="Nats behind the best in lattices.")
@click.option("--nbest", type=click.IntRange(1), default=1, show_default=True, help="Readings of each utterance.")
@click.option("--incremental-bias", type=float, help="Nats for each unit of a hotword.  [default: 2.0]")
@click.option("--hotword-scale", type=float, default=1.0, show_default=True, help="Multiplies every hotword bias.")
@click.option("--hotword-format", default="auto", show_default=True, help="Format of the hotword list.")
@click.option("--on-duplicate", type=click.Choice(["error", "first", "last", "highest"]), default="error",
              show_default=True, help="Which weight counts if a hotword has two.")
@click.option("--funasr-weights", is_flag=True, help="Hotword weights are FunASR's: 20 there is 2.0 here.")
@click.option("--allow-commands", is_flag=True, help="Run the commands that a wav.scp holds.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Of the network, a process.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option("--overwrite", is_flag=True, help="Put the results in the place of those that are there.")
def command(
    inputs: tuple[str, ...],
    model: str | None,
    graph: str | None,
    hotwords: str | None,
    output: str | None,
    output_format: str | None,
    greedy: bool,
    beam: float,
    max_active: int,
    min_active: int,
    lm_scale: float,
    word_score: float,
    lattice_beam: float,
    nbest: int,
    incremental_bias: float | None,
    hotword_scale: float,
    hotword_format: str,
    on_duplicate: str,
    funasr_weights: bool,
    allow_commands: bool,
    jobs: int,
    threads: int,
    resume: bool,
    overwrite: bool,
) -> Status:
    """Transcribe each INPUT: a recording, a folder, a Kaldi data folder, a wav.scp, a JSONL manifest, a list of paths.

    The folder of results has hyps.jsonl (words with times and confidences, scores by part, hotwords that fired), text,
    ctm, trn, failed.jsonl and a manifest. Exit status 3: some utterances failed, each named.
    """
    if output and output_format:
        raise click.UsageError("give -o or --format, not both")
    if hotwords and (greedy or not graph):
        raise click.UsageError("hotwords need a --graph to be searched")
    from asrkit import progress
    from asrkit.acoustic.folder import SHIPPED
    from asrkit.decode import run
    from asrkit.decode.inputs import utterances
    from asrkit.decode.recogniser import Setup
    from asrkit.hotwords.graph import DEFAULT_INCREMENTAL_BIAS
    from asrkit.hotwords.lists import Settings
    from asrkit.search.options import Options

    if model is None:
        model = str(SHIPPED)
        progress.say("no --model: the small Mandarin model of asrkit decodes; it is meant for demos")
    bias = DEFAULT_INCREMENTAL_BIAS if incremental_bias is None else incremental_bias
    setup = Setup(
        model=model,
        graph=None if greedy else graph,
        hotwords=hotwords,
        hotword_settings=Settings(hotword_format, on_duplicate, funasr_weights, bias, hotword_scale),
        search=Options(beam, max_active, min_active, lm_scale, word_score, lattice_beam),
        nbest=nbest,
        threads=threads,
    )
    wanted = utterances(inputs, allow_commands=allow_commands)
    if output:
        return run.to_folder(setup, wanted, output, jobs=jobs, resume=resume, overwrite=overwrite)
    return run.to_stdout(setup, wanted, format=output_format or "text", jobs=jobs)
