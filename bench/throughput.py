"""How fast does a decoder learn? Fine-tuning on the CPU, ours against TRL and the transformers Trainer.

    python -m bench.throughput [--size 15m 120m] [--method full lora last_layers] [--runs 5] [--threads 2]
                               [--answers 0.5] [--quick] [--json] [--keep NAME]

A Llama with random weights and a vocabulary of 32,000 learns chat-like rows, 110 tokens on average. Each side
trains in a process of its own, one after the other in turn; steps count once the first few are over. Every
process has the same number of threads.

ours              what `sartor run` trains, with the settings that it tries first
TRL, default      SFTTrainer as documented: batches of 8, bfloat16, checkpointed activations
TRL, best         without checkpoints, as many rows a step as ours, patient threads, malloc that keeps what
                  was freed; rows of like length together or packed, in one part or several, in fp32, and
                  the best of these in bfloat16 too: whichever takes the least CPU time in two trials.
                  Packing across rows ("wrapped") is left out, as rows would then read each other
transformers      the Trainer in fp32, with ours' batches, patient threads and malloc

Time is CPU seconds of all threads together: a token a second of these is a token a second on one core.
Memory is the peak over what a process held before it loaded the model; malloc that keeps what was freed
needs more of it, so TRL's best is tried once with malloc as it is, and ours with it tuned. Losses are
compared at the smallest size: ours notes its batches, TRL repeats them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import products, same_losses, trainers
from bench.apart import MEGABYTE, PATIENT, TUNED_MALLOC, apart, figure, ratio, table
from bench.document import document, finish, write_rows
from bench.talks import SIZES, talks, token_counts, write_base

METHODS = ("full", "lora", "last_layers")
MEAN_TOKENS = 110
PARTS_OF_EPOCH = 4
"""A fit stops after a quarter of an epoch at the earliest; the quarter is what is timed."""
ALLOWED_DIFFERENCE = 1e-4
OURS, DEFAULT, BEST, PLAIN = "ours", "TRL, default", "TRL, best", "transformers"
HELPED = {**PATIENT, **TUNED_MALLOC}
FAST = {"bf16": False, "gradient_checkpointing": False}
NUM_TRIALS = 2
"""Of each setting from which TRL's best is chosen."""
CHOSEN_WHEN_QUICK = "packed, 4 parts"
LIBRARIES = ("trl", "accelerate", "datasets", "tokenizers")


@dataclass(frozen=True)
class Plan:
    """How much is trained to measure."""

    num_rows: int
    """An epoch; a quarter of it is one fit of ours."""
    num_warm: int
    """Steps before the clock counts."""
    num_slow: int
    """Steps that count of the two slow sides."""
    num_compared: int
    """Steps of which losses are compared."""


PLANS = {"tiny": Plan(128, 1, 1, 2), "15m": Plan(832, 3, 10, 50), "120m": Plan(832, 3, 4, 50)}
QUICK = Plan(256, 1, 2, 4)


def main() -> None:
    """Measure, print, keep."""
    given = arguments()
    if given.one:
        print(json.dumps(one(json.loads(given.one))))
        return
    found: dict[str, dict[str, Any]] = {"ratios": {}, "figures": {}, "equal": {}, "settings": {}}
    for number, size in enumerate(given.size):
        with tempfile.TemporaryDirectory() as folder:
            case = Case(Path(folder), size, given)
            for method in given.method:
                case.measure(method, found)
                if number == 0:
                    case.compare_losses(method, found["equal"])
    result = document("throughput", num_threads=given.threads, **found)
    result["versions"] |= versions()
    finish(result, as_json=given.json, keep=given.keep)
    if not given.json:
        print(table(result))
    sys.exit(any(one["max_difference"] > one["allowed"] for one in found["equal"].values()))


