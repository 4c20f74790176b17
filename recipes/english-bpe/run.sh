#!/usr/bin/env bash
# English words in pieces: lexicon by pieces, graph, language model, hotwords.   run.sh [@@|▁ [WORK]]
set -euo pipefail
recipes=$(cd "$(dirname "$0")/.." && pwd)
here=$recipes/english-bpe
style=${1:-@@}
work=${2:-$here/work}
mkdir -p "$work" && cd "$work"

# 1. The stand-in for a model: a unit table of pieces, and posteriors made from the test sentences.
python3 "$here/make_data.py" "$style" .

# 2. The language model, and a lexicon of its words and those of the hotwords. Longest pieces first; a model that has
#    a sentencepiece file or a seg_dict would have it named: --sentencepiece bpe.model, --seg-dict seg_dict.
asrkit train-lm "$here/text.txt" -o lm.arpa --order 3 --smoothing witten-bell --quiet
grep -v '^#' "$here/hotwords.txt" | cat - "$here/text.txt" | tr ' ' '\n' | sort -u > vocabulary.txt
asrkit make-lexicon vocabulary.txt --units tokens.json --by bpe -o lexicon.txt
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --tokens tokens.json -o graph --overwrite --quiet

# 3. The search. In place of --posteriors-in, name recordings and --model.
cp "$here/test.txt" text
asrkit decode --posteriors-in heard.npz --graph graph -o lm --overwrite --quiet
asrkit decode --posteriors-in heard.npz --graph graph --hotwords "$here/hotwords.txt" -o hotwords --overwrite --quiet
python3 "$recipes/table.py" text "$here/hotwords.txt" "language model=lm" "+ hotwords=hotwords"
