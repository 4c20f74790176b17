"""Units: what the entries of a model's unit table are, and how a sequence of them becomes words and text."""
