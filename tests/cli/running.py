"""Run the command `asrkit` in this process, as a shell would."""

import io
import sys
from contextlib import redirect_stderr
from dataclasses import dataclass

import pytest

from asrkit import progress
from asrkit.cli.main import run


@dataclass(frozen=True)
class Done:
    """How a run ended."""

    status: int
    stdout: str
    stderr: str


def asrkit(*arguments, status=0, stdin=b""):
    """Run `asrkit` with the arguments, check its exit status, and return what it wrote."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    before = sys.stdout, sys.stdin
    sys.stdout, sys.stdin = out, io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)), encoding="utf-8")
    try:
        with redirect_stderr(err), pytest.raises(SystemExit) as ended:
            run([str(argument) for argument in arguments])
        out.flush()
    finally:
        sys.stdout, sys.stdin = before
        progress.configure(quiet=False, json_lines=False)
    done = Done(int(ended.value.code or 0), out.buffer.getvalue().decode("utf-8"), err.getvalue())
    assert done.status == status, done
    return done
