"""OpenFst's binary files, vector and const, as immutable numpy arrays.

Both kinds begin with a header, little-endian throughout (a string is an int32 length and its bytes):

    FILE   :== magic:int32=2125659606 type:string arc_type:string="standard" version:int32 flags:int32
               properties:uint64 start:int64 states:int64 arcs:int64 [SYMBOLS] [SYMBOLS] BODY
    flags  :== 1 (input symbols follow) | 2 (output symbols follow) | 4 (each block of a const body is 16-byte aligned)
    VECTOR :== { final:float32 arcs:int64 { ilabel:int32 olabel:int32 weight:float32 next:int32 } }   type "vector"
    CONST  :== [padding] { final:float32 pos:uint32 arcs:uint32 iepsilons:uint32 oepsilons:uint32 }   type "const"
               [padding] { ilabel:int32 olabel:int32 weight:float32 next:int32 }

Weights are tropical: costs, −ln p; +inf as a final cost means "not final". Symbols within a file are passed over:
asrkit keeps them in files of their own.

A damaged file makes OpenFst's own reader crash the process (28 of 200 bit flips did). Here every count, offset, label
and next state is checked before it is used.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from asrkit.errors import AsrkitError, from_os_error, shown
from asrkit.formats.reading import STDIN, name_of, open_binary
from asrkit.store.publish import publish_file

if TYPE_CHECKING:
    import pynini

STATE = np.dtype([("final", "<f4"), ("pos", "<u4"), ("narcs", "<u4"), ("nieps", "<u4"), ("noeps", "<u4")])
ARC = np.dtype([("ilabel", "<i4"), ("olabel", "<i4"), ("weight", "<f4"), ("next", "<i4")])
EPSILON = 0
NOT_FINAL = np.float32(np.inf)

Kind = Literal["vector", "const"]

_MAGIC = 2125659606
_SYMBOLS_MAGIC = 2125658996
_HAS_ISYMBOLS, _HAS_OSYMBOLS, _ALIGNED = 1, 2, 4
_ALIGNMENT = 16
_ALIGNED_CONST_VERSION = 1
_VECTOR_VERSION = 2
_EXPANDED, _MUTABLE, _ILABEL_SORTED = 0x1, 0x2, 0x10000000
_VECTOR_STATE = np.dtype([("final", "<f4"), ("narcs", "<i8")])
_STATE_WORDS, _ARC_WORDS = 3, 4  # of 4 bytes, in a vector body
_UNKNOWN_COUNT = -1
_STATES_AT_ONCE = 1 << 12  # whose arcs fit into a cache
_GAP = "the arcs of its states do not follow one another"


@dataclass(frozen=True, eq=False)
class Fst:
    """A transducer over the tropical semiring.

    Attributes:
        start: the start state, -1 if there is none.
        states: (states,) STATE, read-only; `pos` and `narcs` give the slice of `arcs` that leaves a state. The arcs
            of state 0 come first, then those of state 1, and so on without gaps.
        arcs: (arcs,) ARC, read-only; weights are costs, −ln p.
    """

    start: int
    states: NDArray[np.void]
    arcs: NDArray[np.void]

    def __post_init__(self) -> None:
        self.states.flags.writeable = False
        self.arcs.flags.writeable = False

    def __eq__(self, other: object) -> bool:
        """Whether `other` has the same start, states and arcs in the same order, with equal costs."""
        if not isinstance(other, Fst):
            return NotImplemented
        same_states = np.array_equal(self.states, other.states)
        return self.start == other.start and same_states and np.array_equal(self.arcs, other.arcs)

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def from_arcs(
        cls, start: int, sources: NDArray[np.integer], arcs: NDArray[np.void], finals: NDArray[np.float32]
    ) -> Fst:
        """Return the transducer with these arcs, grouped by source state; arcs of one state keep their order.

        Args:
            start: the start state, -1 if there is none.
            sources: (arcs,) the state that each arc leaves.
            arcs: (arcs,) ARC.
            finals: (states,) final costs, NOT_FINAL where a state is not final.

        Raises:
            ValueError: a state or label is out of range.
        """
        count = len(finals)
        if len(sources) and not (sources.min() >= 0 and sources.max() < count):
            raise ValueError("an arc leaves a state that does not exist")
        if np.any(sources[:-1] > sources[1:]):
            order = np.argsort(sources, kind="stable")
            sources, arcs = sources[order], arcs[order]
        states = np.zeros(count, STATE)
        states["final"] = finals
        states["narcs"] = np.bincount(sources, minlength=count)
        states["pos"] = np.cumsum(states["narcs"], dtype=np.uint64) - states["narcs"]
        states["nieps"] = np.bincount(sources[arcs["ilabel"] == EPSILON], minlength=count)
        states["noeps"] = np.bincount(sources[arcs["olabel"] == EPSILON], minlength=count)
        fault = _fault_of_states(start, states, len(arcs)) or _fault_of_arcs(states, arcs)
        if fault:
            raise ValueError(fault)
        return cls(start, states, arcs)

    @property
    def sources(self) -> NDArray[np.int32]:
        """(arcs,) the state that each arc leaves."""
        return np.repeat(np.arange(len(self.states), dtype=np.int32), self.states["narcs"])

    def is_ilabel_sorted(self) -> bool:
        """Whether the arcs of every state are in ascending order of ilabel."""
        ascending = self.arcs["ilabel"][:-1] <= self.arcs["ilabel"][1:]
        return bool(np.all(ascending | (self.sources[:-1] != self.sources[1:])))


def parse(path: str | os.PathLike[str], *, check_arcs: bool = True) -> Fst:
    """Return the transducer in the file `path`; an aligned const file is memory-mapped and not copied.

    Args:
        path: a vector or const file; `-` and gzip are read into memory.
        check_arcs: check every arc, which reads the whole file. If false, whoever follows an arc checks its next
            state; states, counts and sizes are checked all the same.

    Raises:
        AsrkitError: the file cannot be read or is not a sound FST of the standard arc type.
    """
    return from_bytes(_content(path), name_of(path), check_arcs=check_arcs)


def from_bytes(content: bytes | mmap.mmap, name: str = "FST", *, check_arcs: bool = True) -> Fst:
    """Return the transducer that `content`, called `name` in messages, holds; see `parse`."""
    try:
        kind, start, state_count, arc_count, aligned, body = _read_header(content)
        if kind == "const":
            states, arcs = _const_body(content, body, state_count, arc_count, aligned)
        else:
            states, arcs = _vector_body(content, body, state_count)
        fault = _fault_of_states(start, states, len(arcs)) or (check_arcs and _fault_of_arcs(states, arcs))
    except struct.error:
        fault = "the file is cut short"
    except _Unsound as error:
        fault = str(error)
    if fault:
        raise AsrkitError(f"this is not a sound FST file: {fault}", where=name, cure="make or copy it anew")
    return Fst(start, states, arcs)


def serialize(fst: Fst, kind: Kind = "const") -> Iterator[bytes]:
    """Yield the bytes of `fst` as an OpenFst file: const (aligned, so that it can be mapped) or vector."""
    properties = _EXPANDED | (_ILABEL_SORTED if fst.is_ilabel_sorted() else 0)
    if kind == "vector":
        yield _header("vector", _VECTOR_VERSION, 0, properties | _MUTABLE, fst.start, len(fst.states), 0)
        yield _vector_bytes(fst)
        return
    header = _header("const", _ALIGNED_CONST_VERSION, _ALIGNED, properties, fst.start, len(fst.states), len(fst.arcs))
    yield header
    yield b"\0" * (-len(header) % _ALIGNMENT)
    yield fst.states.tobytes()
    yield b"\0" * (-fst.states.nbytes % _ALIGNMENT)
    yield fst.arcs.tobytes()


def write(path: str | os.PathLike[str], fst: Fst, kind: Kind = "const") -> None:
    """Publish `fst` as the file `path` (`-`: standard output)."""
    with publish_file(path) as stream:
        for chunk in serialize(fst, kind):
            stream.write(chunk)


def to_pynini(fst: Fst) -> pynini.Fst:
    """Return `fst` as a pynini object."""
    import pynini

    return pynini.Fst.read_from_string(b"".join(serialize(fst, "vector")))


def from_pynini(fst: pynini.Fst) -> Fst:
    """Return the pynini object `fst` as arrays."""
    return from_bytes(fst.write_to_string(), "pynini's FST")


class _Unsound(Exception):
    """Tells why a file cannot be an FST."""


def _content(path: str | os.PathLike[str]) -> bytes | mmap.mmap:
    if os.fspath(path) != STDIN and Path(path).is_file():
        try:
            with open(path, "rb") as file:
                if file.read(2) != b"\x1f\x8b" and os.fstat(file.fileno()).st_size > 0:
                    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise from_os_error(error, path) from error
    with open_binary(path) as stream:
        return stream.read()


def _read_header(content: bytes | mmap.mmap) -> tuple[str, int, int, int, bool, int]:
    """Return type, start, states, arcs, whether blocks are aligned, and where the body begins."""
    if len(content) < 4 or struct.unpack_from("<i", content, 0)[0] != _MAGIC:
        raise _Unsound("it does not begin as one" if len(content) else "it is empty")
    kind, at = _read_string(content, 4)
    arc_type, at = _read_string(content, at)
    if kind not in (b"vector", b"const") or arc_type != b"standard":
        found = f"{kind.decode(errors='replace')} with {arc_type.decode(errors='replace')} arcs"
        raise _Unsound(f"its type is {shown(found)}, but vector or const with standard arcs is needed")
    version, flags, _, start, states, arcs = struct.unpack_from("<iiQqqq", content, at)
    at += struct.calcsize("<iiQqqq")
    for flag in (_HAS_ISYMBOLS, _HAS_OSYMBOLS):
        if flags & flag:
            at = _skip_symbols(content, at)
    aligned = bool(flags & _ALIGNED) or (kind == b"const" and version == _ALIGNED_CONST_VERSION)
    return kind.decode(), start, states, arcs, aligned, at


def _read_string(content: bytes | mmap.mmap, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<i", content, at)
    end = at + 4 + length
    if length < 0 or end > len(content):
        raise _Unsound("a name in its header is longer than the file")
    return content[at + 4 : end], end


def _skip_symbols(content: bytes | mmap.mmap, at: int) -> int:
    if struct.unpack_from("<i", content, at)[0] != _SYMBOLS_MAGIC:
        raise _Unsound("its header promises symbols, which do not follow")
    _, at = _read_string(content, at + 4)
    _, count = struct.unpack_from("<qq", content, at)
    at += 16
    if not 0 <= count <= (len(content) - at) // 12:
        raise _Unsound("its symbols are more than the file can hold")
    for _ in range(count):
        _, at = _read_string(content, at)
        at += 8
    return at


def _const_body(
    content: bytes | mmap.mmap, at: int, state_count: int, arc_count: int, aligned: bool
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    states_at = at + (-at % _ALIGNMENT if aligned else 0)
    states_end = states_at + state_count * STATE.itemsize
    arcs_at = states_end + (-states_end % _ALIGNMENT if aligned else 0)
    end = arcs_at + arc_count * ARC.itemsize
    if state_count < 0 or arc_count < 0 or end != len(content):
        wanted = f"{state_count} states and {arc_count} arcs"
        raise _Unsound(f"its header promises {wanted}, which is not what {len(content)} bytes hold")
    states = np.frombuffer(content, STATE, state_count, states_at)
    arcs = np.frombuffer(content, ARC, arc_count, arcs_at)
    return (states, arcs) if states_at % 4 == 0 else (states.copy(), arcs.copy())


def _vector_body(content: bytes | mmap.mmap, at: int, state_count: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    size = len(content) - at
    if state_count != _UNKNOWN_COUNT and not 0 <= state_count <= size // _VECTOR_STATE.itemsize:
        raise _Unsound(f"its header promises {state_count} states, more than {len(content)} bytes hold")
    narcs = []
    end = at
    while end < len(content) and len(narcs) != state_count:
        (count,) = struct.unpack_from("<q", content, end + 4)
        end += _VECTOR_STATE.itemsize + count * ARC.itemsize
        if count < 0 or end > len(content):
            raise _Unsound(f"state {len(narcs)} has {count} arcs, more than the file holds")
        narcs.append(count)
    if end != len(content) or state_count not in (_UNKNOWN_COUNT, len(narcs)):
        raise _Unsound(f"its header promises {state_count} states, but {len(narcs)} fill {end} of {len(content)} bytes")
    words = np.frombuffer(content[at:], "<u4")
    state_words, arc_words = _vector_layout(np.array(narcs, np.int64))
    finals = words[state_words].view("<f4")
    arcs = words[arc_words[:, None] + np.arange(_ARC_WORDS)].view(ARC).reshape(-1)
    sources = np.repeat(np.arange(len(narcs)), narcs)
    states = np.zeros(len(narcs), STATE)
    states["final"] = finals
    states["narcs"] = narcs
    states["pos"] = np.cumsum(states["narcs"], dtype=np.uint64) - states["narcs"]
    states["nieps"] = np.bincount(sources[arcs["ilabel"] == EPSILON], minlength=len(narcs))
    states["noeps"] = np.bincount(sources[arcs["olabel"] == EPSILON], minlength=len(narcs))
    return states, arcs


def _vector_layout(narcs: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where, in 4-byte words, each state and each arc of a vector body begins."""
    arcs_before = np.cumsum(narcs) - narcs
    state_words = np.arange(len(narcs)) * _STATE_WORDS + arcs_before * _ARC_WORDS
    sources = np.repeat(np.arange(len(narcs)), narcs)
    arc_words = (sources + 1) * _STATE_WORDS + np.arange(len(sources)) * _ARC_WORDS
    return state_words, arc_words


