"""The kinds of files: a row each in FILES, and what is told of each.

The first row that recognises a file counts. The file is then read by the parser of its kind, so that damage is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from asrkit.describe.sample import (
    AUDIO_KEYS,
    Sample,
    has_ids,
    is_audio,
    is_ctm,
    is_hotwords,
    is_lexicon,
    is_recording,
    is_segments,
    is_speakers,
    is_symbols,
    is_units_json,
    is_units_txt,
    is_wav_scp,
    is_whole,
    is_word_counts,
)
from asrkit.errors import AsrkitError
from asrkit.formats import (
    ctm,
    hotword_list,
    hyps,
    kaldi_dir,
    lexicon,
    manifest_jsonl,
    paths,
    stm,
    symbols,
    tokens,
    trn,
    word_counts,
)
from asrkit.formats.reading import open_binary, read_lines, split_fields
from asrkit.formats.specials import delimiter_of


@dataclass(frozen=True)
class FileKind:
    """A row of FILES: `tell` yields the facts that follow size and hash."""

    name: str
    recognises: Callable[[Sample], bool]
    tell: Callable[[Path], Iterable[str]]


def fact(name: str, value: object) -> str:
    """Return the line of one fact."""
    shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return f"  {name:<14} {shown}"


def _tell_fst(path: Path) -> Iterator[str]:
    from asrkit.formats import openfst

    fst = openfst.parse(path)
    yield fact("states", len(fst.states))
    yield fact("arcs", len(fst.arcs))
    yield fact("start", fst.start)
    yield fact("final states", int((fst.states["final"] != openfst.NOT_FINAL).sum()))
    yield fact("sorted", "by input label" if fst.is_ilabel_sorted() else "no")


def _tell_kenlm(path: Path) -> Iterator[str]:
    with open_binary(path) as stream:
        yield fact("format", stream.readline(200).decode("ascii", errors="replace").strip("\0\n"))


def _tell_audio(path: Path) -> Iterator[str]:
    from asrkit.audio import read

    facts = read.facts(path)
    yield fact("duration", f"{facts.seconds:.3f} s")
    yield fact("sample rate", f"{facts.rate:,} Hz")
    yield fact("channels", facts.channels)
    yield fact("coding", facts.coding)
    if facts.warning is not None:
        yield fact("warning", facts.warning)


def _tell_arrays(path: Path) -> Iterator[str]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise AsrkitError("this archive is damaged", where=str(path), cure="make or copy it anew") from error
    yield fact("arrays", len(names))
    yield fact("utterances", len([name for name in names if not name.endswith("/times")]))


def _tell_arpa(path: Path) -> Iterator[str]:
    """Tell the counts of the header: the rest is checked by whoever uses the model."""
    with open_binary(path) as stream:
        for raw in islice(stream, 100):
            line = raw.decode("utf-8", errors="replace").strip()
            if line.startswith("ngram ") and "=" in line:
                order, _, count = line.removeprefix("ngram ").partition("=")
                yield fact(f"{order.strip()}-grams", int(count) if is_whole(count.strip()) else count.strip())
            elif line.startswith("\\") and line != "\\data\\":
                return


def _tell_units(path: Path) -> Iterator[str]:
    table = tokens.parse(path)
    yield fact("units", len(table.units))
    yield fact("unit table", f"sha256 {table.sha256}")
    yield fact("first", " ".join(tokens.SPACE_NAME if unit == tokens.SPACE else unit for unit in table.units[:6]))
    if (delimiter := delimiter_of(table.index)) is not None:
        yield fact("between words", tokens.SPACE_NAME if delimiter == tokens.SPACE else delimiter)


def _tell_symbols(path: Path) -> Iterator[str]:
    table = symbols.parse(path)
    yield fact("symbols", len(table.pairs))
    yield fact("largest id", max(table.symbols))


def _tell_lexicon(path: Path) -> Iterator[str]:
    entries = lexicon.parse(path).entries
    yield fact("pronunciations", len(entries))
    yield fact("words", len({entry.word for entry in entries}))
    yield fact("units", len({unit for entry in entries for unit in entry.units}))


def _tell_counts(path: Path) -> Iterator[str]:
    counts = word_counts.parse(path)
    yield fact("words", len(counts))
    yield fact("counted", sum(counts.values()))


def _tell_hotwords(path: Path) -> Iterator[str]:
    format, reason = hotword_list.recognise([text for _, text in read_lines(path)])
    found = hotword_list.parse(path, format=format)
    weights = [phrase.weight for phrase in found.phrases if phrase.weighted]
    yield fact("format", f"{format}: {reason}")
    yield fact("phrases", len(found.phrases))
    yield fact("weights", f"{len(weights):,} from {min(weights):g} to {max(weights):g}" if weights else "none")


def _tell_hyps(path: Path) -> Iterator[str]:
    found = hyps.parse(path)
    yield fact("utterances", len(found))
    yield fact("duration", f"{sum(hypothesis.duration or 0 for hypothesis in found):,.1f} s")
    yield fact("with warnings", sum(bool(hypothesis.warnings) for hypothesis in found))


def _tell_failed(path: Path) -> Iterator[str]:
    yield fact("utterances", len(hyps.parse_failed(path)))


def _tell_manifest(path: Path) -> Iterator[str]:
    found = manifest_jsonl.parse(path, allow_commands=True)
    yield fact("utterances", len(found))
    yield fact("with text", sum(utterance.text is not None for utterance in found))
    yield fact("with hotwords", sum(utterance.hotwords is not None for utterance in found))


def _tell_segments(path: Path) -> Iterator[str]:
    found = kaldi_dir.parse_segments(path)
    yield fact("segments", len(found))
    yield fact("recordings", len({segment.recording for segment in found}))


def _tell_wav_scp(path: Path) -> Iterator[str]:
    found = kaldi_dir.parse_wav_scp(path, allow_commands=True)
    yield fact("recordings", len(found))
    yield fact("commands", sum(recording.is_command for recording in found))


def _tell_paths(path: Path) -> Iterator[str]:
    found = [paths.locate(listed.path, path) for listed in paths.parse(path)]
    yield fact("paths", len(found))
    yield fact("missing", sum(not os.path.exists(place) for place in found))


def _tell_transcripts(parse: Callable[[Path], tuple[Any, ...]]) -> Callable[[Path], Iterator[str]]:
    def tell(path: Path) -> Iterator[str]:
        found = parse(path)
        yield fact("utterances", len(found))
        yield fact("words", sum(len(split_fields(transcript.text)) for transcript in found))

    return tell


def _tell_speakers(path: Path) -> Iterator[str]:
    found = kaldi_dir.parse_utt2spk(path)
    yield fact("utterances", len(found))
    yield fact("speakers", len({line.speaker for line in found}))


def _tell_ctm(path: Path) -> Iterator[str]:
    found = ctm.parse(path)
    yield fact("words", len(found))
    yield fact("recordings", len({word.utt for word in found}))


def _tell_stm(path: Path) -> Iterator[str]:
    found = stm.parse(path)
    yield fact("turns", len(found))
    yield fact("recordings", len({turn.recording for turn in found}))
    yield fact("speakers", len({turn.speaker for turn in found}))


def _tell_text(path: Path) -> Iterator[str]:
    lines = words = 0
    with open_binary(path) as stream:
        for raw in stream:
            lines += 1
            words += len(raw.split())
    yield fact("lines", lines)
    yield fact("words", words)


FILES = (
    FileKind("FST of OpenFst", lambda s: s.head[:4] == b"\xd6\xfd\xb2\x7e", _tell_fst),
    FileKind("KenLM binary", lambda s: s.head.startswith(b"mmap lm http://kheafield.com/code"), _tell_kenlm),
    FileKind("recording", is_recording, _tell_audio),
    FileKind("archive of arrays (.npz)", lambda s: s.head[:4] == b"PK\x03\x04", _tell_arrays),
    FileKind("n-gram model (ARPA)", lambda s: "\\data\\" in s.lines[:50], _tell_arpa),
    FileKind("hypotheses (hyps.jsonl)", lambda s: {"utt", "text"} <= s.keys and not s.keys & AUDIO_KEYS, _tell_hyps),
    FileKind("failed utterances (failed.jsonl)", lambda s: {"utt", "reason"} <= s.keys, _tell_failed),
    FileKind("manifest of utterances (JSONL)", lambda s: bool(s.keys & AUDIO_KEYS), _tell_manifest),
    FileKind("unit table (JSON)", is_units_json, _tell_units),
    FileKind("CTM", is_ctm, _tell_ctm),
    FileKind("STM", lambda s: stm.looks_like(s.lines), _tell_stm),
    FileKind("segments of Kaldi", is_segments, _tell_segments),
    FileKind("transcripts (TRN)", lambda s: s.all(lambda row: row[-1].endswith(")") and "(" in row[-1]),
             _tell_transcripts(trn.parse)),
    FileKind("wav.scp of Kaldi", is_wav_scp, _tell_wav_scp),
    FileKind("list of recordings", lambda s: bool(s.lines) and all(map(is_audio, s.lines)), _tell_paths),
    FileKind("unit table (text)", is_units_txt, _tell_units),
    FileKind("symbol table", is_symbols, _tell_symbols),
    FileKind("words with counts", is_word_counts, _tell_counts),
    FileKind("list of hotwords", is_hotwords, _tell_hotwords),
    FileKind("speakers of utterances (utt2spk)", is_speakers, _tell_speakers),
    FileKind("transcripts (Kaldi text)", has_ids, _tell_transcripts(kaldi_dir.parse_text)),
    FileKind("lexicon", is_lexicon, _tell_lexicon),
    FileKind("list of words or hotwords", lambda s: s.all(lambda row: len(row) == 1), _tell_hotwords),
    FileKind("plain text", lambda s: bool(s.lines), _tell_text),
)  # fmt: skip
