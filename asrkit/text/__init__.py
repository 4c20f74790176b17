"""Raw text to words: `normalise` characters, then `segment` by a lexicon with counts."""
