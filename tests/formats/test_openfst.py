import struct

import numpy as np
import pynini
import pytest
import pywrapfst

from asrkit.errors import AsrkitError
from asrkit.formats import openfst
from asrkit.formats.openfst import ARC, NOT_FINAL, STATE, Fst
from tests.mutants import survives
from tests.random_cases import random_cases

EMPTY = Fst(-1, np.zeros(0, STATE), np.zeros(0, ARC))
KINDS = ("const", "vector")


def random_fst(rng, states, arcs):
    table = np.zeros(arcs, ARC)
    table["ilabel"], table["olabel"] = rng.integers(0, 9, (2, arcs))
    table["weight"] = rng.random(arcs)
    table["next"] = rng.integers(0, states, arcs)
    finals = np.where(rng.random(states) < 0.4, rng.random(states), NOT_FINAL).astype(np.float32)
    return Fst.from_arcs(int(rng.integers(0, states)), rng.integers(0, states, arcs), table, finals)


def arc_by_arc(fst):
    """The slow twin: the same machine, built in pynini one arc at a time."""
    twin = pynini.Fst()
    twin.add_states(len(fst.states))
    if fst.start >= 0:
        twin.set_start(fst.start)
    for state, row in enumerate(fst.states):
        if np.isfinite(row["final"]):
            twin.set_final(state, pynini.Weight("tropical", float(row["final"])))
        for arc in fst.arcs[row["pos"] : row["pos"] + row["narcs"]]:
            cost = pynini.Weight("tropical", float(arc["weight"]))
            twin.add_arc(state, pynini.Arc(int(arc["ilabel"]), int(arc["olabel"]), cost, int(arc["next"])))
    return twin


def as_text(fst):
    """States, arcs and costs to nine digits, in order."""
    return fst.print(show_weight_one=True)


def as_bytes(fst, kind):
    return b"".join(openfst.serialize(fst, kind))


@random_cases(100)
def test_arrays_and_pynini_hold_the_same_machine_both_ways(rng):
    fst = random_fst(rng, int(rng.integers(1, 12)), int(rng.integers(0, 40)))
    theirs = openfst.to_pynini(fst)
    assert as_text(theirs) == as_text(arc_by_arc(fst))
    assert theirs.verify()
    assert openfst.from_pynini(theirs) == fst


@random_cases(50)
def test_openfst_itself_reads_both_kinds_of_file(tmp_path_factory, rng):
    fst = random_fst(rng, int(rng.integers(1, 12)), int(rng.integers(0, 40)))
    for kind in KINDS:
        path = tmp_path_factory.getbasetemp() / f"{kind}.fst"
        openfst.write(path, fst, kind)
        theirs = pynini.Fst.read(str(path))
        assert theirs.verify()
        assert as_text(theirs) == as_text(arc_by_arc(fst))
        assert openfst.parse(path) == fst


def test_a_machine_of_a_million_arcs_equals_pynini_both_ways(tmp_path):
    fst = random_fst(np.random.default_rng(1), 300_000, 1_000_000)
    theirs = openfst.to_pynini(fst)
    assert theirs.verify()
    assert openfst.from_pynini(theirs) == fst
    openfst.write(tmp_path / "m.fst", fst)
    assert pynini.equal(pynini.Fst.read(str(tmp_path / "m.fst")), theirs)


def test_a_const_file_is_mapped_not_copied(tmp_path):
    openfst.write(tmp_path / "m.fst", random_fst(np.random.default_rng(2), 50, 200))
    fst = openfst.parse(tmp_path / "m.fst")
    assert not fst.arcs.flags.owndata and not fst.states.flags.owndata
    assert fst.arcs.ctypes.data % 16 == 0


