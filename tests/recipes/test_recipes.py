"""Every recipe runs, as far as its data is at hand, and ends with what its README says it does."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile

from asrkit.formats import am_mvn, tokens
from asrkit.hotwords.graph import DEFAULT_INCREMENTAL_BIAS

RECIPES = Path(__file__).parents[2] / "recipes"
PACKAGE = RECIPES.parent / "asrkit"
MODEL = PACKAGE / "models" / "small-paraformer"
DEMO = PACKAGE / "demo"
DOMAIN = RECIPES / "demo" / "domain.txt"


def run(recipe, *arguments):
    """Run a recipe with the Python of the tests first in PATH; return what it wrote to standard output."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    command = [str(RECIPES / recipe / "run.sh"), *map(str, arguments)]
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(printed):
    """Return name -> (errors, names found) of the table that a recipe prints."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in printed.splitlines() if line[:1] == "|"]
    return {name: (float(errors.split()[0]), int(found.split()[0])) for name, errors, _, found, *_ in rows[2:]}


@pytest.mark.parametrize("recipe", ["funasr-paraformer", "peoples-daily", "sherpa-onnx-paraformer"])
def test_a_recipe_without_what_it_needs_tells_how_it_is_used(recipe):
    done = subprocess.run(["bash", RECIPES / recipe / "run.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.startswith("usage: run.sh ") and done.stderr.count("\n") == 1


@pytest.fixture
def names():
    return [line for line in (DEMO / "hotwords.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]


def test_the_demo_ends_with_a_table_in_which_every_step_helps(tmp_path):
    printed = run("demo", tmp_path)
    greedy, lm, hotwords = table(printed).values()
    assert greedy[0] > lm[0] > hotwords[0] and greedy[1] < lm[1] < hotwords[1]
    assert "real-time factor" in printed and "Where to look next" in printed


@pytest.mark.parametrize("style", ["@@", "▁"])
def test_english_pieces_of_either_style_make_words_and_hotwords_find_names(tmp_path, style):
    lm, hotwords = table(run("english-bpe", style, tmp_path)).values()
    assert hotwords[1] > lm[1] and hotwords[0] < lm[0]
    assert style in (tmp_path / "lexicon.txt").read_text(encoding="utf-8")


def bonus_of(phrase, work):
    """Return the bonus that the phrase earned in the recipe's decode with hotwords, where it is said once."""
    lines = (work / "hotwords" / "hyps.jsonl").read_text(encoding="utf-8").splitlines()
    (bonus,) = (hotword["bonus"] for line in lines for hotword in json.loads(line)["hotwords"]
                if hotword["phrase"] == phrase)  # fmt: skip
    return bonus


def test_a_funasr_folder_is_decoded_with_funasr_weights(tmp_path, names):
    (tmp_path / "hotwords.txt").write_text("".join(f"{name} 20\n" for name in names), encoding="utf-8")
    printed = run("funasr-paraformer", MODEL, DOMAIN, tmp_path / "hotwords.txt", DEMO, tmp_path / "work")
    assert "exported for FunASR" in printed
    assert bonus_of("林婉清", tmp_path / "work") == 20 / 10 + 3 * DEFAULT_INCREMENTAL_BIAS  # on FunASR's scale


def test_a_sherpa_onnx_folder_is_decoded_with_its_hotwords(tmp_path, names):
    model = write_for_sherpa(tmp_path / "model")
    (tmp_path / "hotwords.txt").write_text("".join(f"{name} :1.5\n" for name in names), encoding="utf-8")
    printed = run("sherpa-onnx-paraformer", model, DOMAIN, tmp_path / "hotwords.txt", DEMO, tmp_path / "work")
    assert "exported for sherpa-onnx" in printed
    assert bonus_of("林婉清", tmp_path / "work") == 1.5 + 3 * DEFAULT_INCREMENTAL_BIAS


def test_peoples_daily_takes_the_layout_of_aishell_and_text_that_is_there(tmp_path, names):
    data, work = tmp_path / "data_aishell", tmp_path / "work"
    (data / "wav" / "test" / "S1").mkdir(parents=True)
    (data / "transcript").mkdir()
    work.mkdir()
    said = (DEMO / "text").read_text(encoding="utf-8").splitlines()
    (data / "transcript" / "aishell_transcript_v0.8.txt").write_text("\n".join(said) + "\n", encoding="utf-8")
    for line in said[:4]:
        utt = line.split()[0]
        soundfile.write(data / "wav" / "test" / "S1" / f"{utt}.wav", *soundfile.read(DEMO / f"{utt}.flac"))
    (work / "text.txt").write_text(DOMAIN.read_text(encoding="utf-8"), encoding="utf-8")
    lm = ("train-lm", work / "words.txt", "-o", work / "lm.arpa", "--smoothing", "witten-bell")
    for command in (("segment", work / "text.txt", "-o", work / "words.txt"), lm):
        subprocess.run([sys.executable, "-m", "asrkit", *map(str, command)], check=True, capture_output=True)
    printed = run("peoples-daily", data, DEMO / "hotwords.txt", work)
    kinds = {kind: int(count) for count, kind in re.findall(r"^ +(\d+) +\d+  ([a-z].*)$", printed, re.MULTILINE)}
    assert sum(kinds.values()) == 4 and kinds["what was said scores more: the search's"] == 0
    greedy, _, hotwords = table(printed).values()
    assert hotwords[0] < greedy[0] and len((work / "reference.txt").read_text().splitlines()) == 4



def write_for_sherpa(folder):
    """Write the small model as an export for sherpa-onnx: the unit table as text, the rest in the metadata."""
    folder.mkdir()
    model, cmvn = onnx.load(MODEL / "model_quant.onnx"), am_mvn.parse(MODEL / "am.mvn")
    units = tokens.parse(MODEL / "tokens.json").units
    facts = {
        "model_type": "paraformer", "vocab_size": len(units), "lfr_window_size": 7, "lfr_window_shift": 6,
        "neg_mean": ",".join(map(str, cmvn.shift)), "inv_stddev": ",".join(map(str, cmvn.scale)),
    }  # fmt: skip
    onnx.helper.set_model_props(model, {key: str(value) for key, value in facts.items()})
    onnx.save(model, folder / "model.int8.onnx")
    (folder / "tokens.txt").write_text("".join(f"{u} {i}\n" for i, u in enumerate(units)), encoding="utf-8")
    return folder


def test_language_models_stand_side_by_side_and_the_newer_smoothings_foresee_more(tmp_path):
    rng = np.random.default_rng(20261123)
    lines = DOMAIN.read_text(encoding="utf-8").split()
    halves = [(line[: len(line) // 2], line[len(line) // 2 :]) for line in lines]
    some = [halves[a][0] + halves[b][1] for a, b in rng.integers(0, len(halves), (800, 2))]
    (tmp_path / "text.txt").write_text("\n".join(some) + "\n", encoding="utf-8")
    printed = run("language-models", tmp_path / "text.txt", DOMAIN, tmp_path / "work")
    rows = re.findall(r"^(\S.*?) +\d+ +([\d.e+]+) +[\d.e+]+$", printed, re.MULTILINE)
    perplexity = {name: float(figure) for name, figure in rows}
    assert perplexity["modified-kneser-ney"] < perplexity["add-k"] < perplexity["mle"]
    assert perplexity["order 3"] < perplexity["order 2"] < perplexity["order 1"]
    assert "sample --seed 1:" in printed and "the short sentence of the test text" in printed
