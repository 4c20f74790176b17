"""`asrkit decode` as its users meet it: the model that ships, the demo recordings, a graph made here."""

import json
from itertools import islice

import pytest

from asrkit import store
from asrkit.decode import jobs as processes
from asrkit.decode import pipeline
from asrkit.store.journal import open_journal
from tests.cli.running import asrkit as run
from tests.decode.demo import DEMO, TOKENS, contents, hypotheses


@pytest.fixture
def some(tmp_path):
    """Four of the recordings, a missing one among them, as a list."""
    paths = [str(DEMO / f"demo-{number:02d}.flac") for number in (1, 4, 16)]
    (tmp_path / "list.txt").write_text("\n".join([paths[0], "gone.wav", *paths[1:]]) + "\n")
    return tmp_path / "list.txt"


def test_one_result_comes_for_each_utterance_and_failures_are_named(graph, some, tmp_path):
    done = run("decode", some, "--graph", graph, "-o", tmp_path / "out", status=3)
    assert [h["utt"] for h in hypotheses(tmp_path / "out")] == ["demo-01", "demo-04", "demo-16"]
    (failure,) = map(json.loads, (tmp_path / "out" / "failed.jsonl").read_text().splitlines())
    assert failure["utt"] == "gone" and "no such file" in failure["reason"]
    assert "gone" in done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "hyps.jsonl", "text", "ctm", "trn", "failed.jsonl", "manifest.json"
    }  # fmt: skip
    assert not (tmp_path / "out.partial").exists()


def test_words_have_times_and_confidences_and_the_parts_of_the_score_add_up(graph, some, tmp_path):
    run("decode", some, "--graph", graph, "-o", tmp_path / "out", "--nbest", 3, status=3)
    for one in hypotheses(tmp_path / "out"):
        times = [t for word in one["words"] for t in (word["start"], word["end"])]
        assert times == sorted(times) and times[0] >= 0 and times[-1] <= one["duration"]
        assert all(0 <= word["confidence"] <= 1 for word in one["words"])
        scores = one["scores"]
        assert abs(scores["total"] - sum(v for k, v in scores.items() if k != "total")) < 1e-4
        totals = [reading["scores"]["total"] for reading in one["nbest"]]
        assert totals == sorted(totals, reverse=True) and totals[0] == scores["total"]
        assert len({reading["text"] for reading in one["nbest"]}) >= 1


def test_a_name_comes_out_when_it_is_a_hotword_and_the_bonus_is_told(graph, tmp_path):
    recording = DEMO / "demo-04.flac"
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    plain = run("decode", recording, "--graph", graph, "--format", "jsonl", "--lm-scale", 1.0)
    biased = run("decode", recording, "--graph", graph, "--hotwords", tmp_path / "names", "--format", "jsonl",
                 "--lm-scale", 1.0, "--incremental-bias", 4)  # fmt: skip
    before, after = json.loads(plain.stdout), json.loads(biased.stdout)
    assert "林婉清" in after["text"]
    (fired,) = after["hotwords"]
    assert fired["phrase"] == "林婉清" and fired["bonus"] == 12 and fired["start"] < fired["end"]
    assert after["scores"]["hotword"] == 12 and before["scores"]["hotword"] == 0


def test_the_same_bytes_come_whatever_the_number_of_jobs(graph, some, tmp_path):
    outs = []
    for jobs in (1, 2):
        run("decode", some, "--graph", graph, "-o", tmp_path / f"out{jobs}", "--jobs", jobs, status=3)
        outs.append({p.name: p.read_bytes() for p in (tmp_path / f"out{jobs}").iterdir()})
    assert outs[0] == outs[1]


