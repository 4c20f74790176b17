"""What a run is made of: all that shapes its results, so that only the same run is gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from asrkit import store
from asrkit.decode.inputs import Utterance
from asrkit.decode.setup import Setup

_CONTENTS = ("graph", "hotwords", "model", "posteriors", "rescore_lm")  # hashes of files, by their names


def record(setup: Setup, utterances: Sequence[Utterance]) -> dict:
    """Return all that shapes the results, as plain JSON: hashes of files, options, the utterances."""
    options = asdict(replace(setup, phrases=None))
    for name in ("threads", "keep_posteriors", "phrases"):
        options.pop(name)
    read = {}
    if setup.hotwords is not None and setup.phrases is not None:  # not the file, which may have changed since
        phrases = sorted((phrase.text, phrase.weight) for phrase in setup.phrases)
        read["hotwords"] = {Path(setup.hotwords).name: _hash(repr(phrases))}
    for name in _CONTENTS:
        options[name] = read.get(name) or (None if options[name] is None else _content(Path(options[name])))
    hotwords = {id(u.hotwords): _hash(repr(u.hotwords)) for u in {id(u.hotwords): u for u in utterances}.values()}
    listed = hashlib.sha256()  # one by one: a list of millions takes no more memory
    for u in utterances:
        line = [u.utt, u.source, u.cut.start, u.cut.end, u.channels.numbers, hotwords[id(u.hotwords)]]
        listed.update(json.dumps(line).encode() + b"\n")
    options["utterances"] = listed.hexdigest()
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
    left_out = (*_CONTENTS, "utterances")
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


def _content(path: Path) -> dict[str, str]:
    """Return the hash of the file `path`, or of each file in that folder."""
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    return {p.name: store.hash_file(p, relative_to=path).sha256 for p in files}
