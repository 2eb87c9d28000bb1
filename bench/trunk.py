"""Heads and last layers on a trunk that is read once, beside the transformers Trainer with frozen layers.

    python -m bench.trunk [--runs 5] [--quick] [--json] [--keep] [--without-setfit]

MiniLM of six layers on BANKING77's training rows; 1,500 of them are only scored. Ours is the tournament's own
path: one pass over the trunk for all settings, then `head` and `mlp_head`; `last_layers` on cached outputs of
the layers below. The pass over the trunk, its loading and tokenising are counted. The peer is
`AutoModelForSequenceClassification` under the `Trainer`, frozen by `requires_grad = False` as its
documentation shows, with tokens made ready before its clock starts: as it comes (batches of 8, padded to
their longest, the library's own threads), and at its best: batch size, grouping by length and threads tuned,
tuned malloc, threads that sleep. It trains one epoch on a slice of the rows; its seconds are taken for all
rows, epochs and settings. `slices` says how many.

half precision  the same settings on features and cached layers that went through 16 bits: is any pair of
                settings ranked the other way?
SetFit          where it is installed (`pip install "setfit>=1.1"`): see bench.setfit_side.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.document import document, finish
from bench.frozen_peer import SPEEDS, UNTUNED
from bench.intent_rows import MAX_TOKENS, SCORED_ROWS, Intents, intents, require_rows
from bench.setfit_side import WHY_LEFT_OUT, is_installed, setfit_figures
from bench.sides import (
    TUNED,
    Watch,
    arguments_of,
    asked,
    equal,
    figure,
    ratio,
    table,
    told,
)

BASE = "minilm-l6"
EPOCHS, SETTINGS = 10, 32
LAST_EPOCHS, LAST_SETTINGS = 3, 2
HEADS = {"head": {}, "mlp_head": {"head_epochs": EPOCHS}}
"""Method to what is pinned: `head` has no epochs, it learns until its solver is done."""
PEER_ROWS, PEER_ROWS_QUICK = 1024, 64
FIT_ROWS_QUICK, SCORED_ROWS_QUICK = 256, 300
TUNED_ROWS = 192
EXACT_ROWS, EXACT_LOSS = 256, 1e-4
"""Rows of the epoch whose losses are compared, and the largest difference of a loss, in nats."""
MARKS = {
    "{method}, 10 epochs, peer at its {side}": 30.0,
    "{method}, 10 epochs x 32 settings, peer at its {side}": 500.0,
    "last 2 layers, 3 epochs x 2 settings, peer at its {side}": 6.0,
    "last layer, 3 epochs x 2 settings, peer at its {side}": 14.0,
}
LEARNING = {0: "heads", 2: "last 2 layers", 1: "last layer"}
"""Layers of the trunk that learn, and what that is called."""
Task = Mapping[str, Any]


def main() -> None:
    """Measure, print, keep."""
    parser = arguments_of(__doc__)
    parser.add_argument("--without-setfit", action="store_true", help="leave SetFit out")
    arguments = parser.parse_args()
    require_rows()
    runs = 1 if arguments.quick else arguments.runs
    result = measured(runs, is_quick=arguments.quick, has_setfit=not arguments.without_setfit)
    finish(result, as_json=arguments.json, keep="trunk" if arguments.keep else None)
    if not arguments.json:
        print(table(result))
        print("\n".join(result["left_out"]))


def measured(runs: int, *, is_quick: bool, has_setfit: bool) -> dict[str, Any]:
    """All comparisons, side by side within each run."""
    data: dict[str, Any] = {"most_fit": FIT_ROWS_QUICK if is_quick else 0}
    num_rows = len(intents(**data).fit)
    ratios: dict[str, Any] = {}
    best: dict[str, Any] = {}
    for num_layers, name in LEARNING.items():
        best[name] = UNTUNED if is_quick else tuned_peer(num_layers)
        told(f"{name}: the peer is best with {best[name]}")
        ratios |= compared(num_layers, best[name], data, num_rows, runs, is_quick=is_quick)
    few = {"settings": SETTINGS // 4, "most_scored": SCORED_ROWS_QUICK} if is_quick else {}
    ranks = asked("bench.trunk:ranked", {**data, "settings": SETTINGS, **few})
    exact = asked("bench.trunk:exact", {"most_fit": EXACT_ROWS})
    same = {
        "cached layers: nats between the losses": equal(exact["max_difference"], EXACT_LOSS)
    } | {name: equal(one["inverted"], 0) for name, one in ranks["ranks"].items()}
    figures = {
        f"{name}: accuracy moved at most": figure([one["moved"]], "share of scored rows")
        for name, one in ranks["ranks"].items()
    }
    left_out = []
    if has_setfit and is_installed():
        more = setfit_figures(is_quick=is_quick)
        ratios |= more["ratios"]
        figures |= more["figures"]
    elif has_setfit:
        left_out.append(WHY_LEFT_OUT)
    return document(
        "trunk",
        figures=figures,
        ratios=ratios,
        equal=same,
        marks={} if is_quick else _marks(ratios),
        slices={"rows": num_rows, "peer_rows": _peer_rows(is_quick), "peer_epochs": 1},
        peer_at_its_best=best,
        half_precision=ranks["ranks"],
        left_out=left_out,
    )


def compared(
    num_layers: int,
    best: Task,
    data: Task,
    num_rows: int,
    runs: int,
    *,
    is_quick: bool,
) -> dict[str, Any]:
    """One kind of freezing: ours in each of its forms, the peer at its default and at its best."""
    ours = _ours_tasks(num_layers, data)
    question = {"num_layers": num_layers, "most_fit": _peer_rows(is_quick)}
    seconds: dict[str, list[float]] = {name: [] for name in (*ours, "default", "best")}
    for number in range(runs):
        for name, (side, task) in ours.items():
            seconds[name].append(asked(side, task)["cpu"])
        found = asked("bench.frozen_peer:trained", question)
        seconds["default"].append(found["cpu"] / found["rows"])
        found = asked(
            "bench.frozen_peer:trained",
            {**question, **best},
            environment=TUNED,
            threads=best["threads"],
        )
        seconds["best"].append(found["cpu"] / found["rows"])
        told(f"{LEARNING[num_layers]}: run {number + 1} of {runs}")
    ratios = {}
    for name, (_, task) in ours.items():
        passes = task["epochs"] * task["settings"] * num_rows
        unit = f"CPU seconds of {num_rows} rows, the peer's scaled from {_peer_rows(is_quick)}"
        for side in ("default", "best"):
            theirs = [passes * of_row for of_row in seconds[side]]
            ratios[f"{name}, peer at its {side}"] = ratio(seconds[name], theirs, unit)
    return ratios


def _ours_tasks(num_layers: int, data: Task) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name of each comparison to our side and its task."""
    if num_layers:
        settings = {"epochs": LAST_EPOCHS, "settings": LAST_SETTINGS, "num_layers": num_layers}
        name = f"{LEARNING[num_layers]}, {LAST_EPOCHS} epochs x {LAST_SETTINGS} settings"
        return {name: ("bench.trunk:ours_last_layers", {**data, **settings})}
    return {
        f"{method}, {EPOCHS} epochs" + (f" x {settings} settings" if settings > 1 else ""): (
            "bench.trunk:ours_heads",
            {**data, "method": method, "epochs": EPOCHS, "settings": settings},
        )
        for method in HEADS
        for settings in (1, SETTINGS)
    }


