"""Archives of posteriors: what is written is read again, and damage is told."""

import io
import struct

import numpy as np
import pytest

from asrkit.errors import AsrkitError
from asrkit.formats import kaldi_ark, posteriors
from asrkit.formats.posteriors import Posteriors
from tests.mutants import survives
from tests.random_cases import random_cases

# Two matrices as Kaldi's own `copy-matrix ark,t:- ark:-` writes them: u1 [ 1 2 3; 4 5 6 ] and 语 [ -0.5 ].
KALDI = (
    b"u1 \0BFM \x04\x02\0\0\0\x04\x03\0\0\0" + struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    + "语".encode() + b" \0BFM \x04\x01\0\0\0\x04\x01\0\0\0" + struct.pack("<f", -0.5)
)  # fmt: skip


def _some(rng, count=3):
    for number in range(count):
        steps = int(rng.integers(0, 6))
        times = np.sort(rng.random(steps, np.float32)) if rng.random() < 0.7 else None
        yield f"句/{number}", Posteriors(rng.normal(size=(steps, 5)).astype(np.float32), times, bool(number % 2))


def _read_whole(path):
    return dict(posteriors.parse(path).items())


@random_cases(20)
def test_an_npz_is_read_as_it_was_written_in_its_order(tmp_path, rng):
    items = list(_some(rng))
    assert posteriors.write(tmp_path / "p.npz", items) == 3
    found = posteriors.parse(tmp_path / "p.npz")
    assert list(found) == [utt for utt, _ in items]
    for utt, item in items:
        np.testing.assert_array_equal(found[utt].log_probs, item.log_probs)
        assert (found[utt].times is None) == (item.times is None)
        if item.times is not None:
            np.testing.assert_array_equal(found[utt].times, item.times)
            assert found[utt].estimated == item.estimated


def test_numpy_reads_our_npz_and_we_read_numpys(tmp_path):
    log_probs = np.log(np.full((2, 4), 0.25, np.float32))
    posteriors.write(tmp_path / "ours.npz", [("u1", Posteriors(log_probs, np.array([0.1, 0.2], np.float32)))])
    with np.load(tmp_path / "ours.npz") as theirs:
        assert sorted(theirs.files) == ["u1", "u1/times"]
        np.testing.assert_array_equal(theirs["u1"], log_probs)
    with open(tmp_path / "theirs.npz", "wb") as file:
        np.savez_compressed(file, u1=np.asfortranarray(log_probs, np.float64), u2=log_probs[:1])
    found = _read_whole(tmp_path / "theirs.npz")
    np.testing.assert_allclose(found["u1"].log_probs, log_probs)
    assert found["u2"].log_probs.dtype == np.float32 and found["u2"].times is None


@pytest.mark.parametrize("with_times", [True, False])
def test_an_id_that_looks_like_the_times_of_another_is_an_utterance(tmp_path, with_times):
    ids = ["a", "a/times", "a/times/times", "a%2Ftimes", "a%252Ftimes", "a/estimated_times", "times", "/times"]
    items = {
        utt: Posteriors(np.full((2, 3), n, np.float32), np.array([0, n], np.float32) if with_times else None)
        for n, utt in enumerate(ids)
    }
    posteriors.write(tmp_path / "p.npz", items.items())
    found = _read_whole(tmp_path / "p.npz")
    assert list(found) == ids
    for utt, item in items.items():
        np.testing.assert_array_equal(found[utt].log_probs, item.log_probs)
        assert with_times == (found[utt].times is not None)
        np.testing.assert_array_equal(found[utt].times, item.times)


def test_an_array_of_numpy_named_like_times_is_an_utterance_if_it_has_two_dimensions(tmp_path):
    rows = np.zeros((2, 3), np.float32)
    np.savez(tmp_path / "p.npz", **{"a": rows, "a/times": rows, "b": rows, "b/times": np.zeros(2, np.float32)})
    found = _read_whole(tmp_path / "p.npz")
    assert sorted(found) == ["a", "a/times", "b"]
    assert found["a"].times is None and found["b"].times is not None


def test_the_same_posteriors_give_the_same_bytes(tmp_path):
    items = [("u1", Posteriors(np.zeros((1, 2), np.float32)))]
    for name in ("a", "b"):
        posteriors.write(tmp_path / f"{name}.npz", items)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_utterance_may_be_called_times_when_no_other_one_has_them(tmp_path):
    posteriors.write(tmp_path / "p.npz", [("u/times", Posteriors(np.zeros((1, 2), np.float32)))])
    assert list(posteriors.parse(tmp_path / "p.npz")) == ["u/times"]


