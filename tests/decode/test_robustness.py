"""Runs that are killed, interrupted, or lose a process: real processes, killed by a recording that is a command."""

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

from asrkit.decode import jobs as processes
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, contents

ASKED = [sys.executable, "-m", "asrkit", "decode"]


def list_of(folder, count, commands):
    """Write a wav.scp of `count` demo recordings, some of them by a command; `{}` in it stands for the recording."""
    lines = []
    for number in range(count):
        recording = DEMO / f"demo-{number + 1:02d}.flac"
        source = f"{commands[number].replace('{}', str(recording))} |" if number in commands else recording
        lines.append(f"u{number:02d} {source}")
    (folder / "wav.scp").write_text("\n".join(lines) + "\n")
    return folder / "wav.scp"


def in_shell(*arguments, **options):
    return subprocess.run([*ASKED, *map(str, arguments)], capture_output=True, text=True, check=False, **options)


def test_a_run_that_is_killed_goes_on_and_ends_with_the_same_bytes(graph, tmp_path):
    flag = tmp_path / "flag"
    commands = {14: f"[ -e {flag} ] || {{ touch {flag}; kill -9 $PPID; }}; cat {{}}"}
    asked = (list_of(tmp_path, 18, commands), "--graph", graph, "--allow-commands", "-o")
    assert in_shell(*asked, tmp_path / "out").returncode == -signal.SIGKILL
    journal = tmp_path / "out.partial" / "journal.jsonl"
    before = journal.read_bytes()
    assert 0 < before.count(b"\n") < 18 and not (tmp_path / "out").exists()
    done = in_shell(*asked, tmp_path / "out", "--resume")
    kept = before.count(b"\n")
    assert done.returncode == 0 and f"{kept} of 18 utterances decoded already" in done.stderr
    run("decode", *asked, tmp_path / "whole")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_what_a_killed_process_held_is_tried_once_more_and_then_reported(graph, tmp_path):
    tries = tmp_path / "tries"
    listed = list_of(tmp_path, 8, {3: f"echo >> {tries}; kill -9 $PPID"})
    asked = ("--graph", graph, "--allow-commands", "--jobs", 2, "-o", tmp_path / "out")
    done = run("decode", listed, *asked, status=3)
    (failure,) = map(json.loads, (tmp_path / "out" / "failed.jsonl").read_text().splitlines())
    assert failure["utt"] == "u03" and "killed twice" in failure["reason"] and "u03: the process" in done.stderr
    assert tries.read_text() == "\n\n"
    utts = [line.split()[0] for line in (tmp_path / "out" / "text").read_text(encoding="utf-8").splitlines()]
    assert utts == [f"u{number:02d}" for number in range(8) if number != 3]


def test_ctrl_c_twice_ends_a_run_that_may_be_gone_on_with(graph, tmp_path):
    """The signals come when the last recording is asked for, to all processes, as a terminal sends them."""
    os.mkfifo(tmp_path / "ready")
    commands = {17: f"echo ready > {tmp_path / 'ready'}; exec sleep 60"}
    asked = (list_of(tmp_path, 18, commands), "--graph", graph, "--allow-commands", "--jobs", 2)
    running = subprocess.Popen(
        [*ASKED, *map(str, asked), "-o", str(tmp_path / "out")], stderr=subprocess.PIPE, start_new_session=True
    )
    (tmp_path / "ready").read_text()
    for _ in range(2):
        os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=50)
    assert running.returncode == 130
    assert errors.decode().splitlines()[-1] == "asrkit: error: interrupted" and b"Traceback" not in errors
    assert not (tmp_path / "out").exists() and (tmp_path / "out.partial" / "journal.jsonl").exists()


def test_a_run_that_is_not_to_be_interrupted_loses_no_process(graph, tmp_path):
    """As a script's background job has it: Ctrl-C is ignored there, and so it is in the processes."""
    for fifo in ("ready", "go"):
        os.mkfifo(tmp_path / fifo)
    first = f"[ -e {tmp_path}/flag ] || {{ touch {tmp_path}/flag; echo > {tmp_path}/ready; cat {tmp_path}/go; }}"
    asked = (list_of(tmp_path, 18, {17: f"{first}; cat {{}}"}), "--graph", graph, "--allow-commands", "--jobs", 2)
    command = ["bash", "-c", 'trap "" INT; exec "$@"', "-", *ASKED, *map(str, asked), "-o", str(tmp_path / "out")]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    (tmp_path / "ready").read_text()
    os.killpg(running.pid, signal.SIGINT)
    (tmp_path / "go").write_text("")
    _, errors = running.communicate()
    assert running.returncode == 0 and b"killed" not in errors


