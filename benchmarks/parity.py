"""Whether greedy units, features and times are those of funasr_onnx and sherpa-onnx on the same model and files.

    ASRKIT_MODEL       a FunASR folder (default: the model that ships)
    ASRKIT_RECORDINGS  a wav.scp of mono 16 kHz recordings (default: the demo recordings)
    FUNASR_PYTHON      the python of an environment with funasr_onnx; left out if not set

sherpa-onnx is given an export in its own style, which asrkit reads too. It brings an onnxruntime of its own, and int8
networks give other units in another version of it: then `units alike` tells about the versions.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from asrkit.acoustic import greedy, listening
from asrkit.acoustic.folder import SHIPPED
from asrkit.acoustic.model import AcousticModel
from asrkit.audio.read import read
from asrkit.decode.inputs import utterances
from asrkit.units.special import is_special
from benchmarks.peers import sherpa

_DEMO = SHIPPED.parents[1] / "demo"


def main():
    folder = Path(os.environ.get("ASRKIT_MODEL", SHIPPED))
    recordings = Path(os.environ.get("ASRKIT_RECORDINGS", _DEMO / "wav.scp"))
    print("| peer | recordings | units alike | features differ by | beginnings differ by |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "facts.json"
        if python := os.environ.get("FUNASR_PYTHON"):
            script = Path(sherpa.__file__).with_name("funasr_onnx_facts.py")
            subprocess.run([python, "-W", "ignore", script, folder, recordings, out], check=True, capture_output=True)
            _compare("funasr_onnx", folder, recordings, json.loads(out.read_text(encoding="utf-8")))
        sherpa.main(folder, recordings, out)
        exported = sherpa.export(folder, temporary)
        _compare("sherpa-onnx", exported, recordings, json.loads(out.read_text(encoding="utf-8")))


def _compare(peer, folder, recordings, facts):
    model = AcousticModel.open(folder)
    listed = utterances([str(recordings)])
    alike, features, starts = 0, [], []
    for one, utterance in zip(listening.hear(model, listed), listed, strict=True):
        theirs = facts[one.utt]
        units, steps = greedy.best_steps(one.emission.log_probs, model)
        alike += units == tuple(unit for unit in theirs["tokens"] if not is_special(unit))
        if "features" in theirs:
            ours = model.features(read(utterance.source, model.rate))[theirs["rows"]]
            features.append(np.abs(ours.ravel() - np.frombuffer(base64.b64decode(theirs["features"]), "<f4")).max())
        times = theirs.get("times")
        if times and len(times) == len(steps) == len(one.emission.starts):
            starts.append(np.abs(1000 * one.emission.starts - np.array(times)[:, 0]).max())
    by = f"{max(features):.1e}" if features else "–"
    late = f"{max(starts):.1f} ms in {len(starts)} recordings" if starts else "–"
    print(f"| {peer} | {len(listed)} | {alike} | {by} | {late} |")


if __name__ == "__main__":
    sys.exit(main())
