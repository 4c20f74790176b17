"""What following an arc costs in the graph."""

# ruff: noqa: ANN001, ANN201  (kernels learn their types where they are made ready)

from __future__ import annotations

from asrkit.compiled import kernel


@kernel
def graph_cost(arc, limits):
    """Scaled cost of an arc, less the score of the word that it puts out."""
    cost = limits.lm_scale * arc.weight
    return cost - limits.word_score if arc.olabel != 0 else cost
