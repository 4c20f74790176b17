"""The beam against errors and time on recordings with transcripts; the search's share of a decode.

    ASRKIT_RECORDINGS  a Kaldi folder with wav.scp and text (default: the demo recordings)
    ASRKIT_GRAPH       a graph folder for the model that ships (default: the general graph that ships)
    ASRKIT_LARGE       the FunASR folder of a large model, whose inference is timed too; left out if not set
    ASRKIT_PLOT        where to draw errors and time over the beam; left out if not set

Best path only, one thread, CPU time, the least of three runs.
"""

import os
import time
from pathlib import Path

import numpy as np

from asrkit.acoustic.folder import GENERAL_GRAPH, SHIPPED
from asrkit.acoustic.model import AcousticModel
from asrkit.audio import read
from asrkit.decode.inputs import utterances
from asrkit.formats import openfst
from asrkit.formats.openfst import Fst
from asrkit.graph.folder import open_graph
from asrkit.score.rates import score, total
from asrkit.search.decoder import decode
from asrkit.search.graph import search_graph
from asrkit.search.options import Options

BEAMS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0)
LM_SCALE = 0.5
_FEW = 8  # recordings that the large model hears
_DEMO = SHIPPED.parents[1] / "demo"


def main():
    folder = Path(os.environ.get("ASRKIT_RECORDINGS", _DEMO))
    listed = utterances([str(folder / "wav.scp")])
    references = dict(line.split(maxsplit=1) for line in (folder / "text").read_text("utf-8").splitlines())
    model = AcousticModel.open(SHIPPED)
    samples = {one.utt: read.read(one.source, model.rate) for one in listed}
    heard = {utt: model.log_probs([model.features(one)])[0].log_probs for utt, one in samples.items()}
    feature_ms, network_ms = _inference(model, samples)
    steps = sum(map(len, heard.values()))
    print(f"{len(heard)} recordings, {steps:,} tokens; features {feature_ms:.2f} ms, network {network_ms:.2f} ms each")
    large_ms = None
    if large := os.environ.get("ASRKIT_LARGE"):
        large_ms = sum(_inference(AcousticModel.open(large), dict(list(samples.items())[:_FEW])))
        print(f"the large model: features and network {large_ms:.0f} ms each")

    opened = open_graph(os.environ.get("ASRKIT_GRAPH", str(GENERAL_GRAPH)), model.package.units, model_name="it")
    graph = search_graph(opened.fst, opened.unit_count, opened.topology, opened.passing_units)
    costs_of_peer = _peer(graph)
    print("\n| beam | error rate | search, ms | of inference | of large | FasterDecoder / asrkit | same cost |")
    print("|---|---|---|---|---|---|---|")
    rates, times = [], []
    for beam in BEAMS:
        options = Options(beam=beam, lm_scale=LM_SCALE, min_active=0)
        took, found = _timed(lambda: {utt: decode(one, graph, None, options) for utt, one in heard.items()})  # noqa: B023
        texts = {utt: "".join(opened.words.symbols[int(w)] for w in one.best.words) for utt, one in found.items()}
        rates.append(100 * total(one.tally for one in score(references, texts, "mixed")).rate)
        times.append(1e3 * took / len(heard))
        shares = [times[-1] / ms for ms in (feature_ms + network_ms, large_ms) if ms]
        peers_took, costs = _timed(lambda: costs_of_peer(heard.values(), beam))  # noqa: B023
        same = sum(abs(f.best.scores.total + c) < 1e-3 for f, c in zip(found.values(), costs, strict=True))
        cells = [f"{beam:g}", f"{rates[-1]:.1f} %", f"{times[-1]:.2f}", f"{100 * shares[0]:.1f} %"]
        cells += [f"{100 * shares[1]:.2f} %" if large_ms else "", f"{peers_took / took:.1f}", f"{same} of {len(costs)}"]
        print("| " + " | ".join(cells) + " |", flush=True)
    if plot := os.environ.get("ASRKIT_PLOT"):
        _draw(rates, times, plot)


def _inference(model, samples):
    """Return CPU milliseconds an utterance: features, network."""
    features_took, features = _timed(lambda: [model.features(one) for one in samples.values()])
    network_took, _ = _timed(lambda: [model.log_probs([one]) for one in features])
    return 1e3 * features_took / len(samples), 1e3 * network_took / len(samples)


def _peer(graph):
    """Return a function that gives the best costs of kaldi-decoder's FasterDecoder, the LM scale in its graph."""
    import tempfile

    import kaldi_decoder
    import kaldifst

    arcs, states = graph.fst.arcs.copy(), graph.fst.states.copy()
    arcs["weight"] *= LM_SCALE
    states["final"] *= LM_SCALE
    with tempfile.TemporaryDirectory() as folder:
        openfst.write(f"{folder}/scaled.fst", Fst(graph.fst.start, states, arcs), "vector")
        fst = kaldifst.StdVectorFst.read(f"{folder}/scaled.fst")

    def costs(log_probs, beam):
        options, found = kaldi_decoder.FasterDecoderOptions(beam=beam, min_active=0, max_active=10**6), []
        for one in log_probs:
            decoder = kaldi_decoder.FasterDecoder(fst, options)
            decoder.decode(kaldi_decoder.DecodableCtc(one))
            weight = kaldifst.get_linear_symbol_sequence(decoder.get_best_path()[1])[3]
            found.append(sum(float(part) for part in str(weight).split(",")))
        return found

    return costs


def _timed(work):
    seconds = []
    for _ in range(3):
        began = time.process_time()
        result = work()
        seconds.append(time.process_time() - began)
    return np.min(seconds), result


def _draw(rates, times, path):
    import matplotlib.pyplot as plt

    _, left = plt.subplots(figsize=(7.2, 4), layout="constrained")
    left.axvline(Options().beam, color="grey", linestyle=":", linewidth=1)
    left.annotate("default", (Options().beam, max(rates)), (4, 0), textcoords="offset points", color="grey")
    left.plot(BEAMS, rates, "o-", color="#1f5fa8")
    left.set_xlabel("beam, nats")
    left.set_ylabel("character error rate, %", color="#1f5fa8")
    right = left.twinx()
    right.plot(BEAMS, times, "s--", color="#b5501f")
    right.set_yscale("log")
    right.set_ylabel("search, ms CPU per sentence", color="#b5501f")
    for axes in (left, right):
        axes.spines["top"].set_visible(False)
    plt.savefig(path, dpi=100)