def _vector_bytes(fst: Fst) -> bytes:
    state_words, arc_words = _vector_layout(fst.states["narcs"].astype(np.int64))
    heads = np.empty(len(fst.states), _VECTOR_STATE)
    heads["final"] = fst.states["final"]
    heads["narcs"] = fst.states["narcs"]
    words = np.empty(_STATE_WORDS * len(fst.states) + _ARC_WORDS * len(fst.arcs), "<u4")
    words[state_words[:, None] + np.arange(_STATE_WORDS)] = heads.view("<u4").reshape(-1, _STATE_WORDS)
    arcs = np.ascontiguousarray(fst.arcs).view("<u4").reshape(-1, _ARC_WORDS)
    words[arc_words[:, None] + np.arange(_ARC_WORDS)] = arcs
    return words.tobytes()


def _header(kind: Kind, version: int, flags: int, properties: int, start: int, states: int, arcs: int) -> bytes:
    name = kind.encode()
    numbers = struct.pack("<iiQqqq", version, flags, properties, start, states, arcs)
    return struct.pack(f"<ii{len(name)}si8s", _MAGIC, len(name), name, 8, b"standard") + numbers


def _fault_of_states(start: int, states: NDArray[np.void], arc_count: int) -> str | None:
    """Return what is wrong with the states, or None."""
    if not -1 <= start < max(len(states), 1) or (start == -1 and len(states)):
        return f"start state {start} is none of its {len(states)} states"
    follows = 0
    for at in range(0, len(states), _STATES_AT_ONCE):  # a few at once: large temporary arrays took most of the time
        some = states[at : at + _STATES_AT_ONCE]
        narcs, pos = some["narcs"].astype(np.uint64), some["pos"].astype(np.uint64)
        if pos[0] != follows or np.any(pos[1:] - pos[:-1] != narcs[:-1]):
            return _GAP
        follows = int(pos[-1]) + int(narcs[-1])
        if np.any(some["nieps"] > narcs) or np.any(some["noeps"] > narcs):
            return "a state has more epsilons than arcs"
        if not np.all(some["final"] > -np.inf):
            return "a final cost is not a number"
    return None if follows == arc_count else _GAP


