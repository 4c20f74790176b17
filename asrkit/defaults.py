"""What options are where nobody sets them: the one place for the command line, its help and Python.

The module imports nothing, so that `asrkit --help` can show the values. Scores and costs are in nats.
"""

# The search; measured: docs/search.md
BEAM = 8.0  # behind the best one of a step
MAX_ACTIVE, MIN_ACTIVE = 7000, 0  # hypotheses that go on from a step
LM_SCALE = 0.5
WORD_SCORE = 0.0
LATTICE_BEAM = 6.0
NBEST = 1

# Hotwords; measured: docs/hotword-bias.md
INCREMENTAL_BIAS = 1.5  # for each covered unit
HOTWORD_SCALE = 1.0
HOTWORD_FORMAT = "auto"
ON_DUPLICATE = "error"

# Graphs
TOPOLOGY = "identity"
UNKNOWN_COST = 1.0  # for each unit of a word that the language model does not know

# Recordings and the network
LONGEST = 30.0  # seconds
BATCH_SECONDS = 0.0
PRECISION, PROVIDER, THREADS = "auto", "cpu", 1

# Language models
ORDER = 3
MIN_COUNT = 1
SPECIAL_WORDS = "error"
MEMORY = "2G"
DISCOUNT_FALLBACK = (0.5, 1.0, 1.5)  # D1, D2, D3+; lmplz's

# Sentences from a language model
SENTENCES, SEED, TEMPERATURE = 1, 0, 1.0
BEGINNINGS = 16  # that a beam keeps
MAX_WORDS = 100
