"""A FunASR folder as sherpa-onnx wants it, and what sherpa-onnx says about recordings.

    python -m benchmarks.peers.sherpa MODEL WAV_SCP OUT.json

Needs the packages onnx and sherpa-onnx. The recordings must be mono at the model's rate.
"""

import json
import sys
import tempfile
from pathlib import Path

import onnx
import soundfile

from asrkit.formats import am_mvn, funasr_config, tokens


def export(folder, out):
    """Write OUT/model.int8.onnx (or model.onnx), with sherpa-onnx's metadata, and OUT/tokens.txt."""
    folder, out = Path(folder), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    whole = folder / "model.onnx"
    config = funasr_config.parse(folder / "config.yaml")
    cmvn = am_mvn.parse(folder / "am.mvn")
    units = tokens.parse(folder / "tokens.json")
    model = onnx.load(whole if whole.exists() else folder / "model_quant.onnx")
    facts = {
        "lfr_window_size": config.frontend.stack,
        "lfr_window_shift": config.frontend.stride,
        "neg_mean": ",".join(map(str, cmvn.shift)),
        "inv_stddev": ",".join(map(str, cmvn.scale)),
        "model_type": "paraformer",
        "version": "1",
        "vocab_size": len(units.units),
    }
    onnx.helper.set_model_props(model, {key: str(value) for key, value in facts.items()})
    path = out / ("model.onnx" if whole.exists() else "model.int8.onnx")
    onnx.save(model, path)
    lines = [f"{unit} {number}\n" for number, unit in enumerate(units.units)]
    (out / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    return path


def recognizer(folder, threads=1):
    import sherpa_onnx

    path = next(Path(folder).glob("*.onnx"))
    tokens_path = Path(folder) / "tokens.txt"
    return sherpa_onnx.OfflineRecognizer.from_paraformer(str(path), str(tokens_path), num_threads=threads)


def main(model_folder, wav_scp, out):
    with tempfile.TemporaryDirectory() as temporary:
        export(model_folder, temporary)
        peer = recognizer(temporary)
        facts = {}
        for line in Path(wav_scp).read_text(encoding="utf-8").splitlines():
            utt, path = line.split(maxsplit=1)
            beside = Path(wav_scp).parent / path
            samples, rate = soundfile.read(beside if beside.exists() else path, dtype="float32")
            stream = peer.create_stream()
            stream.accept_waveform(rate, samples)
            peer.decode_stream(stream)
            facts[utt] = {"tokens": stream.result.tokens, "text": stream.result.text}
    Path(out).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
