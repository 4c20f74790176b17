"""The cache of compiled lists, asked by several threads."""

from threading import Thread

from asrkit.decode.list_cache import LISTS_KEPT
from asrkit.decode.pipeline import Pipeline
from asrkit.decode.setup import Setup
from asrkit.formats.hotword_lines import Phrase
from asrkit.hotwords.lists import Settings
from tests.decode.demo import PACKAGE


class Interleaved(float):
    """A weight that lets another thread run to its end when it is looked up for the third time."""

    asked = 0

    def __hash__(self):
        self.asked += 1
        if self.asked == 3:
            other = Thread(target=self.meanwhile)
            other.start()
            other.join()
        return super().__hash__()


def pipeline():
    return Pipeline(Setup(model=str(PACKAGE / "models" / "small-paraformer")))


def others(made, first=0):
    return [made.compiled((Phrase("保定", float(n)),), Settings(), "h") for n in range(first, first + LISTS_KEPT + 1)]


def test_lists_of_another_thread_do_not_push_out_the_one_that_is_being_looked_up():
    made = pipeline()
    weight = Interleaved(2.5)
    weight.meanwhile = lambda: others(made)
    assert made.compiled((Phrase("阳光保险", weight),), Settings(), "h").phrases == ("阳光保险",)


def test_the_lists_asked_for_last_are_kept_and_the_others_made_again():
    made = pipeline()
    first = made.compiled((Phrase("保定"),), Settings(), "h")
    assert made.compiled((Phrase("保定"),), Settings(), "another name") is first
    found = others(made, first=1)
    assert made.compiled((Phrase("保定"),), Settings(), "h") is not first
    assert made.compiled((Phrase("保定", float(LISTS_KEPT + 1)),), Settings(), "h") is found[-1]


def test_many_threads_get_the_lists_that_they_ask_for():
    made = pipeline()
    found = {}

    def ask(thread):
        for n in range(60):
            weight = float((n * (thread + 1)) % (2 * LISTS_KEPT))
            found[thread, n] = made.compiled((Phrase("保定", weight),), Settings(), "h").weights[0] == weight

    threads = [Thread(target=ask, args=(thread,)) for thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 360 and all(found.values())
