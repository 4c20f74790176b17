"""Ask the peers about the tiny networks, and about the model that ships, and record what they say:

    python -m tests.acoustic.make_facts FUNASR_PYTHON

To be run anew whenever the model that ships changes. FUNASR_PYTHON is the python of an environment with funasr_onnx
(see benchmarks/peers/funasr_onnx_facts.py); sherpa-onnx must be installed here.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from asrkit.acoustic.folder import SHIPPED, open_package
from benchmarks.peers import sherpa
from tests.acoustic import tiny_models

FACTS = Path(__file__).with_name("facts.json")
FACTS_OF_SHIPPED = Path(__file__).with_name("facts_of_shipped.json")
DEMO = SHIPPED.parents[1] / "demo" / "wav.scp"
FUNASR_KINDS = ("plain", "bicif", "contextual", "seaco")
_SECONDS = (0.4, 0.7, 1.0, 1.33, 2.0, 2.71, 3.5, 6.2)
SOUNDS = {f"sound-{number}": (seconds, number) for number, seconds in enumerate(_SECONDS)}


def main(funasr_python):
    facts = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for utt, sound in SOUNDS.items():
            soundfile.write(folder / f"{utt}.wav", tiny_models.sound(*sound), 16000, subtype="PCM_16")
        scp = folder / "wav.scp"
        scp.write_text("".join(f"{utt} {utt}.wav\n" for utt in SOUNDS))
        for kind in FUNASR_KINDS:
            model = tiny_models.write(folder / kind, kind)
            facts[f"funasr_onnx {kind}"] = _of_funasr(funasr_python, model, scp, folder)
        facts["sherpa_onnx"] = _of_sherpa(folder / "plain", scp, folder)
        _write(FACTS, facts)
        shipped = {"model": sha256_of_shipped(), "funasr_onnx": _of_funasr(funasr_python, SHIPPED, DEMO, folder)}
        _write(FACTS_OF_SHIPPED, shipped | {"sherpa_onnx": _of_sherpa(SHIPPED, DEMO, folder)})


def sha256_of_shipped():
    """The hash of the network that ships."""
    return hashlib.sha256(Path(open_package(SHIPPED).session.path).read_bytes()).hexdigest()


def _of_funasr(funasr_python, model, scp, folder):
    script = Path(sherpa.__file__).with_name("funasr_onnx_facts.py")
    subprocess.run([funasr_python, "-W", "ignore", script, model, scp, folder / "out.json"], check=True)
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


def _of_sherpa(model, scp, folder):
    sherpa.main(model, scp, folder / "out.json")
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))


def _write(path, facts):
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
