"""A whole run: every utterance decoded once, kept in a journal as it goes, and published as a folder at the end.

While a run goes on, `OUT.partial/` holds it (`decode.unfinished`); `OUT` appears whole at the end. A run of several
settings (a sweep) has a folder of results in `OUT` for each of them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asrkit import progress, store
from asrkit.decode import captions, outputs, recordings
from asrkit.decode import jobs as processes
from asrkit.decode.inputs import Utterance
from asrkit.decode.kept import Kept, line_of
from asrkit.decode.made_of import differences, record
from asrkit.decode.outputs import Result
from asrkit.decode.pieces import Pieces
from asrkit.decode.pipeline import Answer
from asrkit.decode.setup import Setup
from asrkit.decode.telling import told
from asrkit.decode.unfinished import CURE_DAMAGED, Unfinished
from asrkit.errors import AsrkitError, Status
from asrkit.formats import hyps, paths, posteriors
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.formats.posteriors import Posteriors
from asrkit.store.journal import open_journal

KIND = "decoding"
LATTICES, LATTICE_LIST, WORDS = "lattices.txt", "lattices.scp", "words.txt"
_CURE_EXISTS = "name another folder, or pass --overwrite, or --resume if it is an unfinished run"


@dataclass
class Outcome:
    """How a run went.

    Attributes:
        done, failed: counts of utterances; an utterance has failed if it has no result under any setting.
        searches: seconds of the search with each setting, without those of an earlier run that was resumed.
        texts: of a sweep, utterance id -> text for each setting.
    """

    done: int = 0
    failed: int = 0
    searches: tuple[float, ...] = ()
    texts: tuple[dict[str, str], ...] = ()

    @property
    def status(self) -> Status:
        """The exit status (law 9)."""
        if self.failed and not self.done:
            return Status.NOTHING_DONE
        return Status.SOME_FAILED if self.failed else Status.DONE

    def counted(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """Pass `answers` on and count them."""
        for answer in answers:
            self.count(answer.results)
            self.searches = tuple(map(sum, zip(self.searches, answer.searches, strict=True)))
            yield answer

    def count(self, results: Sequence[Result]) -> None:
        """Count the results of one utterance."""
        good = [result for result in results if isinstance(result, Hypothesis)]
        self.done += bool(good)
        self.failed += not good
        for texts, result in zip(self.texts, results, strict=False):
            if isinstance(result, Hypothesis):
                texts[result.utt] = result.text


def to_stdout(
    setup: Setup, utterances: Sequence[Utterance], *, format: str, jobs: int, posteriors_out: str | None = None
) -> Outcome:
    """Decode with one setting, write a format to standard output as results come, and return how it went."""
    outcome = _new_outcome(setup)
    found = _answers(setup, utterances, jobs, outcome, posteriors_out, data=True)
    with store.publish_file(store.STDOUT) as stream:
        for line in outputs.lines(format, (answer.results[0] for answer in found), setup.captions):
            stream.write(line.encode("utf-8") + b"\n")
            stream.flush()  # a reader, or a person, has each result at once
    return outcome


def to_texts(
    setup: Setup, utterances: Sequence[Utterance], *, jobs: int, posteriors_out: str | None = None
) -> Outcome:
    """Decode with all settings and return the texts; nothing else is kept."""
    outcome = _new_outcome(setup)
    for _ in _answers(setup, utterances, jobs, outcome, posteriors_out):
        pass
    return outcome


def to_folder(
    setup: Setup,
    utterances: Sequence[Utterance],
    out: str,
    *,
    jobs: int,
    resume: bool,
    overwrite: bool,
    verify: bool = False,
    posteriors_out: str | None = None,
    also: Callable[[Outcome], Mapping[str, Iterable[str]]] | None = None,
) -> Outcome:
    """Decode into the folder `out` and return how it went.

    Args:
        setup: what decodes.
        utterances: what is decoded.
        out: the folder.
        jobs: processes.
        resume: go on with a run that was stopped; if `out` is finished already, nothing is done.
        overwrite: put the results in the place of those that are there; those of an unfinished run are lost.
        verify: recordings are compared by their contents, not by size and time, when resuming.
        posteriors_out: where to write what the model says; not when resuming.
        also: gives the lines of further files, by name.

    Raises:
        AsrkitError: `out` exists, or an unfinished run of it; the run to resume was another one; the setup cannot be
            used; nothing can be written.
    """
    with store.protecting(recordings.files(utterances)):
        return _into(
            Path(out), setup, utterances, jobs=jobs, resume=resume, overwrite=overwrite, verify=verify,
            posteriors_out=posteriors_out, also=also,
        )  # fmt: skip


def _into(
    out: Path,
    setup: Setup,
    utterances: Sequence[Utterance],
    *,
    jobs: int,
    resume: bool,
    overwrite: bool,
    verify: bool,
    posteriors_out: str | None,
    also: Callable[[Outcome], Mapping[str, Iterable[str]]] | None,
) -> Outcome:
    unfinished = Unfinished.of(out)
    store.check_output(out)
    store.check_outputs([unfinished.folder, *([posteriors_out] if posteriors_out is not None else [])])
    verify = verify or (resume and unfinished.verifies())
    stamps = recordings.stamps(utterances)
    made_of = record(setup, utterances, stamps, verify=verify)
    if overwrite or (out.exists() and not out.is_dir()):
        store.check_free(out, KIND, overwrite=overwrite)
    elif out.is_dir():
        made = _made(out) if resume else None
        since = [] if verify or made is None else recordings.newer(utterances, stamps, out / store.MANIFEST)
        if made == made_of and not since:
            progress.say(f"{out}: finished already")
            return _outcome_of(out, setup)
        store.check_free(out, KIND, overwrite=True)  # else --overwrite is no cure
        what, cure = "this folder exists", _CURE_EXISTS
        if made is not None:
            what = f"the run that finished here was another one: {differences(made, made_of)}"
            if made == made_of:
                what = f"recordings were changed since the run that finished here: {recordings.named(since)}"
            cure = "name another folder, or pass --overwrite in place of --resume"
        if resume and unfinished.note.exists():
            cure = "pass --overwrite beside --resume to go on with the unfinished run and put it in the place of this"
        raise AsrkitError(what, where=str(out), cure=cure, status=Status.WRONG_USAGE)
    unfinished.open(utterances, made_of, stamps, resume=resume, overwrite=overwrite)
    run = json.dumps(made_of, sort_keys=True)
    outcome, pieces = _new_outcome(setup), Pieces(str(unfinished.pieces))
    kept = Kept(unfinished.journal, run, len(utterances))
    with open_journal(unfinished.journal, run) as (journal, lines):
        done = len(lines)
        for number, line in enumerate(lines):
            utt = utterances[number].utt if number < len(utterances) else None
            outcome.count(_results(line, len(setup.settings), utt, f"{unfinished.journal}:{number + 1}"))
        del lines
        _tell_resumed(unfinished, done, journal.dropped, len(utterances), pieces.count())
        if done < len(utterances):
            setup = replace(setup, pieces=str(unfinished.pieces))
            try:
                for answer in _answers(setup, utterances[done:], jobs, outcome, posteriors_out):
                    journal.add(line_of(answer))
                    pieces.forget(answer.results[0].utt)
            except AsrkitError:
                if not outcome.done + outcome.failed:  # nothing that could be gone on with
                    unfinished.remove()
                raise
        with store.publish_folder(out, KIND, overwrite=overwrite) as folder:
            for number, setting in enumerate(setup.settings):
                inside = folder / setting.name if setting.name else folder
                inside.mkdir(exist_ok=True)
                _write_results(inside, setup, kept, number)
                if setting.name:
                    _write_manifest(inside, out / setting.name, made_of, kept, number)
            for name, content in also(outcome).items() if also else ():
                store.write_lines(folder / name, content)
            _write_manifest(folder, out, made_of, kept)
        unfinished.remove()
    return outcome


def _tell_resumed(unfinished: Unfinished, done: int, dropped: int, total: int, pieces: int) -> None:
    if dropped:
        what = "this line was changed; its utterance and those after it are decoded again"
        progress.warn(f"{unfinished.journal}:{done + 1}: {what}")
    if done:
        progress.say(f"{done} of {progress.counted(total, 'utterance')} decoded already")
    if pieces:
        progress.say(f"{progress.counted(pieces, 'piece')} of a long recording done already")


def _answers(
    setup: Setup,
    utterances: Sequence[Utterance],
    jobs: int,
    outcome: Outcome,
    posteriors_out: str | None,
    *,
    data: bool = False,
) -> Iterator[Answer]:
    answers = told(outcome.counted(processes.answers(setup, utterances, jobs)), len(utterances), jobs, data=data)
    if posteriors_out is None:
        yield from answers
        return
    count = 0
    with store.protecting(recordings.files(utterances)), posteriors.writer(posteriors_out) as add:
        for answer in answers:
            if answer.heard is not None and answer.heard.emission is not None:
                heard, emission = answer.heard, answer.heard.emission
                add(heard.utt, Posteriors(emission.log_probs, emission.starts, heard.estimated, answer.model))
                count += 1
            yield answer
    progress.say(f"{count} of {progress.counted(len(utterances), 'utterance')} written to {posteriors_out}")


def _write_results(folder: Path, setup: Setup, kept: Kept, number: int) -> None:
    """Write all files of one setting's results into `folder`."""
    for name, content in outputs.files(kept.results(number)):
        store.write_lines(folder / name, content)
    if setup.captions.formats:
        (folder / captions.FOLDER).mkdir()
        good = (result for result in kept.results(number)() if isinstance(result, Hypothesis))
        for name, content in captions.files(good, setup.captions):
            store.write_lines(folder / captions.FOLDER / name, content)
    if setup.lattices is None:
        return
    found = kept.lattices(number, len(setup.settings))
    if setup.lattices == "kaldi":
        store.write_lines(folder / LATTICES, (line for _, text in found for line in text.split("\n")))
    else:
        (folder / "lattices").mkdir()
        utts = []
        for utt, content in found:
            store.write_bytes(folder / "lattices" / paths.file_name(utt, ".fst"), base64.b64decode(content))
            utts.append(utt)
        store.write_lines(folder / LATTICE_LIST, paths.file_list(utts, "lattices", ".fst"))
    if setup.graph is not None:
        store.write_bytes(folder / WORDS, (Path(setup.graph) / WORDS).read_bytes())


