"""What the acoustic model says about each utterance, written down once, so that searches need no model."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from asrkit import progress, store
from asrkit.acoustic import timestamps
from asrkit.acoustic.listening import Heard, Options, hear
from asrkit.acoustic.model import AcousticModel, Emission
from asrkit.decode import recordings
from asrkit.decode.inputs import Utterance
from asrkit.errors import AsrkitError, Status
from asrkit.formats import posteriors
from asrkit.formats.posteriors import Posteriors


def dump(
    model: AcousticModel, utterances: Sequence[Utterance], output: str | os.PathLike[str], options: Options
) -> Status:
    """Write the posteriors of `utterances` to `output` (see `formats.posteriors`), and tell which of them failed.

    Raises:
        AsrkitError: the output cannot be written.
    """
    failed: list[str] = []
    posteriors.check_name(output)
    sources = recordings.files(utterances)
    with store.protecting(sources), progress.track("listening", len(utterances), "recordings") as advance:
        count = posteriors.write(output, _listened(model, utterances, options, failed, advance))
    of_all = progress.counted(len(utterances), "utterance")
    progress.say(f"{count} of {of_all} written to {os.fspath(output)}", failed=failed)
    if not failed:
        return Status.DONE
    return Status.SOME_FAILED if count else Status.NOTHING_DONE


def replayed(path: str | os.PathLike[str]) -> Iterator[Heard]:
    """Yield what `dump` wrote, or any archive of posteriors, as if it were heard now, in the order of the file.

    Raises:
        AsrkitError: the file is no archive of posteriors; a damaged utterance has its reason instead.
    """
    archive = posteriors.parse(path)
    for utt in archive:
        yield replay(archive, utt)


def replay(archive: Mapping[str, Posteriors], utt: str) -> Heard:
    """Return one utterance of an archive as if it were heard now; its duration is the end of its last step."""
    try:
        found = archive[utt]
    except KeyError:
        return Heard(utt, None, "the archive of posteriors has no such utterance.")
    except AsrkitError as error:
        return Heard(utt, None, str(error))
    if found.times is None:
        return Heard(utt, Emission(found.log_probs))
    ends = timestamps.ends_of(found.times)
    duration = float(ends[-1]) if len(ends) else 0.0
    return Heard(utt, Emission(found.log_probs, found.times, ends), duration=duration, estimated=found.estimated)


def _listened(
    model: AcousticModel,
    utterances: Iterable[Utterance],
    options: Options,
    failed: list[str],
    advance: Callable[[float], None],
) -> Iterator[tuple[str, Posteriors]]:
    says = posteriors.model_name(model.topology, model.package.units.sha256)
    for heard in hear(model, utterances, options):
        advance(1)
        if heard.emission is None:
            failed.append(heard.utt)
            progress.warn(f"{heard.utt}: {heard.reason}", utt=heard.utt)
            continue
        for warning in heard.warnings:
            progress.warn(f"{heard.utt}: {warning}", utt=heard.utt)
        yield heard.utt, Posteriors(heard.emission.log_probs, heard.emission.starts, heard.estimated, says)
