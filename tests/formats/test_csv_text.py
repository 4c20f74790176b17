import csv
import io

from asrkit.formats import csv_text
from asrkit.formats.kaldi_dir import Transcript
from tests.formats.bad_files import check_broken, check_harmless, odd_word, written
from tests.mutants import survives
from tests.random_cases import random_cases

GOOD = 'id,note,text\nu1,"x, ""y""",阳光 保险\n\nu2,,"hello\nworld"\n'


def test_fields_in_quotes_may_hold_separators_and_line_ends(tmp_path):
    found = csv_text.parse(written(tmp_path / "x.csv", GOOD))
    assert found == (Transcript("u1", "阳光 保险"), Transcript("u2", "hello world"))


def test_heads_may_be_written_in_capitals_and_recordings_give_the_ids_of_decode(tmp_path):
    content = "Path\tSentence\nx/a.wav\tA\ny/a.wav\tB\n"
    found = csv_text.parse(written(tmp_path / "x.tsv", content))
    assert [line.utt for line in found] == ["x/a", "y/a"]


@random_cases(50)
def test_what_the_csv_module_writes_is_read(tmp_path, rng):
    rows = [(f"u{number}", odd_word(rng, '"\u2028\u0085'), odd_word(rng)) for number in range(rng.integers(1, 6))]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=str(rng.choice([",", ";", "\t"])), lineterminator="\n")
    writer.writerows([("id", "other", "text"), *rows])
    found = csv_text.parse(written(tmp_path / "x.csv", stream.getvalue()))
    assert [(line.utt, line.text) for line in found] == [(utt, " ".join(text.split())) for utt, _, text in rows]


def test_bad_files_end_in_one_sentence_and_harmless_ones_are_read(tmp_path):
    check_broken(csv_text.parse, GOOD.encode(), tmp_path / "x.csv")
    check_harmless(csv_text.parse, GOOD.encode(), tmp_path / "y.csv")


def test_damaged_files_are_survived(tmp_path):
    values, errors = survives(csv_text.parse, GOOD.encode(), tmp_path / "x.csv")
    assert values > 20 and errors > 100
