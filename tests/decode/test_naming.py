"""What is written where a hotword is said (law 14), against all paths of a small graph tried one by one."""

import json

import numpy as np
import pytest

from asrkit.acoustic.model import Emission
from asrkit.decode.readings import Reader
from asrkit.decode.words import spans
from asrkit.formats import posteriors
from asrkit.graph.folder import open_graph
from asrkit.hotwords.graph import HotwordGraph
from asrkit.hotwords.spelling import SpelledPhrase
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.search.options import Options
from tests.cli.running import asrkit as run
from tests.decode.crafted import make_graph, said, write_posteriors
from tests.decode.demo import hypotheses
from tests.random_cases import random_cases

UNITS = ["<blank>", "a", "b", "c", "d", "e"]
WORDS = {"甲": "a", "乙": "a", "丙": "b", "丁": "b", "戊己": "a b", "庚辛": "a b", "壬": "c", "癸": "d", "子丑": "b c"}
LISTED = dict.fromkeys(["甲丙", "乙丁", "戊己", "庚辛"], "a b") | {"寅": "b", "丁": "b", "卯辰": "b c", "巳": "a b c"}


def lines_of(rng, count):
    return [" ".join(rng.choice(list(WORDS), rng.integers(1, 5))) for _ in range(count)]


def opened(folder, text, *, topology="identity", closed=False):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "text").write_text("\n".join(text) + "\n", encoding="utf-8")
    (folder / "lexicon").write_text("".join(f"{word} {units}\n" for word, units in WORDS.items()), encoding="utf-8")
    (folder / "units").write_text(json.dumps(UNITS), encoding="utf-8")
    counted = ("--order", 2, "--smoothing", "witten-bell", "--special-words", "unk")
    run("train-lm", folder / "text", "-o", folder / "lm", *counted)
    made = ("--lexicon", folder / "lexicon", "--lm", folder / "lm", "--tokens", folder / "units")
    more = ["--closed-vocabulary"] if closed else []
    run("build-graph", *made, "-o", folder / "graph", "--topology", topology, "--unk-cost", 0.5, *more, "--overwrite")
    return open_graph(folder / "graph")


def listed(weights, **more):
    spelled = [
        SpelledPhrase(phrase, weight, (tuple(UNITS.index(unit) for unit in LISTED[phrase].split()),))
        for phrase, weight in weights.items()
    ]
    return HotwordGraph.build(spelled, len(UNITS), **more)


def every_way(fst, labels):
    """Yield (words, cost) of each path of the graph that reads `labels`, to a final state."""
    waiting = [(fst.start, 0, (), 0.0)]
    while waiting:
        state, at, words, cost = waiting.pop()
        row = fst.states[state]
        if at == len(labels) and np.isfinite(row["final"]):
            yield words, cost + float(row["final"])
        for arc in fst.arcs[int(row["pos"]) : int(row["pos"]) + int(row["narcs"])]:
            word = (int(arc["olabel"]),) if arc["olabel"] else ()
            if arc["ilabel"] == 0 or (at < len(labels) and arc["ilabel"] == labels[at]):
                after = at + int(arc["ilabel"] != 0)
                waiting.append((int(arc["next"]), after, words + word, cost + float(arc["weight"])))


def said_as(words, units):
    """Whether the words can be said as all of the units, one after the other."""
    if not words:
        return not units
    way = WORDS.get(words[0], "e").split()
    return units[: len(way)] == way and said_as(words[1:], units[len(way) :])


