from asrkit.decode.words import spans, ways_to_say, written_words
from asrkit.formats.lexicon import Lexicon, Pronunciation
from asrkit.formats.tokens import UnitTable
from asrkit.units.joining import Joiner
from tests.random_cases import random_cases

LEXICON = Lexicon(
    (
        Pronunciation("阳光", ("a", "b")),
        Pronunciation("保", ("c",)),
        Pronunciation("保", ("c", "d")),
        Pronunciation("定", ("d",)),
        Pronunciation("<unk>", ("e",)),
    )
)
WAYS = ways_to_say(LEXICON)


def test_each_word_gets_its_units():
    assert spans(["阳光", "保", "定"], "abcd", WAYS) == [(0, 2), (2, 3), (3, 4)]


def test_the_pronunciation_that_was_said_decides():
    assert spans(["保", "定"], "cdd", WAYS) == [(0, 2), (2, 3)]


def test_words_that_do_not_spell_the_units_have_no_spans():
    assert spans(["阳光"], "abc", WAYS) is None
    assert spans([], [], WAYS) == []


@random_cases(200)
def test_spans_cover_all_units_in_order_with_ways_to_say_the_words(rng):
    words = [str(word) for word in rng.choice(sorted(WAYS), rng.integers(0, 6))]
    units = [unit for word in words for unit in sorted(WAYS[word])[int(rng.integers(0, len(WAYS[word])))]]
    found = spans(words, units, WAYS)
    assert found is not None
    edges = [0, *(end for _, end in found)]
    assert [begin for begin, _ in found] == edges[:-1] and edges[-1] == len(units)
    assert all(tuple(units[b:e]) in WAYS[word] for word, (b, e) in zip(words, found, strict=True))


def every_way(words, units):
    """Yield the spans of every way to cover `units` with `words`, shorter first words first."""
    if not words:
        if not units:
            yield []
        return
    for length in sorted({len(way) for way in WAYS[words[0]] if units[: len(way)] == way}):
        for rest in every_way(words[1:], units[length:]):
            yield [(0, length), *((length + begin, length + end) for begin, end in rest)]


@random_cases(300)
def test_of_several_ways_earlier_words_get_fewer_units(rng):
    words = [str(word) for word in rng.choice(["保", "定"], rng.integers(0, 7))]
    units = tuple(rng.choice(["c", "d"], rng.integers(0, 9)).tolist())
    assert spans(words, units, WAYS) == next(every_way(words, units), None)


def test_an_hour_of_words_has_spans():
    assert spans(["阳光", "保"] * 5000, ("a", "b", "c") * 5000, WAYS)[-1] == (14_999, 15_000)


def test_a_piece_of_an_unknown_word_goes_on_in_the_word_behind_it_if_its_mark_says_so():
    units = ("do@@", "lo", "定")
    joiner = Joiner(UnitTable(units))

    def written(words, said):
        found = written_words(words, [(n, n + 1) for n in range(len(said))], said, joiner)
        return [(word.text, word.first, word.end, word.words) for word in found]

    assert written([None, "lo"], ("do@@", "lo")) == [("dolo", 0, 2, (0, 2))]
    assert written(["lo", None], ("lo", "do@@")) == [("lo", 0, 1, (0, 1)), ("do", 1, 2, (1, 2))]
    assert written([None, "定"], ("do@@", "定")) == [("do", 0, 1, (0, 1)), ("定", 1, 2, (1, 2))]