def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bytes(graph, some, tmp_path, monkeypatch):
    run("decode", some, "--graph", graph, "-o", tmp_path / "whole", status=3)
    answer, count = pipeline.Pipeline.answer, 0

    def stops(self, *arguments):
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return answer(self, *arguments)

    monkeypatch.setattr(pipeline.Pipeline, "answer", stops)
    run("decode", some, "--graph", graph, "-o", tmp_path / "out", status=130)
    assert not (tmp_path / "out").exists()
    journal = tmp_path / "out.partial" / "journal.jsonl"
    assert len(journal.read_bytes().splitlines()) == 2
    with journal.open("ab") as file:
        file.write(b'{"utt": "demo-0')  # torn
    other = run("decode", some, "--graph", graph, "-o", tmp_path / "out", "--resume", "--beam", 3, status=2)
    assert "another one: beam 8.0 then, 3.0 now; decode with the same" in other.stderr
    refused = run("decode", some, "--graph", graph, "-o", tmp_path / "out", status=2)
    assert "an unfinished run lies here; go on with it by --resume" in refused.stderr
    again = run("decode", some, "--graph", graph, "-o", tmp_path / "out", "--resume", status=3)
    assert "2 of 4 utterances decoded already" in again.stderr and count == 5
    once_more = run("decode", some, "--graph", graph, "-o", tmp_path / "out", "--resume", status=3)
    assert "finished already" in once_more.stderr
    for file in ("hyps.jsonl", "failed.jsonl", "manifest.json"):
        assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_a_folder_that_exists_is_left_alone(graph, tmp_path):
    (tmp_path / "out").mkdir()
    done = run("decode", DEMO / "demo-01.flac", "--graph", graph, "-o", tmp_path / "out", status=2)
    assert "this folder exists" in done.stderr


def test_an_unfinished_run_is_lost_only_by_overwrite(graph, tmp_path):
    asked = ("decode", DEMO / "demo-01.flac", "--graph", graph, "-o", tmp_path / "out")
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "journal.jsonl").write_text('{"utt": "hours of work", "text": ""}\n')
    assert "an unfinished run lies here" in run(*asked, status=2).stderr
    run(*asked, "--overwrite")
    assert [one["utt"] for one in hypotheses(tmp_path / "out")] == ["demo-01"]
    assert not (tmp_path / "out.partial").exists()


def test_an_unfinished_run_whose_note_or_whole_journal_is_damaged_is_told_with_its_cure(
    graph, heard, tmp_path, monkeypatch
):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out")
    partial = stopped(asked, tmp_path / "out.partial", monkeypatch)
    journal, note = ((partial / name).read_bytes() for name in ("journal.jsonl", "run.json"))
    for name, content in [
        ("run.json", note[:-9]),
        ("run.json", b"[]"),
        ("journal.jsonl", b"\0" * 99 + b"\n" + journal),
        ("journal.jsonl", b"\xff\n" + journal),
        ("journal.jsonl", journal.replace(b'"text": "', b'"text": "x', 1)),
        ("journal.jsonl", b"\n".join(reversed(journal.splitlines())) + b"\n"),
    ]:
        before = (partial / name).read_bytes()
        (partial / name).write_bytes(content)
        done = run(*asked, "--resume", status=1)
        assert f"out.partial/{name}" in done.stderr and "defect" not in done.stderr
        assert (partial / name).read_bytes() == content
        (partial / name).write_bytes(before)
    assert "2 of 4 utterances decoded already" in run(*asked, "--resume").stderr


@pytest.mark.parametrize("damage", [
    lambda lines: [lines[0], lines[1].replace(b'"text": "', b'"text": "\xe9\x98\xb3')],
    lambda lines: [*lines, lines[0]],
    lambda lines: [*lines, b'{"utt": "demo-05", "text": "nobody said this"}'],
])  # fmt: skip
def test_a_line_of_the_journal_that_was_changed_is_never_published(graph, heard, tmp_path, monkeypatch, damage):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "-o")
    run(*asked, tmp_path / "whole")
    partial = stopped((*asked, tmp_path / "out"), tmp_path / "out.partial", monkeypatch)
    lines = (partial / "journal.jsonl").read_bytes().splitlines()
    (partial / "journal.jsonl").write_bytes(b"\n".join(damage(lines)) + b"\n")
    done = run(*asked, tmp_path / "out", "--resume")
    assert "this line was changed; its utterance and those after it are decoded again" in done.stderr
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.parametrize("damage", [lambda old: old[: old.index(b"\n") + 1], lambda old: old.replace(b"text", b"tixt")])
def test_a_journal_that_changes_while_the_run_goes_on_is_not_published(graph, heard, tmp_path, monkeypatch, damage):
    publish, journal = store.publish_folder, tmp_path / "out.partial" / "journal.jsonl"

    def changing(*arguments, **options):
        journal.write_bytes(damage(journal.read_bytes()))
        return publish(*arguments, **options)

    monkeypatch.setattr(store, "publish_folder", changing)
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out", status=1)
    assert "while the run went on" in done.stderr and not (tmp_path / "out").exists()


