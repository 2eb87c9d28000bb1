"""How bits per byte fell while a size was trained, as OUT/SIZE/curves.svg."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tools.pretrain.sources import KINDS

CURVES_FILE = "curves.svg"


def draw_curves(folder: Path, name: str) -> None:
    """One line a kind over the tokens read; dotted, what the 5-gram model pays.

    Args:
        folder: With the baseline.
        name: Of the size.
    """
    place = folder / name
    lines = [json.loads(line) for line in (place / "log.jsonl").read_text("utf-8").splitlines()]
    measured = [line for line in lines if "bits_per_byte" in line]
    baseline = json.loads((folder / "kneser_ney.json").read_text("utf-8"))
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot(xlabel="million tokens read", ylabel="bits per byte, held out")
    colours = mpl.colormaps["tab10"].colors
    for colour, kind in zip(colours, (kind for kind in KINDS if kind in baseline), strict=False):
        points = [
            (line["tokens"] / 1e6, line["bits_per_byte"][kind])
            for line in measured
            if kind in line["bits_per_byte"]
        ]
        axes.plot(*zip(*points, strict=True), color=colour, label=kind, marker=".")
        axes.axhline(baseline[kind]["bits_per_byte"], color=colour, linestyle=":", linewidth=1)
    axes.set_ylim(top=min(4.0, axes.get_ylim()[1]))
    axes.set_title(f"sartor-{name}; dotted: 5-gram Kneser-Ney")
    axes.legend(frameon=False)
    with mpl.rc_context({"svg.hashsalt": "sartor", "svg.fonttype": "none"}):
        figure.savefig(place / CURVES_FILE, metadata={"Date": None})
