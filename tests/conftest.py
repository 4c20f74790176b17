"""Where the reference data is: the folder ../shared beside the checkout, or the one that ASRKIT_SHARED names.

A test that needs it asks for the fixture `shared`. Without the data such tests are deselected, and the last lines of
the run say so.
"""

import os
import signal
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ASRKIT_SHARED") or Path(__file__).parents[2] / "shared")
_left_out = []


def pytest_configure(config):
    # What a background job or nohup has the tests ignore, the processes to which tests send it would ignore as well.
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session")
def shared():
    return SHARED


def pytest_collection_modifyitems(config, items):
    if SHARED.is_dir() or "ASRKIT_SHARED" in os.environ:
        return
    _left_out.extend(item for item in items if "shared" in getattr(item, "fixturenames", ()))
    items[:] = [item for item in items if item not in set(_left_out)]
    config.hook.pytest_deselected(items=_left_out)


def pytest_terminal_summary(terminalreporter):
    if _left_out:
        message = f"{len(_left_out)} tests were left out: they need the reference data in {SHARED}"
        terminalreporter.write_line(message, yellow=True)