def test_an_output_into_which_a_run_writes_just_now_is_left_alone(graph, heard, tmp_path):
    (tmp_path / "out.partial").mkdir()
    with open_journal(tmp_path / "out.partial" / "journal.jsonl"):
        for more in ([], ["--resume"], ["--overwrite"]):
            done = run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out", *more, status=2)
            assert "another run writes here just now" in done.stderr
    run("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out")


def test_an_unfinished_run_that_is_to_take_the_place_of_another_goes_on(graph, heard, tmp_path, monkeypatch):
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "-o", tmp_path / "out")
    run(*asked, "--beam", 3)
    stopped((*asked, "--overwrite"), tmp_path / "out.partial", monkeypatch)
    done = run(*asked, "--resume", status=2)
    assert "beam 3.0 then, 8.0 now; pass --overwrite beside --resume to go on with the unfinished run" in done.stderr
    assert "2 of 4 utterances decoded already" in run(*asked, "--resume", "--overwrite").stderr


def stopped(asked, partial, monkeypatch):
    """Stop a run after its second utterance, and return the folder in which it lies."""
    answers = pipeline.Pipeline.answers
    with monkeypatch.context() as patch:

        def stops(self, *arguments):
            yield from islice(answers(self, *arguments), 2)
            raise KeyboardInterrupt

        patch.setattr(pipeline.Pipeline, "answers", stops)
        run(*asked, status=130)
    return partial


def test_what_may_not_be_overwritten_is_told_before_anything_is_decoded(graph, tmp_path, monkeypatch):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis").write_text("mine")
    (tmp_path / "file").write_text("mine")
    monkeypatch.chdir(tmp_path / "foreign")
    for out in (tmp_path / "foreign", tmp_path / "file", "."):
        done = run("decode", DEMO / "demo-01.flac", "--graph", graph, "-o", out, "--overwrite", status=2)
        assert "1 utterance" not in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "foreign", "thesis"]


def test_resuming_a_finished_run_of_another_kind_tells_what_differs(graph, heard, tmp_path):
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    asked = ("decode", "--posteriors-in", heard, "-o", tmp_path / "out")
    run(*asked, "--graph", graph, "--hotwords", tmp_path / "names")
    done = run(*asked, "--graph", graph, "--resume", "--lm-scale", 0.7, "--nbest", 2, status=2)
    assert "another one: hotwords then, none now | nbest 1 then, 2 now | lm_scale 0.5 then, 0.7 now;" in done.stderr
    (tmp_path / "names").write_text("欧阳雨桐\n", encoding="utf-8")
    done = run(*asked, "--graph", graph, "--hotwords", tmp_path / "names", "--resume", status=2)
    assert "another one: hotwords other than then (names);" in done.stderr


def test_without_model_and_graph_those_that_ship_are_used():
    done = run("decode", DEMO / "demo-04.flac")
    said = (DEMO / "text").read_text(encoding="utf-8").splitlines()[3].split()[1]
    assert set(done.stdout.split()[1]) <= {chr(c) for c in range(0x4E00, 0xA000)}
    assert len(set(said) & set(done.stdout)) >= len(said) // 3
    assert "small Mandarin model" in done.stderr and "general one" in done.stderr


def test_one_utterance_is_not_told_of_as_several(graph):
    told = run("decode", DEMO / "demo-01.flac", "--graph", graph).stderr
    assert "\n1 utterance, 0 failed" in told


def test_without_a_graph_for_it_a_models_best_units_come_out(tmp_path):
    assert run("decode", DEMO / "demo-04.flac", "--greedy").stdout.startswith("demo-04 明天上")
    by_name = run("decode", DEMO / "demo-04.flac", "--model", TOKENS.parent)
    assert by_name.stdout == run("decode", DEMO / "demo-04.flac", "--greedy").stdout


