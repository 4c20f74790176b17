"""A list of utterances in, a folder of results out: one result for each, in order, whatever happens on the way."""
