"""`asrkit compile-hotwords`: a hotword list as an FST."""

from __future__ import annotations

from typing import Any

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.cli.hotword_options import hotword_options, settings_and_speller, unit_options, units_and_words
from asrkit.errors import Status


@subcommand("compile-hotwords", example="asrkit compile-hotwords names.txt --units model/tokens.json -o hotwords.fst")
@click.argument("list_path", metavar="LIST", type=click.Path())
@unit_options
@hotword_options
@click.option("-o", "--output", type=Output(), required=True, help="The OpenFst file to write.")
@click.option("--symbols", "symbols_path", type=Output(), help="Also write the symbols of its labels.")
@click.option("--picture", type=Output(), help="Also draw it: .dot, or by Graphviz .svg, .png (few phrases).")
def command(
    list_path: str,
    output: str,
    symbols_path: str | None,
    picture: str | None,
    units_path: str,
    lexicon_path: str | None,
    lexicon_probabilities: bool,
    **options: Any,
) -> Status:
    """Write the automaton of the hotword list LIST as an OpenFst acceptor.

    Decoding takes the list itself and needs no compiled form; this is for other tools and for pictures. A label is a
    model id + 1; the label after the last unit is the failure: it is followed, reading nothing, only where the unit at
    hand has no arc. Weights are costs in nats; a final weight takes back pending credit. Where units are parts of
    words, the label after that one is the word edge: it is followed first, reading nothing, before a unit that begins a
    word.
    """
    from asrkit import progress, store
    from asrkit.formats import openfst, symbols
    from asrkit.graph import draw
    from asrkit.hotwords import lists
    from asrkit.hotwords.picture import dot
    from asrkit.hotwords.to_fst import symbol_table, to_fst

    units, words = units_and_words(units_path, lexicon_path, lexicon_probabilities)
    settings, speller = settings_and_speller(units, words, **options)
    graph, spelled, refused = lists.compile_list(list_path, speller, settings)
    drawing = draw.render(dot(graph, speller.units), draw.form_of(picture)) if picture else b""
    fst = to_fst(graph)
    openfst.write(output, fst)
    if symbols_path:
        store.write_lines(symbols_path, symbols.serialize(symbol_table(speller.units, graph.words)))
    if picture:
        store.write_bytes(picture, drawing)
    sequences, counted = len(graph.spellings.bias), progress.counted
    progress.say(
        f"{counted(len(spelled), 'phrase')} in {counted(sequences, 'spelling')}, {len(refused):,} left out; "
        f"{counted(len(fst.states), 'state')}, {counted(len(fst.arcs), 'arc')}; "
        f"the failure label is {graph.units + 1}"
        + ("" if graph.words is None else f", the label of word edges {graph.units + 2}"),
        phrases=len(spelled), spellings=sequences, left_out=len(refused), failure_label=graph.units + 1,
    )  # fmt: skip
    return Status.SOME_FAILED if refused else Status.DONE
