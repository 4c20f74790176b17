#!/usr/bin/env bash
# The bundled recordings, from text to transcripts: greedy, with a language model, with hotwords.   run.sh [WORK]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=$here/../../asrkit
work=${1:-$(mktemp -d)}
data=$package/demo
tokens=$package/models/small-paraformer/tokens.json
mkdir -p "$work" && cd "$work"

# 1. A language model of the domain's text. Its words, those of the Chinese word list, and the names are the vocabulary.
asrkit segment "$here/domain.txt" -o domain.words --quiet
asrkit train-lm domain.words -o lm.arpa --order 3 --smoothing witten-bell --quiet
zcat "$here/../../lexicons/words_zh.txt.gz" | awk '$2 >= 50 && length($1) <= 12 {print $1}' > vocabulary.txt
grep -v '^#' "$data/hotwords.txt" >> vocabulary.txt
asrkit make-lexicon vocabulary.txt --units "$tokens" -o lexicon.txt 2> lexicon.log || [ $? -eq 3 ] # 3: rare characters cannot be spelled, see the log

# 2. The search graph.
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --tokens "$tokens" -o graph --overwrite --quiet 2> graph.log

# 3. Decoding, three times.
asrkit decode "$data" --greedy -o greedy --overwrite --quiet
asrkit decode "$data" --graph graph -o lm --overwrite --quiet
asrkit decode "$data" --graph graph --hotwords "$data/hotwords.txt" -o hotwords --overwrite --quiet 2> /dev/null

# 4. How good is that? The greedy transcripts are syllables, so only the other two can be compared with characters.
for system in lm hotwords; do
  echo "== $system"
  asrkit score "$data/text" $system --hotwords "$data/hotwords.txt" --worst 0 --confusions 0 --quiet 2> /dev/null | sed -n 2,5p
done
echo "== what hotwords change"
asrkit compare lm hotwords "$data/text" --show 3
echo
echo "The results are in $work; look at hotwords/hyps.jsonl, or try: asrkit hotwords lint $data/hotwords.txt --units $tokens"
