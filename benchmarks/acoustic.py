"""Recordings to greedy text, against the bare network, sherpa-onnx and funasr_onnx on the same files.

    ASRKIT_MODEL       a FunASR folder (default: the model that ships)
    ASRKIT_RECORDINGS  a wav.scp of mono 16 kHz recordings (default: the demo recordings)
    FUNASR_PYTHON      the python of an environment with funasr_onnx; left out if not set

One thread for each network. asrkit reads ahead in a second thread, so its wall-clock time needs a second core.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from asrkit.acoustic import greedy, listening
from asrkit.acoustic.folder import SHIPPED
from asrkit.acoustic.model import AcousticModel
from asrkit.decode.inputs import utterances
from asrkit.units.joining import Joiner
from benchmarks.peers import sherpa

_ROUNDS = 5
_DEMO = SHIPPED.parents[1] / "demo"


def main():
    folder = Path(os.environ.get("ASRKIT_MODEL", SHIPPED))
    recordings = Path(os.environ.get("ASRKIT_RECORDINGS", _DEMO / "wav.scp"))
    model = AcousticModel.open(folder)
    listed = utterances([str(recordings)])
    samples = [soundfile.read(one.source, dtype="float32")[0] for one in listed]
    features = [model.features(one) for one in samples]
    with tempfile.TemporaryDirectory() as temporary:
        sherpa.export(folder, temporary)
        peer = sherpa.recognizer(temporary)
        rows = _best({
            "the bare network, onnxruntime": lambda: [_bare(model, one) for one in features],
            "asrkit": lambda: [_text(model, one) for one in listening.hear(model, listed)],
            "sherpa-onnx": lambda: [_by_sherpa(peer, one.source) for one in listed],
        })  # fmt: skip
        if python := os.environ.get("FUNASR_PYTHON"):
            script = Path(sherpa.__file__).with_name("funasr_onnx_facts.py")
            command = [python, "-W", "ignore", script, folder, recordings, Path(temporary) / "facts.json"]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
            rows["funasr_onnx"] = tuple(float(word) for word in told.splitlines()[-1].split()[:2])
    sound = sum(map(len, samples)) / 16000
    wall, cpu = rows["the bare network, onnxruntime"]
    print(f"| {len(listed)} recordings, {sound:.0f} s | wall s | CPU s | wall / bare | CPU / bare |")
    print("|---|---|---|---|---|")
    for name, (seconds, cpu_seconds) in rows.items():
        print(f"| {name} | {seconds:.2f} | {cpu_seconds:.2f} | {seconds / wall:.2f} | {cpu_seconds / cpu:.2f} |")
    print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: trust the CPU column where it is high")


def _best(works):
    """Return the least wall-clock and CPU seconds of each work, of some rounds in which all take turns."""
    found = {name: [] for name in works}
    for _ in range(_ROUNDS):
        for name, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            found[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: tuple(np.min(spent, axis=0)) for name, spent in found.items()}


def _bare(model, features):
    session = model.package.session
    return session.run({"speech": features[None], "speech_lengths": np.array([len(features)])})


def _text(model, heard):
    return Joiner(model.package.units).text(greedy.best_steps(heard.emission.log_probs, model)[0])


def _by_sherpa(peer, path):
    samples, rate = soundfile.read(path, dtype="float32")
    stream = peer.create_stream()
    stream.accept_waveform(rate, samples)
    peer.decode_stream(stream)
    return stream.result.text


if __name__ == "__main__":
    sys.exit(main())
