"""Posteriors on the disk: what an acoustic model said about each utterance, so that it need not be run again.

    NAME.npz             numpy's archive: `<utt>` (steps, units) float32, natural log; `<utt>/times` (steps,) float32,
                         the second at which each step begins, where that is known; `<utt>/estimated_times` in its
                         place where that is a guess, because the model does not tell; the comment of the archive says
                         which model it was: "asrkit <topology> <sha256 of its unit table>"
    NAME.ark, NAME.scp   Kaldi's archive of matrices and the list of them, without times

An id that itself ends in `/times` or `/estimated_times` has `%2F` for that `/` in the names of its arrays. In archives
of other programs, an array of two dimensions named `a/times` is the utterance of that id.

The form is known by the content, except that a list of matrices must be named `*.scp`.
"""

from __future__ import annotations

import math
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from asrkit import store
from asrkit.errors import AsrkitError, Status, from_os_error, shown
from asrkit.formats import kaldi_ark

_TIMES, _ESTIMATED = "/times", "/estimated_times"
_LIKE_TIMES = re.compile("(?:/|%(?:25)*2F)((?:estimated_)?times)$")  # an id that could be taken for an array of times
_SUFFIX = ".npy"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that zip knows: the same content gives the same bytes (law 10)
_CURE = "make it anew with: asrkit posteriors"
_MODEL = re.compile(rb"asrkit (identity|ctc) ([0-9a-f]{64})")
_DAMAGES = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True)
class Posteriors:
    """What a model said about one utterance.

    Attributes:
        log_probs: (steps, units) float32, natural log.
        times: (steps,) float32, the second at which each step begins; None where that is not known.
        estimated: whether the times are a guess, because the model does not tell them.
        model: which one it was, as `model_name` says it; "" where that is not known.
    """

    log_probs: NDArray[np.float32]
    times: NDArray[np.float32] | None = None
    estimated: bool = False
    model: str = ""


def model_name(topology: str, units: str) -> str:
    """Return how an archive says which model it is of: its topology, and the SHA-256 of its unit table."""
    return f"asrkit {topology} {units}"


def model_of(archive: Mapping[str, Posteriors]) -> tuple[str, str] | None:
    """Return topology and SHA-256 of the unit table of the model that an archive is of; None if it does not tell."""
    match = _MODEL.fullmatch(archive.comment) if isinstance(archive, _Npz) else None
    return (match[1].decode(), match[2].decode()) if match else None


def is_posteriors(path: str | os.PathLike[str]) -> bool:
    """Whether the file `path` is an archive of posteriors or a list of such; False if it cannot be read."""
    name = os.fspath(path)
    if name.endswith(".scp"):
        try:
            with open(path, "rb") as stream:
                first = stream.readline(1 << 16).strip()
        except OSError:
            return False
        return b".ark:" in first and first.rpartition(b":")[2].isdigit()
    return name.endswith((".npz", ".ark"))


