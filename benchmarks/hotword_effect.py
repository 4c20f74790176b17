"""What names as hotwords, among 1,000 others, do to recall and the rest, on real sentences (SPEECH=, GRAPH=)."""

import os
from pathlib import Path

import jieba
import jieba.posseg
import numpy as np

from asrkit import progress
from asrkit.acoustic.folder import GENERAL_GRAPH, SHIPPED
from asrkit.acoustic.listening import hear
from asrkit.decode.inputs import utterances
from asrkit.decode.pipeline import Pipeline
from asrkit.decode.setup import Setting, Setup
from asrkit.formats.hotword_lines import Phrase
from asrkit.hotwords.lists import Settings
from asrkit.score.hotwords import HotwordTally, count_hotwords, inside_and_outside
from asrkit.score.rates import score, total
from asrkit.search.options import Options

DISTRACTORS = 1_000
NAMES = ("nr", "ns", "nt", "nz")  # jieba's tags of people, places, organisations, other names
INCREMENTAL = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
WORD = (0.0, 1.0, 2.0, 4.0)


def main():
    folder, graph = os.environ.get("SPEECH"), os.environ.get("GRAPH", str(GENERAL_GRAPH))
    if not folder:
        print("Left out: SPEECH=folder with manifest.tsv is not given.")
        return
    progress.configure(quiet=True)
    rows = [line.split("\t") for line in (Path(folder) / "manifest.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    rows = [row for row in rows if row[1].startswith("aishell-sample") and row[3] == "test"]
    pipeline = Pipeline(Setup(str(SHIPPED), graph, settings=(Setting(Options(lm_scale=0.5)),)))
    heard = list(hear(pipeline.model, list(utterances([str(Path(folder) / row[1]) for row in rows]))))
    hours = sum(one.duration for one in heard) / 3600
    for purpose, speakers in (("to choose", {rows[0][2]}), ("to report", {row[2] for row in rows} - {rows[0][2]})):
        some = [(row, one) for row, one in zip(rows, heard, strict=True) if row[2] in speakers]
        references = {one.utt: row[5] for row, one in some}
        names = _names(references.values())
        distractors = _distractors(references.values(), pipeline)
        print(f"\n{purpose}: {', '.join(sorted(speakers))}, {len(some)} sentences, {len(names)} names:", *names)
        print("\n| incremental | word | names found | others found, an hour | error rate | outside the names |")
        print("|---|---|---|---|---|---|")
        grid = [(None, 0.0), *((i, w) for i in INCREMENTAL for w in WORD if i or w)]
        for incremental, word in grid:
            row = _row(pipeline, [one for _, one in some], references, names, distractors, incremental, word)
            said, others, errors, outside = row
            shown = "no hotwords | " if incremental is None else f"{incremental:g} | {word:g}"
            rate = others.false / (hours * len(some) / len(rows))
            errors, outside = f"{100 * errors:.2f} %", f"{100 * outside:.2f} %"
            print(f"| {shown} | {said.found} of {said.said} | {rate:.0f} | {errors} | {outside} |", flush=True)


def _row(pipeline, heard, references, names, distractors, incremental, word):
    """Return the tallies of the names and of the others, the error rate, and that outside the names."""
    pipeline.hotwords = [None]
    if incremental is not None:
        phrases = tuple(Phrase(name, word, 0) for name in (*names, *distractors))
        pipeline.hotwords = [pipeline.compiled(phrases, Settings(incremental_bias=incremental), "names")]
    hypotheses = {one.utt: pipeline.answer(one).results[0].best.text for one in heard}
    scored = score(references, hypotheses, "char")
    tuples = [tuple(name) for name in names]
    every = count_hotwords(scored, [*tuples, *map(tuple, distractors)])
    said = sum((every[" ".join(name)] for name in tuples), HotwordTally())
    all_of_them = sum(every.values(), HotwordTally())
    _, outside = inside_and_outside(scored, tuples)
    return said, all_of_them, total(u.tally for u in scored).rate, outside.rate


def _names(texts):
    """Return the names in the texts."""
    tagged = (pair for text in texts for pair in jieba.posseg.cut(text))
    return sorted({pair.word for pair in tagged if pair.flag[:2] in NAMES and len(pair.word) > 1})


def _distractors(texts, pipeline):
    """Return names of jieba's dictionary that nobody says here, drawn by chance."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    said = "\n".join(texts)
    fields = (line.split() for line in lines)
    known = [word for word, _, tag in fields if tag[:2] in NAMES and 2 <= len(word) <= 5 and word not in said]
    rng = np.random.default_rng(1)
    return sorted(rng.choice(known, DISTRACTORS, replace=False).tolist())


if __name__ == "__main__":
    main()