def text_by_trying(folder, path, spelled, hotwords, options):
    """Return the text by law 14: every path that reads these units is looked at."""
    fst, names = folder.fst, folder.words.symbols
    labels = (path.units + 1).tolist()
    words = path.words.tolist()
    units = [UNITS[unit] for unit in path.units.tolist()]
    ways = list(every_way(fst, labels))
    written = [names[word] for word in words]
    taken = set()
    for match in sorted(hotwords.matches(path.units.tolist()), key=lambda m: (m.start - m.end, m.start)):
        inside = [n for n, (first, end) in enumerate(spelled) if first < match.end and match.start < end]
        if taken & set(inside):
            continue
        begin, end = inside[0], inside[-1] + 1
        left, right = units[spelled[begin][0] : match.start], units[match.end : spelled[end - 1][1]]
        before, behind = tuple(words[:begin]), tuple(words[end:])
        own = "".join(names[word] for word in words[begin:end])

        def least(wanted, ways=ways, before=before, behind=behind):
            costs = [
                (cost, middle)
                for found, cost in ways
                if found[: len(before)] == before and found[len(found) - len(behind) :] == behind
                if wanted(middle := found[len(before) : len(found) - len(behind)])
            ]
            return min(costs, default=None)

        def score(cost, count, bonus):
            return options.lm_scale * cost - options.word_score * count - bonus

        def around(middle, is_phrase, left=left, right=right):
            """The words of both sides if the words between them are the phrase, else nothing."""
            said = [names[word] for word in middle]
            for i in range(len(said) + 1):
                for j in range(i + 1, len(said) + 1):
                    if is_phrase(said[i:j]) and said_as(said[:i], left) and said_as(said[j:], right):
                        return ["".join(said[:i]), "".join(said[j:])]
            return None

        mine = least(lambda middle, own=tuple(words[begin:end]): middle == own)
        has_edges = not left and not right
        is_own = own in match.phrases and has_edges
        own_bonus = match.own_bonus(own) if is_own else 0.0
        rows = [(score(mine[0], end - begin, own_bonus), 0, own)]
        if own_bonus < 0:
            other = least(
                lambda middle, own=own: middle
                and folder.unknown not in middle
                and "".join(names[word] for word in middle) != own
            )
            if other:
                text = "".join(names[word] for word in other[1])
                rows.append((score(other[0], len(other[1]), 0.0), 1, text))
        for number, phrase in enumerate(sorted(match.phrases, key=lambda p: (-match.own_bonus(p), p)), 2):
            if (phrase == own and has_edges) or match.own_bonus(phrase) <= 0:
                continue

            def is_spelled(said, phrase=phrase):
                return "".join(said) == phrase

            def is_unknown(said):
                return said == [names[folder.unknown]]

            found = [(least(lambda middle, so=is_spelled: around(middle, so)), is_spelled)]
            if folder.unknown:
                changed = [*labels[: match.start], UNITS.index("e") + 1, *labels[match.end :]]
                others = list(every_way(fst, changed))
                way = least(lambda middle, so=is_unknown: around(middle, so), ways=others)
                found.append((way and (way[0] + 0.5 * (match.end - match.start - 1), way[1]), is_unknown))
            ((cost, middle), so) = min((one for one in found if one[0]), default=((None, ()), None))
            if cost is not None:
                first, last = around(middle, so)
                rows.append((score(cost, len(middle), match.own_bonus(phrase)), number, first + phrase + last))
            elif has_edges:
                rows.append((score(mine[0], end - begin, match.own_bonus(phrase)), number, phrase))
        _, number, text = min(rows)
        if number or is_own:
            taken |= set(inside)
        if number:
            written[begin:end] = [text] + [""] * (end - begin - 1)
    return "".join(written)


@random_cases(100)
def test_the_text_is_the_one_that_trying_all_paths_gives(tmp_path, rng):
    closed = rng.random() < 0.3
    folder = opened(tmp_path, lines_of(rng, 12), closed=closed)
    weights = {p: float(rng.choice([-6, -1, 0, 0.1, 2, 9])) for p in LISTED if rng.random() < 0.6} or {"寅": 1.0}
    hotwords = listed(weights, incremental_bias=float(rng.choice([0, 0.5, 1.5])), scale=float(rng.choice([0, 1, 1])))
    graph = search_graph(folder.fst, folder.unit_count, folder.topology, folder.passing_units)
    options = Options(lm_scale=float(rng.choice([0.3, 1.0])), word_score=float(rng.choice([0, 0.4])), beam=30.0)
    units = rng.choice(["a", "b", "c", "d"], rng.integers(1, 6)).tolist()
    log_probs = said(UNITS, units, 0.999999)
    found = decode(log_probs, graph, hotwords.table, options, lattice=True)
    if not found.complete:
        return
    reader = Reader(folder, graph, folder.units)
    reading = reader.reading(found.best, Emission(log_probs), hotwords, options, found.lattice)
    names = [folder.words.symbols[word] for word in found.best.words.tolist()]
    said_units = [UNITS[unit] for unit in found.best.units.tolist()]
    spelled = spans(names, said_units, reader._ways)
    assert reading.text == text_by_trying(folder, found.best, spelled, hotwords, options)
    parts = reading.scores
    assert parts.total == pytest.approx(parts.acoustic + parts.lm + parts.hotword + parts.words)
    assert parts.hotword == pytest.approx(sum(fired.bonus for fired in reading.hotwords), abs=1e-6)


