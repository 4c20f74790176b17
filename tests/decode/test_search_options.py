"""Sweeps, lattices and rescoring by `asrkit decode`, from posteriors that stand in a file."""

import gzip
import json
import tempfile

import numpy as np
import pynini
import pytest

from asrkit.decode import sweep
from asrkit.decode.setup import Setting
from asrkit.errors import AsrkitError
from asrkit.formats import posteriors
from asrkit.search.options import Options
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, contents, hypotheses
from tests.mutants import mutant
from tests.random_cases import random_cases


def parsed(done):
    """Return the table on standard output as rows of fields, without its heads."""
    return [line.split() for line in done.stdout.splitlines()[1:]]


def test_posteriors_take_the_place_of_recordings_and_give_the_same_words(graph, heard, tmp_path):
    recordings = [DEMO / f"demo-{number:02d}.flac" for number in (1, 4, 5, 16)]
    run("decode", *recordings, "--graph", graph, "-o", tmp_path / "a", "--posteriors-out", tmp_path / "p.npz")
    assert (tmp_path / "p.npz").read_bytes() == heard.read_bytes()
    run("decode", "--posteriors-in", tmp_path / "p.npz", "--graph", graph, "-o", tmp_path / "b")
    for one, other in zip(hypotheses(tmp_path / "a"), hypotheses(tmp_path / "b"), strict=True):
        assert (one["utt"], one["text"], one["scores"]) == (other["utt"], other["text"], other["scores"])
        assert [word["start"] for word in one["words"]] == [word["start"] for word in other["words"]]


def test_kaldis_archives_are_read_and_need_a_graph_only(graph, heard, tmp_path):
    found = posteriors.parse(heard)
    posteriors.write(tmp_path / "p.ark", [(utt, posteriors.Posteriors(found[utt].log_probs)) for utt in found])
    wanted = run("decode", "--posteriors-in", heard, "--graph", graph)
    for name in ("p.ark", "p.scp"):
        done = run("decode", "--posteriors-in", tmp_path / name, "--graph", graph)
        assert done.stdout == wanted.stdout and "no --model" not in done.stderr
    assert run("decode", "--posteriors-in", heard, "--greedy").stdout.count("\n") == 4


def test_posteriors_of_another_model_are_told_for_each_utterance(graph, tmp_path):
    posteriors.write(tmp_path / "p.npz", [("a", posteriors.Posteriors(np.zeros((3, 7), np.float32)))])
    for how in (("--graph", graph), ("--greedy",)):
        done = run("decode", "--posteriors-in", tmp_path / "p.npz", *how, status=1)
        assert "a: its posteriors have 7 units" in done.stderr.replace("a: a:", "a:")


def test_an_utterance_of_an_archive_whose_id_cannot_stand_in_results_fails(graph, tmp_path):
    posteriors.write(tmp_path / "p.npz", [("a b", posteriors.Posteriors(np.zeros((3, 7), np.float32)))])
    done = run("decode", "--posteriors-in", tmp_path / "p.npz", "--graph", graph, status=1)
    assert "the id 'a b' has white space, NUL or a broken character in it" in done.stderr


def test_posteriors_out_tells_all_that_was_heard_whatever_the_number_of_jobs(graph, tmp_path):
    recordings = [DEMO / f"demo-{number:02d}.flac" for number in range(1, 11)]
    for jobs in (1, 2):
        run("decode", *recordings, "gone.wav", "--graph", graph, "-o", tmp_path / f"o{jobs}", "--jobs", jobs,
            "--posteriors-out", tmp_path / f"{jobs}.npz", status=3)  # fmt: skip
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    assert len(posteriors.parse(tmp_path / "1.npz")) == 10
    assert contents(tmp_path / "o1") == contents(tmp_path / "o2")


