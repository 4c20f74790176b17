"""Systems side by side: `python table.py REFERENCE HOTWORDS NAME=TRANSCRIPTS[:LOG] …`.

TRANSCRIPTS are whatever `asrkit score` reads; LOG is what `asrkit decode --log-json` told on standard error. The
real-time factor is the time of audio, features, network and search, added up, over the length of the recordings; it
leaves out how long the model and the graph took to open.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from asrkit import progress
from asrkit.formats import hotword_list
from asrkit.score import transcripts
from asrkit.score.hotwords import HotwordTally, count_hotwords, inside_and_outside
from asrkit.score.rates import score, total
from asrkit.score.units import split
from asrkit.text.normalise import Normaliser

HEAD = ("", "errors", "outside names", "names found", "wrongly found", "real-time factor")
_OPENING = "opening"


def row(name: str, place: str, reference: str, hotwords: str) -> list[str]:
    """Return the cells of one system."""
    path, _, log = place.partition(":")
    alike = Normaliser(nfkc=True, fold_case=True, remove_punctuation=True)
    said, heard = ({utt: alike(text) for utt, text in transcripts.read(p).texts.items()} for p in (reference, path))
    utterances = score(said, heard, "mixed")
    phrases = [split(alike(phrase.written), "mixed") for phrase in hotword_list.parse(hotwords).phrases]
    names = sum(count_hotwords(utterances, phrases).values(), HotwordTally())
    _, outside = inside_and_outside(utterances, phrases)
    rates = [f"{100 * tally.rate:.1f} %" for tally in (total(u.tally for u in utterances), outside)]
    return [name, *rates, f"{names.found} of {names.said}", str(names.false), real_time_factor(log) if log else "-"]


def real_time_factor(log: str) -> str:
    """Return the work of the run that told `log`, in seconds per second of sound."""
    told = [json.loads(line) for line in Path(log).read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    seconds = next(message["seconds"] for message in told if "seconds" in message)
    results = Path(log).with_suffix("") / "hyps.jsonl"
    sound = sum(json.loads(line)["duration"] for line in results.read_text(encoding="utf-8").splitlines())
    return f"{sum(spent for stage, spent in seconds.items() if stage != _OPENING) / sound:.3f}"


def main(reference: str, hotwords: str, *systems: str) -> None:
    """Print the table, which is Markdown too."""
    progress.configure(quiet=True)
    rows = [list(HEAD)] + [row(*system.split("=", 1), reference, hotwords) for system in systems]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    for cells in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
