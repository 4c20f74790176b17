"""`asrkit draw`: a picture of an FST, or of a part of it, or of a hotword list."""

from __future__ import annotations

from typing import Any

import click

from asrkit.cli.command import Output
from asrkit.cli.command import command as subcommand
from asrkit.cli.hotword_options import hotword_options, settings_and_speller, units_and_words
from asrkit.errors import Status


@subcommand("draw", example='asrkit draw graph/LG.fst --sentence "我们 去 北京" -o sentence.svg')
@click.argument("path", metavar="FST|LIST", type=click.Path())
@click.option("--around", type=int, help="Draw what lies around this state.")
@click.option("--sentence", help="Draw the part that this sentence, words or units, touches.")
@click.option("--isymbols", type=click.Path(), help="Symbols of input labels.  [default: beside the FST]")
@click.option("--osymbols", type=click.Path(),
              help="Symbols of output labels.  [default: as the input's, or beside]")  # fmt: skip
@click.option("--units", "units_path", type=click.Path(),
              help="The model's unit table: the file is a hotword list, whose automaton is drawn.")
@click.option("--lexicon", "lexicon_path", type=click.Path(), help="With --units: the lexicon of the graph.")
@hotword_options
@click.option("-o", "--output", type=Output(), default="-",
              help="The picture, .svg, .png (by Graphviz) or .dot.  [default: DOT to standard output]")  # fmt: skip
def command(
    path: str,
    around: int | None,
    sentence: str | None,
    isymbols: str | None,
    osymbols: str | None,
    units_path: str | None,
    lexicon_path: str | None,
    output: str,
    **options: Any,
) -> None:
    """Draw the transducer FST, the TLG of a graph folder, or, with --units, the automaton of a hotword LIST.

    Of an FST: bold: the start; double circles: final states; dashed: arcs that read nothing. Numbers are costs, or
    credits in a hotword automaton. Of a list: solid arcs bring credit, dashed ones take it back, double circles end a
    phrase and bear its word bias. Pictures of more than a few hundred arcs are refused: draw a part.
    """
    from pathlib import Path

    from asrkit import store
    from asrkit.errors import AsrkitError
    from asrkit.formats import openfst, symbols
    from asrkit.graph import draw, part
    from asrkit.graph.folder import GRAPH, KIND
    from asrkit.hotwords import lists, picture

    form = draw.form_of(output)
    if around is not None and sentence is not None:
        raise AsrkitError("--around and --sentence exclude each other", cure="give one", status=Status.WRONG_USAGE)
    if units_path is not None:
        if around is not None or sentence is not None or isymbols or osymbols:
            cure = "leave them out, or draw what asrkit compile-hotwords writes"
            what = "--around, --sentence, --isymbols and --osymbols are for an FST, --units for a hotword list"
            raise AsrkitError(what, cure=cure, status=Status.WRONG_USAGE)
        settings, speller = settings_and_speller(*units_and_words(units_path, lexicon_path, False), **options)
        graph = lists.compile_list(path, speller, settings)[0]
        store.write_bytes(output, draw.render(picture.dot(graph, speller.units), form))
        return
    if Path(path).is_dir():
        store.open_verified(path, KIND)
    file = Path(path) / GRAPH if Path(path).is_dir() else Path(path)
    fst = openfst.parse(file)
    if fst.start < 0:
        raise AsrkitError("this FST is empty: there is nothing to draw", where=path)
    inputs, outputs = draw.names_beside(file)
    if isymbols:
        inputs = outputs = draw.Names.of(symbols.parse(isymbols))
    if osymbols:
        outputs = draw.Names.of(symbols.parse(osymbols))
    if sentence is not None:
        arcs = part.touched_by(fst, sentence, inputs.symbols, outputs.symbols)
    else:
        arcs = part.around(fst, around) if around is not None else part.whole(fst)
    store.write_bytes(output, draw.render(draw.dot(fst, arcs, inputs, outputs), form))