def test_every_format_goes_to_standard_output(graph):
    written = {
        name: run("decode", DEMO / "demo-01.flac", "--graph", graph, "--format", name).stdout
        for name in ("text", "jsonl", "ctm", "trn", "srt")
    }
    assert written["text"].startswith("demo-01 ") and written["trn"].endswith("(demo-01)\n")
    assert written["ctm"].startswith("demo-01 1 ") and written["srt"].startswith("1\n00:00:0")


def test_a_graph_of_another_model_is_refused(graph, tmp_path):
    units = json.loads(TOKENS.read_text(encoding="utf-8"))
    units[5], units[6] = units[6], units[5]
    other = tmp_path / "other"
    other.mkdir()
    for file in TOKENS.parent.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "tokens.json").write_text(json.dumps(units), encoding="utf-8")
    done = run("decode", DEMO / "demo-01.flac", "--model", other, "--graph", graph, status=1)
    assert "was built for the units of" in done.stderr


def test_a_hotword_list_with_errors_is_refused_before_anything_is_decoded(graph, tmp_path):
    (tmp_path / "names").write_text("保定 1\n保定 2\n", encoding="utf-8")
    done = run("decode", DEMO / "demo-01.flac", "--graph", graph, "--hotwords", tmp_path / "names", status=1)
    assert "保定" in done.stderr and done.stdout == ""


def test_wrong_options_are_wrong_usage(graph):
    assert "hotwords need a --graph" in run("decode", "x.wav", "--greedy", "--hotwords", "y", status=2).stderr
    assert "not both" in run("decode", "x.wav", "-o", "z", "--format", "text", status=2).stderr
    assert "beam is 0" in run("decode", "x.wav", "--graph", graph, "--beam", 0, status=2).stderr
    done = run("decode", "x.wav", "--graph", graph, "--hotwords", "y", "--hotword-format", "none", status=2)
    assert "'none' is none of auto, native" in done.stderr
    assert run("decode", status=2).stderr.startswith("asrkit: error: name an INPUT")  # and nothing of what it would use


def test_a_hotword_list_that_changes_while_decoding_changes_nothing(graph, heard, tmp_path, monkeypatch):
    """It is read once: all processes, those that follow killed ones too, and all settings of a sweep have the same."""
    names, answers = tmp_path / "names", processes.answers

    def changed(*arguments):
        names.write_text("欧阳雨桐\n", encoding="utf-8")
        yield from answers(*arguments)

    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--incremental-bias", 5, "--hotwords", names)
    names.write_text("林婉清\n", encoding="utf-8")
    run(*asked, "-o", tmp_path / "before")
    monkeypatch.setattr(processes, "answers", changed)
    run(*asked, "-o", tmp_path / "changed")
    assert hypotheses(tmp_path / "changed") == hypotheses(tmp_path / "before")


def test_a_hotword_list_may_come_from_standard_input(graph, heard, tmp_path):
    (tmp_path / "names").write_text("林婉清\n", encoding="utf-8")
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--sweep", "incremental_bias=3,5")
    from_file = run(*asked, "--hotwords", tmp_path / "names", "-o", tmp_path / "a")
    from_pipe = run(*asked, "--hotwords", "-", "-o", tmp_path / "b", stdin="林婉清\n".encode())
    assert "cannot" not in from_pipe.stderr and from_file.status == from_pipe.status
    assert hypotheses(tmp_path / "a" / "incremental_bias=5") == hypotheses(tmp_path / "b" / "incremental_bias=5")


def test_case_and_width_of_hotwords_are_folded_unless_it_is_said_otherwise(heard, tmp_path):
    (tmp_path / "lexicon").write_text("abc yī\n林 lín\n", encoding="utf-8")
    (tmp_path / "corpus").write_text("abc 林\n林\n", encoding="utf-8")
    (tmp_path / "names").write_text("ＡＢＣ\n林\n", encoding="utf-8")
    run("train-lm", tmp_path / "corpus", "-o", tmp_path / "lm.arpa", "--order", 1, "--smoothing", "witten-bell")
    made = ("--lexicon", tmp_path / "lexicon", "--lm", tmp_path / "lm.arpa", "--tokens", TOKENS)
    run("build-graph", *made, "-o", tmp_path / "graph")
    asked = ("decode", "--posteriors-in", heard, "--graph", tmp_path / "graph", "--hotwords", tmp_path / "names")
    assert "left out" not in run(*asked).stderr
    for option in ("--keep-case", "--keep-width"):
        stderr = run(*asked, option).stderr
        assert "names:1: 'ＡＢＣ' is left out: " in stderr and "names: 1 of 2 hotwords left out" in stderr


