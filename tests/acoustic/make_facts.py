"""Ask the peers about the tiny networks and record what they say: `python -m tests.acoustic.make_facts FUNASR_PYTHON`.

FUNASR_PYTHON is the python of an environment with funasr_onnx (see benchmarks/peers/funasr_onnx_facts.py); sherpa-onnx
must be installed here.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from benchmarks.peers import sherpa
from tests.acoustic import tiny_models

FACTS = Path(__file__).with_name("facts.json")
_SECONDS = (0.4, 0.7, 1.0, 1.33, 2.0, 2.71, 3.5, 6.2)
SOUNDS = {f"sound-{number}": (seconds, number) for number, seconds in enumerate(_SECONDS)}


def main(funasr_python):
    facts = {}
    script = Path(sherpa.__file__).with_name("funasr_onnx_facts.py")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for utt, sound in SOUNDS.items():
            soundfile.write(folder / f"{utt}.wav", tiny_models.sound(*sound), 16000, subtype="PCM_16")
        scp = folder / "wav.scp"
        scp.write_text("".join(f"{utt} {utt}.wav\n" for utt in SOUNDS))
        for kind in ("plain", "bicif"):
            model = tiny_models.write(folder / kind, kind)
            subprocess.run([funasr_python, "-W", "ignore", script, model, scp, folder / "out.json"], check=True)
            facts[f"funasr_onnx {kind}"] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
        sherpa.main(folder / "plain", scp, folder / "out.json")
        facts["sherpa_onnx"] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    FACTS.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