def test_a_sweep_gives_for_each_setting_what_a_run_with_it_gives(graph, heard, tmp_path):
    run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "s",
        "--sweep", "lm_scale=0:1:0.5", "beam=4,8")  # fmt: skip
    names = {path.name for path in (tmp_path / "s").iterdir() if path.is_dir()}
    assert names == {f"lm_scale={lm},beam={beam}" for lm in ("0", "0.5", "1") for beam in (4, 8)}
    for lm, beam in ((0, 8), (1, 4)):
        alone = tmp_path / f"{lm}-{beam}"
        run("decode", "--posteriors-in", heard, "--graph", graph, "-o", alone, "--lm-scale", lm, "--beam", beam)
        swept = contents(tmp_path / "s" / f"lm_scale={lm},beam={beam}")
        assert {**swept, "manifest.json": b""} == {**contents(alone), "manifest.json": b""}


def test_the_table_of_a_sweep_has_the_error_rates_that_score_tells(graph, heard, tmp_path):
    asked = ("--posteriors-in", heard, "--graph", graph, "--ref", DEMO / "text", "--sweep", "lm-scale=0.2,1")
    done = run("decode", *asked, "-o", tmp_path / "s")
    assert [row[0] for row in parsed(done)] == ["0.2", "1"] and "fewest errors" in done.stdout
    of_file = (tmp_path / "s" / "sweep.tsv").read_text().splitlines()
    assert of_file[0].split("\t")[:3] == ["lm_scale", "utterances", "MER"]
    wanted = DEMO / "text"
    utts = {"demo-01", "demo-04", "demo-05", "demo-16"}
    lines = [line for line in wanted.read_text(encoding="utf-8").splitlines() if line.split()[0] in utts]
    (tmp_path / "ref").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for line in of_file[1:]:
        told = run("score", tmp_path / "ref", tmp_path / "s" / f"lm_scale={line.split()[0]}").stdout
        assert f"MER {line.split(chr(9))[2]}" in told
    without_folder = run("decode", *asked)
    assert [row[:2] + row[3:] for row in parsed(without_folder)] == [row[:2] + row[3:] for row in parsed(done)]


def test_biases_of_hotwords_are_swept_too(graph, heard, tmp_path):
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    run("decode", "--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "names", "--lm-scale", 1,
        "-o", tmp_path / "s", "--sweep", "incremental-bias=0,4")  # fmt: skip
    found = [hypotheses(tmp_path / "s" / f"incremental_bias={bias}")[1] for bias in (0, 4)]
    assert [one["scores"]["hotword"] for one in found] == [0, 12]