def arguments() -> argparse.Namespace:
    """The options, with those of `--quick` filled in."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", nargs="+", choices=[*SIZES], help="default: 15m 120m")
    parser.add_argument("--method", nargs="+", choices=METHODS, help="default: all")
    parser.add_argument("--runs", type=int, default=5, help="of every side")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every process")
    parser.add_argument("--answers", type=float, default=0.5, help="share of tokens in answers")
    parser.add_argument("--quick", action="store_true", help="15m, full, one run, few steps")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", metavar="NAME", help="keep it under bench/results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.size = given.size or (["15m"] if given.quick else ["15m", "120m"])
    given.size.sort(key=[*SIZES].index)
    given.method = given.method or (["full"] if given.quick else [*METHODS])
    given.runs = 1 if given.quick else given.runs
    return given


def one(task: dict[str, Any]) -> dict[str, Any]:
    """What one process does."""
    side = task["side"]
    if side == "products":
        size, settings = SIZES[task["size"]], task["settings"]
        of_step = products.needed(size, task["method"], settings, **of_a_step(task))
        return products.achieved(of_step, threads=task["threads"])
    if side == "noted":
        return same_losses.noted_by_ours(task)
    if side == "repeated":
        return same_losses.repeated_by_trl(task)
    watch = trainers.Clocks(num_warm=task["num_warm"])
    {OURS: trainers.ours, PLAIN: trainers.transformers_trainer}.get(side, trainers.trl)(task, watch)
    return watch.summary()


def of_a_step(task: Mapping[str, Any]) -> dict[str, int]:
    """Mean tokens of a step of ours."""
    num_rows = task["settings"]["batch_size"]
    return {
        "num_tokens": round(num_rows * task["mean_tokens"]),
        "num_learned": round(num_rows * task["mean_learned"]),
    }


def named(parts: int) -> str:
    """How often a step goes there and back."""
    return "1 part" if parts == 1 else f"{parts} parts"


def peer_settings(batch_size: int, mean_tokens: float) -> dict[str, dict[str, Any]]:
    """What TRL's best is chosen from: equally many rows a step, read in one part or in several."""
    found = {}
    for parts in (1, 4):
        found[f"like lengths, {named(parts)}"] = {
            "like_lengths": True,
            "train_sampling_strategy": "sequential",
            "per_device_train_batch_size": batch_size // parts,
            "gradient_accumulation_steps": parts,
        }
    for parts in (1, 2, 4):
        found[f"packed, {named(parts)}"] = {
            "packing": True,
            "max_length": round(batch_size * mean_tokens / parts),
            "per_device_train_batch_size": 1,
            "gradient_accumulation_steps": parts,
        }
    exact = {name: FAST | settings for name, settings in found.items()}
    return exact | {in_bf16(name): one | {"bf16": True} for name, one in exact.items()}


def in_bf16(name: str) -> str:
    """The same setting with products in bfloat16."""
    return f"{name}, bf16"


