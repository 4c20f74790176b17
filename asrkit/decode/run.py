"""A whole run: every utterance decoded once, kept in a journal as it goes, and published as a folder at the end.

While a run goes on, `OUT.partial/` holds the journal and what the run was made of; `OUT` appears whole at the end. A
run of several settings (a sweep) has a folder of results in `OUT` for each of them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

from asrkit import progress, store
from asrkit.decode import jobs as processes
from asrkit.decode import outputs
from asrkit.decode.inputs import Utterance
from asrkit.decode.kept import Kept, line_of
from asrkit.decode.outputs import Result
from asrkit.decode.recogniser import Answer
from asrkit.decode.setup import Setup
from asrkit.decode.telling import told
from asrkit.errors import AsrkitError, Status
from asrkit.formats import hyps, posteriors
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.formats.posteriors import Posteriors
from asrkit.store.journal import open_journal

KIND = "decoding"
LATTICES, WORDS = "lattices.txt", "words.txt"
_PARTIAL = ".partial"
_JOURNAL, _NOTE = "journal.jsonl", "run.json"
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
    found = _answers(setup, utterances, jobs, outcome, posteriors_out)
    store.write_lines("-", outputs.lines(format, (answer.results[0] for answer in found)))
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
        overwrite: put the results in the place of those that are there.
        posteriors_out: where to write what the model says; not when resuming.
        also: gives the lines of further files, by name.

    Raises:
        AsrkitError: `out` exists; the run to resume was another one; the setup cannot be used; nothing can be written.
    """
    made_of = _made_of(setup, utterances)
    if Path(out).exists() and not overwrite:
        if resume and Path(out).is_dir() and _made(Path(out)) == made_of:
            progress.say(f"{out}: finished already")
            return _outcome_of(Path(out), setup)
        raise AsrkitError("this folder exists", where=out, cure=_CURE_EXISTS, status=Status.WRONG_USAGE)
    partial = Path(out.rstrip("/") + _PARTIAL)
    _open_partial(partial, made_of, resume)
    outcome, kept = _new_outcome(setup), Kept(partial / _JOURNAL)
    with open_journal(partial / _JOURNAL) as (journal, lines):
        done = len(lines)
        for line in lines:
            results = line.split("\t")[: len(setup.settings)]
            outcome.count([hyps.parse_line(result, str(partial)) for result in results])
        del lines
        if done:
            progress.say(f"{done} of {len(utterances)} utterances are decoded already")
        if done < len(utterances):
            try:
                for answer in _answers(setup, utterances[done:], jobs, outcome, posteriors_out):
                    journal.add(line_of(answer))
            except AsrkitError:
                if not outcome.done + outcome.failed:  # nothing that could be gone on with
                    shutil.rmtree(partial, ignore_errors=True)
                raise
    with store.publish_folder(out, overwrite=overwrite) as folder:
        for number, setting in enumerate(setup.settings):
            inside = folder / setting.name if setting.name else folder
            inside.mkdir(exist_ok=True)
            _write_results(inside, setup, kept, number)
            if setting.name:
                _write_manifest(inside, Path(out) / setting.name, made_of, kept, number)
        for name, content in also(outcome).items() if also else ():
            store.write_lines(folder / name, content)
        _write_manifest(folder, Path(out), made_of, kept)
    shutil.rmtree(partial, ignore_errors=True)
    return outcome


def _answers(
    setup: Setup, utterances: Sequence[Utterance], jobs: int, outcome: Outcome, posteriors_out: str | None
) -> Iterator[Answer]:
    answers = told(outcome.counted(processes.answers(setup, utterances, jobs)), len(utterances), jobs)
    if posteriors_out is None:
        yield from answers
        return
    count = 0
    with posteriors.writer(posteriors_out) as add:
        for answer in answers:
            if answer.heard is not None and answer.heard.emission is not None:
                emission = answer.heard.emission
                add(answer.heard.utt, Posteriors(emission.log_probs, emission.starts))
                count += 1
            yield answer
    progress.say(f"{count} of {len(utterances)} utterances written to {posteriors_out}")


def _write_results(folder: Path, setup: Setup, kept: Kept, number: int) -> None:
    """Write all files of one setting's results into `folder`."""
    for name, content in outputs.files(kept.results(number)):
        store.write_lines(folder / name, content)
    if setup.lattices is None:
        return
    found = kept.lattices(number, len(setup.settings))
    if setup.lattices == "kaldi":
        store.write_lines(folder / LATTICES, (line for _, text in found for line in text.split("\n")))
    else:
        (folder / "lattices").mkdir()
        for utt, content in found:
            store.write_bytes(folder / "lattices" / f"{quote(utt, safe='')}.fst", base64.b64decode(content))
    if setup.graph is not None:
        store.write_bytes(folder / WORDS, (Path(setup.graph) / WORDS).read_bytes())


def _write_manifest(folder: Path, final: Path, made_of: dict, kept: Kept, number: int = 0) -> None:
    utterances = failed = 0
    for result in kept.results(number)():
        utterances += 1
        failed += isinstance(result, Failure)
    store.write_manifest(folder, KIND, final=final, options=made_of, facts={"utterances": utterances, "failed": failed})


def _open_partial(partial: Path, made_of: dict, resume: bool) -> None:
    """Make the folder of an unfinished run, or check that the one that is there may be gone on with."""
    note = partial / _NOTE
    if note.exists() and resume:
        before = json.loads(note.read_text(encoding="utf-8"))
        told_before, told_now = _leaves(before), _leaves(made_of)
        differing = {key for key in told_before | told_now if told_before.get(key) != told_now.get(key)}
        if differing:
            what = f"the unfinished run was another one: {', '.join(sorted(differing))} differ"
            raise AsrkitError(what, where=str(partial), cure="decode with the same, or remove that folder")
        return
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    store.write_lines(note, [json.dumps(made_of, ensure_ascii=False, sort_keys=True)])


def _made_of(setup: Setup, utterances: Sequence[Utterance]) -> dict:
    """Return all that shapes the results, as plain JSON: hashes of files, options, the utterances."""
    options = asdict(replace(setup, phrases=None))
    for name in ("threads", "keep_posteriors", "phrases"):
        options.pop(name)
    read = {}
    if setup.hotwords is not None and setup.phrases is not None:  # not the file, which may have changed since
        phrases = sorted((phrase.text, phrase.weight) for phrase in setup.phrases)
        read["hotwords"] = {Path(setup.hotwords).name: _hash(repr(phrases))}
    for name in ("model", "graph", "hotwords", "rescore_lm", "posteriors"):
        options[name] = read.get(name) or (None if options[name] is None else _content(Path(options[name])))
    hotwords = {id(u.hotwords): _hash(repr(u.hotwords)) for u in {id(u.hotwords): u for u in utterances}.values()}
    listed = [[u.utt, u.source, u.cut.start, u.cut.end, hotwords[id(u.hotwords)]] for u in utterances]
    options["utterances"] = _hash(json.dumps(listed))
    return json.loads(json.dumps(options, default=str))


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
