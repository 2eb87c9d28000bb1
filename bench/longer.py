"""A finalist trained with other epochs than the run chose: does more training help?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sartor import flow
from sartor.core.hashing import derived_seed
from sartor.decide.tournament import draw_up
from sartor.decide.trials import Trials
from sartor.engines.on_use import EngineOnUse
from sartor.store.workspace import Workspace
from sartor.tune.registry import load_methods


def accuracy_with_epochs(
    workspace_folder: Path, method: str, settings: dict[str, Any], epochs: int
) -> float:
    """Accuracy on `test` of one finalist of the run's first seed, trained for `epochs` epochs."""
    from bench.document import progress_lines

    workspace = Workspace.open(workspace_folder)
    goal = flow.read_goal(workspace, ())
    dataset = flow.gather(workspace_folder, progress=progress_lines())
    bases = flow.base_models(goal, workspace_folder)
    draw = draw_up(goal, dataset, load_methods((method,)), bases, is_quick=False)
    engine = EngineOnUse(workspace.artifacts, max_tokens=goal.max_tokens)
    trials = Trials(
        facts=draw.facts,
        choosing=draw.choosing,
        engine=engine,
        artifacts=workspace.artifacts,
        data_hash=dataset.hash,
        seed=goal.seed,
    )
    entrant = draw.plan[0].entrant
    kept = {name: value for name, value in settings.items() if name != "epochs"}
    test = dataset.test
    assert test is not None
    rows = _opened(workspace, dataset)
    seed = derived_seed(goal.seed, "finalist", 0)
    logits = trials.logits_of(entrant, kept, epochs=epochs, seed=seed, texts=rows.texts)
    trials.release(entrant, kept, seed=seed)
    return float((logits.argmax(axis=1) == rows.targets).mean())


def _opened(workspace: Workspace, dataset: Any) -> Any:
    """The test rows, with the look counted under a name of its own."""
    workspace.record_test_look(dataset.test.fingerprint, "trained longer", "bench-longer")
    folder = next((workspace.folder / ".sartor" / "artifacts" / "dataset").iterdir())
    from sartor.data.dataset_file import load_dataset

    return load_dataset(folder, lambda _, __: None).test.open("trained longer")
