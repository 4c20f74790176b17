"""What a run that goes on takes from the one that was stopped: only what is still true of the recordings and lists."""

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asrkit.acoustic.model import AcousticModel
from asrkit.decode import pipeline
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, TOKENS, contents

DIES_AT = """
import os, signal, sys
from asrkit.acoustic.model import AcousticModel
from asrkit.cli.main import run
hears, calls = AcousticModel.log_probs, 0
def dies(*arguments):
    global calls
    calls += 1
    if calls > int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return hears(*arguments)
AcousticModel.log_probs = dies
run(sys.argv[2:])
"""


@pytest.fixture
def recordings(tmp_path):
    """A folder of four recordings."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (1, 4, 5, 16):
        (folder / f"demo-{number:02d}.flac").write_bytes((DEMO / f"demo-{number:02d}.flac").read_bytes())
    return folder


@pytest.fixture
def long(tmp_path):
    """One recording of 24 s, which is cut into pieces of up to 3 s, and a short one behind it."""
    (tmp_path / "long").mkdir()
    sounds = [soundfile.read(DEMO / f"demo-{number:02d}.flac", dtype="float32") for number in range(1, 9)]
    soundfile.write(tmp_path / "long/a.wav", np.concatenate([samples for samples, _ in sounds]), sounds[0][1])
    (tmp_path / "long/b.flac").write_bytes((DEMO / "demo-16.flac").read_bytes())
    return tmp_path / "long"


def stopped(asked, monkeypatch, after=2):
    """Stop a run after so many utterances."""
    answers = pipeline.Pipeline.answers
    with monkeypatch.context() as patch:

        def stops(self, *arguments):
            yield from islice(answers(self, *arguments), after)
            raise KeyboardInterrupt

        patch.setattr(pipeline.Pipeline, "answers", stops)
        run(*asked, status=130)


def rewritten(path, content=None, *, same_time=False):
    """Write a file again, with other content or the same, as long as before."""
    before, old = path.stat(), path.read_bytes()
    path.write_bytes(content if content is not None else old)
    time = before.st_mtime_ns if same_time else before.st_mtime_ns + 10**9
    os.utime(path, ns=(time, time))


def other_bytes(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    return bytes(content)


def test_a_recording_that_was_replaced_since_is_noticed_and_named(graph, recordings, tmp_path, monkeypatch):
    asked = ("decode", recordings, "--graph", graph, "-o", tmp_path / "out")
    stopped(asked, monkeypatch)
    first = recordings / "demo-01.flac"
    old = first.read_bytes()
    for content in ((DEMO / "demo-02.flac").read_bytes(), other_bytes(first), old):
        rewritten(first, content)
        done = run(*asked, "--resume", status=2)
        named = "demo-01" in done.stderr or "other recordings" in done.stderr
        assert named and "in place of --resume" in done.stderr and not (tmp_path / "out").exists()


def test_recordings_of_the_same_size_and_time_are_told_apart_by_verify(graph, recordings, tmp_path, monkeypatch):
    asked = ("decode", recordings, "--graph", graph, "-o", tmp_path / "out", "--verify")
    stopped(asked, monkeypatch)
    first = recordings / "demo-01.flac"
    old = first.read_bytes()
    rewritten(first, other_bytes(first), same_time=True)
    assert "other recordings" in run(*asked, "--resume", status=2).stderr
    assert "other recordings" in run(*asked[:-1], "--resume", status=2).stderr  # the run remembers how it compares
    rewritten(first, old)  # only the time is another
    assert "2 of 4 utterances decoded already" in run(*asked, "--resume").stderr
    assert "finished already" in run(*asked, "--resume").stderr
    rewritten(first, other_bytes(first), same_time=True)
    assert "other recordings" in run(*asked, "--resume", status=2).stderr


def test_verify_is_for_a_folder_of_results():
    assert "--verify" in run("decode", "x.wav", "--verify", status=2).stderr


def test_a_finished_run_is_not_taken_for_that_of_recordings_that_were_replaced_since(graph, recordings, tmp_path):
    asked = ("decode", recordings, "--graph", graph, "-o", tmp_path / "out")
    run(*asked)
    assert "finished already" in run(*asked, "--resume").stderr
    written = (tmp_path / "out" / "manifest.json").stat().st_mtime_ns + 10**9
    (recordings / "demo-05.flac").write_bytes(other_bytes(recordings / "demo-05.flac"))
    os.utime(recordings / "demo-05.flac", ns=(written, written))
    done = run(*asked, "--resume", status=2)
    assert "recordings were changed since the run that finished here: demo-05" in done.stderr
    (recordings / "demo-05.flac").write_bytes((DEMO / "demo-06.flac").read_bytes())
    assert "other recordings" in run(*asked, "--resume", status=2).stderr


def test_the_archives_that_a_list_of_posteriors_names_belong_to_the_run(graph, tmp_path, monkeypatch):
    run("posteriors", *(DEMO / f"demo-{number:02d}.flac" for number in (1, 4, 5)), "-o", tmp_path / "heard.ark")
    asked = ("decode", "--posteriors-in", tmp_path / "heard.scp", "--graph", graph, "-o", tmp_path / "out")
    stopped(asked, monkeypatch)
    rewritten(tmp_path / "heard.ark", other_bytes(tmp_path / "heard.ark"), same_time=True)
    assert "posteriors other than then (heard.ark)" in run(*asked, "--resume", status=2).stderr


def test_the_files_beside_a_network_that_is_named_itself_belong_to_the_run(recordings, tmp_path, monkeypatch):
    model = tmp_path / "model"
    model.mkdir()
    for file in TOKENS.parent.iterdir():
        if file.is_file():
            (model / file.name).write_bytes(file.read_bytes())
    network = next(model.glob("*.onnx"))
    asked = ("decode", recordings, "--model", network, "--greedy", "-o", tmp_path / "out")
    stopped(asked, monkeypatch)
    rewritten(model / "tokens.json", (model / "tokens.json").read_bytes().rstrip() + b"\n\n", same_time=True)
    assert "model other than then (tokens.json)" in run(*asked, "--resume", status=2).stderr


def heard_by(*asked, status=0):
    """Return how often the network is run by a command, and what the command tells."""
    count, hears = 0, AcousticModel.log_probs

    def counted(*arguments):
        nonlocal count
        count += 1
        return hears(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AcousticModel, "log_probs", counted)
        done = run(*asked, status=status)
    return count, done.stderr


def test_a_run_that_is_killed_within_a_long_recording_goes_on_within_it(graph, long, tmp_path):
    asked = ("decode", long, "--graph", graph, "--longest", 3, "-o")
    whole, _ = heard_by(*asked, tmp_path / "whole")
    assert whole > 8
    command = [sys.executable, "-c", DIES_AT, "5", *map(str, asked), str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "out.partial/journal.jsonl").read_bytes() == b""  # not one recording is done
    again, told = heard_by(*asked, tmp_path / "out", "--resume")
    assert again == whole - 5 and "5 pieces of a long recording done already" in told
    assert contents(tmp_path / "out") == contents(tmp_path / "whole") and not (tmp_path / "out.partial").exists()


def test_pieces_are_used_by_every_process_and_only_while_the_recording_is_not_done(graph, long, tmp_path):
    asked = ("decode", long, "--graph", graph, "--longest", 3, "-o")
    run(*asked, tmp_path / "whole")
    command = [sys.executable, "-c", DIES_AT, "7", *map(str, asked), str(tmp_path / "out")]
    subprocess.run(command, capture_output=True, check=False)
    pieces = list((tmp_path / "out.partial/pieces").glob("*/*"))
    assert len(pieces) == 7
    command = [sys.executable, "-m", "asrkit", *map(str, asked), str(tmp_path / "out"), "--resume", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "7 pieces" in done.stderr and contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("damage", [lambda old: old[:-4] + b"\0\0\0\0", lambda old: old[:50], lambda old: b""])
def test_a_damaged_piece_is_heard_again(graph, long, tmp_path, damage):
    asked = ("decode", long, "--graph", graph, "--longest", 3, "-o")
    whole, _ = heard_by(*asked, tmp_path / "whole")
    subprocess.run([sys.executable, "-c", DIES_AT, "5", *map(str, asked), str(tmp_path / "out")],
                   capture_output=True, check=False)  # fmt: skip
    piece = min((tmp_path / "out.partial/pieces").glob("*/*"))
    piece.write_bytes(damage(piece.read_bytes()))
    again, _ = heard_by(*asked, tmp_path / "out", "--resume")
    assert again == whole - 4 and contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_pieces_that_cannot_be_written_cost_nothing(graph, long, tmp_path, monkeypatch):
    asked = ("decode", long, "--graph", graph, "--longest", 3, "-o")
    run(*asked, tmp_path / "whole")
    mkdir = Path.mkdir

    def full(self, *arguments, **options):
        if "pieces" in self.parts:
            raise OSError(28, "No space left on device")
        mkdir(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", full)
    run(*asked, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("more", [[], ["--overwrite"], ["--resume"], ["--resume", "--overwrite"]])
def test_a_folder_that_is_only_called_like_an_unfinished_run_is_not_erased(graph, heard, tmp_path, more):
    partial = tmp_path / "out.partial"
    (partial / "chapters").mkdir(parents=True)
    (partial / "chapters/one").write_text("mine")
    (partial / "thesis").write_text("mine")
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out", *more, status=2)
    assert "asrkit has not made 'chapters' in this folder and does not remove it" in done.stderr
    assert (partial / "thesis").read_text() == (partial / "chapters/one").read_text() == "mine"


@pytest.mark.parametrize(("out", "relation"), [("in", "holds"), (".", "holds"), ("in/demo-04.flac", "is")])
def test_results_do_not_take_the_place_of_recordings_that_a_list_names(
    graph, recordings, tmp_path, monkeypatch, out, relation
):
    monkeypatch.chdir(tmp_path)
    Path("wav.scp").write_text("".join(f"{path.stem} {path}\n" for path in sorted(recordings.iterdir())))
    before = contents(tmp_path)
    for more in ([], ["--overwrite"], ["--resume"]):
        done = run("decode", "wav.scp", "--graph", graph, "-o", out, *more, status=2)
        assert f"this output {relation} the input" in done.stderr and contents(tmp_path) == before


def test_an_input_that_lies_where_the_unfinished_run_would_is_not_erased(graph, recordings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recordings.rename("out.partial")
    done = run("decode", "out.partial", "--graph", graph, "-o", "out", "--overwrite", status=2)
    assert "out.partial: this output is the input" in done.stderr and len(list(Path("out.partial").iterdir())) == 4


def test_relative_and_absolute_paths_give_the_same_bytes(graph, recordings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names").write_text("林婉清\n", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/in").symlink_to(recordings)
    found = []
    for number, folder in enumerate(("in", recordings, "./in/", tmp_path / "elsewhere/in")):
        names = "names" if number % 2 else tmp_path / "names"
        shown = os.path.relpath(graph) if number % 2 else graph
        run("decode", folder, "--graph", shown, "--hotwords", names, "-o", f"out{number}")
        found.append(contents(Path(f"out{number}")))
    assert all(one == found[0] for one in found)
    for number, folder in enumerate(("in", recordings)):  # names that repeat, too
        (recordings / "again").mkdir(exist_ok=True)
        (recordings / "again/demo-01.flac").write_bytes((DEMO / "demo-02.flac").read_bytes())
        run("decode", folder, "--graph", graph, "-o", f"again{number}")
    assert contents(Path("again0")) == contents(Path("again1"))
    run("posteriors", "in", "-o", "heard.npz")
    for number, path in enumerate(("heard.npz", tmp_path / "heard.npz")):
        run("decode", "--posteriors-in", path, "--graph", graph, "-o", f"p{number}")
    assert contents(Path("p0")) == contents(Path("p1"))


def test_a_run_goes_on_though_its_paths_are_written_in_another_way(graph, recordings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stopped(("decode", "in", "--graph", graph, "-o", "out"), monkeypatch)
    done = run("decode", recordings, "--graph", os.path.relpath(graph), "-o", tmp_path / "out", "--resume")
    assert "2 of 4 utterances decoded already" in done.stderr


def test_posteriors_are_not_written_into_the_folder_of_the_unfinished_run_which_is_removed(recordings, tmp_path):
    out, lost = tmp_path / "out", tmp_path / "out.partial/p.npz"
    told = run("decode", recordings, "--greedy", "-o", out, "--posteriors-out", lost, status=2).stderr
    assert "lies in the output" in told and not out.exists()


def test_overwrite_is_no_cure_for_a_folder_that_it_would_refuse(recordings, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("hers")
    told = run("decode", recordings, "--greedy", "-o", tmp_path / "mine", status=2).stderr
    assert "--overwrite" not in told and "name another output, or remove it yourself" in told
