#!/usr/bin/env bash
# A Paraformer exported for sherpa-onnx, your text, hotwords as sherpa-onnx writes them.
#   run.sh MODEL TEXT HOTWORDS RECORDINGS [WORK]
set -euo pipefail
[ $# -ge 4 ] || { echo "usage: run.sh MODEL TEXT HOTWORDS RECORDINGS [WORK]; see README.md beside it" >&2; exit 2; }
model=$(realpath "$1") text=$(realpath "$2") hotwords=$(realpath "$3") recordings=$(realpath "$4")
work=${5:-$(cd "$(dirname "$0")" && pwd)/work}
mkdir -p "$work" && cd "$work"

# 1. What is in the folder? model.onnx or model.int8.onnx, tokens.txt; the rest stands in the metadata of the ONNX file.
asrkit info "$model"
tokens=$model/tokens.txt

# 2. A language model of your text. --discount-fallback helps where there is little of it.
asrkit segment "$text" -o words.txt --quiet
asrkit train-lm words.txt -o lm.arpa --order 3 --discount-fallback --quiet

# 3. The words of the text and of the hotwords, spelled in the model's units: by characters, pieces or pinyin, as the
#    units look. A line of hotwords is "PHRASE :SCORE #THRESHOLD @LABEL"; only the phrase is wanted here.
sed -E 's/[[:space:]]+[:#@].*$//' "$hotwords" | cat - words.txt | tr -s ' ' '\n' | sort -u > vocabulary.txt
asrkit make-lexicon vocabulary.txt --units "$tokens" -o lexicon.txt --report left-out.txt || [ $? -eq 3 ]
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --model "$model" -o graph --overwrite --quiet

# 4. Decoding, without and with hotwords. sherpa-onnx adds a score for each token: here that is --incremental-bias, one
#    for the whole list; the score of a line counts once for its phrase.
asrkit hotwords lint "$hotwords" --format sherpa-onnx --units "$tokens" --lexicon lexicon.txt || [ $? -eq 3 ]
asrkit decode "$recordings" --model "$model" --graph graph -o lm --overwrite --quiet
asrkit decode "$recordings" --model "$model" --graph graph --hotwords "$hotwords" --hotword-format sherpa-onnx \
  -o hotwords --overwrite
if [ -f "$recordings/text" ]; then asrkit compare lm hotwords "$recordings/text" --show 3; else diff lm/text hotwords/text || true; fi
