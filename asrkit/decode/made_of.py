"""What a run is made of: all that shapes its results, so that only the same run is gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from asrkit import store
from asrkit.decode import recordings
from asrkit.decode.inputs import Utterance
from asrkit.decode.recordings import Stamp
from asrkit.decode.setup import Setup
from asrkit.formats import kaldi_ark

_CONTENTS = ("graph", "hotwords", "model", "posteriors", "rescore_lm")  # hashes of files, by their names


def record(setup: Setup, utterances: Sequence[Utterance], stamps: Sequence[Stamp], *, verify: bool = False) -> dict:
    """Return all that shapes the results, as plain JSON: hashes of files, options, the utterances; no path, no time.

    Args:
        setup: what decodes.
        utterances: what is decoded.
        stamps: of their recordings.
        verify: the contents of the recordings are hashed, too, and not only their sizes.
    """
    options = asdict(replace(setup, phrases=None))
    for name in ("threads", "keep_posteriors", "phrases", "pieces"):
        options.pop(name)
    read = {}
    if setup.hotwords is not None and setup.phrases is not None:  # not the file, which may have changed since
        phrases = sorted((phrase.text, phrase.weight, phrase.label or "") for phrase in setup.phrases)
        read["hotwords"] = {Path(setup.hotwords).name: _hash(repr(phrases))}
    for name in _CONTENTS:
        options[name] = read.get(name) or (None if options[name] is None else _content(name, Path(options[name])))
    hotwords = {id(u.hotwords): _hash(repr(u.hotwords)) for u in {id(u.hotwords): u for u in utterances}.values()}
    listed = hashlib.sha256()  # one by one: a list of millions takes no more memory
    for u in utterances:
        line = [u.utt, _source(u), u.cut.start, u.cut.end, u.channels.numbers, hotwords[id(u.hotwords)]]
        listed.update(json.dumps(line).encode() + b"\n")
    options["utterances"] = listed.hexdigest()
    options["recordings"] = recordings.identity(utterances, stamps, verify=verify)
    return json.loads(json.dumps(options, default=str))


def differences(before: dict, now: dict) -> str:
    """Return in words how two runs differ in what they were made of."""
    told = []
    for key in _CONTENTS:
        then, here = before.get(key), now.get(key)
        if then == here:
            continue
        if then and here:
            changed = [name for name in sorted(then | here) if then.get(name) != here.get(name)]
            told.append(f"{key} other than then ({', '.join(changed)})")
        else:
            told.append(f"{key} then, none now" if then else f"no {key} then")
    if before.get("utterances") != now.get("utterances"):
        told.append("other utterances")
    if before.get("recordings") != now.get("recordings"):
        told.append("other recordings, or compared in another way (--verify)")
    left_out = (*_CONTENTS, "utterances", "recordings")
    then, here = (_leaves({k: v for k, v in made.items() if k not in left_out}) for made in (before, now))
    for key in sorted(then | here):
        if then.get(key) != here.get(key):
            values = (" ".join(map(str, leaves.get(key, ["not known"]))) for leaves in (then, here))
            told.append("{} {} then, {} now".format(key.rpartition(".")[2], *values))
    return " | ".join(told)


def _leaves(value: object, name: str = "") -> dict[str, list]:
    """Return the values in a tree of plain JSON by the names that lead to them, such as `settings.search.beam`."""
    if not isinstance(value, dict | list):
        return {name: [value]}
    found: dict[str, list] = {}
    for key, inner in value.items() if isinstance(value, dict) else (("", inner) for inner in value):
        for leaf, values in _leaves(inner, f"{name}.{key}".strip(".")).items():
            found.setdefault(leaf, []).extend(values)
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _source(utterance: Utterance) -> str:
    """Return what a recording is called, however the path to it was written: a command is its own name."""
    source = str(utterance.source)
    return source if utterance.is_command else Path(source).name


def _content(name: str, path: Path) -> dict[str, str]:
    """Return the hashes of the files that the file or folder `path`, which plays the part `name`, stands for."""
    if name == "model" and path.suffix == ".onnx":  # the files beside it belong to it
        path = path.parent
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    if name == "posteriors" and path.suffix == ".scp":
        files += [Path(archive) for archive in sorted({place.path for place in kaldi_ark.parse_scp(path).values()})]
    return {p.name: store.hash_file(p, relative_to=path).sha256 for p in files}
