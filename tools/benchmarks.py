"""The results of all benchmarks as a page: writes `docs/benchmarks.md` and its plot from `bench/results`.

    python -m tools.benchmarks

A test keeps the page equal to the results.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PAGE, PLOT = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks.svg"
INTRODUCTION = """\
# Benchmarks

Run by hand, each by the command above its table, some with options; the files lie in `bench/results/`. A
ratio is the peer's figure over ours, above 1 where Sartor is faster or smaller; both sides took turns in one
run. Brackets hold the lowest and the highest ratio, of figures the interval. Shares are 0 to 1."""
INK, OURS, MARK = "#26323d", "#2f6f8f", "#c0392b"


def main() -> None:
    """Write both."""
    results = read_results()
    PAGE.write_text("\n".join(page(results)) + "\n", "utf-8")
    if has_ratios(results):
        draw(results, PLOT)
        print(f"{PLOT} written")
    print(f"{PAGE} written")


def read_results() -> dict[str, dict[str, Any]]:
    """Every kept result by its name."""
    files = sorted(RESULTS.glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def has_ratios(results: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether there is anything to draw."""
    return any(result["ratios"] for result in results.values())


def page(results: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The page, line by line: what has ratios first."""
    yield INTRODUCTION
    if has_ratios(results):
        yield from ("", "![Peer over ours; the red lines are the marks](benchmarks.svg)")
    for name in sorted(results, key=lambda name: (not results[name]["ratios"], name)):
        yield from _section(name, results[name])


def _section(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    about = importlib.import_module(f"bench.{result['bench']}").__doc__ or ""
    machine, versions = result["machine"], result["versions"]
    yield from ("", f"## {name}", "", about.splitlines()[0])
    yield ""
    transformers = f"transformers {versions['transformers']}"
    budget = f", a budget of {result['hours']:g} h a run" if "hours" in result else ""
    yield (
        f"`python -m bench.{result['bench']}`, {result['date']}, {machine['cores']} cores, "
        f"{machine['memory_gib']:g} GiB, torch {versions['torch']}, {transformers}{budget}."
    )
    yield from _ratios(result["ratios"], result.get("marks", {}))
    yield from _figures(result["figures"])
    yield from _equal(result["equal"])
    for headline in _headlines(result):
        yield from ("", f"> {headline}")


def _ratios(ratios: Mapping[str, Mapping[str, Any]], marks: Mapping[str, float]) -> Iterator[str]:
    if not ratios:
        return
    yield from _heads("peer over ours", "ratio", "mark", "peer", "ours", "unit")
    for name, found in ratios.items():
        mark = f"{marks[name]:g}" if name in marks else ""
        spread = (
            f"{found['median']:.3g} ({found['min']:.3g}-{found['max']:.3g}, {found['runs']} runs)"
        )
        yield f"| {name} | {spread} | {mark} | {found['peer']:.4g} | {found['ours']:.4g} | {found['unit']} |"


def _figures(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not figures:
        return
    yield from _heads("figure", "value", "unit")
    for name, found in figures.items():
        low, high = found.get("low"), found.get("high")
        between = "" if low is None or high is None else f" ({_number(low)} to {_number(high)})"
        yield f"| {name} | {_number(found['value'])}{between} | {found['unit']} |"


def _equal(equal: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    if not equal:
        return
    yield from _heads("equal", "largest difference", "allowed")
    for name, found in equal.items():
        yield f"| {name} | {_number(found['max_difference'])} | {_number(found['allowed'])} |"


def _heads(*names: str) -> Iterator[str]:
    """The first lines of a table."""
    yield from ("", f"| {' | '.join(names)} |", "|---" * len(names) + "|")


def _headlines(result: Mapping[str, Any]) -> Iterator[str]:
    if result.get("verdict"):
        yield result["verdict"]
    for name, verdict in result.get("verdicts", {}).items():
        yield f"{name}: {verdict}"


def _number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def draw(results: Mapping[str, Mapping[str, Any]], file: Path) -> None:
    """Every ratio as a bar from 1, with its spread and its mark."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams |= {"svg.hashsalt": "sartor", "svg.fonttype": "none"}
    from matplotlib import pyplot

    bars = [
        (f"{bench}: {name}", found, result.get("marks", {}).get(name))
        for bench, result in sorted(results.items())
        for name, found in result["ratios"].items()
    ]
    figure, axis = pyplot.subplots(figsize=(11, 1 + 0.32 * len(bars)), layout="constrained")
    _draw_bars(axis, bars)
    axis.set_xscale("log")
    axis.set_xlabel("peer over ours (above 1 Sartor is faster or smaller)")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def _draw_bars(axis: Any, bars: Sequence[tuple[str, Mapping[str, Any], float | None]]) -> None:
    for place, (_, found, mark) in enumerate(bars):
        axis.barh(place, found["median"] - 1, left=1, color=OURS, height=0.6)
        axis.plot([found["min"], found["max"]], [place, place], color=INK, linewidth=1)
        axis.text(found["max"] * 1.05, place, f"{found['median']:.3g}", va="center", color=INK)
        if mark is not None:
            axis.plot([mark, mark], [place - 0.4, place + 0.4], color=MARK, linewidth=2)
    axis.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axis.invert_yaxis()


if __name__ == "__main__":
    main()
