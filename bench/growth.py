"""What more rows and more candidates cost: time, memory, and settings that share their work.

    python -m bench.growth [--runs 5] [--quick] [--json] [--keep] [--only training memory candidates]

training    CPU seconds of one epoch on tiny models against the tokens of its rows, 1,000 to 100,000 rows; the
            exponent is the slope of a line through the logarithms, by least squares. What comes before the
            first step (loading, a linear probe) is apart.
memory      the highest anonymous memory (no mapped file counts) of a process that reads and prepares 10,000,
            100,000 and 1,000,000 rows, draws up the tournament, and computes the trunk's features for all of
            them with the smallest model; after each of the three steps. Needs Linux.
candidates  16 and 4 settings of `head` on MiniLM against one, each scored: CPU seconds.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.document import document, finish
from bench.intent_rows import require_rows
from bench.sides import (
    AnonymousPeak,
    Watch,
    arguments_of,
    asked,
    figure,
    table,
    told,
)

PARTS = ("training", "memory", "candidates")
ENCODER_METHODS = ("last_layers", "lora", "full")
WRITER_METHODS = ("lora",)
TRAINED_ROWS, TRAINED_ROWS_QUICK = (1_000, 10_000, 100_000), (200, 600, 1_800)
HELD_ROWS, HELD_ROWS_QUICK = (10_000, 100_000, 1_000_000), (2_000, 6_000, 20_000)
SETTINGS = (1, 4, 16)
CANDIDATE_ROWS_QUICK = 400
EXPONENT, GROWTH_SHARE, SETTINGS_RATIO = 1.05, 0.15, 1.5
MAX_TOKENS = 64
WORDS = [
    *("coat", "hem", "sleeve", "button", "lining", "parcel", "courier", "refund", "order", "size"),
    *(
        "wool",
        "linen",
        "repair",
        "return",
        "late",
        "torn",
        "blue",
        "grey",
        "long",
        "short",
        "Monday",
    ),
    *(
        "Friday",
        "please",
        "thank",
        "again",
        "never",
        "still",
        "where",
        "when",
        "why",
        "lost",
        "sent",
    ),
]
LABELS = ("delivery", "refund", "repair", "praise", "sizes")
Task = Mapping[str, Any]


def main() -> None:
    """Measure, print, keep."""
    parser = arguments_of(__doc__)
    parser.add_argument("--only", nargs="*", default=PARTS, choices=PARTS, help="these parts")
    arguments = parser.parse_args()
    if "candidates" in arguments.only:
        require_rows()
    runs = 1 if arguments.quick else arguments.runs
    figures: dict[str, Any] = {}
    at_most: dict[str, float] = {}
    parts: dict[str, Callable[..., tuple[dict[str, Any], dict[str, float]]]] = {
        "training": training_growth,
        "memory": memory_growth,
        "candidates": candidate_growth,
    }
    with tempfile.TemporaryDirectory(prefix="sartor-growth-") as folder:
        write_bases(Path(folder))
        for name in arguments.only:
            found, marks = parts[name](Path(folder), runs, is_quick=arguments.quick)
            figures |= found
            at_most |= marks
    result = document("growth", figures=figures, at_most={} if arguments.quick else at_most)
    finish(result, as_json=arguments.json, keep="growth" if arguments.keep else None)
    if not arguments.json:
        print(table(result))


def training_growth(
    folder: Path, runs: int, *, is_quick: bool
) -> tuple[dict[str, Any], dict[str, float]]:
    """Exponent of time in tokens, for methods that learn in different ways."""
    sizes = TRAINED_ROWS_QUICK if is_quick else TRAINED_ROWS
    figures, at_most = {}, {}
    for base, methods in (("encoder", ENCODER_METHODS), ("writer", WRITER_METHODS)):
        for method in methods:
            found: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
            for number in range(runs):
                for size in sizes:
                    task = {"base": str(folder / base), "method": method, "rows": size}
                    found[size].append(asked("bench.growth:trained", task))
                told(f"{method} of a tiny {base}: run {number + 1} of {runs}")
            name = f"{method} of a tiny {base}: exponent of time in tokens"
            figures[name] = figure(_exponents(found.values()), "exponent")
            at_most[name] = EXPONENT
            for size in sizes:
                seconds = [run["cpu"] for run in found[size]]
                unit = f"CPU seconds an epoch, {found[size][0]['tokens']:,} tokens"
                figures[f"{method} of a tiny {base}: {size:,} rows"] = figure(seconds, unit)
                begun = [run["begin_cpu"] for run in found[size]]
                label = f"{method} of a tiny {base}: {size:,} rows, before the first step"
                figures[label] = figure(begun, "CPU seconds")
    return figures, at_most


def _exponents(found: Any) -> list[float]:
    """One for each run: the slope of log seconds over log tokens."""
    by_size = list(found)
    return [
        float(
            np.polyfit(
                np.log([of_size[run]["tokens"] for of_size in by_size]),
                np.log([of_size[run]["cpu"] for of_size in by_size]),
                deg=1,
            )[0]
        )
        for run in range(len(by_size[0]))
    ]


def trained(task: Task) -> dict[str, Any]:
    """One epoch of a method with its default settings."""
    from bench.trunk import engine_and_base, method_of
    from sartor.core.base_model import ENCODER
    from sartor.decide.search import default_settings

    engine, base = engine_and_base(task)
    job_of = classified if base.architecture == ENCODER else written
    job = job_of(base, task["rows"])
    method = method_of(task["method"])
    settings = default_settings(method.dials(job.facts, base), {})
    fit = method.begin(_with(job, settings), engine)
    watch = Watch()
    fit.state()
    begun = watch.seconds()["cpu"]
    watch.restart()
    fit.advance(1)
    seconds = watch.seconds()
    counts = engine.token_counts(base, job.rows.texts)
    return {**seconds, "begin_cpu": begun, "tokens": int(counts.sum())}


def classified(base: Any, num_rows: int) -> Any:
    """Texts with one of five labels."""
    from sartor.core.candidate import Job
    from sartor.core.dataset import Split, TaskFacts
    from sartor.core.goal import OutputKind

    texts, labels = zip(*rows_of(num_rows), strict=True)
    targets_N = np.array([LABELS.index(label) for label in labels])
    rows = Split(list(texts), targets_N, np.arange(num_rows), [""] * num_rows)
    facts = TaskFacts(
        OutputKind.SINGLE,
        LABELS,
        {},
        num_fit=num_rows,
        smallest_class=int(np.bincount(targets_N).min()),
        mean_tokens=16.0,
        max_tokens=MAX_TOKENS,
    )
    return Job(facts, {}, base, rows, seed=0)


def written(base: Any, num_rows: int) -> Any:
    """Texts with a short answer each."""
    from sartor.core.candidate import Job
    from sartor.core.dataset import Split, TaskFacts
    from sartor.core.goal import OutputKind

    texts, labels = zip(*rows_of(num_rows), strict=True)
    answers_N = np.empty(num_rows, dtype=object)
    answers_N[:] = [(f"This is about {label}.",) for label in labels]
    rows = Split(list(texts), answers_N, np.arange(num_rows), [""] * num_rows)
    facts = TaskFacts(
        OutputKind.TEXT,
        (),
        {},
        num_fit=num_rows,
        smallest_class=0,
        mean_tokens=16.0,
        max_tokens=4 * MAX_TOKENS,
        task="generate",
        mean_answer_tokens=6.0,
        max_answer_tokens=24,
    )
    return Job(facts, {}, base, rows, seed=0)


def memory_growth(
    folder: Path, runs: int, *, is_quick: bool
) -> tuple[dict[str, Any], dict[str, float]]:
    """Highest anonymous memory by rows and step, and its growth from the fewest to the most."""
    sizes = HELD_ROWS_QUICK if is_quick else HELD_ROWS
    found: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    for number in range(runs):
        for size in sizes:
            found[size].append(asked("bench.growth:held", {"rows": size, "bases": str(folder)}))
        told(f"memory: run {number + 1} of {runs}")
    figures: dict[str, Any] = {}
    for size in sizes:
        for step in STEPS:
            peaks = [run["peaks"][step] / 2**20 for run in found[size]]
            figures[f"{size:,} rows, {step}"] = figure(peaks, "MiB of anonymous memory")
    name = f"growth of memory, {sizes[0]:,} to {sizes[-1]:,} rows"
    growth = [
        max(most["peaks"].values()) / max(few["peaks"].values()) - 1
        for few, most in zip(found[sizes[0]], found[sizes[-1]], strict=True)
    ]
    figures[name] = figure(growth, "share")
    return figures, {name: GROWTH_SHARE}


STEPS = ("libraries", "reading and preparing", "drawing up", "features")


def held(task: Task) -> dict[str, Any]:
    """Anonymous memory after each step of a run up to the trunk's features.

    Libraries are loaded and warmed on a few rows first: what they take is no growth.
    """
    with tempfile.TemporaryDirectory(prefix="sartor-held-") as folder, AnonymousPeak() as peak:
        _to_features(Path(folder) / "few", 500, Path(task["bases"]), lambda step: None)
        peaks = {STEPS[0]: peak.taken_bytes()}

        def note(step: str) -> None:
            peaks[step] = peak.taken_bytes()

        _to_features(Path(folder) / "all", task["rows"], Path(task["bases"]), note)
    return {"peaks": peaks}


def _to_features(folder: Path, num_rows: int, bases: Path, note: Callable[[str], object]) -> None:
    """The steps of `flow.run` before the first trial."""
    from bench.kills import Nobody
    from sartor import flow
    from sartor.decide.tournament import draw_up, share_trunks
    from sartor.engines.on_use import EngineOnUse
    from sartor.intake import base_models, read_goal
    from sartor.store.workspace import Workspace
    from sartor.tune.registry import load_methods

    write_workspace(folder, num_rows, bases)
    dataset = flow.gather(folder, progress=Nobody())
    note("reading and preparing")
    workspace = Workspace.open(folder)
    goal = read_goal(workspace, ())
    base_list = base_models(goal, folder, dataset.output_kind)
    draw = draw_up(goal, dataset, load_methods(goal.methods), base_list, is_quick=False)
    note("drawing up")
    engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
    share_trunks(draw, engine, Nobody())
    note("features")


def candidate_growth(
    folder: Path, runs: int, *, is_quick: bool
) -> tuple[dict[str, Any], dict[str, float]]:
    """Some settings of a frozen method against one."""
    most_fit = CANDIDATE_ROWS_QUICK if is_quick else 0
    seconds: dict[int, list[float]] = {num: [] for num in SETTINGS}
    shared: list[float] = []
    for number in range(runs):
        for num in SETTINGS:
            task = {"method": "head", "settings": num, "scores": True, "most_fit": most_fit}
            found = asked("bench.trunk:ours_heads", task)
            seconds[num].append(found["cpu"])
            shared.append(found["features_cpu"])
        told(f"settings of head: run {number + 1} of {runs}")
    figures = {
        f"head, settings: {num}": figure(seconds[num], "CPU seconds with the pass over the trunk")
        for num in SETTINGS
    }
    figures["the pass over the trunk alone"] = figure(shared, "CPU seconds")
    for num in SETTINGS[1:]:
        name = f"{num} settings of head over one"
        times = [many / one for many, one in zip(seconds[num], seconds[1], strict=True)]
        figures[name] = figure(times, "times")
    return figures, {f"{SETTINGS[-1]} settings of head over one": SETTINGS_RATIO}


def rows_of(num_rows: int) -> Iterator[tuple[str, str]]:
    """Texts that differ, of 8 to 16 words, each with a label."""
    rng = np.random.default_rng(0)
    for number in range(num_rows):
        words = rng.choice(WORDS, size=int(rng.integers(8, 17)))
        yield f"{' '.join(words)} {number}", LABELS[int(rng.integers(len(LABELS)))]


def write_workspace(folder: Path, num_rows: int, bases: Path) -> None:
    """Rows on disk, and a goal that takes all of them."""
    folder.mkdir(parents=True)
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for text, label in rows_of(num_rows):
            file.write(json.dumps({"text": text, "label": label}) + "\n")
    (folder / "tiny").symlink_to(bases / "encoder", target_is_directory=True)
    lines = [
        "task: classify",
        "data: [rows.jsonl]",
        "bases: [./tiny]",
        "methods: [head]",
        f"max_tokens: {MAX_TOKENS}",
        "max_examples: 2000000",
    ]
    (folder / "sartor.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def write_bases(folder: Path) -> None:
    """The smallest models: an encoder and a writer of two layers and width 32, in another process."""
    asked("bench.growth:written_bases", {"folder": str(folder)})


def written_bases(task: Task) -> dict[str, Any]:
    """Random weights, with the tokenizers of the tests' tiny models."""
    from tests.engines.writer_folders import writer
    from tests.small_runs import write_tiny_base

    write_tiny_base(Path(task["folder"]) / "encoder")
    writer("llama", Path(task["folder"]) / "writer", max_position_embeddings=4 * MAX_TOKENS)
    return {}


def _with(job: Any, settings: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    return replace(job, settings=dict(settings))


if __name__ == "__main__":
    main()
