"""A whole run: every utterance decoded once, kept in a journal as it goes, and published as a folder at the end.

While a run goes on, `OUT.partial/` holds the journal and what the run was made of; `OUT` appears whole at the end.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from asrkit import progress, store
from asrkit.decode import jobs as processes
from asrkit.decode import outputs
from asrkit.decode.inputs import Utterance
from asrkit.decode.outputs import Result
from asrkit.decode.recogniser import Setup
from asrkit.errors import AsrkitError, Status
from asrkit.formats import hyps
from asrkit.formats.hyps import Failure, Hypothesis
from asrkit.store.journal import open_journal

KIND = "decoding"
_PARTIAL = ".partial"
_CURE_EXISTS = "name another folder, or pass --overwrite, or --resume if it is an unfinished run"


def to_stdout(setup: Setup, utterances: Sequence[Utterance], *, format: str, jobs: int) -> Status:
    """Decode, write one format to standard output, and return how it went."""
    results = list(_told(processes.results(setup, utterances, jobs), len(utterances)))
    store.write_lines("-", outputs.lines(format, results))
    return _status(results)


def to_folder(
    setup: Setup, utterances: Sequence[Utterance], out: str, *, jobs: int, resume: bool, overwrite: bool
) -> Status:
    """Decode into the folder `out` and return how it went.

    Args:
        setup: what decodes.
        utterances: what is decoded.
        out: the folder.
        jobs: processes.
        resume: go on with a run that was stopped; if `out` is finished already, nothing is done.
        overwrite: put the results in the place of those that are there.

    Raises:
        AsrkitError: `out` exists; the run to resume was another one; the setup cannot be used; nothing can be written.
    """
    made_of = _made_of(setup, utterances)
    if Path(out).exists() and not overwrite:
        if resume and Path(out).is_dir() and _made(Path(out)) == made_of:
            progress.say(f"{out}: finished already")
            return _status(_read_back(Path(out)))
        raise AsrkitError("this folder exists", where=out, cure=_CURE_EXISTS, status=Status.WRONG_USAGE)
    partial = Path(out.rstrip("/") + _PARTIAL)
    _open_partial(partial, made_of, resume)
    with open_journal(partial / "journal.jsonl") as (journal, lines):
        done = {result.utt: result for result in (hyps.parse_line(line, str(partial)) for line in lines)}
        if done:
            progress.say(f"{len(done)} of {len(utterances)} utterances are decoded already")
        left = [utterance for utterance in utterances if utterance.utt not in done]
        for result in _told(processes.results(setup, left, jobs) if left else iter(()), len(left)):
            journal.add(_to_line(result))
            done[result.utt] = result
    results = [done[utterance.utt] for utterance in utterances]
    with store.publish_folder(out, overwrite=overwrite) as folder:
        for name, content in outputs.files(results):
            store.write_lines(folder / name, content)
        facts = {"utterances": len(results), "failed": sum(isinstance(r, Failure) for r in results)}
        store.write_manifest(folder, KIND, final=Path(out), options=made_of, facts=facts)
    shutil.rmtree(partial, ignore_errors=True)
    return _status(results)


def _open_partial(partial: Path, made_of: dict, resume: bool) -> None:
    """Make the folder of an unfinished run, or check that the one that is there may be gone on with."""
    note = partial / "run.json"
    if note.exists() and resume:
        before = json.loads(note.read_text(encoding="utf-8"))
        differing = sorted(key for key in made_of if before.get(key) != made_of[key])
        if differing:
            what = f"the unfinished run was another one: {', '.join(differing)} differ"
            raise AsrkitError(what, where=str(partial), cure="decode with the same, or remove that folder")
        return
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    store.write_lines(note, [json.dumps(made_of, ensure_ascii=False, sort_keys=True)])


def _made_of(setup: Setup, utterances: Sequence[Utterance]) -> dict:
    """Return all that shapes the results, as plain JSON: hashes of files, options, the utterances."""
    options = asdict(setup)
    options.pop("threads")
    options["model"] = _content(Path(setup.model))
    options["graph"] = None if setup.graph is None else _content(Path(setup.graph))
    options["hotwords"] = None if setup.hotwords is None else store.hash_file(setup.hotwords, relative_to=".").sha256
    options["utterances"] = [[u.utt, u.source, u.cut.start, u.cut.end] for u in utterances]
    return json.loads(json.dumps(options, default=str))


def _content(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.iterdir() if p.is_file())
    return {p.name: store.hash_file(p, relative_to=folder).sha256 for p in files}


def _made(out: Path) -> dict | None:
    try:
        return dict(store.open_verified(out, KIND).options)
    except AsrkitError:
        return None


def _read_back(out: Path) -> list[Result]:
    return [*hyps.parse(out / "hyps.jsonl", drop_torn=True), *hyps.parse_failed(out / "failed.jsonl")]


def _to_line(result: Result) -> str:
    serialize = hyps.serialize if isinstance(result, Hypothesis) else hyps.serialize_failed
    (line,) = serialize([result])
    return line


def _told(results: Iterable[Result], total: int) -> Iterator[Result]:
    """Pass `results` on and tell how far the run is, and at the end how it went."""
    began, seconds, failed, count = time.perf_counter(), 0.0, 0, 0
    with progress.track("decoding", total, "utterances") as advance:
        for result in results:
            count += 1
            if isinstance(result, Failure):
                failed += 1
                progress.warn(f"{result.utt}: {result.reason}")
            else:
                seconds += result.duration or 0.0
            advance(1)
            yield result
    spent = time.perf_counter() - began
    factor = f", real-time factor {spent / seconds:.3f}" if seconds else ""
    progress.say(f"{count} utterances, {failed} failed, {seconds:.1f} s of sound in {spent:.1f} s{factor}")


def _status(results: Sequence[Result]) -> Status:
    failed = sum(isinstance(result, Failure) for result in results)
    if failed == len(results) and failed:
        return Status.NOTHING_DONE
    return Status.SOME_FAILED if failed else Status.DONE


