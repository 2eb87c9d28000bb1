"""How much memory does a step of a small model with a large vocabulary take? Ours, TRL and full logits.

    python -m bench.memory [--method lora full last_layers] [--layers 2] [--runs 3] [--threads 2]
                           [--quick] [--json] [--keep NAME]

A Llama 896 wide with a vocabulary of 151,936, as in small Qwen models, but few layers; random weights. It
learns 8 rows of 512 tokens, half of them answers, in one step. Each side is a process of its own. Counted is
the peak over what the process holds when the step begins: model, rows and trainer are there by then,
gradients and the optimizer's moments are not. It is counted once more up to the optimizer only: of full
fine-tuning most is gradients and moments, which nobody can do without.

ours                what `sartor run` trains
TRL, default        SFTTrainer as documented: bfloat16, checkpointed activations (not with --quick)
TRL, fp32           without checkpoints, as ours
TRL, checkpointed   fp32 with checkpoints (not with --quick)
full logits         the transformers Trainer in fp32
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import trainers
from bench.apart import MEGABYTE, apart, figure, ratio, table
from bench.document import document, finish, write_rows
from bench.talks import (
    ANSWER_CONTROLS,
    PROMPT_CONTROLS,
    Size,
    Talk,
    texts,
    token_counts,
    write_base,
)
from bench.throughput import FAST, METHODS, first_settings, versions

NUM_ROWS = 8


@dataclass(frozen=True)
class Scale:
    """A model and how long its rows are."""

    size: Size
    row_tokens: int


SCALES = {
    "tiny": Scale(Size(600, 32, 2, 4, 2, 64, 100), 64),
    "qwen": Scale(Size(151_936, 896, 2, 14, 2, 4864, 400), 512),
}
OURS, FULL_LOGITS = "ours", "full logits"
BATCH = {"per_device_train_batch_size": NUM_ROWS}
PEERS: dict[str, dict[str, Any]] = {
    "TRL, default": BATCH,
    "TRL, fp32": FAST | BATCH,
    "TRL, checkpointed": FAST | BATCH | {"gradient_checkpointing": True},
    FULL_LOGITS: FAST | BATCH,
}
QUICK_PEERS = ("TRL, fp32", FULL_LOGITS)
QUANTITIES = {"step_bytes": "a step", "gradient_bytes": "a step up to the optimizer"}


def main() -> None:
    """Measure, print, keep."""
    given = arguments()
    if given.one:
        print(json.dumps(one(json.loads(given.one))))
        return
    scale = SCALES[given.size]
    size = replace(scale.size, num_layers=given.layers)
    ratios: dict[str, Any] = {}
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task = described(folder, size, scale.row_tokens, threads=given.threads)
        for method in given.method:
            taken = measured(task | {"method": method}, given)
            ratios |= ratios_of(method, taken)
            figures |= figures_of(method, taken)
    shape = {"num_rows": NUM_ROWS, "row_tokens": scale.row_tokens, **asdict(size)}
    result = document("memory", ratios=ratios, figures=figures, shape=shape)
    result["versions"] |= versions()
    finish(result, as_json=given.json, keep=given.keep)
    if not given.json:
        print(table(result))


def arguments() -> argparse.Namespace:
    """The options, with those of `--quick` filled in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", choices=[*SCALES], default="qwen")
    parser.add_argument("--method", nargs="+", choices=METHODS, help="default: lora full")
    parser.add_argument("--layers", type=int, default=2, help="of the model")
    parser.add_argument("--runs", type=int, default=3, help="of every side")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every process")
    parser.add_argument("--quick", action="store_true", help="lora, one run, fewer peers")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", metavar="NAME", help="keep it under bench/results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.method = given.method or (["lora"] if given.quick else ["lora", "full"])
    given.runs = 1 if given.quick else given.runs
    return given


def one(task: dict[str, Any]) -> dict[str, Any]:
    """What one process does."""
    watch = trainers.StepMemory(num_places=task["num_rows"] * task["mean_tokens"])
    train = {OURS: trainers.ours, FULL_LOGITS: trainers.transformers_trainer}
    train.get(task["side"], trainers.trl)(task, watch)
    return watch.summary()


def described(folder: Path, size: Size, row_tokens: int, *, threads: int) -> dict[str, Any]:
    """Model and rows as files, and what every process is told of them."""
    write_base(folder, size)
    rows = rows_of_length(row_tokens, size.num_words)
    write_rows(folder / "rows.jsonl", [asdict(row) for row in rows])
    tokens_N, learned_N = token_counts(folder, rows)
    assert set(tokens_N) == {row_tokens}, "every word must be one token"
    return {
        "folder": str(folder),
        "threads": threads,
        "seed": 0,
        "num_rows": NUM_ROWS,
        "mean_tokens": row_tokens,
        "mean_learned": int(learned_N[0]),
        "longest_answer": int(learned_N[0]),
        "epochs": 1,
        "num_steps": 1,
    }


def rows_of_length(row_tokens: int, num_words: int) -> list[Talk]:
    """Rows of equally many tokens, half of them to learn."""
    rng, half = np.random.default_rng(0), row_tokens // 2
    prompts = texts([row_tokens - half - PROMPT_CONTROLS] * NUM_ROWS, num_words, rng)
    answers = texts([half - ANSWER_CONTROLS] * NUM_ROWS, num_words, rng)
    return [Talk(*pair) for pair in zip(prompts, answers, strict=True)]


def measured(task: dict[str, Any], given: argparse.Namespace) -> dict[str, list[dict[str, int]]]:
    """What each side took, run by run, all sides in turn."""
    task["settings"] = first_settings(task) | {"batch_size": NUM_ROWS}
    peers = {name: PEERS[name] for name in (QUICK_PEERS if given.quick else PEERS)}
    taken: dict[str, list[dict[str, int]]] = {side: [] for side in (OURS, *peers)}
    for _ in range(given.runs):
        for side, found in taken.items():
            print(f"   {task['method']}: {side}", file=sys.stderr, flush=True)
            told = task | {"side": side, "trainer": peers.get(side, {})}
            found.append(apart("bench.memory", told, threads=given.threads, environment={}))
    return taken


def ratios_of(method: str, taken: Mapping[str, list[dict[str, int]]]) -> dict[str, Any]:
    """Peer over ours."""
    return {
        f"{method}: extra memory of {what}, {peer}": ratio(
            *([run[name] / MEGABYTE for run in taken[side]] for side in (OURS, peer)), "MB"
        )
        for name, what in QUANTITIES.items()
        for peer in taken
        if peer != OURS
    }


def figures_of(method: str, taken: Mapping[str, list[dict[str, int]]]) -> dict[str, Any]:
    """What each side takes, and what it holds when the step begins."""
    names = {"loaded_bytes": "held when a step begins"} | {
        name: f"extra of {what}" for name, what in QUANTITIES.items()
    }
    return {
        f"{method}: {what}, {side}": figure([run[name] / MEGABYTE for run in runs], "MB")
        for name, what in names.items()
        for side, runs in taken.items()
    }


if __name__ == "__main__":
    main()
