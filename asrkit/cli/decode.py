"""`asrkit decode`: recordings to transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from asrkit import defaults, progress
from asrkit.cli.acoustic_options import acoustic_options, general_graph, listening_of, model_or_shipped
from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.cli.hotword_options import known_format
from asrkit.errors import Status

if TYPE_CHECKING:
    from asrkit.decode.run import Outcome
    from asrkit.decode.setup import Setup

_SEARCH = ("beam", "max_active", "min_active", "lm_scale", "word_score", "lattice_beam", "blank_skip")

_EXAMPLE = """asrkit decode recordings/ --model model/ --graph graph/ --hotwords names.txt -o out
asrkit decode recordings/ --graph graph/ --sweep lm_scale=0:1:0.1 beam=8,12 --ref text"""


@subcommand("decode", example=_EXAMPLE)
@click.argument("inputs", metavar="[INPUT]...", nargs=-1, type=click.Path())
@click.option("--posteriors-in", type=click.Path(), help="Posteriors (.npz, .ark, .scp) in place of INPUTs.")
@click.option("--graph", type=click.Path(), help="A graph of asrkit build-graph.  [default: the general one of "
              "the model that ships; with another --model none, greedy decoding]")
@click.option("--hotwords", type=click.Path(), help="A hotword list in any of the known formats.")
@click.option("--utt-hotwords", type=click.Path(), help="Lines `utterance list`: utterances with a list of their own.")
@click.option("-o", "--output", type=Output(), help="The folder of results.")
@click.option("--format", "output_format", type=click.Choice(["text", "jsonl", "ctm", "trn", "srt"]),
              help="Write this to standard output in place of a folder.  [default, without -o: text]")
@click.option("--posteriors-out", type=Output(), help="Write what the model says to this .npz or .ark, too.")
@click.option("--greedy", is_flag=True, help="The best unit of each step, without graph.")
@click.option("--beam", type=float, default=defaults.BEAM, show_default=True,
              help="Nats behind the best that are kept.")
@click.option("--max-active", type=int, default=defaults.MAX_ACTIVE, show_default=True,
              help="Hypotheses that go on from a step.")
@click.option("--min-active", type=int, default=defaults.MIN_ACTIVE, show_default=True, help="At least so many go on.")
@click.option("--lm-scale", type=float, default=defaults.LM_SCALE, show_default=True,
              help="Weight of the language model.")
@click.option("--word-score", type=float, default=defaults.WORD_SCORE, show_default=True, help="Nats for each word.")
@click.option("--lattice-beam", type=float, default=defaults.LATTICE_BEAM, show_default=True,
              help="Nats behind the best in lattices.")
@click.option("--blank-skip", type=float, help="With a CTC model: steps whose blank is at least this probable, such as "
              "0.99, are taken as blank, which is faster.  [default: none]")
@click.option("--nbest", type=click.IntRange(1), default=defaults.NBEST, show_default=True,
              help="Readings of each utterance.")
@click.option("--mbr", is_flag=True, help="The words of least expected errors (minimum Bayes risk), in place of the "
              "best path's.")
@click.option("--lattice", type=click.Choice(["kaldi", "openfst"]), help="Lattices in the folder of results, too: "
              "Kaldi's text in lattices.txt, or lattices/UTTERANCE.fst; their labels are those of words.txt.")
@click.option("--rescore-lm", type=click.Path(), help="A language model (ARPA or KenLM's binary) that takes the "
              "place of the graph's in the lattice, at the same --lm-scale.")
@click.option("--incremental-bias", type=float, default=defaults.INCREMENTAL_BIAS, show_default=True,
              help="Nats for each unit of a hotword.")
@click.option("--hotword-scale", type=float, default=defaults.HOTWORD_SCALE, show_default=True,
              help="Multiplies every hotword bias.")
@click.option("--hotword-format", default=defaults.HOTWORD_FORMAT, show_default=True, callback=known_format,
              help="Format of the hotword lists: auto, native, funasr, funasr-json, sherpa-onnx, wenet or nemo.")
@click.option("--on-duplicate", type=click.Choice(["error", "first", "last", "highest"]),
              default=defaults.ON_DUPLICATE, show_default=True, help="Which weight counts if a hotword has two.")
@click.option("--funasr-weights", is_flag=True, help="Hotword weights are FunASR's: 20 there is 2.0 here.")
@click.option("--keep-case", is_flag=True, help="Letters of hotwords match in the case of the list only.")
@click.option("--keep-width", is_flag=True, help="Full-width letters of hotwords are not taken for plain ones.")
@click.option("--sweep", multiple=True, metavar="NAME=VALUES", help="Decode with each of these values, the model run "
              "once: 0:1:0.1 (from, to, step) or 8,12; of beam, lm_scale, word_score, hotword_scale … More of them may "
              "follow; all combinations are tried.")
@click.option("--ref", type=click.Path(), help="What was said: the table of the sweep tells the error rates.")
@acoustic_options
@click.option("--allow-commands", is_flag=True, help="Run the commands that a wav.scp holds.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option("--verify", is_flag=True, help="With -o: compare recordings by their contents, not by size and time, "
              "when such a run is resumed.")
@click.option("--overwrite", is_flag=True, help="Put the results in the place of those that are there.")
def command(inputs: tuple[str, ...], **options: Any) -> Status:
    """Transcribe each INPUT: a recording, a folder, a Kaldi data folder, a wav.scp, a JSONL manifest, a list of paths.

    The folder of results has hyps.jsonl (words with times and confidences, scores by part, hotwords that fired), text,
    ctm, trn, failed.jsonl and a manifest. With --sweep it has such a folder for each setting and the table sweep.tsv,
    which goes to standard output, too. Exit status 3: some utterances failed, each named.
    """
    from asrkit.decode import inputs as listing
    from asrkit.decode import run, sweep

    if options["sweep"]:  # `--sweep A=… B=…`: the shell's words behind the first one come as inputs
        options["sweep"] = (*" ".join(options["sweep"]).split(), *filter(sweep.is_part, inputs))
        inputs = tuple(name for name in inputs if not sweep.is_part(name))
    takes_general_graph = options["graph"] is None and options["model_path"] is None and not options["greedy"]
    _check(inputs, options, searched=bool(takes_general_graph or (options["graph"] and not options["greedy"])))
    if takes_general_graph:
        options["graph"] = general_graph()
    setup = _setup(options)
    if options["posteriors_in"]:
        wanted = listing.of_posteriors(options["posteriors_in"])
    else:
        wanted = listing.utterances(inputs, allow_commands=options["allow_commands"])
    if options["utt_hotwords"]:
        wanted = listing.with_hotwords(wanted, options["utt_hotwords"], setup.settings[0].hotwords)
    if not setup.graph and any(utterance.hotwords for utterance in wanted):
        progress.warn("some lines have hotwords of their own, which need a --graph to be searched; they are not used")
    if options["output_format"] == "srt" and len(wanted) != 1:
        raise click.UsageError(f"--format srt makes captions of one recording, and here are {len(wanted):,}")
    references = _references(options["ref"], [utterance.utt for utterance in wanted])
    kept = {"jobs": options["jobs"], "posteriors_out": options["posteriors_out"]}
    if options["output"]:
        def also(outcome: Outcome) -> dict[str, list[str]]:
            return {"sweep.tsv": ["\t".join(line) for line in _table(setup, outcome, references, timed=False)]}

        kept |= {"resume": options["resume"], "overwrite": options["overwrite"], "verify": options["verify"]}
        outcome = run.to_folder(setup, wanted, options["output"], also=also if options["sweep"] else None, **kept)
    elif options["sweep"]:
        outcome = run.to_texts(setup, wanted, **kept)
    else:
        outcome = run.to_stdout(setup, wanted, format=options["output_format"] or "text", **kept)
    if options["sweep"]:
        from asrkit.score.sweep import padded

        for line in padded(_table(setup, outcome, references, timed=True)):
            click.echo(line)
    return outcome.status


def _check(inputs: tuple[str, ...], options: dict[str, Any], *, searched: bool) -> None:
    """Refuse options that do not go together; `searched`: with a graph."""
    refused = {
        "name an INPUT, or --posteriors-in": not inputs and not options["posteriors_in"],
        "give INPUTs or --posteriors-in, not both": inputs and options["posteriors_in"],
        "give -o or --format, not both": options["output"] and options["output_format"],
        "--resume, --verify and --overwrite are for a folder of results: name it with -o":
            (options["resume"] or options["verify"] or options["overwrite"]) and not options["output"],
        "--lattice needs a folder of results: name it with -o": options["lattice"] and not options["output"],
        "--sweep tells a table, or writes folders with -o; it has no --format":
            options["sweep"] and options["output_format"],
        "--ref is for the table of a --sweep; else use: asrkit score": options["ref"] and not options["sweep"],
        "hotwords need a --graph to be searched": (options["hotwords"] or options["utt_hotwords"]) and not searched,
        "--sweep, --lattice, --rescore-lm, --mbr and --nbest need a --graph to be searched": not searched
            and (options["nbest"] > 1 or any(options[name] for name in ("sweep", "lattice", "rescore_lm", "mbr"))),
        "--mbr gives one reading, under the graph's own language model: leave out --nbest and --rescore-lm":
            options["mbr"] and (options["nbest"] > 1 or options["rescore_lm"]),
        "--rescore-lm is read from a file: write what comes from standard input to one first":
            options["rescore_lm"] == "-",
        "--posteriors-out needs every utterance to be heard, and --resume passes over those that are done":
            options["posteriors_out"] and options["resume"],
        "--posteriors-in and --posteriors-out would only copy a file":
            options["posteriors_out"] and options["posteriors_in"],
    }  # fmt: skip
    for sentence, is_so in refused.items():
        if is_so:
            raise click.UsageError(sentence)


def _setup(options: dict[str, Any]) -> Setup:
    from asrkit.decode import sweep
    from asrkit.decode.setup import Setting, Setup
    from asrkit.formats import posteriors
    from asrkit.hotwords import lists
    from asrkit.search.options import Options

    graph = None if options["greedy"] else options["graph"]
    model = options["model_path"]
    if not (options["posteriors_in"] and graph):  # else the graph tells the units
        model = model_or_shipped(model)
    if options["posteriors_out"]:
        posteriors.check_name(options["posteriors_out"])
    base = Setting(
        Options(*(options[name] for name in _SEARCH)),
        lists.Settings(
            options["hotword_format"],
            options["on_duplicate"],
            options["funasr_weights"],
            options["incremental_bias"],
            options["hotword_scale"],
            fold_case=not options["keep_case"],
            fold_width=not options["keep_width"],
        ),
    )
    return Setup(
        model=model,
        graph=graph,
        hotwords=options["hotwords"],
        settings=sweep.settings(options["sweep"], base) if options["sweep"] else (base,),
        listening=listening_of(options["longest"], options["batch_seconds"], options["channel"]),
        vad=options["vad"],
        precision=options["precision"],
        provider=options["provider"],
        threads=options["threads"],
        posteriors=options["posteriors_in"],
        nbest=options["nbest"],
        mbr=options["mbr"],
        rescore_lm=options["rescore_lm"],
        lattices=options["lattice"],
        keep_posteriors=options["posteriors_out"] is not None,
        phrases=lists.read(options["hotwords"], base.hotwords).phrases if options["hotwords"] else None,
    )


def _references(path: str | None, utts: list[str]) -> dict[str, str] | None:
    """Return what was said in those of the utterances that the file `path` knows."""
    if path is None:
        return None
    from asrkit.errors import AsrkitError
    from asrkit.score import transcripts

    texts = transcripts.read(path).texts
    found = {utt: texts[utt] for utt in utts if utt in texts}
    if not found:
        raise AsrkitError("none of the utterances stands in this reference", where=path, cure="check the ids")
    if len(found) < len(utts):
        count = progress.counted(len(utts) - len(found), "utterance")
        progress.warn(f"{path}: no reference for {count}, not counted")
    return found


def _table(setup: Setup, outcome: Outcome, references: dict[str, str] | None, *, timed: bool) -> list[list[str]]:
    from asrkit.score.sweep import Row, table

    rows = [
        Row(dict(part.split("=") for part in setting.name.split(",")), texts, seconds)
        for setting, texts, seconds in zip(setup.settings, outcome.texts, outcome.searches, strict=True)
    ]
    return table(rows, references, timed=timed)
