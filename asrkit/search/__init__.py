"""The search: the best path through a graph, lattices, n-best lists, confidences.

    graph = search_graph(fst, units, topology, special_units)
    found = decode(log_probs, graph, hotwords, Options(lm_scale=0.4), lattice=True)
    found.best.words, found.best.scores, found.lattice.nbest(10)

Modules, in the order of a decoding: `options`, `graph`, `posteriors` (what goes in); `workspace`, `pruning`,
`expansion`, `hotword_expansion`, `beam`, `sweep` (the kernels and their arrays), `compiled` (how they are compiled),
`run` and `decoder` (which drive them); `path`, `lattice`, `word_lattice`, `determinize`, `nbest`, `confidence`,
`rescore`, `export` (what comes out). Import from the modules: this file imports nothing, since numba takes its time.
"""
