"""`asrkit decode` as a whole: against the bare network, two processes against one, memory over a long list.

    ASRKIT_MODEL       a FunASR folder (default: the model that ships)
    ASRKIT_GRAPH       a graph folder for it (default: made of the demo's domain text)
    ASRKIT_UTTERANCES  how many utterances the long list has (default: 10,000)

The recordings are the 24 of the demo as wav files, again and again; 1,000 hotwords are cut from the words of the graph.

The network that ships is so small that features cost as much as it does. So all but the memory is measured a second
time with a copy of it that computes for as long as a large network does, and then adds nought of that to what it says.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import soundfile
from onnx import TensorProto, helper

from asrkit.acoustic.folder import SHIPPED
from asrkit.audio import read
from asrkit.decode import inputs
from asrkit.decode.pipeline import Pipeline
from asrkit.decode.setup import DEFAULT_LM_SCALE, Setting, Setup
from asrkit.search.options import Options

_SHORT, _ROUNDS, _HOTWORDS = 1000, 3, 1000
_FEW, _WIDE, _LAYERS = 200, 512, 400  # utterances for the slow copy; the width and number of its additional layers
_RECIPE = Path(__file__).parents[1] / "recipes" / "demo" / "run.sh"
_SECONDS_BETWEEN = 0.5


def main():
    folder = Path(os.environ.get("ASRKIT_MODEL", SHIPPED))
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        graph = Path(os.environ.get("ASRKIT_GRAPH") or _made_graph(work))
        _write_hotwords(graph, work / "hotwords.txt")
        for model, count, rounds in ((folder, _SHORT, _ROUNDS), (_slow_copy(folder, work / "slow"), _FEW, 1)):
            _against_the_network(model, graph, work, count, rounds)
            _two_processes(model, graph, work, count)
        _memory(folder, graph, work)
    print(f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: trust the CPU columns where it is high")


def _against_the_network(folder, graph, work, count, rounds):
    setting = Setting(Options(lm_scale=DEFAULT_LM_SCALE))
    lists = (None, str(work / "hotwords.txt"))
    pipeline, with_hotwords = (Pipeline(Setup(str(folder), str(graph), one, (setting,))) for one in lists)
    listed = inputs.utterances([_listed(work, count)])
    model = pipeline.model
    distinct = {u.source: model.features(read.read(u.source, model.rate)) for u in listed[:24]}
    features = [distinct[u.source] for u in listed]
    session = model.package.session
    names = ("the bare network, onnxruntime", "asrkit decode, LM", "asrkit decode, LM and 1,000 hotwords")
    rows = {name: [] for name in names}
    works = (
        lambda: [session.run({"speech": f[None], "speech_lengths": np.array([len(f)])}) for f in features],
        lambda: sum(1 for _ in pipeline.answers(listed)),
        lambda: sum(1 for _ in with_hotwords.answers(listed)),
    )
    for _ in range(rounds):
        for row, run in zip(rows.values(), works, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            row.append((time.perf_counter() - wall, time.process_time() - cpu))
    (bare_wall, bare_cpu), *_ = (np.min(row, axis=0) for row in rows.values())
    print(f"\n| {count:,} utterances, {_named(folder)}, one process | wall s | CPU s | wall / bare | CPU / bare |")
    print("|---|---|---|---|---|")
    for name, row in rows.items():
        wall, cpu = np.min(row, axis=0)
        print(f"| {name} | {wall:.1f} | {cpu:.1f} | {wall / bare_wall:.2f} | {cpu / bare_cpu:.2f} |")


def _two_processes(folder, graph, work, count):
    print(f"\n| {count:,} utterances, {_named(folder)} | wall s | CPU s | times as fast |\n|---|---|---|---|")
    first = None
    for jobs in (1, 2):
        before, began = os.times(), time.perf_counter()
        _decode(folder, graph, work, _listed(work, count), jobs).wait()
        wall, after = time.perf_counter() - began, os.times()
        first = first or wall
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"| --jobs {jobs}, from start to end | {wall:.1f} | {cpu:.1f} | {first / wall:.2f} |")


def _memory(folder, graph, work):
    count = int(os.environ.get("ASRKIT_UTTERANCES", "10000"))
    running = _decode(folder, graph, work, _listed(work, count), 1)
    journal, seen = work / "out.partial" / "journal.jsonl", {}
    while running.poll() is None:
        try:
            done = journal.read_bytes().count(b"\n")
            status = Path(f"/proc/{running.pid}/status").read_text()
            seen[done] = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
        except (OSError, StopIteration):
            pass
        time.sleep(_SECONDS_BETWEEN)
    marks = [count // 10, count // 2, count]
    at = [seen[min(seen, key=lambda done, mark=mark: abs(done - mark))] for mark in marks]
    print("\n| utterances done | resident MiB | of the first |\n|---|---|---|")
    for mark, size in zip(marks, at, strict=True):
        print(f"| {mark:,} | {size:.0f} | {size / at[0]:.3f} |")


def _decode(folder, graph, work, listed, jobs):
    command = [sys.executable, "-m", "asrkit", "decode", listed, "--model", str(folder), "--graph", str(graph)]
    command += ["--hotwords", str(work / "hotwords.txt"), "-o", str(work / "out"), "--overwrite", "--quiet"]
    return subprocess.Popen([*command, "--jobs", str(jobs)])


def _named(folder):
    return "as slow as a large model" if folder.name == "slow" else "the model itself"


def _slow_copy(folder, copy):
    """Write a copy of the model folder whose network says the same after the work of a large one; return it."""
    shutil.copytree(folder, copy)
    path = next(copy.glob("model*.onnx"))
    network = onnx.load(path)
    graph, rng = network.graph, np.random.default_rng(0)
    speech, logits = graph.input[0].name, graph.output[0].name
    dimensions = graph.input[0].type.tensor_type.shape.dim[2].dim_value
    for name, rows in (("first", dimensions), ("further", _WIDE)):
        weights = rng.normal(0, rows**-0.5, (rows, _WIDE)).astype(np.float32)
        graph.initializer.append(onnx.numpy_helper.from_array(weights, name))
    for node in graph.node:
        node.output[:] = ["own" if name == logits else name for name in node.output]
        node.input[:] = ["own" if name == logits else name for name in node.input]
    nodes, last = [helper.make_node("MatMul", [speech, "first"], ["wide0"])], "wide0"
    for layer in range(1, _LAYERS + 1):
        nodes.append(helper.make_node("MatMul", [last, "further"], [f"product{layer}"]))
        nodes.append(helper.make_node("Relu", [f"product{layer}"], [last := f"wide{layer}"]))
    graph.initializer.append(helper.make_tensor("nought", TensorProto.FLOAT, [], [0.0]))
    nodes.append(helper.make_node("ReduceMean", [last], ["mean"], keepdims=0))
    nodes.append(helper.make_node("Mul", ["mean", "nought"], ["nothing"]))
    nodes.append(helper.make_node("Add", ["own", "nothing"], [logits]))
    graph.node.extend(nodes)
    onnx.save(network, path)
    return copy


def _listed(work, count):
    recordings = [_as_wav(path, work) for path in sorted((SHIPPED.parents[1] / "demo").glob("*.flac"))]
    lines = [f"u{number:06d} {recordings[number % len(recordings)]}\n" for number in range(count)]
    (work / f"{count}.scp").write_text("".join(lines))
    return str(work / f"{count}.scp")


def _as_wav(path, work):
    copy = work / f"{path.stem}.wav"
    if not copy.exists():
        soundfile.write(copy, *soundfile.read(path, dtype="int16"))
    return copy


def _made_graph(work):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run([_RECIPE, work / "demo"], check=True, capture_output=True, env={**os.environ, "PATH": path})
    return work / "demo" / "graph"


def _write_hotwords(graph, path):
    words = [line.split()[0] for line in (graph / "words.txt").read_text(encoding="utf-8").splitlines()]
    words = [word for word in words if 2 <= len(word) <= 4 and word.isalpha()]
    path.write_text("\n".join(words[:: max(1, len(words) // _HOTWORDS)][:_HOTWORDS]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
