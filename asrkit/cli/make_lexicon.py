"""`asrkit make-lexicon`: word lists as a lexicon for a model's units."""

from __future__ import annotations

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.errors import Status

_EXAMPLE = "asrkit make-lexicon words.txt --units model/tokens.json -o lexicon.txt"
_TOLD = 3


@subcommand("make-lexicon", example=_EXAMPLE)
@click.argument("paths", metavar="WORDS...", type=click.Path(), nargs=-1, required=True)
@click.option("--units", "units_path", type=click.Path(), required=True, help="The model's tokens.json or tokens.txt.")
@click.option("--by", "way", type=click.Choice(["auto", "char", "pinyin", "bpe"]), default="auto", show_default=True,
              help="How words are spelled; auto looks at the units.")  # fmt: skip
@click.option("--seg-dict", type=click.Path(), help="For bpe: the model's seg_dict, words and their pieces.")
@click.option("--sentencepiece", type=click.Path(), help="For bpe: the model's sentencepiece file.")
@click.option("-o", "--output", type=Output(), default="-", help="The lexicon.  [default: standard output]")
@click.option("--report", type=Output(), help="Write the words left out, a tab and the reason here.")
def command(
    paths: tuple[str, ...],
    units_path: str,
    way: str,
    seg_dict: str | None,
    sentencepiece: str | None,
    output: str,
    report: str | None,
) -> Status:
    """Spell the words of the lists WORDS in a model's units.

    A list has one word a line; a count may follow. Words with a unit that the model lacks are left out and named, with
    the reason; the exit status is 3 then. Special words, such as <s> and <unk>, are passed over.
    """
    from asrkit import progress
    from asrkit.errors import AsrkitError, shown
    from asrkit.formats import lexicon, tokens, word_counts
    from asrkit.formats.specials import is_special_word
    from asrkit.graph import make_lexicon as making
    from asrkit.store import write_lines

    units = tokens.parse(units_path)
    chosen = making.way_of(units) if way == "auto" else way
    if chosen != "bpe" and (seg_dict or sentencepiece):
        what = f"--seg-dict and --sentencepiece are for --by bpe, but words are spelled by {chosen}"
        raise AsrkitError(what, cure="say --by bpe, or leave them out", status=Status.WRONG_USAGE)
    listed = dict.fromkeys(word for path in paths for word in word_counts.parse(path))
    words = [word for word in listed if not is_special_word(word)]
    if len(words) < len(listed):
        told = " ".join(word for word in listed if is_special_word(word))
        progress.say(f"{told}: special words, which are not spelled")
    made, left_out = making.make_lexicon(
        words,
        units,
        chosen,
        seg_dict=making.read_seg_dict(seg_dict) if seg_dict else None,
        sentencepiece=making.sentencepiece_of(sentencepiece) if sentencepiece else None,
    )
    if report:
        write_lines(report, (f"{left.word}\t{left.reason}" for left in left_out))
    if left_out:
        first = "; ".join(f"{shown(left.word)}: {left.reason}" for left in left_out[:_TOLD])
        where = report or "--report FILE"
        progress.warn(f"{len(left_out):,} words are left out, {where} lists them all: {first}")
    if not made.entries:
        raise AsrkitError(f"none of {len(left_out):,} words can be spelled by {chosen} in the units of {units_path}",
                          cure="check that the words and the model are of one language")  # fmt: skip
    write_lines(output, lexicon.serialize(made))
    said = len({entry.word for entry in made.entries})
    progress.say(f"{said:,} words in {len(made.entries):,} pronunciations by {chosen}, {len(left_out):,} left out",
                 words=said, pronunciations=len(made.entries), left_out=len(left_out), by=chosen)  # fmt: skip
    return Status.SOME_FAILED if left_out else Status.DONE