@pytest.fixture(scope="module")
def homophones(tmp_path_factory):
    text = ["壬 甲", "壬 甲", "壬 甲", "壬 乙", "甲 丙", "戊己", "戊己 壬", "戊己"]
    return opened(tmp_path_factory.mktemp("homophones"), text).path


@pytest.mark.parametrize(
    ("listed", "units", "text"),
    [
        ("", "c a", "壬甲"),
        ("乙 9", "c a", "壬乙"),
        ("乙 -9", "c a", "壬甲"),
        ("甲 -9", "c a", "壬乙"),
        ("甲 5\n乙 9", "c a", "壬乙"),
        ("甲 9\n乙 5", "c a", "壬甲"),
        ("午 9", "c a", "壬甲"),  # the list cannot spell it
        ("庚辛 9", "a b", "庚辛"),
        ("庚辛 -9", "a b", "戊己"),
    ],
)
def test_the_listed_phrase_and_its_weight_choose_among_words_of_one_sound(homophones, tmp_path, listed, units, text):
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": units}, sure=1 - 1e-9)
    (tmp_path / "list").write_text(listed + "\n", encoding="utf-8")
    more = ["--hotwords", tmp_path / "list"] if listed and "午" not in listed else []
    run("decode", "--posteriors-in", heard, "--graph", homophones, *more, "--incremental-bias", 0, "-o", tmp_path / "o")
    (found,) = hypotheses(tmp_path / "o")
    assert found["text"] == text
    shown = {entry["phrase"] for entry in found["hotwords"]}
    assert all(phrase in text for phrase in shown)


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_a_scale_of_zero_never_rewrites(tmp_path, topology):
    folder = opened(tmp_path, ["壬 甲", "甲 丙"], topology=topology)
    units = "c <blank> a <blank> b" if topology == "ctc" else "c a b"
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": units}, sure=1 - 1e-9)
    (tmp_path / "list").write_text("乙 9\n丁 9\n", encoding="utf-8")
    asked = ("--posteriors-in", heard, "--graph", folder.path)
    plain = run("decode", *asked).stdout
    assert run("decode", *asked, "--hotwords", tmp_path / "list", "--hotword-scale", 0).stdout == plain
    rewritten = run("decode", *asked, "--hotwords", tmp_path / "list").stdout
    assert rewritten == "u 壬乙丁\n" != plain


def test_nbest_holds_different_texts_and_a_name_is_as_sure_as_its_sound(homophones, tmp_path):
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": "c a b d"}, sure=1 - 1e-9)
    (tmp_path / "list").write_text("庚辛 9\n", encoding="utf-8")
    asked = ("--posteriors-in", heard, "--graph", homophones, "--hotwords", tmp_path / "list")
    run("decode", *asked, "--nbest", 5, "-o", tmp_path / "o")
    (found,) = hypotheses(tmp_path / "o")
    texts = [reading["text"] for reading in found["nbest"]]
    assert len(set(texts)) == len(texts) and texts[0] == found["text"]
    name = next(word for word in found["words"] if word["word"] == "庚辛")
    assert name["confidence"] > 0.9
    totals = [reading["scores"]["total"] for reading in found["nbest"][1:]]
    assert totals == sorted(totals, reverse=True)


def test_a_name_is_written_though_a_word_of_the_graph_lies_across_its_edge(tmp_path):
    """戊己 is said a b; a phrase that is said b begins inside it."""
    folder = opened(tmp_path, ["壬 戊己", "壬 戊己", "甲 丙", "甲"])
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": "c a b"}, sure=1 - 1e-9)
    (tmp_path / "list").write_text("丙 1\n", encoding="utf-8")
    asked = ("--posteriors-in", heard, "--graph", folder.path)
    assert run("decode", *asked).stdout == "u 壬戊己\n"
    run("decode", *asked, "--hotwords", tmp_path / "list", "--hotword-scale", 9, "-o", tmp_path / "o")
    (found,) = hypotheses(tmp_path / "o")
    assert found["text"] == "壬甲丙" and [word["word"] for word in found["words"]] == ["壬", "甲", "丙"]
    assert [word["start"] for word in found["words"]] == pytest.approx([0.0, 0.2, 0.4])


