"""A recording with the times of its units drawn: `python -m benchmarks.peers.draw_times MODEL RECORDING OUT.png`."""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from asrkit.acoustic import greedy, listening
from asrkit.acoustic.model import AcousticModel
from asrkit.audio.read import read
from asrkit.decode.inputs import utterances


def main(model_folder, recording, out):
    model = AcousticModel.open(model_folder)
    (heard,) = listening.hear(model, utterances([recording]))
    units, steps = greedy.best_steps(heard.emission.log_probs, model)
    frames = model.package.frontend.filter_bank(read(recording, model.rate))
    figure, axes = plt.subplots(figsize=(12, 3.6), layout="constrained")
    axes.imshow(frames.T, origin="lower", aspect="auto", cmap="magma", extent=(0, heard.duration, 0, frames.shape[1]))
    for unit, step in zip(units, steps, strict=True):
        start, end = heard.emission.starts[step], heard.emission.ends[step]
        axes.axvspan(start, end, fill=False, edgecolor="white", linewidth=0.8)
        axes.text((start + end) / 2, frames.shape[1] + 1, unit, ha="center", va="bottom", fontsize=11)
    axes.set_xlabel("seconds")
    axes.set_ylabel("mel bin")
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
