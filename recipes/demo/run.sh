#!/usr/bin/env bash
# The bundled recordings, from text to transcripts: greedy, with a language model, with hotwords.   run.sh [WORK]
set -euo pipefail
recipes=$(cd "$(dirname "$0")/.." && pwd)
package=$(cd "$recipes/../asrkit" && pwd)
work=${1:-$(mktemp -d)}
data=$package/demo
tokens=$package/models/small-paraformer/tokens.json
mkdir -p "$work" && cd "$work"

echo "1/4 a language model of the domain's text; its vocabulary is of common Chinese words"
asrkit segment "$recipes/demo/domain.txt" -o domain.words --quiet
asrkit train-lm domain.words -o lm.arpa --order 3 --smoothing witten-bell --quiet
zcat "$recipes/../lexicons/words_zh.txt.gz" | awk '$2 >= 50 && length($1) <= 12 {print $1}' > vocabulary.txt
asrkit make-lexicon vocabulary.txt --units "$tokens" -o lexicon.txt --report left-out.txt 2> lexicon.log || [ $? -eq 3 ] # 3: rare characters have no syllable in the model

echo "2/4 the search graph"
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --tokens "$tokens" -o graph --overwrite 2> graph.log

echo "3/4 decoding 24 recordings, three times (the very first run compiles for half a minute)"
asrkit decode "$data" --greedy -o greedy --overwrite --log-json 2> greedy.log
asrkit decode "$data" --graph graph -o lm --overwrite --log-json 2> lm.log
asrkit decode "$data" --graph graph --hotwords "$data/hotwords.txt" -o hotwords --overwrite --log-json 2> hotwords.log

echo "4/4 scoring"
asrkit compare lm hotwords "$data/text" --show 2
echo
python3 "$recipes/table.py" "$data/text" "$data/hotwords.txt" \
  "greedy=greedy:greedy.log" "+ language model=lm:lm.log" "+ hotwords=hotwords:hotwords.log"
echo
echo "errors: character error rate. The domain's text resembles the recordings on purpose: see recipes/demo/README.md.
Where to look next, in $work:
  hotwords/hyps.jsonl   words with times and confidences, scores by part, the hotwords that fired
  asrkit score $data/text hotwords --hotwords $data/hotwords.txt
  asrkit hotwords lint $data/hotwords.txt --units $tokens --lexicon lexicon.txt
  asrkit draw graph --sentence \"打开 文件\" -o sentence.svg
Your own recordings:    asrkit decode FOLDER --hotwords LIST
Your own model:         recipes/funasr-paraformer, recipes/sherpa-onnx-paraformer"