def _write_manifest(folder: Path, final: Path, made_of: dict, kept: Kept, number: int = 0) -> None:
    utterances = failed = 0
    for result in kept.results(number)():
        utterances += 1
        failed += isinstance(result, Failure)
    store.write_manifest(folder, KIND, final=final, options=made_of, facts={"utterances": utterances, "failed": failed})


def _results(line: str, settings: int, utt: str | None, where: str) -> list[Result]:
    """Return the results in a line of the journal, which are all of the utterance `utt`."""
    try:
        results = [hyps.parse_line(text, where) for text in line.split("\t")[:settings]]
    except AsrkitError:
        results = []
    if len(results) != settings or any(result.utt != utt for result in results):
        raise AsrkitError("this line is damaged, or of another run", where=where, cure=CURE_DAMAGED)
    return results


def _made(out: Path) -> dict | None:
    try:
        return dict(store.open_verified(out, KIND).options)
    except AsrkitError:
        return None


def _new_outcome(setup: Setup) -> Outcome:
    swept = [setting for setting in setup.settings if setting.name]
    return Outcome(searches=(0.0,) * len(setup.settings), texts=tuple({} for _ in swept))


def _outcome_of(out: Path, setup: Setup) -> Outcome:
    facts, outcome = store.read_manifest(out).facts, _new_outcome(setup)
    for setting, texts in zip(setup.settings, outcome.texts, strict=False):
        texts.update((hypothesis.utt, hypothesis.text) for hypothesis in hyps.parse(out / setting.name / "hyps.jsonl"))
    outcome.done, outcome.failed = facts["utterances"] - facts["failed"], facts["failed"]
    return outcome
