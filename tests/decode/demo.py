"""What the tests of decoding share: the recordings and the model that ship, and how results are read."""

import json
from pathlib import Path

import asrkit

PACKAGE = Path(asrkit.__file__).parent
DEMO = PACKAGE / "demo"
TOKENS = PACKAGE / "models" / "small-paraformer" / "tokens.json"


def hypotheses(out):
    """Return the lines of the hyps.jsonl in the folder `out`."""
    return [json.loads(line) for line in (out / "hyps.jsonl").read_text(encoding="utf-8").splitlines()]


def contents(out):
    """Return name -> bytes of all files in the folder `out`."""
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