def test_an_utterance_may_have_a_list_of_its_own(graph, heard, tmp_path):
    """By a file `utterance list`; one list may serve many utterances, the others have the list of all."""
    (tmp_path / "wanted").write_text("林婉清\n", encoding="utf-8")
    (tmp_path / "other").write_text("欧阳雨桐\n", encoding="utf-8")
    (tmp_path / "lists").write_text("demo-04 wanted\ndemo-16 wanted\nnobody other\n", encoding="utf-8")
    asked = ("decode", "--posteriors-in", heard, "--graph", graph, "--lm-scale", 1, "--incremental-bias", 5)
    done = run(*asked, "--hotwords", tmp_path / "other", "--utt-hotwords", tmp_path / "lists", "-o", tmp_path / "out")
    assert "1 of its utterances are not decoded, such as 'nobody'" in done.stderr
    found = {one["utt"]: one for one in hypotheses(tmp_path / "out")}
    for name, utts in (("wanted", ("demo-04", "demo-16")), ("other", ("demo-01", "demo-05"))):
        run(*asked, "--hotwords", tmp_path / name, "-o", tmp_path / f"o-{name}")
        alone = {one["utt"]: one for one in hypotheses(tmp_path / f"o-{name}")}
        assert all(found[utt] == alone[utt] for utt in utts)
    assert "林婉清" in found["demo-04"]["text"]


def test_a_manifest_gives_hotwords_to_its_lines_and_unspellable_ones_are_warned_of(graph, tmp_path):
    lines = [
        {"audio_filepath": str(DEMO / "demo-04.flac"), "id": "a", "hotwords": {"林婉清": 9}},
        {"audio_filepath": str(DEMO / "demo-04.flac"), "id": "b", "hotwords": []},
        {"audio_filepath": str(DEMO / "demo-04.flac"), "id": "c", "hotwords": ["Ж"]},
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    run("decode", tmp_path / "m.jsonl", "--graph", graph, "--lm-scale", 1, "-o", tmp_path / "out")
    a, b, c = hypotheses(tmp_path / "out")
    assert "林婉清" in a["text"] and a["scores"]["hotword"] > 9
    assert b["scores"]["hotword"] == c["scores"]["hotword"] == 0 and b["text"] == c["text"]
    assert "need a --graph" in run("decode", tmp_path / "m.jsonl", "--greedy").stderr
    assert c["warnings"][0].startswith("decoded without hotwords: c: none of the 1 hotwords can be spelled")


def test_all_lists_of_utterances_that_are_wrong_are_told_at_once(graph, heard, tmp_path):
    (tmp_path / "bad").write_text("保定 1\n保定 2\n", encoding="utf-8")
    (tmp_path / "lists").write_text("demo-01 bad\ndemo-04 gone\n", encoding="utf-8")
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "--utt-hotwords", tmp_path / "lists", status=1)
    assert "2 lists of hotwords are wrong" in done.stderr and "bad:2" in done.stderr and "gone" in done.stderr
    (tmp_path / "lists").write_text("demo-01\n", encoding="utf-8")
    done = run("decode", "--posteriors-in", heard, "--graph", graph, "--utt-hotwords", tmp_path / "lists", status=1)
    assert "lists:1: no path follows the utterance 'demo-01'" in done.stderr


def test_an_id_with_brackets_has_its_line_in_trn_all_the_same(graph, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a (1).flac", "b.flac"):
        (tmp_path / "in" / name).write_bytes((DEMO / "demo-01.flac").read_bytes())
    run("decode", tmp_path / "in", "--graph", graph, "-o", tmp_path / "out")
    first, second = (tmp_path / "out" / "trn").read_text(encoding="utf-8").splitlines()
    assert first.endswith(" (a_%281))") and second.endswith(" (b)")
