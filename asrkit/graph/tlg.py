"""The way from parts to the search graph: L∘G, determinized, minimized, marks removed; then T in front.

OpenFst (by pynini) composes, determinizes and minimizes; everything else is array code. Costs stand on a grid (see
`costs`), so that nothing has to be rounded on the way, and marks are labels like any other until the end. Minimization
looks at labels and costs as one symbol: the graph stays as deterministic as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asrkit.errors import AsrkitError, shown
from asrkit.formats.openfst import Fst, from_pynini, to_pynini
from asrkit.graph.arrays import without_marks
from asrkit.graph.costs import DELTA
from asrkit.graph.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pynini

_STATES_PER_STATE = 20  # determinization may at most make so many states of one
_STATES_AT_LEAST = 1 << 20


@dataclass(frozen=True)
class Parts:
    """L and G as they go into a graph."""

    lexicon: Fst
    grammar: Fst


def compose(parts: Parts) -> pynini.Fst:
    """Return L∘G.

    Raises:
        AsrkitError: no sequence of words is in both.
    """
    import pynini

    product = pynini.compose(to_pynini(parts.lexicon), to_pynini(parts.grammar))
    if product.start() < 0:
        what = "no sentence can be said with this lexicon and this language model"
        raise AsrkitError(what, cure="check that both are for the same language and spelling")
    return product


def determinize(product: pynini.Fst, lexicon: Fst, vocabulary: Vocabulary) -> pynini.Fst:
    """Return `product`, the L∘G of `lexicon`, with at most one arc of each input label at each state; marks count as labels.

    Raises:
        AsrkitError: the result would be too large; words whose spellings are not kept apart are named.
    """
    import pynini

    limit = max(_STATES_AT_LEAST, _STATES_PER_STATE * product.num_states())
    result = pynini.determinize(product, delta=DELTA, nstate=limit)
    if result.num_states() >= limit:
        clash = clashing_words(lexicon)
        if clash:
            names = " and ".join(shown(vocabulary.words[label - 1]) for label in clash)
            what = f"the spellings of {names} are not kept apart"
        else:
            what = f"L∘G is not determinizable: it would have more than {limit:,} states"
        raise AsrkitError(what, cure="end one of them with a mark of its own")
    return result


def minimize(fst: pynini.Fst) -> pynini.Fst:
    """Return `fst` with states merged from which the same labels and costs lead on."""
    import pynini

    mapper = pynini.EncodeMapper("standard", encode_labels=True, encode_weights=True)
    fst.encode(mapper)
    fst.minimize(delta=DELTA, allow_nondet=True)
    return fst.decode(mapper)


def finished(fst: pynini.Fst, vocabulary: Vocabulary) -> Fst:
    """Return LG as arrays, marks removed, arcs sorted by input label."""
    return without_marks(from_pynini(fst), vocabulary.unit_marks)


def clashing_words(lexicon: Fst) -> tuple[int, int] | None:
    """Return the labels of two words of L of which one's arcs say all that the other's begin with, or None."""
    chains = []
    states, arcs = lexicon.states, lexicon.arcs
    hub = lexicon.start
    for first in range(int(states["pos"][hub]), int(states["pos"][hub] + states["narcs"][hub])):
        labels, at = [int(arcs["ilabel"][first])], int(arcs["next"][first])
        while at != hub:
            arc = arcs[states["pos"][at]]
            labels.append(int(arc["ilabel"]))
            at = int(arc["next"])
        chains.append((labels, int(arcs["olabel"][first])))
    chains.sort()
    for (labels, word), (others, other) in zip(chains, chains[1:], strict=False):
        if others[: len(labels)] == labels:
            return word, other
    return None