def test_kaldis_bytes_are_read_and_written(tmp_path):
    (tmp_path / "k.ark").write_bytes(KALDI)
    found = _read_whole(tmp_path / "k.ark")
    np.testing.assert_array_equal(found["u1"].log_probs, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(found["语"].log_probs, [[-0.5]])
    posteriors.write(tmp_path / "ours.ark", found.items())
    assert (tmp_path / "ours.ark").read_bytes() == KALDI


def test_the_scp_beside_an_ark_leads_to_every_matrix(tmp_path):
    rng = np.random.default_rng(1)
    items = [(f"u{n}", Posteriors(rng.normal(size=(n + 1, 3)).astype(np.float32))) for n in range(4)]
    posteriors.write(tmp_path / "p.ark", items)
    assert posteriors.is_posteriors(tmp_path / "p.scp") and not posteriors.is_posteriors(tmp_path / "none.scp")
    found = posteriors.parse(tmp_path / "p.scp")
    assert list(found) == [utt for utt, _ in items]
    np.testing.assert_array_equal(found["u3"].log_probs, items[3][1].log_probs)


def test_doubles_of_kaldi_become_float32(tmp_path):
    (tmp_path / "d.ark").write_bytes(b"u \0BDM \x04\x01\0\0\0\x04\x02\0\0\0" + struct.pack("<2d", -1.5, 0.25))
    np.testing.assert_array_equal(_read_whole(tmp_path / "d.ark")["u"].log_probs, [[-1.5, 0.25]])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"u \0BCM2" + bytes(40), "compressed"),
        (b"u  [\n 1 2 ]\n", "no binary matrix"),
        (KALDI[:-2], "cut short"),
        (KALDI + KALDI, "twice"),
        (b"u \0BFV \x04\x02\0\0\0" + bytes(8), "not hold matrices"),
        (b"u \0BFM \x04\xff\xff\xff\x7f\x04\xff\xff\xff\x7f", "cut short"),
        ("不".encode()[:2] + b" \0BFM ", "no utterance id"),
    ],
)
def test_an_archive_of_something_else_is_refused(tmp_path, content, told):
    (tmp_path / "bad.ark").write_bytes(content)
    with pytest.raises(AsrkitError, match=told):
        _read_whole(tmp_path / "bad.ark")


def test_an_scp_of_recordings_is_not_one_of_matrices(tmp_path):
    (tmp_path / "wav.scp").write_text("u1 u1.wav\n")
    assert not posteriors.is_posteriors(tmp_path / "wav.scp")
    with pytest.raises(AsrkitError, match=r"wav.scp:1: 'u1.wav' does not say where a matrix stands"):
        posteriors.parse(tmp_path / "wav.scp")


def _npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\5\6" + bytes(18), "empty"),
        (b"PK not a zip", "damaged"),
        (_npz(u=np.zeros(3)), "1 dimensions"),
        (_npz(u=np.array([["a"]])), "type <U1"),
        (_npz(**{"u": np.zeros((3, 2)), "u/times": np.zeros(2)}), "3 steps, but 2 times"),
    ],
)
def test_an_npz_of_something_else_is_refused(tmp_path, content, told):
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(AsrkitError, match=told):
        _read_whole(tmp_path / "bad.npz")


def test_a_damaged_utterance_leaves_the_others_readable(tmp_path):
    content = bytearray(_npz(a=np.zeros((2, 2)), b=np.ones((2, 2))))
    content[content.index(b"NUMPY") + 130] ^= 1  # a number of the first array: its checksum fails
    (tmp_path / "p.npz").write_bytes(content)
    found = posteriors.parse(tmp_path / "p.npz")
    with pytest.raises(AsrkitError, match="array 'a' is damaged"):
        found["a"]
    np.testing.assert_array_equal(found["b"].log_probs, np.ones((2, 2)))


def test_a_name_of_another_ending_is_not_written(tmp_path):
    with pytest.raises(AsrkitError, match=r"let it end in \.npz, or \.ark"):
        posteriors.write(tmp_path / "p.txt", [])
    assert not list(tmp_path.iterdir())


def test_damaged_archives_are_survived(tmp_path):
    good = _npz(**{"u1": np.zeros((2, 3)), "u1/times": np.zeros(2), "u2": np.ones((1, 3))})
    survives(_read_whole, good, tmp_path / "m.npz", count=1000)
    survives(_read_whole, KALDI, tmp_path / "m.ark", count=1000)
    (tmp_path / "k.ark").write_bytes(KALDI)
    scp = f"u1 {tmp_path}/k.ark:3\n语 {tmp_path}/k.ark:46\n".encode()
    survives(posteriors.parse, scp, tmp_path / "m.scp", count=1000)
    assert kaldi_ark.read_matrix(posteriors.parse(tmp_path / "k.ark")._places["u1"]).shape == (2, 3)