def parse(path: str | os.PathLike[str]) -> Mapping[str, Posteriors]:
    """Return the posteriors in the file `path`, by utterance id, in its order; each is read when it is asked for.

    Raises:
        AsrkitError: not an archive of posteriors; when an utterance is asked for: its entry is damaged or of another
            shape.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            is_zip = stream.read(2) == b"PK"
    except OSError as error:
        raise from_os_error(error, path) from error
    if is_zip:
        return _Npz(name)
    return _Matrices(kaldi_ark.parse_scp(path) if name.endswith(".scp") else kaldi_ark.parse_ark(path))


def write(path: str | os.PathLike[str], items: Iterable[tuple[str, Posteriors]]) -> int:
    """Publish (utterance id, posteriors) pairs as `writer` does; return how many."""
    count = 0
    with writer(path) as add:
        for count, (utt, item) in enumerate(items, 1):  # noqa: B007
            add(utt, item)
    return count


@contextmanager
def writer(path: str | os.PathLike[str]) -> Iterator[Callable[[str, Posteriors], None]]:
    """Yield `add(utt, posteriors)` for `*.npz`, or for `*.ark` with the `*.scp` beside it; published when it ends.

    Raises:
        AsrkitError: the name ends in neither; an id that the form cannot hold; the file cannot be written.
    """
    check_name(path)
    with (_npz_writer if Path(path).suffix == ".npz" else _ark_writer)(path) as add:
        yield add


def check_name(path: str | os.PathLike[str]) -> None:
    """Do nothing if posteriors can be written to a file of this name.

    Raises:
        AsrkitError: its ending tells no form; the list beside an archive of Kaldi would take the place of an input.
    """
    if Path(path).suffix not in (".npz", ".ark"):
        what = "posteriors cannot be written to a file of this name"
        cure = "let it end in .npz, or .ark for Kaldi's form"
        raise AsrkitError(what, where=os.fspath(path), cure=cure, status=Status.WRONG_USAGE)
    if Path(path).suffix == ".ark":
        store.check_output(Path(path).with_suffix(".scp"))


class _Matrices(Mapping[str, Posteriors]):
    """The matrices of Kaldi archives."""

    def __init__(self, places: dict[str, kaldi_ark.Place]) -> None:
        self._places = places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, utt: str) -> Posteriors:
        return Posteriors(kaldi_ark.read_matrix(self._places[utt]))


class _Npz(Mapping[str, Posteriors]):
    """The arrays of an npz, which is a zip of npy files; it stays open."""

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            self._archive = zipfile.ZipFile(name)
        except _DAMAGES as error:
            raise AsrkitError("this npz is damaged or cut short", where=name, cure=_CURE) from error
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            key = entry.filename.removesuffix(_SUFFIX)
            if key in entries:
                raise AsrkitError(f"array {shown(key)} stands in it twice", where=name, cure=_CURE)
            entries[key] = entry
        self._entries = entries
        self._utts = {_id_of(key): key for key in entries if not self._is_times(key)}
        if not self._utts:
            raise AsrkitError("this npz is empty", where=name, cure=_CURE)

    @property
    def comment(self) -> bytes:
        """The comment of the archive."""
        return self._archive.comment

    def __iter__(self) -> Iterator[str]:
        return iter(self._utts)

    def __len__(self) -> int:
        return len(self._utts)

    def __getitem__(self, utt: str) -> Posteriors:
        if utt not in self._utts:
            raise KeyError(utt)
        key = self._utts[utt]
        log_probs = self._array(key, dimensions=2)
        named = (key + suffix for suffix in (_TIMES, _ESTIMATED) if key + suffix in self._entries)
        of_times = next((name for name in named if self._is_times(name)), None)
        if of_times is None:
            return Posteriors(log_probs)
        times = self._array(of_times, dimensions=1)
        if len(times) != len(log_probs):
            what = f"{shown(utt)} has {len(log_probs)} steps, but {len(times)} times"
            raise AsrkitError(what, where=self._name, cure=_CURE)
        return Posteriors(log_probs, times, of_times.endswith(_ESTIMATED))

    def _is_times(self, key: str) -> bool:
        """Whether an array holds the times of another one: by its name, unless it has two dimensions."""
        named = any(key.endswith(end) and key.removesuffix(end) in self._entries for end in (_TIMES, _ESTIMATED))
        return named and self._dimensions(key) != 2

    def _dimensions(self, key: str) -> int | None:
        """Return how many dimensions an array has, None if that cannot be read."""
        try:
            with self._archive.open(self._entries[key]) as stream:
                return len(_npy_header(stream)[0])
        except _DAMAGES:
            return None

    def _array(self, key: str, *, dimensions: int) -> NDArray[np.float32]:
        entry = self._entries[key]
        try:
            with self._archive.open(entry) as stream:
                shape, by_column, dtype = _npy_header(stream)
                if len(shape) != dimensions or dtype.kind not in "fiu":
                    what = f"{shown(key)} is an array of {len(shape)} dimensions of type {dtype}"
                    raise AsrkitError(what, where=self._name, cure=f"write {dimensions} dimensions of float32")
                # zip tells how long the entry is: checked before room is made for what its header promises
                if stream.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
                    raise ValueError("its length is not what its header says")
                content = stream.read()
        except _DAMAGES as error:
            what = f"array {shown(key)} is damaged ({error})"
            raise AsrkitError(" ".join(what.split()), where=self._name, cure=_CURE) from error
        with np.errstate(over="ignore"):
            return np.frombuffer(content, dtype).reshape(shape, order="F" if by_column else "C").astype(np.float32)


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError("an unknown version of the npy format")
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return read(stream)


@contextmanager
def _npz_writer(path: str | os.PathLike[str]) -> Iterator[Callable[[str, Posteriors], None]]:
    with store.publish_file(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:

        def add(utt: str, item: Posteriors) -> None:
            archive.comment = item.model.encode()
            key = _key_of(utt)
            _add(archive, key, item.log_probs)
            if item.times is not None:
                _add(archive, key + (_ESTIMATED if item.estimated else _TIMES), item.times)

        yield add


def _key_of(utt: str) -> str:
    """Return the name of an utterance's array, which cannot be taken for times; `_id_of` undoes it."""
    found = _LIKE_TIMES.search(utt)
    if found is None:
        return utt
    mark = "%2F" if found[0][0] == "/" else "%25" + found[0][1 : -len(found[1])]
    return utt[: found.start()] + mark + found[1]


def _id_of(key: str) -> str:
    found = _LIKE_TIMES.search(key)
    if found is None or found[0][0] == "/":
        return key
    mark = found[0][: -len(found[1])]
    return key[: found.start()] + ("/" if mark == "%2F" else "%" + mark[3:]) + found[1]


def _add(archive: zipfile.ZipFile, key: str, array: NDArray[np.float32]) -> None:
    with archive.open(zipfile.ZipInfo(key + _SUFFIX, _EPOCH), "w", force_zip64=array.nbytes > 1 << 30) as entry:
        npy.write_array(entry, np.ascontiguousarray(array, np.float32), allow_pickle=False)


@contextmanager
def _ark_writer(path: str | os.PathLike[str]) -> Iterator[Callable[[str, Posteriors], None]]:
    beside = Path(path).with_suffix(".scp")
    with store.publish_file(beside) as listed, store.publish_file(path) as stream:  # the archive gets its name first
        position = 0

        def add(utt: str, item: Posteriors) -> None:
            nonlocal position
            content, mark = kaldi_ark.serialize_matrix(utt, item.log_probs)
            place = kaldi_ark.serialize_place(utt, kaldi_ark.Place(os.fspath(path), position + mark))
            stream.write(content)
            listed.write(place.encode() + b"\n")
            position += len(content)

        yield add
