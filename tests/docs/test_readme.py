"""The two READMEs: what a new user copies from them runs, and they say the same."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def section(name, number):
    """Return the text of the section of this number of a README."""
    return (ROOT / name).read_text(encoding="utf-8").split("\n## ")[number]


def commands(text):
    """Return the indented lines of `text`, without the comments behind them."""
    return [re.sub(r"\s+#.*", "", line[4:]) for line in text.splitlines() if line.startswith("    ")]


def numbered(head):
    """Return the number of the section of README.md with this head."""
    sections = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## ")
    return next(number for number, text in enumerate(sections) if text.startswith(head))


def test_the_tour_and_the_python_example_run_as_they_stand_in_an_empty_home(tmp_path):
    (tmp_path / "home").mkdir()
    for name in ("asrkit", "recipes"):
        (tmp_path / name).symlink_to(ROOT / name)
    tour, python = (commands(section("README.md", numbered(head))) for head in ("A tour", "From Python"))
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")  # what is compiled already
    environment = {**os.environ, "PATH": path, "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": cache}
    ran = {"cwd": tmp_path, "env": environment}
    done = subprocess.run(["bash", "-ec", "\n".join(tour)], capture_output=True, text=True, check=False, **ran)
    assert done.returncode == 0, done.stderr
    assert "hotwords: recall" in done.stdout and "fewest errors" in done.stdout
    ran["cwd"] = tmp_path / "tour"
    done = subprocess.run([sys.executable, "-c", "\n".join(python)], capture_output=True, text=True, check=True, **ran)
    assert "林婉清" in done.stdout


def test_the_first_commands_give_the_outputs_that_stand_beside_them(tmp_path):
    (tmp_path / "asrkit").symlink_to(ROOT / "asrkit")
    shown = [line[4:] for line in section("README.md", numbered("What it does")).splitlines() if line[:4] == "    "]
    wanted = [line.partition("# ")[2] for line in shown if "# " in line]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-ec", "\n".join(shown)],
        cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[: len(wanted)] == wanted and len(wanted) == 2
    explained = section("README.md", numbered("What it does")).rpartition("names.txt\n")[2]
    found = sorted(abs(float(figure)) for figure in re.findall(r"\d+\.\d+", done.stdout))
    told = sorted(float(figure) for figure in re.findall(r"\d+\.\d+", explained))
    assert found == pytest.approx(told, abs=0.5)  # int8 networks differ a little from processor to processor


def test_the_chinese_readme_has_the_same_sections_and_commands():
    ours, theirs = ((ROOT / name).read_text(encoding="utf-8").split("\n## ") for name in ("README.md", "README.zh.md"))
    assert len(ours) == len(theirs)
    for here, there in zip(ours, theirs, strict=True):
        assert commands(here) == commands(there)
        assert here.count("\n| ") == there.count("\n| ")
        assert here.count("\n- ") == there.count("\n- ")


def test_the_figures_of_the_two_readmes_are_the_same():
    ours, theirs = (
        [sorted(re.findall(r"\d[\d.]*", line)) for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
         if line.startswith("| ") and "%" in line]
        for name in ("README.md", "README.zh.md")
    )  # fmt: skip
    assert ours == theirs


def test_everything_that_tells_of_the_small_model_says_how_bad_it_is_with_strangers():
    card = ROOT / "asrkit" / "models" / "small-paraformer" / "MODEL_CARD.md"
    for path in (ROOT / "README.md", ROOT / "README.zh.md", card, ROOT / "asrkit" / "cli" / "acoustic_options.py"):
        text = path.read_text(encoding="utf-8")
        assert "69 %" in text and "77 %" in text, path
