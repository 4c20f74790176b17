"""What the package funasr_onnx says about recordings, as JSON: `python funasr_onnx_facts.py MODEL WAV_SCP OUT.json`.

Runs in an environment of its own, since funasr_onnx wants numpy below 2:

    python -m venv VENV && VENV/bin/pip install 'numpy<2' onnxruntime kaldi-native-fbank librosa jieba PyYAML \
        sentencepiece soundfile && VENV/bin/pip install --no-deps funasr_onnx

The recordings must be mono at the model's rate. For each: `tokens` and `text` (greedy), `times` (milliseconds; null
where its assertion fails), the number of `steps`, and a few rows of the `features`. Contextual models (and SeACo) get
the bias of no hotwords.
"""

import base64
import copy
import json
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from funasr_onnx.paraformer_bin import ContextualParaformer, Paraformer
from funasr_onnx.utils.postprocess_utils import sentence_postprocess
from funasr_onnx.utils.timestamp_utils import time_stamp_lfr6_onnx

ROWS = 2
ROUNDS = 5


def main(model_folder, wav_scp, out):
    quantized = not (Path(model_folder) / "model.onnx").exists()
    contextual = any(Path(model_folder).glob("model_eb*.onnx"))
    kind = ContextualParaformer if contextual else Paraformer
    model = kind(model_folder, batch_size=1, quantize=quantized, intra_op_num_threads=1)
    facts, spent = {}, []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        for line in Path(wav_scp).read_text(encoding="utf-8").splitlines():
            utt, path = line.split(maxsplit=1)
            beside = Path(wav_scp).parent / path
            samples, _ = soundfile.read(beside if beside.exists() else path, dtype="float32")
            facts[utt] = _facts(model, samples)
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = np.min(spent, axis=0)
    print(f"{wall:.3f} {cpu:.3f} least wall-clock and CPU seconds for {len(facts)} recordings", file=sys.stderr)
    Path(out).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _facts(model, samples):
    features, lengths = model.extract_feat([samples])
    if isinstance(model, ContextualParaformer):
        outputs = model.bb_infer(features, lengths, _neutral_bias(model))
    else:
        outputs = model.infer(features, lengths)
    tokens = model.decode(outputs[0], outputs[1])[0]
    times = None
    if len(outputs) == 4:
        try:
            times = time_stamp_lfr6_onnx(outputs[3][0], copy.copy(tokens))[1]
        except (AssertionError, IndexError):
            times = None
    try:
        text = sentence_postprocess(tokens)[0]
    except ValueError:  # it refuses some units
        text = None
    rows = np.linspace(0, len(features[0]) - 1, ROWS).astype(int)
    shown = base64.b64encode(features[0][rows].astype("<f4").tobytes()).decode()
    steps = len(features[0])
    return {"tokens": tokens, "text": text, "times": times, "steps": steps, "rows": rows.tolist(), "features": shown}


def _neutral_bias(model):
    """What ContextualParaformer puts behind every list of hotwords, `<s>` alone: of no hotwords it makes nothing."""
    hotword = np.zeros((1, 10), np.int32)
    hotword[0, 0] = 1
    (embedded,) = model.eb_infer(hotword, np.zeros(1))
    return embedded[:1].transpose(1, 0, 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