def ours_heads(task: Task) -> dict[str, Any]:
    """One pass over the trunk, then every setting of a head; with `scores` each is scored as well."""
    engine, base = engine_and_base(task)
    rows = _rows(task)
    watch = Watch()
    texts = [*rows.fit.texts, *(rows.scored.texts if task.get("scores") else ())]
    engine.features(base, texts, base.pooling)
    of_features = watch.seconds()["cpu"]
    method = method_of(task["method"])
    for settings in settings_of(task["method"], base, rows, task["settings"]):
        fit = method.begin(job_of(rows, settings, base), engine)
        fit.advance(0)
        if task.get("scores"):
            fit.answers(rows.scored.texts)
    return {**watch.seconds(), "features_cpu": of_features}


def ours_last_layers(task: Task) -> dict[str, Any]:
    """Every setting of `last_layers` to its last epoch, the lower layers read once for all of them."""
    engine, base = engine_and_base(task)
    rows = _rows(task)
    watch = Watch()
    engine.features(base, rows.fit.texts, base.pooling)
    pinned = {"num_layers": task["num_layers"], **ALIKE}
    method = method_of("last_layers")
    for settings in settings_of("last_layers", base, rows, task["settings"], pinned):
        method.begin(job_of(rows, settings, base), engine).advance(task["epochs"])
    return watch.seconds()


