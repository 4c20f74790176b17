#!/usr/bin/env bash
# Your FunASR export, your text, your hotwords with FunASR's weights.   run.sh MODEL TEXT HOTWORDS RECORDINGS [WORK]
set -euo pipefail
[ $# -ge 4 ] || { echo "usage: run.sh MODEL TEXT HOTWORDS RECORDINGS [WORK]; see README.md beside it" >&2; exit 2; }
model=$(realpath "$1") text=$(realpath "$2") hotwords=$(realpath "$3") recordings=$(realpath "$4")
work=${5:-$(cd "$(dirname "$0")" && pwd)/work}
mkdir -p "$work" && cd "$work"

# 1. What is in the folder? model.onnx or model_quant.onnx, config.yaml, am.mvn, tokens.json.
asrkit info "$model"
tokens=$model/tokens.json

# 2. A language model of your text. --discount-fallback helps where there is little of it.
asrkit segment "$text" -o words.txt --quiet
asrkit train-lm words.txt -o lm.arpa --order 3 --discount-fallback --quiet

# 3. The vocabulary: the words of the text and the hotwords, spelled in the model's units. A Chinese Paraformer of FunASR
#    brings a seg_dict for its English words. Words that the model cannot say are left out (status 3) and listed.
sed -E 's/[[:space:]]+[-+.0-9]+[[:space:]]*$//' "$hotwords" | cat - words.txt | tr -s ' ' '\n' | sort -u > vocabulary.txt
spelling=()
if [ -f "$model/seg_dict" ]; then spelling=(--by bpe --seg-dict "$model/seg_dict"); fi
asrkit make-lexicon vocabulary.txt --units "$tokens" ${spelling[@]+"${spelling[@]}"} -o lexicon.txt \
  --report left-out.txt || [ $? -eq 3 ]
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --model "$model" -o graph --overwrite --quiet

# 4. Is anything wrong with the hotword list? FunASR's weight 20 is 2.0 nats here.
asrkit hotwords lint "$hotwords" --format funasr --funasr-weights --units "$tokens" --lexicon lexicon.txt || [ $? -eq 3 ]

# 5. Decoding, without and with hotwords.
asrkit decode "$recordings" --model "$model" --graph graph -o lm --overwrite --quiet
asrkit decode "$recordings" --model "$model" --graph graph --hotwords "$hotwords" --hotword-format funasr \
  --funasr-weights -o hotwords --overwrite
if [ -f "$recordings/text" ]; then asrkit compare lm hotwords "$recordings/text" --show 3; else diff lm/text hotwords/text || true; fi
