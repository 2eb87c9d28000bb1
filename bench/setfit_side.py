"""SetFit beside our contrastive tuning and our head: sides of `bench.trunk`.

SetFit (Tunstall et al. 2022, arXiv 2209.11055) learns from pairs of texts: 20 iterations over the rows, of
two pairs a row, in batches of 16, as in its paper; then logistic regression. Its seconds grow with the rows,
so it is measured for some steps and scaled to all of them; `slice` in the unit says how many.

Two comparisons: on few rows of each label both sides train to the end, and accuracy on the same held-out rows
stands beside; on all rows only the time is compared, with our frozen head.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from bench.intent_rows import intents
from bench.sides import TUNED, Watch, asked, figure, ratio, told

ITERATIONS, PAIRS_OF_A_ROW, BATCH = 20, 2, 16
PER_CLASS = 10
SLICE_STEPS, SLICE_STEPS_QUICK = 60, 4
CONTRASTIVE_EPOCHS = 16
"""Where the tournament's search usually stops with so few rows."""
WHY_LEFT_OUT = (
    'SetFit is not installed: pip install "setfit>=1.1" beside this environment\'s torch.'
)


def is_installed() -> bool:
    """Whether the package is there and can be imported beside this transformers."""
    if find_spec("setfit") is None:
        return False
    try:
        import setfit  # noqa: F401
    except ImportError as error:
        told(f"setfit is installed and does not import: {error}")
        return False
    return True


def num_steps(num_rows: int) -> int:
    """Steps of the whole training."""
    return -(-ITERATIONS * PAIRS_OF_A_ROW * num_rows // BATCH)


def setfit_figures(*, is_quick: bool) -> dict[str, dict[str, Any]]:
    """Ratios and accuracies, once: a run to the end takes minutes."""
    few = {"per_class": PER_CLASS, "steps": SLICE_STEPS_QUICK if is_quick else 0}
    theirs_few = asked("bench.setfit_side:peer", few, environment=TUNED)
    told(f"SetFit, {PER_CLASS} rows a label: accuracy {theirs_few['accuracy']:.4f}")
    ours_few = asked("bench.setfit_side:ours", {"per_class": PER_CLASS, "method": "contrastive"})
    slice_steps = SLICE_STEPS_QUICK if is_quick else SLICE_STEPS
    theirs = asked("bench.setfit_side:peer", {"steps": slice_steps}, environment=TUNED)
    ours_all = asked("bench.setfit_side:ours", {"method": "head"})
    unit = "CPU seconds, SetFit's scaled from {} of {} steps"
    figures = {
        "SetFit accuracy, few rows": figure([theirs_few["accuracy"]], "share of scored rows"),
        "contrastive accuracy, few rows": figure([ours_few["accuracy"]], "share of scored rows"),
        "head accuracy, all rows": figure([ours_all["accuracy"]], "share of scored rows"),
    }
    if is_quick:  # a training cut short says nothing of what it reaches
        del figures["SetFit accuracy, few rows"]
    return {
        "ratios": {
            f"SetFit, {PER_CLASS} rows a label, ours contrastive": ratio(
                [ours_few["cpu"]],
                [_whole(theirs_few)],
                unit.format(theirs_few["steps"], num_steps(theirs_few["rows"])),
            ),
            "SetFit, all rows, ours a frozen head": ratio(
                [ours_all["cpu"]],
                [_whole(theirs)],
                unit.format(theirs["steps"], num_steps(theirs["rows"])),
            ),
        },
        "figures": figures,
    }


def peer(task: Mapping[str, Any]) -> dict[str, Any]:
    """SetFit's own trainer.

    Args:
        task: `per_class` rows of each label (none: all), `steps` to stop after (0: all).
    """
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    from sartor.base.resolve import resolve

    rows = intents(per_class=task.get("per_class", 0))
    folder = str(resolve("minilm-l6", offline=True).folder)
    model = SetFitModel.from_pretrained(folder)
    steps = task["steps"] or num_steps(len(rows.fit))
    table = {"text": list(rows.fit.texts), "label": rows.fit.targets.tolist()}
    with tempfile.TemporaryDirectory() as scratch:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=scratch,
                batch_size=BATCH,
                num_iterations=ITERATIONS,
                max_steps=steps,
                save_strategy="no",
                report_to="none",
                seed=0,
            ),
            train_dataset=Dataset.from_dict(table),
        )
        arguments, texts = trainer.args, table["text"]
        watch = Watch()
        trainer.train_embeddings(texts, table["label"], args=arguments)
        of_pairs = watch.seconds()["cpu"]
        watch.restart()
        trainer.train_classifier(texts, table["label"], args=arguments)
        of_head = watch.seconds()["cpu"]
    found = [int(label) for label in model.predict(list(rows.scored.texts))]
    accuracy = sum(map(int.__eq__, found, rows.scored.targets.tolist())) / len(found)
    return {
        "pairs_cpu": of_pairs,
        "head_cpu": of_head,
        "steps": steps,
        "rows": len(rows.fit),
        "accuracy": accuracy,
    }


def ours(task: Mapping[str, Any]) -> dict[str, Any]:
    """One method of the tournament with its default settings, the pass over the trunk included."""
    import numpy as np

    from bench.trunk import engine_and_base, job_of, method_of, settings_of

    engine, base = engine_and_base({})
    rows = intents(per_class=task.get("per_class", 0))
    method = method_of(task["method"])
    [settings] = settings_of(task["method"], base, rows, 1)
    watch = Watch()
    fit = method.begin(job_of(rows, settings, base), engine)
    fit.advance(CONTRASTIVE_EPOCHS if task["method"] == "contrastive" else 0)
    seconds = watch.seconds()
    answers_N = fit.answers(rows.scored.texts).logits_NC.argmax(axis=1)
    return {**seconds, "accuracy": float(np.mean(answers_N == rows.scored.targets))}


def _whole(theirs: Mapping[str, Any]) -> float:
    """CPU seconds of the whole training."""
    share = num_steps(theirs["rows"]) / theirs["steps"]
    return theirs["pairs_cpu"] * share + theirs["head_cpu"]
