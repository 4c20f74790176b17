"""Transducers as pictures, in Graphviz's language.

A circle is a state, the bold one the start, a double one final, with its cost. An arc bears input:output/cost, or one
label where both are the same; a cost of 0 is not written. Arcs that read nothing are dashed, and red where they put
nothing out either (backoff, failure); loops of units that say nothing are grey.
Several arcs between the same two states are one line with several labels. In a hotword automaton, known by the mark
`#fail`, numbers are credit, minus the cost, so that a bias is positive.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError, Status
from asrkit.formats import symbols
from asrkit.formats.openfst import EPSILON, NOT_FINAL, Fst
from asrkit.formats.specials import PASSING
from asrkit.formats.symbols import SymbolTable
from asrkit.graph.folder import UNITS, WORDS

FORMATS = ("dot", "svg", "png")
FAILURE = "#fail"
_LINES = 6  # labels on one line between two states
_FONT = "Noto Sans CJK SC, sans-serif"
_BARE = 'style=dashed, color="#b3372f", fontcolor="#b3372f"'
_IDLE = 'color="#bbbbbb", fontcolor="#999999", fontsize=10'
_MARK = "#"


@dataclass(frozen=True)
class Names:
    """How labels are called.

    Attributes:
        symbols: label -> text, ε left out. A label behind the last one is a mark: #0, #1 …
        size: the label of #0; 0 if nothing is known.
    """

    symbols: Mapping[int, str] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, table: SymbolTable) -> Names:
        """Return the names of a symbol table, whose label 0 is ε."""
        named = {label: symbol for label, symbol in table.symbols.items() if label != EPSILON}
        return cls({k: v for k, v in named.items() if v != FAILURE}, max(named, default=-1) + 1)

    def name(self, label: int) -> str:
        """Return what to write for `label`."""
        if label == EPSILON:
            return "ε"
        if self.size and label not in self.symbols:
            return FAILURE if label < self.size else f"{_MARK}{label - self.size}"
        return self.symbols.get(label, str(label))

    def is_mark(self, label: int) -> bool:
        """Whether `label` is ε or a mark: nothing is read or put out."""
        return label == EPSILON or (self.size > 0 and label not in self.symbols)

    @property
    def has_failure(self) -> bool:
        """Whether there is a label for failure arcs."""
        return self.size > 0 and self.size - 1 not in self.symbols


def names_beside(path: Path) -> tuple[Names, Names]:
    """Return the names of inputs and outputs of the FST `path` by the words.txt and units.txt of its folder, if any.

    In a graph folder, T's labels are units on both sides, G's are words; all others lead from units to words.
    """
    tables = {name: Names.of(symbols.parse(path.parent / name)) if (path.parent / name).is_file() else Names()
              for name in (UNITS, WORDS)}  # fmt: skip
    return tables[WORDS if path.stem == "G" else UNITS], tables[UNITS if path.stem == "T" else WORDS]


def dot(fst: Fst, arcs: NDArray[np.int64], inputs: Names, outputs: Names) -> Iterator[str]:
    """Yield the lines of a Graphviz file that draws the `arcs` (numbers) of `fst` and the states between them."""
    credit = inputs.has_failure
    chosen, sources = fst.arcs[arcs], fst.sources[arcs]
    counts = np.bincount(sources, minlength=len(fst.states))
    yield "digraph fst {"
    yield "  rankdir=LR; nodesep=0.3; ranksep=0.45; margin=0.1;"
    yield f'  node [shape=circle, fontname="{_FONT}", fontsize=11, width=0.4, margin=0.02];'
    yield f'  edge [fontname="{_FONT}", fontsize=13, arrowsize=0.7];'
    for state in sorted({fst.start, *sources.tolist(), *chosen["next"].tolist()}):
        yield f"  {state} [{_look(fst, state, int(counts[state]), credit=credit)}];"
    lines: dict[tuple[int, int, str], list[str]] = {}
    for source, (ilabel, olabel, weight, following) in zip(sources.tolist(), chosen.tolist(), strict=True):
        read, put_out = inputs.name(ilabel), outputs.name(olabel)
        text = (read if read == put_out else f"{read}:{put_out}") + _number(weight, credit=credit)
        look = ""
        if source == following and olabel == EPSILON and read in PASSING:
            text, look = read, _IDLE
        elif inputs.is_mark(ilabel):
            look = _BARE if outputs.is_mark(olabel) else "style=dashed"
        lines.setdefault((source, following, look), []).append(text)
    for (source, following, look), texts in lines.items():
        if len(texts) > _LINES:
            texts[_LINES - 1 :] = [f"… {len(texts) - _LINES + 1:,} more"]
        label = "\\n".join(map(_quoted, texts))
        yield f'  {source} -> {following} [label="{label}"{", " if look else ""}{look}];'
    yield "}"


def form_of(output: str) -> str:
    """Return the form of a picture of that name; `-` is `dot`.

    Raises:
        AsrkitError: it ends in none of FORMATS.
    """
    form = Path(output).suffix.lstrip(".") if output != "-" else "dot"
    if form not in FORMATS:
        cure = "end its name in " + ", ".join(f".{known}" for known in FORMATS)
        raise AsrkitError("the kind of picture is not known", where=output, cure=cure, status=Status.WRONG_USAGE)
    return form


def render(lines: Iterator[str], form: str) -> bytes:
    """Return the picture of a Graphviz file: `dot` itself, `svg` or `png`.

    Raises:
        AsrkitError: Graphviz is not installed, or fails.
    """
    text = ("\n".join(lines) + "\n").encode()
    if form == "dot":
        return text
    program = shutil.which("dot")
    if program is None:
        cure = "install it (package graphviz), or name an output that ends in .dot"
        raise AsrkitError(f"Graphviz, which makes {form.upper()} pictures, is not installed", cure=cure)
    done = subprocess.run([program, f"-T{form}", "-Gdpi=96"], input=text, capture_output=True, check=False)
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split()) or f"exit status {done.returncode}"
        raise AsrkitError(f"Graphviz failed: {said}", cure="write a .dot file and look at it")
    return done.stdout


def _look(fst: Fst, state: int, drawn: int, *, credit: bool) -> str:
    final, total = float(fst.states["final"][state]), int(fst.states["narcs"][state])
    text, look = str(state), []
    if final < NOT_FINAL:
        look.append("shape=doublecircle")
        text += _number(final, credit=credit)
    if state == fst.start:
        look.append('style="bold,filled", fillcolor="#e8eefc"')
    if drawn < total:
        text += f"\\n{total - drawn:,} more"
        look.append('color="#999999"')
    return ", ".join([f'label="{text}"', *look])


def _number(cost: float, *, credit: bool) -> str:
    if round(cost, 4) == 0:
        return ""
    return f" {-cost:+.3g}" if credit else f"/{cost:.3g}"


def _quoted(text: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in text).replace("\\", "\\\\").replace('"', '\\"')