def _fault_of_arcs(states: NDArray[np.void], arcs: NDArray[np.void]) -> str | None:
    """Return what is wrong with the arcs of sound `states`, or None."""
    for at in range(0, len(states), _STATES_AT_ONCE):
        fault = _fault_of_some(states[at : at + _STATES_AT_ONCE], arcs, len(states))
        if fault:
            return fault
    return None


def _fault_of_some(states: NDArray[np.void], arcs: NDArray[np.void], state_count: int) -> str | None:
    first = int(states["pos"][0])
    ends = np.cumsum(states["narcs"], dtype=np.int64)
    numbers = np.ascontiguousarray(arcs[first : first + int(ends[-1])]).view("<i4").reshape(-1, _ARC_WORDS)
    if not len(numbers):
        return None
    ilabels, olabels, weights, nexts = np.ascontiguousarray(numbers.T)
    if nexts.min() < 0 or nexts.max() >= state_count:
        return "an arc leads to a state that does not exist"
    if ilabels.min() < 0 or olabels.min() < 0:
        return "an arc has a negative label"
    if not np.all(weights.view("<f4") > -np.inf):
        return "the cost of an arc is not a number"
    for labels, counts in ((ilabels, states["nieps"]), (olabels, states["noeps"])):
        so_far = np.zeros(len(labels) + 1, np.int64)
        np.cumsum(labels == EPSILON, out=so_far[1:])
        if not np.array_equal(np.diff(so_far[ends], prepend=0), counts):
            return "a state's count of epsilons is wrong"
    return None
