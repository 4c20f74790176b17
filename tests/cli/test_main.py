import importlib
import json
import os
import signal
import subprocess
import sys

import click
import pytest

from asrkit.cli import main
from asrkit.cli.command import Command
from asrkit.errors import AsrkitError, Status
from tests.cli.running import asrkit

HEAVY = ("numba", "numpy", "onnxruntime", "pynini", "kenlm", "scipy", "rich", "soundfile", "kaldi_native_fbank", "yaml")
TEXT = ("segment", "train-lm", "eval-lm", "generate", "prune-lm", "mix-lm")
GRAPH = ("make-lexicon", "build-graph", "draw", "compile-hotwords", "hotwords")
ORDER_OF_WORK = (*TEXT, *GRAPH, "posteriors", "decode", "score", "compare", "info")


def module_of(name):
    return importlib.import_module(f"asrkit.cli.{name.replace('-', '_')}")


def leaves(name):
    """Return the commands behind `name`: itself, or those of a group."""
    command = module_of(name).command
    return list(command.commands.values()) if isinstance(command, click.Group) else [command]


@pytest.fixture
def failing(monkeypatch):
    """Make `asrkit info` raise what the test chooses."""
    from asrkit import describe

    def fail_with(error):
        def fail(path):
            raise error

        monkeypatch.setattr(describe, "describe", fail)

    return fail_with


@pytest.fixture
def lexicon(tmp_path):
    path = tmp_path / "lexicon.txt"
    path.write_text("阳光 3\n", encoding="utf-8")
    return path


def process(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "asrkit", *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from asrkit.cli.main import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.split(".")[0] for name in done.stderr.split()}
    assert "click" in imported
    assert not imported & set(HEAVY)


def test_help_shows_each_command_in_the_order_of_work_with_an_example():
    text = asrkit("--help").stdout
    places = []
    for name in main.COMMANDS:
        example = module_of(name).command.example
        assert example.splitlines()[0].startswith(f"asrkit {name}")
        assert f"$ {example.splitlines()[0]}" in text
        places.append(text.index(f"\n  {name} "))
    assert places == sorted(places)
    assert list(main.COMMANDS) == [name for name in ORDER_OF_WORK if name in main.COMMANDS]


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_has_help_and_an_example(name):
    assert module_of(name).__doc__
    for command in leaves(name):
        assert isinstance(command, Command)
        assert len(command.help.split()) >= 5
        path = [name] if command.name == name else [name, command.name]
        text = asrkit(*path, "--help").stdout
        assert "Example:" in text and f"asrkit {' '.join(path)}" in text.split("Example:")[1]
        for option in ("--quiet", "--log-json", "--debug"):
            assert option in text
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name}: {parameter.opts[0]} has no help"


def test_wrong_usage_is_status_2_and_one_sentence():
    for arguments, sentence in [
        (["no-such-command"], "No such command 'no-such-command'; see: asrkit --help"),
        (["--no-such-option"], "No such option"),
        (["info"], "Missing argument 'PATH'; see: asrkit info --help"),
        (["info", "a", "b"], "unexpected extra argument"),
    ]:
        done = asrkit(*arguments, status=2)
        assert sentence in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""


def test_an_empty_path_is_wrong_usage(tmp_path):
    for arguments, name in [
        (["decode", "a.wav", "--graph", ""], "'--graph'"),
        (["decode", "a.wav", "-o", ""], "'-o' / '--output'"),
        (["decode", "", "a.wav"], "'[INPUT]...'"),
        (["score", tmp_path, tmp_path, "--hotwords", ""], "'--hotwords'"),
    ]:
        done = asrkit(*arguments, status=2)
        assert f"Invalid value for {name}: the path is empty; see: " in done.stderr


def test_no_arguments_give_the_help_and_status_2():
    assert "Commands, in the order of work" in asrkit(status=2).stderr


def test_version_is_told():
    assert asrkit("--version").stdout.startswith("asrkit, version ")


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (AsrkitError("a is wrong", where="f:1", cure="mend it"), 1, "f:1: a is wrong; mend it."),
        (AsrkitError("two failed", status=Status.SOME_FAILED), 3, "two failed."),
        (AsrkitError("it exists", status=Status.WRONG_USAGE), 2, "it exists."),
        (FileNotFoundError(2, "x", "a/b"), 1, "a/b: no such file or folder; check the path."),
        (OSError(28, "x"), 1, "the disk is full; free some room or write elsewhere."),
        (MemoryError(), 1, "not enough memory; use a smaller input or a machine with more"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("a\nb"), 1, "a defect of asrkit, ZeroDivisionError: a b; run it again with --debug"),
        (RecursionError("deep"), 1, "a defect of asrkit, RecursionError: deep"),
    ],
)
def test_whatever_happens_ends_in_one_sentence_and_its_status(failing, error, status, sentence):
    failing(error)
    done = asrkit("info", "x", status=status)
    assert done.stderr.startswith(f"asrkit: error: {sentence}") and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_debug_adds_the_traceback_and_keeps_the_sentence(failing):
    failing(AsrkitError("a is wrong"))
    done = asrkit("info", "x", "--debug", status=1)
    assert "Traceback" in done.stderr and "in fail" in done.stderr
    assert done.stderr.splitlines()[-1] == "asrkit: error: a is wrong."
    assert "Traceback" not in asrkit("info", "x", status=1).stderr  # it holds for its own run only