def test_files_that_openfst_wrote_are_read_whatever_their_alignment(tmp_path):
    fst = random_fst(np.random.default_rng(3), 20, 60)
    theirs = openfst.to_pynini(fst)
    theirs.write(str(tmp_path / "vector.fst"))
    assert openfst.parse(tmp_path / "vector.fst") == fst
    pywrapfst.convert(theirs, "const").write(str(tmp_path / "const.fst"))
    assert openfst.parse(tmp_path / "const.fst") == fst
    unaligned = as_bytes(fst, "const")
    header = struct.calcsize("<ii5si8siiQqqq")
    body = unaligned[header + (-header % 16) :]
    states = body[: fst.states.nbytes]
    version_and_flags = struct.pack("<ii", 2, 0)
    at = struct.calcsize("<ii5si8s")
    packed = unaligned[:at] + version_and_flags + unaligned[at + 8 : header] + states + fst.arcs.tobytes()
    assert openfst.from_bytes(packed) == fst


def test_symbols_inside_a_file_are_passed_over():
    fst = random_fst(np.random.default_rng(4), 6, 20)
    theirs = openfst.to_pynini(fst)
    symbols = pynini.SymbolTable("words")
    for word in ("<eps>", "阳光", "保险"):
        symbols.add_symbol(word)
    theirs.set_input_symbols(symbols)
    theirs.set_output_symbols(symbols)
    assert openfst.from_bytes(theirs.write_to_string()) == fst


def test_a_gzipped_file_is_read(tmp_path):
    fst = random_fst(np.random.default_rng(5), 6, 20)
    openfst.write(tmp_path / "m.fst.gz", fst, "vector")
    assert openfst.parse(tmp_path / "m.fst.gz") == fst


def test_the_empty_machine_survives_the_round_trip():
    for kind in KINDS:
        assert openfst.from_bytes(as_bytes(EMPTY, kind)) == EMPTY
    assert openfst.from_pynini(pynini.Fst()) == EMPTY


def test_arcs_are_grouped_by_source_and_keep_their_order():
    arcs = np.array([(1, 1, 0.5, 0), (2, 2, 0.5, 1), (0, 3, 0.5, 0)], ARC)
    fst = Fst.from_arcs(0, np.array([1, 0, 1]), arcs, np.array([0, NOT_FINAL], np.float32))
    assert fst.arcs["olabel"].tolist() == [2, 1, 3]
    assert fst.states["pos"].tolist() == [0, 1]
    assert fst.states["nieps"].tolist() == [0, 1]
    assert fst.sources.tolist() == [0, 1, 1]
    assert not fst.is_ilabel_sorted()


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_give_one_sentence_and_sound_ones_stay_sound(tmp_path, kind):
    good = as_bytes(random_fst(np.random.default_rng(6), 12, 40), kind)

    def read(path):
        assert openfst.to_pynini(openfst.parse(path)).verify()

    values, errors = survives(read, good, tmp_path / "m.fst", count=2000)
    assert errors > values  # most damage is seen; a changed cost or label is still a machine


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_is_refused(tmp_path, kind):
    good = as_bytes(random_fst(np.random.default_rng(7), 5, 9), kind)
    for size in range(len(good)):
        with pytest.raises(AsrkitError, match="not a sound FST"):
            openfst.from_bytes(good[:size])


def test_counts_beyond_the_file_are_refused_before_anything_is_allocated():
    good = bytearray(as_bytes(random_fst(np.random.default_rng(8), 5, 9), "vector"))
    at = good.index(b"standard") + 8 + 24  # version, flags, properties, start
    good[at : at + 8] = struct.pack("<q", 1 << 60)
    with pytest.raises(AsrkitError, match=f"promises {1 << 60} states"):
        openfst.from_bytes(bytes(good))


def test_a_folder_and_a_missing_file_are_told(tmp_path):
    with pytest.raises(AsrkitError, match="this is a folder"):
        openfst.parse(tmp_path)
    with pytest.raises(AsrkitError, match="no such file"):
        openfst.parse(tmp_path / "none.fst")