ALIKE = {"pooling": "mean", "batch_size": 32, "label_smoothing": 0.1}
"""Pinned, so that settings differ in their step size alone."""


def tuned_peer(num_layers: int) -> dict[str, Any]:
    """The peer's best speed, by CPU seconds on a few rows."""
    tried = []
    for threads in sorted({1, os.cpu_count() or 1}):
        for speed in SPEEDS:
            question = {"num_layers": num_layers, "most_fit": TUNED_ROWS, **speed}
            found = asked("bench.frozen_peer:trained", question, environment=TUNED, threads=threads)
            tried.append((found["cpu"], len(tried), {**speed, "threads": threads}))
    return min(tried)[2]


def ranked(task: Task) -> dict[str, Any]:
    """Accuracy of every setting in full and in half precision, and pairs that change places."""
    engine, base = engine_and_base(task)
    rows = _rows(task)
    half = HalfFeatures(engine)
    found = {}
    for name in HEADS:
        accuracies = [
            [_accuracy(name, settings, base, rows, by) for by in (engine, half)]
            for settings in settings_of(name, base, rows, task["settings"])
        ]
        found[f"{name}: pairs of settings ranked otherwise in 16 bits"] = _inverted(accuracies)
    accuracies = []
    pinned = {"num_layers": 2, **ALIKE}
    for settings in settings_of("last_layers", base, rows, LAST_SETTINGS, pinned):
        both = []
        for is_half in (False, True):
            engine.encoders._activations[base.fingerprint] = _cache(base, is_half=is_half)
            both.append(_accuracy("last_layers", settings, base, rows, engine, epochs=1))
        accuracies.append(both)
    found["last_layers: pairs of settings ranked otherwise in 16 bits"] = _inverted(accuracies)
    return {"ranks": found}


class HalfFeatures:
    """An engine whose features went through 16 bits."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def features(self, base: Any, texts: Sequence[str], pooling: str) -> np.ndarray:
        return self.engine.features(base, texts, pooling).astype(np.float16).astype(np.float32)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)


def exact(task: Task) -> dict[str, Any]:
    """Losses of one epoch of `last_layers`, from cached outputs and through the whole model.

    Without dropout in the trunk, which the layers that stay would draw anew at each step.
    """
    import json
    import shutil

    from sartor.base.resolve import resolve
    from sartor.engines import inputs

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "base"
        shutil.copytree(resolve(BASE, offline=True).folder, copy)
        config = json.loads((copy / "config.json").read_text("utf-8"))
        config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
        (copy / "config.json").write_text(json.dumps(config), "utf-8")
        cached = _losses({**task, "base": str(copy)})
        inputs.CACHE_BYTES = 0  # nothing fits, so the whole model runs
        whole = _losses({**task, "base": str(copy)})
    assert len(cached) == len(whole) > 1
    return {"max_difference": float(np.abs(np.array(cached) - np.array(whole)).max())}


def _losses(task: Task) -> list[float]:
    engine, base = engine_and_base(task)
    rows = _rows(task)
    [settings] = settings_of("last_layers", base, rows, 1, {"num_layers": 2, **ALIKE})
    fit = engine.encoders.prepare(job_of(rows, settings, base), trains="last_layers", is_new=True)
    learn, losses = fit.objective.learn, []

    def noted(batch: np.ndarray, num_parts: int) -> float:
        losses.append(learn(batch, num_parts))
        return losses[-1]

    fit.objective.learn = noted
    fit.advance(1)
    return losses


def settings_of(
    method: str, base: Any, rows: Intents, num: int, pinned: Task | None = None
) -> list[dict[str, Any]]:
    """What the tournament's search asks for when it is told nothing, the default first."""
    from sartor.decide.search import Search

    search = Search(
        method_of(method).dials(rows.facts(), base),
        {**HEADS.get(method, {}), **(pinned or {})},
        num_settings=num,
        seed=0,
        is_higher_better=True,
    )
    found = []
    while (settings := search.ask()) is not None:
        found.append(settings)
    assert len(found) == num, f"{method} has {len(found)} settings"
    return found