def test_a_sweep_that_was_stopped_goes_on(graph, heard, tmp_path, monkeypatch):
    from asrkit.decode import pipeline

    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--sweep", "beam=4,8", "--lattice", "kaldi", "-o")
    run(*asked, tmp_path / "whole")
    answer, calls = pipeline.Pipeline.answer, []

    def stops(self, *arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return answer(self, *arguments)

    monkeypatch.setattr(pipeline.Pipeline, "answer", stops)
    run(*asked, tmp_path / "out", status=130)
    again = run(*asked, tmp_path / "out", "--resume")
    assert "2 of 4 utterances decoded already" in again.stderr and len(calls) == 5
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    finished = run(*asked, tmp_path / "out", "--resume")
    assert "finished already" in finished.stderr and len(parsed(finished)) == 2


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (["foo=1"], "'foo=1' names none of beam"),
        (["beam"], "'beam' names none of"),
        (["beam="], "the values of 'beam=' cannot be read"),
        (["beam=1:2"], "cannot be read"),
        (["beam=2:1:1"], "cannot be read"),
        (["beam=1:2:0"], "cannot be read"),
        (["beam=1:1e9:1e-9"], "cannot be read"),
        (["beam=8,8"], "must be different numbers"),
        (["beam=nan"], "must be different numbers"),
        (["beam=1", "beam=2"], "swept twice"),
        (["max_active=10.5"], "a whole number"),
        (["beam=0"], "beam is 0, but must be above 0"),
        (["beam=1:100:1", "lm_scale=0:1:0.01"], "more than 1,000 settings"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_wrong_usage(parts, sentence):
    with pytest.raises(AsrkitError, match=sentence) as told:
        sweep.settings(parts, Setting())
    assert told.value.status == 2


@random_cases(50)
def test_a_range_has_its_ends_and_even_steps(rng):
    step, count = float(rng.choice([0.1, 0.05, 0.3, 1, 2.5])), int(rng.integers(1, 20))
    first = round(float(rng.integers(0, 10)) * step, 10)
    made = sweep.settings([f"lm_scale={first}:{first + step * (count - 1)}:{step}"], Setting(Options(beam=3)))
    assert [s.search.lm_scale for s in made] == pytest.approx([first + step * i for i in range(count)])
    assert {s.search.beam for s in made} == {3} and len({s.name for s in made}) == count


@random_cases(1000)
def test_a_damaged_sweep_is_refused_or_understood(rng):
    parts = mutant(b"lm_scale=0:1:0.1 max_active=8,12", rng).decode("utf-8", "replace").split()
    try:
        made = sweep.settings(parts, Setting())
    except AsrkitError as error:
        assert error.status == 2
    else:
        assert 1 <= len({setting.name for setting in made}) == len(made) <= sweep.MOST_SETTINGS


def test_lattices_of_both_forms_hold_the_best_path(graph, heard, tmp_path):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph)
    run(*asked, "--lattice", "kaldi", "-o", tmp_path / "k")
    run(*asked, "--lattice", "openfst", "-o", tmp_path / "f")
    words = pynini.SymbolTable.read_text(str(tmp_path / "f" / "words.txt"))
    lattices = (tmp_path / "k" / "lattices.txt").read_text().split("\n\n")
    for one, text in zip(hypotheses(tmp_path / "f"), lattices, strict=False):
        fst = pynini.Fst.read(str(tmp_path / "f" / "lattices" / f"{one['utt']}.fst"))
        cost = float(pynini.shortestdistance(fst, reverse=True)[fst.start()])
        assert cost == pytest.approx(-one["scores"]["total"], abs=1e-3)
        said = [word["word"] if words.member(word["word"]) else "<unk>" for word in one["words"]]
        with_it = pynini.compose(pynini.accep(" ".join(said), token_type=words), fst)
        assert float(pynini.shortestdistance(with_it, reverse=True)[with_it.start()]) == pytest.approx(cost, abs=1e-3)
        assert text.startswith(f"{one['utt']} \n0\t") and text.count("\n") >= len(one["words"])


def test_a_language_model_of_one_word_is_obeyed_in_rescoring(graph, heard, tmp_path):
    """The new model's scores take the place of the old ones, so that the parts still add up."""
    import kenlm

    lm = graph.parent / "lm.arpa"
    model = kenlm.Model(str(lm))
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--rescore-lm", lm, "--lm-scale", 0.7)
    run(*asked, "--nbest", 3, "-o", tmp_path / "r")
    for one in hypotheses(tmp_path / "r"):
        totals = [reading["scores"]["total"] for reading in one["nbest"]]
        assert totals == sorted(totals, reverse=True)
        for reading in one["nbest"]:
            said = [word["word"] for word in reading["words"]]
            nats = np.log(10) * model.score(" ".join(said)) - sum(len(word) for word in said if word not in model)
            assert reading["scores"]["lm"] == pytest.approx(0.7 * nats, abs=1e-3)
            parts = [value for name, value in reading["scores"].items() if name != "total"]
            assert reading["scores"]["total"] == pytest.approx(sum(parts), abs=1e-4)


def test_the_reading_of_least_expected_errors_is_a_path_of_its_own_score_and_confidences(graph, heard, tmp_path):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--lm-scale", 0.2)
    run(*asked, "-o", tmp_path / "best")
    run(*asked, "--mbr", "-o", tmp_path / "mbr")
    pairs = list(zip(hypotheses(tmp_path / "best"), hypotheses(tmp_path / "mbr"), strict=True))
    for best, chosen in pairs:
        assert chosen["scores"]["total"] <= best["scores"]["total"] + 1e-6
        assert all(0 < word["confidence"] <= 1 and word["end"] >= word["start"] for word in chosen["words"])
    sure = [[sum(word["confidence"] for word in one["words"]) for one in pair] for pair in pairs]
    assert all(of_chosen >= of_best - 1e-6 for of_best, of_chosen in sure)


def test_a_model_that_kenlm_cannot_load_is_told_before_anything_is_decoded(graph, heard, tmp_path):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--rescore-lm")
    assert "no such file" in run(*asked, tmp_path / "none", status=1).stderr
    (tmp_path / "bad").write_text("no model\n")
    (tmp_path / "packed").write_bytes(gzip.compress(b"no model\n"))
    for name in ("bad", "packed"):
        told = run(*asked, tmp_path / name, status=1).stderr
        assert f"{tmp_path / name}: no line \\data\\: this is not an ARPA file" in told and "asrkit-" not in told


def test_a_packed_model_rescores_as_the_same_one_unpacked(graph, heard, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    lm = tmp_path / "lm.arpa.gz"
    lm.write_bytes(gzip.compress((graph.parent / "lm.arpa").read_bytes()))
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--format", "jsonl", "--rescore-lm")
    assert run(*asked, lm).stdout == run(*asked, graph.parent / "lm.arpa").stdout
    assert not list((tmp_path / "scratch").iterdir())


def test_options_that_do_not_go_together_are_wrong_usage(graph, heard):
    both = ("decode", "--posteriors-in", heard, "--graph", graph)
    for options, sentence in [
        (("x.wav",), "not both"),
        (("--lattice", "kaldi"), "--lattice needs a folder"),
        (("--sweep", "beam=4", "--format", "text"), "it has no --format"),
        (("--ref", "text"), "--ref is for the table of a --sweep"),
        (("--posteriors-out", "p.npz"), "would only copy a file"),
        (("--greedy", "--sweep", "beam=4"), "need a --graph"),
        (("--resume",), "name it with -o"),
        (("--rescore-lm", "-"), "--rescore-lm is read from a file"),
        (("--mbr", "--nbest", 2), "--mbr gives one reading"),
        (("--greedy", "--mbr"), "need a --graph"),
        (("--blank-skip", 1.5), "blank_skip is 1.5, but must be a probability"),
        (("--format", "srt"), "--format srt makes captions of one recording, and here are 4"),
        (("--blank-skip", 0.9), "blank_skip is for CTC; this graph reads one unit from each step"),
    ]:
        assert sentence in run(*both, *options, status=2).stderr
    assert "name an INPUT" in run("decode", status=2).stderr
    assert "let it end in .npz" in run("decode", "x.wav", "--posteriors-out", "p.txt", status=2).stderr
    assert "passes over those that are done" in run(
        "decode", "x.wav", "-o", "out", "--resume", "--posteriors-out", "p.npz", status=2
    ).stderr


def test_the_references_must_know_the_utterances(graph, heard, tmp_path):
    (tmp_path / "ref").write_text("other 字\n", encoding="utf-8")
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--sweep", "beam=4", "--ref", tmp_path / "ref")
    assert "none of the utterances stands in this reference" in run(*asked, status=1).stderr
    (tmp_path / "ref").write_text("demo-01 我\n", encoding="utf-8")
    assert "no reference for 3 utterances, not counted" in run(*asked).stderr


def test_acoustic_options_are_obeyed(tmp_path):
    import soundfile

    samples, rate = soundfile.read(DEMO / "demo-04.flac", dtype="float32")
    stereo = np.stack([np.zeros_like(samples), samples], axis=1)
    soundfile.write(tmp_path / "two.wav", stereo, rate)
    texts = [run("decode", tmp_path / "two.wav", "--channel", channel).stdout.split()[1:] for channel in (0, 1)]
    assert texts[0] == [] and texts[1] == run("decode", DEMO / "demo-04.flac").stdout.split()[1:]
    assert "there is no channel 2" in run("decode", tmp_path / "two.wav", "--channel", 2, status=1).stderr
    assert "model_quant.onnx" in run("decode", tmp_path / "two.wav", "--precision", "fp32", status=1).stderr
    assert json.loads(run("decode", tmp_path / "two.wav", "--channel", 0, "--format", "jsonl").stdout)["words"] == []
