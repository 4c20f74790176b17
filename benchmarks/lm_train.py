"""Training by train-lm against KenLM's lmplz: CPU time, wall time and peak memory, at the same limit of memory.

lmplz is taken from the environment variable LMPLZ, else from PATH (kpu/kenlm builds it); without it only our figures
are shown. SIZES, in millions of words ("1 10 30"), ORDERS ("3 5") and MEMORIES ("2G") may be set in the environment.
"""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import _lm_corpus

MEASURED = """
import os, resource, subprocess, sys, time
begun = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss)
"""


def main():
    sizes = [int(size) for size in os.environ.get("SIZES", "1 10 30").split()]
    orders = [int(order) for order in os.environ.get("ORDERS", "3 5").split()]
    memories = os.environ.get("MEMORIES", "2G").split()
    lmplz = os.environ.get("LMPLZ") or shutil.which("lmplz")
    if lmplz is None:
        print("lmplz was not found (LMPLZ, PATH): our figures only\n")
    print(f"text: {_lm_corpus.__doc__.splitlines()[0]} {os.cpu_count()} processors\n")
    print("| words | order | --memory | tool | CPU s | wall s | peak MB | CPU ratio | wall ratio | memory ratio |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            text = _lm_corpus.write(Path(folder) / f"{size}.txt", size * 1_000_000)
            for order, memory in itertools.product(orders, memories):
                _compare(text, size, order, memory, lmplz, folder)
            text.unlink()


def _compare(text, size, order, memory, lmplz, folder):
    model = Path(folder) / "lm.arpa"
    train = f"train-lm {text} -o {model} --order {order} --memory {memory}"
    if size <= 1:
        _measured(sys.executable, "-m", "asrkit", *train.split())  # so that compiled code is on the disk
    ours = _measured(sys.executable, "-m", "asrkit", *train.split())
    _row(size, order, memory, "asrkit", ours)
    if lmplz is not None:
        theirs = _measured(lmplz, *f"-o {order} -S {memory} -T {folder}/ --text {text} --arpa {model}".split())
        _row(size, order, memory, "lmplz", theirs)
        ratios = " | ".join(f"{a / b:.2f}" for a, b in zip(ours, theirs, strict=True))
        print(f"| {size} M | {order} | {memory} | asrkit / lmplz | | | | {ratios} |", flush=True)


def _measured(*command):
    """Return CPU seconds, wall seconds, peak megabytes of a command, measured by a process of its own."""
    done = subprocess.run([sys.executable, "-c", MEASURED, *command], capture_output=True, text=True, check=True)
    status, cpu, wall, peak = done.stdout.split()
    if status != "0":
        sys.exit(f"exit status {status}: {' '.join(command)}")
    return float(cpu), float(wall), int(peak) / 1024


def _row(size, order, memory, tool, figures):
    cpu, wall, peak = figures
    print(f"| {size} M | {order} | {memory} | {tool} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | | | |", flush=True)


if __name__ == "__main__":
    main()
