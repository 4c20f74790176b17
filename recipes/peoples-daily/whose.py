"""Whose are the errors, the models' or the search's?  `whose.py lists REFERENCE`, `whose.py table REFERENCE OUT SAID`.

The question needs the score of the best path that says what was said. `lists` writes a hotword list for each utterance,
its own sentence, and `lists.txt` with all of them, for `asrkit decode --utt-hotwords`; with a large bias the search
then finds that path, if there is one. Its score less the bonus is that of its sounds written as in the reference: the
LM cost of a written phrase is its own (law 14), not that of the homophones through which the path may go. `table`
compares it with the score of what came out, which no list has written: where what was said scores less, it is not what
a search should find, however wide.
"""

from __future__ import annotations

import sys
from pathlib import Path

from asrkit.formats import hyps, kaldi_dir
from asrkit.score import transcripts
from asrkit.score.rates import score
from asrkit.text.normalise import Normaliser

_NEARLY = 1e-3  # nats: the rounding of scores in files
RIGHT, SOUNDS, MODELS, SEARCH, NO_PATH = (
    "came out right",
    "same sounds, other characters: the language model's",
    "what was said, as it is written, scores less: the models'",
    "what was said, as it is written, scores more: the search's",
    "what was said has no path: as many units as the model counted, or one that it knows, do not say it",
)


def lists(reference: str) -> None:
    """Write the list of each utterance, and the list of them."""
    Path("lists").mkdir(exist_ok=True)
    lines = []
    for number, line in enumerate(kaldi_dir.parse_text(reference)):
        name = f"lists/{number:06d}"
        said = "".join(line.text.split()).replace('"', "")
        Path(name).write_text(f'"{said}"\n', encoding="utf-8")
        lines.append(f"{line.utt} {name}\n")
    Path("lists.txt").write_text("".join(lines), encoding="utf-8")


def kind(right: bool, came_out: hyps.Hypothesis, said: hyps.Hypothesis) -> str:
    """Return which of the kinds an utterance is."""
    if right:
        return RIGHT
    if not says_it_all(said):
        return NO_PATH
    if said.best.units == came_out.best.units:
        return SOUNDS
    ahead = said.best.scores.total - said.best.scores.hotword - came_out.best.scores.total
    return SEARCH if ahead > _NEARLY else MODELS


def says_it_all(said: hyps.Hypothesis) -> bool:
    """Return whether the sentence, as a hotword, fills the whole utterance."""
    words, fired = said.best.words, said.best.hotwords
    return len(fired) == 1 and (fired[0].start, fired[0].end) == (words[0].start, words[-1].end)


def table(reference: str, out: str, said: str) -> None:
    """Print how many utterances, and how many errors in them, are of each kind."""
    alike = Normaliser()
    wanted = {utt: alike(text) for utt, text in transcripts.read(reference).texts.items()}
    ours, forced = transcripts.read(out).hypotheses, transcripts.read(said).hypotheses
    counts = {name: [0, 0] for name in (RIGHT, SOUNDS, MODELS, SEARCH, NO_PATH)}
    for scored in score(wanted, {utt: alike(one.text) for utt, one in ours.items() if utt in wanted}, "mixed"):
        if scored.utt not in ours or scored.utt not in forced:
            continue
        count = counts[kind(not scored.tally.errors, ours[scored.utt], forced[scored.utt])]
        count[0] += 1
        count[1] += scored.tally.errors
    print("utterances  errors")
    for name, (utterances, errors) in counts.items():
        print(f"{utterances:10d}  {errors:6d}  {name}")


if __name__ == "__main__":
    {"lists": lists, "table": table}[sys.argv[1]](*sys.argv[2:])