class Case:
    """One size of model and its rows.

    Args:
        folder: Where they are written.
        name: Of `SIZES`.
        given: The options.
    """

    def __init__(self, folder: Path, name: str, given: argparse.Namespace) -> None:
        self.name, self.given = name, given
        self.plan = QUICK if given.quick and name != "tiny" else PLANS[name]
        self.folder = write_base(folder, SIZES[name])
        rows = talks(
            self.plan.num_rows,
            mean_tokens=MEAN_TOKENS,
            learned_share=given.answers,
            num_words=SIZES[name].num_words,
        )
        write_rows(folder / "rows.jsonl", [asdict(row) for row in rows])
        self.tokens_N, self.learned_N = token_counts(folder, rows)
        self.settings = {method: first_settings(self._rows(method)) for method in given.method}

    def task(self, method: str, **more: Any) -> dict[str, Any]:
        """What every process of a method is told."""
        return self._rows(method) | {"settings": self.settings[method]} | more

    def _rows(self, method: str) -> dict[str, Any]:
        return {
            "folder": str(self.folder),
            "size": self.name,
            "method": method,
            "threads": self.given.threads,
            "seed": 0,
            "num_rows": self.plan.num_rows,
            "mean_tokens": float(self.tokens_N.mean()),
            "mean_learned": float(self.learned_N.mean()),
            "longest_answer": int(self.learned_N.max()),
            "num_warm": self.plan.num_warm,
        }

    def measure(self, method: str, found: dict[str, dict[str, Any]]) -> None:
        """All sides in turn, as often as asked; adds ratios, figures and what was chosen."""
        best = CHOSEN_WHEN_QUICK if self.given.quick else self._best(method, found)
        sides: dict[str, dict[str, Any]] = {side: {} for side in (OURS, DEFAULT, BEST, PLAIN)}
        sides[BEST] = peer_settings(*self._batch(method))[best]
        sides[PLAIN] = peer_settings(*self._batch(method))["like lengths, 1 part"] | {
            "gradient_checkpointing": False
        }
        taken: dict[str, list[dict[str, Any]]] = {side: [] for side in (*sides, "products")}
        names = [*taken]
        for run in range(self.given.runs):
            for side in names[run % len(names) :] + names[: run % len(names)]:
                taken[side].append(self._run(side, method, sides.get(side, {}), seed=run))
        case = f"{self.name} {method}"
        found["settings"][case] = {"best of TRL": best, "ours": self.settings[method]}
        found["ratios"] |= self._ratios(case, taken)
        found["figures"] |= self._figures(case, method, taken)

    def compare_losses(self, method: str, equal: dict[str, dict[str, Any]]) -> None:
        """The same batches on both sides, from the same weights."""
        told = self.task(method)
        told["num_rows"] = self.plan.num_compared * told["settings"]["batch_size"]
        found = [self._process(told | {"side": side}, {}) for side in ("noted", "repeated")]
        pairs = list(zip(*(one["losses"] for one in found), strict=True))
        assert len(pairs) == self.plan.num_compared
        equal[f"{self.name} {method}: loss of {len(pairs)} steps"] = {
            "max_difference": max(abs(one - other) for one, other in pairs),
            "allowed": ALLOWED_DIFFERENCE,
        }

    def _batch(self, method: str) -> tuple[int, float]:
        told = self.task(method)
        return told["settings"]["batch_size"], told["mean_tokens"]

    def _best(self, method: str, found: dict[str, dict[str, Any]]) -> str:
        """The setting of TRL that takes the least CPU time; all that was tried is among the figures."""
        settings = peer_settings(*self._batch(method))
        of_one = {name: one for name, one in settings.items() if not one["bf16"]}
        tried = self._tried(method, of_one)
        coarse = in_bf16(min(tried, key=lambda name: seconds_per_token(tried[name])))
        tried |= self._tried(method, {coarse: settings[coarse]})
        best = min(tried, key=lambda name: seconds_per_token(tried[name]))
        told = self._told(BEST, method, settings[best], seed=0, is_short=True)
        tried[f"{best}, malloc as it is"] = [self._process(told, PATIENT)]
        tried["ours with tuned malloc"] = [
            self._process(self._told(OURS, method, {}, seed=0), TUNED_MALLOC)
        ]
        for name, runs in tried.items():
            title = f"{self.name} {method}: tried, {name}"
            found["figures"] |= {
                title: figure([speed(run) for run in runs], "tokens/s per core"),
                f"{title}, memory": figure([run["peak_bytes"] / MEGABYTE for run in runs], "MB"),
            }
        return best

    def _tried(
        self, method: str, settings: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Short runs of TRL with each setting, in turn."""
        tried: dict[str, list[dict[str, Any]]] = {name: [] for name in settings}
        for run in range(NUM_TRIALS):
            for name, trainer in settings.items():
                tried[name].append(self._run(BEST, method, trainer, seed=run, is_short=True))
        return tried

    def _told(
        self,
        side: str,
        method: str,
        trainer: Mapping[str, Any],
        *,
        seed: int,
        is_short: bool = False,
    ) -> dict[str, Any]:
        plan = self.plan
        of_quarter = plan.num_rows // PARTS_OF_EPOCH // self._batch(method)[0]
        is_slow = is_short or side in (DEFAULT, PLAIN)
        num_steps = min(of_quarter, plan.num_warm + plan.num_slow) if is_slow else of_quarter
        return self.task(
            method,
            side=side,
            seed=seed,
            trainer=dict(trainer),
            epochs=1 / PARTS_OF_EPOCH,
            num_steps=num_steps,
        )

    def _run(
        self,
        side: str,
        method: str,
        trainer: Mapping[str, Any],
        *,
        seed: int,
        is_short: bool = False,
    ) -> dict[str, Any]:
        told = self._told(side, method, trainer, seed=seed, is_short=is_short)
        return self._process(told, HELPED if side in (BEST, PLAIN, "products") else {})

    def _process(self, told: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        line = f"   {told['size']} {told['method']}: {told['side']} {told.get('trainer') or ''}"
        print(line, file=sys.stderr, flush=True)
        threads = self.given.threads
        return apart("bench.throughput", told, threads=threads, environment=environment)

    def _ratios(self, case: str, taken: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
        found = {}
        for peer in (DEFAULT, BEST, PLAIN):
            for name, quantity, unit in QUANTITIES:
                ours, theirs = ([quantity(run) for run in taken[side]] for side in (OURS, peer))
                found[f"{case}: {name}, {peer}"] = ratio(ours, theirs, unit)
        return found

    def _figures(
        self, case: str, method: str, taken: Mapping[str, list[dict[str, Any]]]
    ) -> dict[str, Any]:
        told = self.task(method)
        of_step = of_a_step(told)
        needed = products.needed(SIZES[self.name], method, told["settings"], **of_step)
        flops_per_token = products.flops(needed) / of_step["num_tokens"]
        best = [run["flops"] / run["cpu_seconds"] for run in taken["products"]]
        found = {
            f"{case}: tokens of a row": figure([told["mean_tokens"]], "tokens, mean"),
            f"{case}: learned of them": figure([told["mean_learned"]], "tokens, mean"),
            f"{case}: products alone": figure([rate / 1e9 for rate in best], "GFLOP/s per core"),
        }
        for side in (OURS, DEFAULT, BEST, PLAIN):
            speeds = [speed(run) for run in taken[side]]
            shares = [v * flops_per_token / most for v, most in zip(speeds, best, strict=True)]
            walls = [run["tokens"] / run["wall_seconds"] for run in taken[side]]
            peaks = [run["peak_bytes"] / MEGABYTE for run in taken[side]]
            padding = [run["padding_share"] for run in taken[side]]
            found |= {
                f"{case}: speed, {side}": figure(speeds, "tokens/s per core"),
                f"{case}: speed by wall clock, {side}": figure(walls, "tokens/s"),
                f"{case}: peak memory, {side}": figure(peaks, "MB"),
                f"{case}: share of products alone, {side}": figure(shares, "share"),
                f"{case}: padding, {side}": figure(padding, "share of places"),
            }
        return found


QUANTITIES = (
    ("CPU time", lambda run: 1000 * run["cpu_seconds"] / run["tokens"], "s per 1,000 tokens"),
    ("wall time", lambda run: 1000 * run["wall_seconds"] / run["tokens"], "s per 1,000 tokens"),
    ("peak memory", lambda run: run["peak_bytes"] / MEGABYTE, "MB"),
)
"""What a side needs: name, from a run, unit."""


def speed(run: Mapping[str, Any]) -> float:
    """Tokens a second of CPU time."""
    return float(run["tokens"] / run["cpu_seconds"])


def seconds_per_token(runs: Sequence[Mapping[str, Any]]) -> float:
    """CPU time of a token over some runs."""
    return float(sum(run["cpu_seconds"] for run in runs) / sum(run["tokens"] for run in runs))


def first_settings(task: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a run tries first."""
    from sartor.base.resolve import resolve
    from sartor.tune.registry import METHODS as REGISTRY

    base = resolve(task["folder"], offline=True)
    dials = REGISTRY.load(task["method"])().dials(trainers.facts_of(task), base)
    return {dial.name: dial.default for dial in dials}


def versions() -> dict[str, str]:
    """Of the libraries that only the peers need."""
    from importlib.metadata import version

    return {name: version(name) for name in LIBRARIES}


if __name__ == "__main__":
    main()
