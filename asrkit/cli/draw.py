"""`asrkit draw`: a picture of an FST, or of a part of it."""

from __future__ import annotations

import click

from asrkit.cli.command import command as subcommand
from asrkit.errors import Status


@subcommand("draw", example='asrkit draw graph/LG.fst --sentence "我们 去 北京" -o sentence.svg')
@click.argument("path", metavar="FST", type=click.Path())
@click.option("--around", type=int, help="Draw what lies around this state.")
@click.option("--sentence", help="Draw the part that this sentence, words or units, touches.")
@click.option("--isymbols", type=click.Path(), help="Symbols of input labels.  [default: beside the FST]")
@click.option("--osymbols", type=click.Path(),
              help="Symbols of output labels.  [default: as the input's, or beside]")  # fmt: skip
@click.option("-o", "--output", type=click.Path(), default="-",
              help="The picture, .svg, .png (by Graphviz) or .dot.  [default: DOT to standard output]")  # fmt: skip
def command(
    path: str, around: int | None, sentence: str | None, isymbols: str | None, osymbols: str | None, output: str
) -> None:
    """Draw the transducer FST, or the TLG of a graph folder.

    Bold: the start; double circles: final states; dashed: arcs that read nothing. Numbers are costs, or credits in a
    hotword automaton. Pictures of more than a few hundred arcs are refused: draw a part.
    """
    from pathlib import Path

    from asrkit import store
    from asrkit.errors import AsrkitError
    from asrkit.formats import openfst, symbols
    from asrkit.graph import draw, part
    from asrkit.graph.folder import GRAPH

    form = Path(output).suffix.lstrip(".") if output != "-" else "dot"
    if form not in draw.FORMATS:
        cure = "end its name in " + ", ".join(f".{known}" for known in draw.FORMATS)
        raise AsrkitError("the kind of picture is not known", where=output, cure=cure, status=Status.WRONG_USAGE)
    if around is not None and sentence is not None:
        raise AsrkitError("--around and --sentence exclude each other", cure="give one", status=Status.WRONG_USAGE)
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
