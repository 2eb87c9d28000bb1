"""Was the training long enough? Each tuned finalist of a finished run once more, twice as long.

    python -m bench.banking77 --workspace FOLDER
    python -m bench.longer FOLDER [--json] [--keep]

Same settings, first seed, all rows that choosing used. This looks at the test set after the decision, to
examine the decision; the look is counted in the workspace's ledger and nothing is chosen by it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bench.document import document, finish, progress_lines
from sartor import flow
from sartor.core.hashing import derived_seed
from sartor.data.dataset_file import load_dataset
from sartor.decide.tournament import draw_up
from sartor.decide.trials import Trials
from sartor.engines.on_use import EngineOnUse
from sartor.engines.threads import wait_without_spinning
from sartor.intake import base_models, read_goal
from sartor.store.workspace import Workspace
from sartor.tune.registry import load_methods


def main() -> None:
    """Train, compare, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("workspace", type=Path, help="with a finished run of one label a text")
    parser.add_argument("--json", action="store_true", help="print the JSON document")
    parser.add_argument("--keep", action="store_true", help="keep it under bench/results")
    arguments = parser.parse_args()
    wait_without_spinning()
    decision = flow.report(arguments.workspace).decision
    figures: dict[str, dict[str, Any]] = {}
    for finalist in decision.candidates:
        if finalist.test_seeds is None or "epochs" not in finalist.settings:
            continue
        epochs = finalist.settings["epochs"]
        longer = accuracy_with_epochs(
            arguments.workspace, finalist.method, finalist.settings, 2 * epochs
        )
        decided = finalist.test_seeds["accuracy"][0]
        figures[f"{finalist.method}: {epochs:g} epochs, as decided"] = _share(decided)
        figures[f"{finalist.method}: {2 * epochs:g} epochs"] = _share(longer)
        figures[f"{finalist.method}: gain"] = _share(longer - decided)
        print(
            f"{finalist.method:12} {epochs:g} epochs {decided:.4f}, twice {longer:.4f}", flush=True
        )
    result = document("longer", figures=figures, run=decision.run)
    finish(result, as_json=arguments.json, keep="longer" if arguments.keep else None)


def accuracy_with_epochs(
    workspace_folder: Path, method: str, settings: dict[str, Any], epochs: float
) -> float:
    """Accuracy on `test` of one finalist of the run's first seed, trained for `epochs` epochs."""
    workspace = Workspace.open(workspace_folder)
    goal = read_goal(workspace, ())
    dataset = flow.gather(workspace_folder, progress=progress_lines())
    bases = base_models(goal, workspace_folder)
    draw = draw_up(goal, dataset, load_methods((method,)), bases, is_quick=False)
    trials = Trials(
        facts=draw.facts,
        choosing=draw.choosing,
        engine=EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens),
        artifacts=workspace.artifacts,
        data_hash=dataset.hash,
        seed=goal.seed,
    )
    entrant = draw.plan[0].entrant
    kept = {name: value for name, value in settings.items() if name != "epochs"}
    rows = _opened(workspace, dataset)
    seed = derived_seed(goal.seed, "finalist", 0)
    logits = trials.logits_of(entrant, kept, epochs=epochs, seed=seed, texts=rows.texts)
    trials.release(entrant, kept, seed=seed)
    return float((logits.argmax(axis=1) == rows.targets).mean())


def _opened(workspace: Workspace, dataset: Any) -> Any:
    """The test rows, with the look counted under a name of its own."""
    workspace.record_test_look(dataset.test.fingerprint, "trained longer", "bench-longer")
    folder = next((workspace.folder / ".sartor" / "artifacts" / "dataset").iterdir())
    return load_dataset(folder, lambda _, __: None).test.open("trained longer")


def _share(value: float) -> dict[str, Any]:
    return {
        "value": round(value, 5),
        "low": None,
        "high": None,
        "unit": "accuracy on test, one seed",
    }


if __name__ == "__main__":
    main()
