"""Graphs: tokens T, lexicon L and grammar G become one search graph, TLG; drawings of any of them."""