def _accuracy(
    method: str, settings: Task, base: Any, rows: Intents, engine: Any, *, epochs: float = 0
) -> float:
    fit = method_of(method).begin(job_of(rows, settings, base), engine)
    fit.advance(epochs)
    answers = fit.answers(rows.scored.texts).logits_NC.argmax(axis=1)
    return float((answers == rows.scored.targets).mean())


def _inverted(accuracies: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Pairs of settings of which the better one is the worse one in half precision."""
    full_S, half_S = np.array(accuracies).T
    orders_SS = np.sign(full_S[:, None] - full_S) * np.sign(half_S[:, None] - half_S)
    return {
        "settings": len(full_S),
        "inverted": int((orders_SS < 0).sum()) // 2,
        "moved": float(np.abs(full_S - half_S).max()),
        "is_same_best": int(full_S.argmax()) == int(half_S.argmax()),
        "accuracies": np.round(np.array(accuracies), 5).tolist(),
    }


def _cache(base: Any, *, is_half: bool) -> Any:
    from sartor.engines.inputs import ActivationCache

    class Halved(ActivationCache):
        def _pass_over(self, texts: Sequence[str], layer: int) -> list[np.ndarray]:
            found = super()._pass_over(texts, layer)
            return [states.astype(np.float16).astype(np.float32) for states in found]

    kind = Halved if is_half else ActivationCache
    return kind(base, max_tokens=MAX_TOKENS, device="cpu")


def engine_and_base(task: Task) -> tuple[Any, Any]:
    """The tournament's engine with nothing kept from before, and the base."""
    from sartor.engines.threads import wait_without_spinning

    wait_without_spinning()
    from sartor.base.resolve import resolve
    from sartor.engines.torch_engine import TorchEngine
    from sartor.store.artifacts import DiskArtifacts

    folder = tempfile.TemporaryDirectory(prefix="sartor-trunk-")
    atexit.register(folder.cleanup)
    engine = TorchEngine(DiskArtifacts(Path(folder.name)), max_tokens=MAX_TOKENS)
    return engine, resolve(task.get("base", BASE), offline=True)


def _rows(task: Task) -> Intents:
    most_scored = task.get("most_scored", SCORED_ROWS)
    return intents(most_fit=task.get("most_fit", 0), most_scored=most_scored)


def job_of(rows: Intents, settings: Task, base: Any) -> Any:
    """What a method gets to learn from."""
    from sartor.core.candidate import Job

    return Job(rows.facts(), dict(settings), base, rows.fit, seed=0)


def method_of(name: str) -> Any:
    """A method of the registry."""
    from sartor.tune.registry import METHODS

    return METHODS.load(name)()


def _peer_rows(is_quick: bool) -> int:
    return PEER_ROWS_QUICK if is_quick else PEER_ROWS


def _marks(ratios: Mapping[str, Any]) -> dict[str, float]:
    known = {
        pattern.format(method=method, side=side): least
        for pattern, least in MARKS.items()
        for method in HEADS
        for side in ("default", "best")
    }
    return {name: least for name, least in known.items() if name in ratios}


if __name__ == "__main__":
    main()