def test_each_result_is_there_as_soon_as_it_is_found(graph, tmp_path):
    out = tmp_path / "out"
    commands = {23: f"wc -l < {out} > {tmp_path / 'seen'}; cat {{}}"}
    with out.open("wb") as stream:
        command = [*ASKED, str(list_of(tmp_path, 24, commands)), "--graph", str(graph), "--allow-commands", "--quiet"]
        buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        subprocess.run(command, stdout=stream, env=buffered, check=True)
    assert int((tmp_path / "seen").read_text()) > 0 and len(out.read_text(encoding="utf-8").splitlines()) == 24


def test_results_on_a_terminal_have_no_bar_between_them(graph, tmp_path):
    asked = [*ASKED, str(list_of(tmp_path, 3, {})), "--graph", str(graph)]
    for results in (True, False):
        ours, theirs = pty.openpty()
        where = ["--format", "text"] if results else ["-o", str(tmp_path / "out")]
        running = subprocess.Popen([*asked, *where], stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
        os.close(theirs)
        written = b"".join(iter(lambda: read_terminal(ours), b""))
        os.close(ours)
        assert running.wait() == 0 and b"3 utterances" in written
        assert (b"decoding" in written) is not results and (b"u02 " in written) is results


def read_terminal(descriptor):
    """Return what was written to a terminal, b"" if all who write have closed it."""
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:
        return b""


def test_a_reader_that_goes_away_ends_the_run_quietly(graph, tmp_path):
    command = f"{' '.join(ASKED)} {list_of(tmp_path, 18, {})} --graph {graph} --quiet | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 128 + signal.SIGPIPE and done.stderr == ""


def test_a_closed_standard_input_is_told_if_it_was_to_be_read():
    done = subprocess.run(["bash", "-c", f"{' '.join(ASKED)} - <&-"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "standard input is closed" in done.stderr


def test_an_error_in_a_process_is_told_as_it_is(graph, tmp_path):
    """What one job refuses, two jobs refuse with the same sentence."""
    (tmp_path / "names").write_text("Ж\n", encoding="utf-8")
    asked = (list_of(tmp_path, 18, {}), "--graph", graph, "--hotwords", tmp_path / "names", "--jobs")
    done = [in_shell(*asked, jobs) for jobs in (1, 2)]
    assert [run.returncode for run in done] == [1, 1] and done[0].stderr == done[1].stderr
    assert "none of the 1 hotwords can be spelled" in done[0].stderr


def test_what_is_amiss_with_a_list_is_told_once_whatever_the_number_of_jobs(graph, tmp_path):
    (tmp_path / "names").write_text("Ж\n保定\n", encoding="utf-8")
    asked = (list_of(tmp_path, 18, {}), "--graph", graph, "--hotwords", tmp_path / "names", "--quiet", "--jobs")
    done = [in_shell(*asked, jobs) for jobs in (1, 2)]
    assert done[0].stderr == done[1].stderr and done[0].stderr.count("'Ж' is left out") == 1
    assert done[0].stdout == done[1].stdout


@pytest.mark.parametrize("count", [1, 7, 8, 9, 100, 1000])
@pytest.mark.parametrize("jobs", [2, 3, 8])
def test_chunks_are_all_utterances_in_their_order_and_end_with_single_ones(count, jobs):
    chunks = list(processes.chunks(count, jobs))
    assert [i for first, size in chunks for i in range(first, first + size)] == list(range(count))
    sizes = [size for _, size in chunks]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 1 and sizes[0] <= 8


def test_lists_that_are_wrong_are_told_before_anything_is_decoded(graph, tmp_path):
    recording = DEMO / "demo-01.flac"
    (tmp_path / "two.scp").write_text(f"a {recording}\na {recording}\n")
    (tmp_path / "windows.scp").write_bytes(f"a {recording}\r\nb {recording}\r\n".encode())
    assert "two.scp:2: the recording 'a' stands on line 1 too" in run(
        "decode", tmp_path / "two.scp", "--graph", graph, status=1
    ).stderr
    assert "utterance id 'demo-01' stands in" in run("decode", recording, recording, "--graph", graph, status=1).stderr
    assert run("decode", tmp_path / "windows.scp", "--graph", graph).stdout.count("\n") == 2
    (tmp_path / "names").write_text('保定 1\n保定 2\n"没关\n阳光 3\n阳光 4\n', encoding="utf-8")
    asked = ("decode", recording, "--graph", graph, "--hotwords", tmp_path / "names")
    done = run(*asked, "-o", tmp_path / "out", status=1)
    assert all(f"names:{line}: " in done.stderr for line in (2, 3, 5)) and not list(tmp_path.glob("out*"))


def test_a_segment_outside_its_recording_is_a_failure_of_its_own(graph, tmp_path):
    (tmp_path / "wav.scp").write_text(f"r {DEMO / 'demo-01.flac'}\n")
    (tmp_path / "segments").write_text("a r 0 1.5\nb r 2 99\nc r 50 60\n")
    done = run("decode", tmp_path, "--graph", graph, status=3)
    assert done.stdout.startswith("a ") and done.stdout.count("\n") == 1
    assert done.stderr.count("lies outside this recording of 3.01 s") == 2