def test_a_penalty_never_puts_the_unknown_word_into_a_text(tmp_path):
    units = ["<blank>", *"我买阳光保险"]
    graph = make_graph(tmp_path / "g", units, "我 买 阳光 保险\n我 买 保险\n")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": "我 买 阳 光 保 险"})
    (tmp_path / "list").write_text("阳光 -5\n", encoding="utf-8")
    out = run("decode", "--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list").stdout
    assert out == "u 我买阳光保险\n"


@pytest.mark.parametrize(
    ("listed", "more", "text"),
    [
        ("FOCUS -4", [], "we focus"),
        ("FOCUS", ["--hotword-scale", 0], "we focus"),
        ("FOCUS", ["--incremental-bias", 0], "we focus"),
        ("FOCUS", [], "we FOCUS"),
    ],
)
def test_without_a_bonus_the_case_of_a_list_changes_nothing(tmp_path, listed, more, text):
    units = ["<blank>", "we", "fo@@", "c@@", "us", "on", "the"]
    graph = make_graph(tmp_path / "g", units, "we focus on the\nwe focus\n")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": "we fo@@ c@@ us"})
    (tmp_path / "list").write_text(listed + "\n", encoding="utf-8")
    asked = ("--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list")
    assert run("decode", *asked, *more).stdout == f"u {text}\n"


def test_what_the_graph_does_not_know_beside_a_name_is_written_as_its_units(tmp_path):
    """甲丁, a word, lies across the edge of 丁戊; 甲 alone is none, so that it is said as the unknown word."""
    units = ["<blank>", *"甲乙丙丁戊"]
    graph = make_graph(tmp_path / "g", units, "乙 甲丁 戊\n乙 甲丁\n戊 乙\n")
    heard = write_posteriors(tmp_path / "p.npz", units, {"u": "乙 甲 丁 戊"}, sure=1 - 1e-9)
    (tmp_path / "list").write_text("丁戊 30\n", encoding="utf-8")
    run("decode", "--posteriors-in", heard, "--graph", graph, "--hotwords", tmp_path / "list", "-o", tmp_path / "o")
    (found,) = hypotheses(tmp_path / "o")
    assert found["text"] == "乙甲丁戊" and "丁戊" in [word["word"] for word in found["words"]]


@pytest.mark.parametrize(("weight", "is_written"), [(0, False), (-1, False), (0.1, True)])
def test_a_phrase_without_a_bonus_is_not_written_though_the_unknown_word_costs_less(tmp_path, weight, is_written):
    """巳 is said a b c, for which the graph needs two words; one unknown word costs less than they do."""
    folder = opened(tmp_path, [*["癸 <unk>"] * 30, "丙 丙 壬"])
    graph = search_graph(folder.fst, folder.unit_count, folder.topology, folder.passing_units)
    options, log_probs = Options(lm_scale=1.0, beam=30.0), said(UNITS, ["d", "a", "b", "c"], 1 - 1e-9)
    hotwords = listed({"巳": float(weight)}, incremental_bias=0.0)
    found = decode(log_probs, graph, hotwords.table, options, lattice=True)
    reader = Reader(folder, graph, folder.units)
    plain = reader.reading(found.best, Emission(log_probs), None, options).text
    text = reader.reading(found.best, Emission(log_probs), hotwords, options).text
    assert text == ("癸巳" if is_written else plain) and "巳" not in plain


@pytest.mark.parametrize("topology", ["identity", "ctc"])
def test_the_unit_of_the_unknown_word_may_stand_beside_a_name(tmp_path, topology):
    """e is the one unit that the graph says as the unknown word; the name's cost is asked for with it."""
    folder = opened(tmp_path, ["壬 甲", "甲 丙 癸"], topology=topology)
    units = "e a b c e" if topology == "identity" else "e e a <blank> b c c e"
    heard = write_posteriors(tmp_path / "p.npz", UNITS, {"u": units}, sure=1 - 1e-9)
    graph = search_graph(folder.fst, folder.unit_count, folder.topology, folder.passing_units)
    options, log_probs = Options(beam=30.0), posteriors.parse(heard)["u"].log_probs
    hotwords = listed({"巳": 9.0})
    path = decode(log_probs, graph, hotwords.table, options, lattice=True).best
    assert Reader(folder, graph, folder.units).reading(path, Emission(log_probs), hotwords, options).text == "e巳e"
