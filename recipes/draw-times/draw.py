"""A recording as its network sees it, with the times of its greedy units: `python draw.py RECORDING OUT.png [MODEL]`.

Without MODEL, the one that ships. Needs matplotlib (extra `bench`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from asrkit.acoustic import greedy, listening
from asrkit.acoustic.folder import SHIPPED
from asrkit.acoustic.model import AcousticModel
from asrkit.audio.read import read
from asrkit.decode.inputs import utterances

_HERTZ = (200, 500, 1000, 2000, 4000)
_LOWEST_HERTZ = 20  # of Kaldi's filter banks


def main(recording: str, out: str, model_folder: str | Path = SHIPPED) -> None:
    """Write the picture `out`."""
    model = AcousticModel.open(model_folder)
    (heard,) = listening.hear(model, utterances([recording]))
    if heard.emission is None:
        sys.exit(heard.reason)
    units, steps = greedy.best_steps(heard.emission.log_probs, model)
    frames = model.package.frontend.filter_bank(read(recording, model.rate))
    bins = frames.shape[1]
    figure, axes = plt.subplots(figsize=(12, 3.4), layout="constrained")
    darkest, brightest = np.quantile(frames, [0.05, 0.995])
    extent = (0, heard.duration, 0, bins)
    axes.imshow(frames.T, origin="lower", aspect="auto", cmap="magma", extent=extent, vmin=darkest, vmax=brightest)
    for unit, step in zip(units, steps, strict=True):
        start, end = heard.emission.starts[step], heard.emission.ends[step]
        axes.vlines([start, end], 0, bins, color="white", linewidth=1)
        axes.annotate("", (end, bins + 1.5), (start, bins + 1.5), annotation_clip=False,
                      arrowprops={"arrowstyle": "|-|,widthA=0.15,widthB=0.15", "shrinkA": 1, "shrinkB": 1})  # fmt: skip
        axes.text((start + end) / 2, bins + 3, unit, ha="center", va="bottom", fontsize=12)
    lowest, highest = _mel(_LOWEST_HERTZ), _mel(model.rate / 2)
    axes.set_yticks([bins * (_mel(hertz) - lowest) / (highest - lowest) for hertz in _HERTZ], _HERTZ)
    axes.set_xlabel("seconds" + (" (times estimated: the model does not tell them)" if heard.estimated else ""))
    axes.set_ylabel("Hz, mel scale")
    axes.spines[:].set_visible(False)
    figure.savefig(out, dpi=110)


def _mel(hertz: float) -> float:
    return 1127 * np.log1p(hertz / 700)


if __name__ == "__main__":
    main(*sys.argv[1:])
