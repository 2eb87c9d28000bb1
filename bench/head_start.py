"""What pretraining is worth: a base model that writes against its own shape from random weights.

    python -m bench.head_start [--quick] [--json] [--keep] [--tasks NAME ...] [--hours 0.5] [--base ID]

Data to text (E2E, cleaned) and short sentences from English to Spanish (Tatoeba). Three runs a task on the
same files: all weights of the base tuned, all weights of its shape from nothing tuned, and what needs no
language model; each ships its best, and the three answer the same test inputs. Both tunings have the same
budget and step size; the differences are paired, on the same inputs.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import e2e, tatoeba
from bench.document import document, finish, progress_lines, write_rows
from bench.written import QUICK_HOURS, Files, arguments_of, kept_as
from sartor import flow
from sartor.evaluate.intervals import estimate
from sartor.evaluate.paired import compare

METRICS = ("chrf", "bleu")
LEARNING_RATE = 1e-3
"""Large enough for weights that know nothing; the default for pretrained ones of this width is 2.7e-4."""
QUICK_ROWS = 300
COLUMNS = {"e2e": ("mr", "ref"), "tatoeba": ("en", "es")}
GOALS = {
    "e2e": ["task: generate", "columns: {input: mr, output: ref}"],
    "tatoeba": ["task: translate", "languages: {from: English, to: Spanish}", "max_tokens: 128"],
}
UNTUNED = {"e2e": "nearest_answer", "tatoeba": "copy, phrases"}


def main() -> None:
    """Run the tasks, print, keep."""
    parser = arguments_of(__doc__, hours=0.5)
    parser.add_argument("--tasks", nargs="*", default=tuple(GOALS), choices=tuple(GOALS))
    parser.add_argument("--base", default="sartor-mini", help="the pretrained base")
    parser.add_argument("--pairs", type=int, default=20_000, help="of translation, to learn from")
    options = parser.parse_args()
    for task in options.tasks:
        files = _files(task, options)
        with tempfile.TemporaryDirectory() as folder:
            found = played(task, files, Path(folder), options)
        settings = found.pop("settings")
        about = {"settings": settings, "base": options.base, "hours": options.hours}
        result = document("head_start", figures=found, task=task, **about)
        finish(result, as_json=options.json, keep=kept_as("head_start", task, options))
        if not options.json:
            for what, figure in found.items():
                print(f"{what:50} {figure['value']:9.4f} ({figure['low']} to {figure['high']})")


def played(task: str, files: Files, folder: Path, options: Any) -> dict[str, Any]:
    """Three runs on the same files, and what their champions answer to the same inputs.

    Args:
        task: `e2e` or `tatoeba`.
        files: Rows by split.
        folder: For the workspaces.
        options: As parsed.

    Returns:
        Figures by name, and `settings`.
    """
    blank_of(options.base, folder / "blank", seed=0)
    runs = {
        "pretrained": (options.base, "full"),
        "from nothing": ("../blank", "full"),
        "no model": (None, UNTUNED[task]),
    }
    inputs, targets_N = _asked(task, files["test"])
    said: dict[str, np.ndarray] = {}
    settings, figures = {}, {}
    for name, (base, methods) in runs.items():
        workspace = folder / name
        workspace.mkdir()
        for split, rows in files.items():
            write_rows(workspace / f"{split}.jsonl", rows)
        (workspace / "sartor.yaml").write_text(_goal(task, base, methods, options), "utf-8")
        start = time.monotonic()
        result = flow.run(workspace, quick=options.quick, skip_bad=True, progress=progress_lines())
        seconds = round(time.monotonic() - start, 1)
        figures[f"{name} seconds"] = {"value": seconds, "low": None, "high": None, "unit": "s"}
        winner = result.decision.winner
        assert winner is not None, f"{name}: no winner"
        settings[name] = winner
        answers = [answer.text or "" for answer in flow.predict(workspace, inputs)]
        said[name] = np.array([answers], dtype=object)
    return {**figures, **_compared(inputs, targets_N, said), "settings": settings}


def blank_of(base_id: str, folder: Path, *, seed: int) -> None:
    """The base's shape and tokenizer, its weights drawn anew."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from sartor.base.resolve import resolve

    base = resolve(base_id, offline=True)
    shutil.copytree(base.folder, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.md"))
    torch.manual_seed(seed)
    config = AutoConfig.from_pretrained(base.folder)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)


def _compared(
    inputs: Sequence[str], targets_N: np.ndarray, said: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    """Values of all three, and what the first is better by."""
    how = {"groups": np.arange(len(inputs)), "num_labels": 0, "seed": 0, "texts": inputs}
    figures = {}
    for metric in METRICS:
        for name, answers_1N in said.items():
            found = estimate(metric, targets_N, answers_1N, **how)
            figures[f"{name} {metric}"] = _figure(found.value, found)
        for other in ("from nothing", "no model"):
            against = compare(metric, targets_N, said["pretrained"], said[other], **how)
            figures[f"pretrained minus {other} {metric}"] = _figure(against.difference, against)
    return figures


def _figure(value: float, found: Any) -> dict[str, Any]:
    return {
        "value": round(value, 5),
        "low": round(found.low, 5),
        "high": round(found.high, 5),
        "unit": "share",
    }


def _files(task: str, options: Any) -> Files:
    if task == "e2e":
        return e2e.splits(most=QUICK_ROWS if options.quick else None)
    if options.quick:
        return tatoeba.drawn(QUICK_ROWS, num_scored=QUICK_ROWS // 2)
    return tatoeba.drawn(options.pairs, num_scored=None)


def _asked(task: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], np.ndarray]:
    """Different inputs in their first order, and all that counts as right for each."""
    column, answer = COLUMNS[task]
    right: dict[str, list[str]] = {}
    for row in rows:
        right.setdefault(row[column], []).append(row[answer])
    targets_N = np.empty(len(right), dtype=object)
    targets_N[:] = [tuple(dict.fromkeys(texts)) for texts in right.values()]
    return list(right), targets_N


def _goal(task: str, base: str | None, methods: str, options: Any) -> str:
    """`sartor.yaml` of one of the three runs."""
    hours = min(options.hours, QUICK_HOURS) if options.quick else options.hours
    lines = [
        *GOALS[task],
        "data: {train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}",
        f"methods: [{methods}]",
        f"budget: {{hours: {hours:g}}}",
        "seeds: 1",
    ]
    if base is not None:
        lines += [f"bases: [{base}]", f"settings: {{full: {{learning_rate: {LEARNING_RATE}}}}}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