def test_log_json_makes_the_error_a_json_line(failing):
    failing(AsrkitError("a is wrong"))
    assert json.loads(asrkit("info", "x", "--log-json", status=1).stderr) == {
        "level": "error",
        "message": "a is wrong.",
    }


def ends_in_order(running, how, folder):
    """Send the signal `how` and check that the run obeys it and leaves nothing in `folder`."""
    running.send_signal(how)
    _, errors = running.communicate()
    assert running.returncode == 130
    assert errors.decode().splitlines()[-1] == "asrkit: error: interrupted"
    assert b"Traceback" not in errors
    assert os.listdir(folder) == []


def test_ctrl_c_ends_a_command_with_130_and_leaves_no_partial_file(tmp_path, lexicon):
    folder = tmp_path / "out"
    folder.mkdir()
    running = process("segment", "-", "-o", folder / "text.txt", "--lexicon", lexicon)
    while not os.listdir(folder):  # until its temporary file is there, it has begun to write
        running.stdin.write("阳光\n".encode() * 100)
        running.stdin.flush()
        assert running.poll() is None
    ends_in_order(running, signal.SIGINT, folder)


# A Ctrl-C that comes just as the process loads its command line
EARLY = """
import os, signal, sys

class Pressed:
    def find_spec(self, name, path, target=None):
        if name == "asrkit.cli.main":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Pressed())
from asrkit.cli.start import main
main()
"""


def test_ctrl_c_while_modules_load_prints_no_traceback():
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


# `asrkit info` that writes half a file and then waits: starts faster than a command that reads and writes
WAITING = """
import signal, sys
from asrkit import describe
from asrkit.cli.main import run
from asrkit.store import publish_file

def waits(path):
    with publish_file(path) as stream:
        stream.write(b"half")
        stream.flush()
        print("ready", flush=True)
        yield sys.stdin.read()

describe.describe = lambda _: waits(sys.argv[1])  # what is described is an input, over which nothing writes
if sys.argv[2] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
run(["info", "something"])
"""


def waiting(path, nohup="-"):
    running = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(path), nohup],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stdout.readline() == b"ready\n"
    return running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_that_ends_a_run_leaves_no_partial_file(tmp_path, how):
    ends_in_order(waiting(tmp_path / "out.txt"), how, tmp_path)


def test_a_signal_that_is_ignored_stays_ignored(tmp_path):
    running = waiting(tmp_path / "out.txt", "nohup")
    running.send_signal(signal.SIGHUP)
    out, errors = running.communicate(b"all of it")
    assert (running.returncode, out, errors) == (0, b"all of it\n", b"")
    assert (tmp_path / "out.txt").read_bytes() == b"half"


def test_a_second_signal_does_not_disturb_the_first_and_a_third_ends_at_once(capsys, monkeypatch):
    ended = []
    monkeypatch.setattr(main.os, "_exit", ended.append)
    handler = main._Interrupt()
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGINT, None)
    handler(signal.SIGINT, None)
    assert "once more ends at once" in capsys.readouterr().err and not ended
    handler(signal.SIGINT, None)
    assert ended == [130]


def test_a_reader_that_goes_away_ends_the_run_quietly():
    command = f"{sys.executable} -m asrkit --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 128 + signal.SIGPIPE)  # 0 if all was written before the reader went
    assert done.stderr == ""


def test_a_full_disk_under_standard_output_is_told_once():
    with open("/dev/full", "wb") as full:
        running = subprocess.Popen([sys.executable, "-m", "asrkit", "--help"], stdout=full, stderr=subprocess.PIPE)
        _, errors = running.communicate()
    assert running.returncode == 1
    assert errors == b"asrkit: error: the disk is full; free some room or write elsewhere.\n"


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_closed_standard_streams_are_no_defect(tmp_path, closed):
    (tmp_path / "file").write_text("a b c\n")
    for name, status in (("file", 0), ("none", 1)):
        command = f"{sys.executable} -m asrkit info {tmp_path}/{name} {closed}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == status
        assert "defect" not in done.stderr and "Traceback" not in done.stderr
        assert ("plain text" in done.stdout) == (status == 0 and "1>" not in closed)


def test_the_shell_can_ask_for_completions():
    environment = {**os.environ, "_ASRKIT_COMPLETE": "bash_complete", "COMP_WORDS": "asrkit eval", "COMP_CWORD": "1"}
    command = [sys.executable, "-m", "asrkit"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "eval-lm" in done.stdout
