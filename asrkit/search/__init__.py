"""The search: the best path through a graph, lattices, n-best lists, confidences."""
