"""No command writes over what it reads, nor over another of its outputs: refused before anything is done."""

import json
import os
from pathlib import Path

import click
import pytest

from asrkit import store
from asrkit.cli.command import Command, Output
from asrkit.cli.main import COMMANDS, main
from asrkit.errors import AsrkitError
from tests.cli.running import asrkit

LM = "\\data\\\nngram 1=3\n\n\\1-grams:\n-1\t<s>\n-1\t</s>\n-0.5\t甲\n\n\\end\\\n"
FILES = {
    "text": "甲 甲\n甲\n", "lm": LM, "lexicon": "甲 a\n", "names": "甲\n", "tokens.json": json.dumps(["<blank>", "a"]),
    "list.txt": "甲\n", "words.scp": "u1 a.wav\n", "in/a.wav": "", "in/b.npz": "", "seg": "甲 a\n", "graph/TLG.fst": "",
}  # fmt: skip
INTO = {  # command -> its arguments; OUT is what it writes
    "segment": "text -o OUT", "train-lm": "text -o OUT", "train-lm --vocab": "text --vocab list.txt -o OUT",
    "train-lm --heldout": "text --smoothing jelinek-mercer --heldout list.txt -o OUT",
    "prune-lm": "lm --threshold 0.1 -o OUT", "mix-lm": "lm lm --weights 0.5,0.5 -o OUT",
    "mix-lm --tune": "lm lm --tune text -o OUT", "make-lexicon": "list.txt --units tokens.json -o OUT",
    "make-lexicon --report": "list.txt --units tokens.json --report OUT",
    "make-lexicon --seg-dict": "list.txt --units tokens.json --by bpe --seg-dict seg -o OUT",
    "compile-hotwords": "names --units tokens.json --lexicon lexicon -o OUT",
    "compile-hotwords --symbols": "names --units tokens.json -o fst --symbols OUT",
    "compile-hotwords --picture": "names --units tokens.json -o fst --picture OUT",
    "draw": "names --units tokens.json -o OUT", "draw FST": "graph -o OUT",
    "posteriors": "words.scp in -o OUT",
    "build-graph": "--lexicon lexicon --lm lm --tokens tokens.json -o OUT --overwrite",
    "build-graph --model": "--lexicon lexicon --lm lm --model in -o OUT --overwrite",
    "decode": "words.scp in --graph graph --hotwords names -o OUT --overwrite",
    "decode --posteriors-in": "--posteriors-in in/b.npz --graph graph --ref text --sweep beam=8 -o OUT --overwrite",
    "decode --posteriors-out": "words.scp in --graph graph --rescore-lm lm --posteriors-out OUT",
}  # fmt: skip
OPTIONS = {"--overwrite", "--weights", "--threshold", "--smoothing", "--by", "--sweep"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content, "utf-8")
    return tmp_path


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def inputs_of(arguments):
    named = arguments.replace("-o OUT", "").split()
    return [word for word in dict.fromkeys(named) if Path(word.split("/")[0]).exists() and word != "OUT"]


@pytest.mark.parametrize("case", INTO)
def test_no_output_takes_the_place_of_an_input(here, case):
    """Under its own name, a link, a hard link, or from within the folder that it is in."""
    before, tried = contents(here), 0
    for read in inputs_of(INTO[case]):
        outputs = [read, f"{here}/in/../{read}"]
        if Path(read).is_dir():
            outputs += [f"{read}/new.dot", f"{here}/{read}/new.npz"]
        else:
            Path("link").symlink_to(read)
            os.link(read, "hard")
            outputs += ["link", "hard"]
        for out in outputs:
            done = asrkit(case.split()[0], *INTO[case].replace("OUT", out).split(), status=2)
            assert "this output" in done.stderr and "the input" in done.stderr and done.stdout == "", (read, out)
            tried += 1
        for name in ("link", "hard"):
            Path(name).unlink(missing_ok=True)
        assert contents(here) == before
    assert tried >= 4


@pytest.mark.parametrize("arguments", [
    "compile-hotwords names --units tokens.json -o x --symbols x",
    "compile-hotwords names --units tokens.json -o x --picture ./x",
    "make-lexicon list.txt --units tokens.json -o x --report in/../x",
    "decode in --graph graph -o x --overwrite --posteriors-out x/h.npz",
])  # fmt: skip
def test_no_output_takes_the_place_of_another_one(here, arguments):
    assert "the output" in asrkit(*arguments.split(), status=2).stderr
    assert not Path("x").exists()


def test_the_list_beside_an_archive_takes_the_place_of_no_input(here):
    for command in ("posteriors words.scp -o words.ark", "decode words.scp --greedy --posteriors-out words.ark"):
        assert "words.scp: this output is the input" in asrkit(*command.split(), status=2).stderr
    assert Path("words.scp").read_text("utf-8") == FILES["words.scp"] and not Path("words.ark").exists()


def test_a_text_may_be_segmented_into_standard_output_and_another_file(here):
    assert asrkit("segment", "text").stdout and asrkit("segment", "text", "-o", "words").status == 0


def commands(group=main):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield command


def test_every_command_declares_what_it_reads_and_writes():
    found = list(commands())
    assert len(found) > len(COMMANDS) - 1 and all(isinstance(command, Command) for command in found)
    writing = {(c.name, p.opts[-1]) for c in found for p in c.params if isinstance(p.type, Output)}
    assert writing == {
        *((name, "--output") for name in (
            "segment", "train-lm", "prune-lm", "mix-lm", "make-lexicon", "build-graph", "draw", "compile-hotwords",
            "posteriors", "decode")),
        ("make-lexicon", "--report"), ("compile-hotwords", "--symbols"), ("compile-hotwords", "--picture"),
        ("decode", "--posteriors-out"),
    }  # fmt: skip


def test_an_option_that_is_not_declared_as_an_output_cannot_write(tmp_path):
    """So a command that forgets to declare it is noticed at its first use, and loses nobody's file."""

    @click.command("forgetful", cls=Command, example="")
    @click.option("-o", "--output", type=click.Path())
    def forgetful(output):
        store.write_bytes(output, b"x")

    with pytest.raises(AsrkitError, match="this output is the input"):
        forgetful.main(["-o", str(tmp_path / "new")], standalone_mode=False)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", ["posteriors list.lst -o OUT", "decode list.lst --greedy --posteriors-out OUT",
                                     "decode list.lst --greedy --posteriors-out OUT -o results"])  # fmt: skip
def test_no_output_takes_the_place_of_a_recording_that_a_list_names(here, command):
    Path("in/call.npz").write_text("a recording of that name")
    Path("list.lst").write_text("in/call.npz\n")
    os.link("in/call.npz", "hard.npz")
    for out in ("in/call.npz", "hard.npz"):
        assert "this output is the input" in asrkit(*command.replace("OUT", out).split(), status=2).stderr
    assert Path("in/call.npz").read_text() == "a recording of that name" and not Path("results").exists()
