"""One batch from file to gradient: prints `docs/notes/trace.md`.

    python -m tools.trace > docs/notes/trace.md

Three rows, the smallest embedded base model, full fine-tuning, products in fp32. Every station names the
function that does the work and shows what came out of it. A test keeps the page true.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    from sartor.core.candidate import Job
    from sartor.core.dataset import Dataset
    from sartor.core.goal import Goal
    from sartor.engines.lesson_tokens import Lesson
    from sartor.engines.writing.learned import LearnedBatch
    from sartor.engines.writing.lessons import Writing

ROWS = (
    ("Is the blue coat back?", "It is, in every size."),
    ("My parcel is late.", "I am sorry. Which order is it?"),
    ("Do you mend linings?", "We do, free of charge for two years."),
)
GOAL = """\
task: generate
data: {train: [train.jsonl], valid: [valid.jsonl], test: [test.jsonl]}
bases: [sartor-nano]
"""
SETTINGS = {"batch_size": 2, "learning_rate": 1e-3, "head_factor": 1.0}
INTRODUCTION = """\
# One batch, from file to gradient

Three rows of a file, the smallest embedded base model, full fine-tuning, products in fp32. Printed by
`python -m tools.trace`; what stands indented is what the named function gave. Letters: B texts, T tokens,
N tokens that count, D width."""


def main() -> None:
    """Print the page."""
    print("\n".join(page()))


def page() -> Iterator[str]:
    """The page, line by line."""
    yield INTRODUCTION
    with tempfile.TemporaryDirectory() as folder:
        goal, dataset = yield from _rows(Path(folder))
        job = yield from _job(goal, dataset)
    writing, adapted, lesson_batch = yield from _lessons(job)
    loss = yield from _loss(writing, lesson_batch)
    yield from _step(job, adapted, writing, loss)


def _rows(folder: Path) -> Any:
    from sartor.data.byte_stream import DataFile
    from sartor.data.prepare import prepare
    from sartor.data.readers import read_rows
    from sartor.goal import load_goal
    from sartor.store.workspace import Workspace
    from sartor.tune.registry import METHODS

    (folder / "sartor.yaml").write_text(GOAL)
    for split, named in (("train", ""), ("valid", "Again: "), ("test", "Once more: ")):
        lines = [json.dumps({"prompt": named + asked, "completion": told}) for asked, told in ROWS]
        (folder / f"{split}.jsonl").write_text("\n".join(lines))
    workspace = Workspace(folder)
    goal = load_goal(workspace.goal_file, overrides=(), methods=METHODS.names())
    file = DataFile(folder / "train.jsonl", "train.jsonl", "train", "jsonl", "")
    first = next(iter(read_rows(file)))
    yield from _station("A file becomes rows", "data/read_json.py: read_jsonl", [repr(first)])
    dataset = prepare(
        goal,
        folder,
        skip_bad=False,
        artifacts=workspace.artifacts,
        unseal_ledger=lambda *_: None,
        tick=lambda _: None,
    )
    shown = [f"{text!r} -> {target!r}" for text, target in zip(*_pairs(dataset), strict=True)]
    shown.append("(three rows of valid decide little: they join the cross-validation)")
    where = "data/prepare.py: prepare -> core/dataset.py: Dataset.train"
    yield from _station("Rows, checked and cleaned, become a split", where, shown)
    return goal, dataset


def _job(goal: Goal, dataset: Dataset) -> Any:
    from sartor.base.resolve import resolve
    from sartor.core.candidate import Job
    from sartor.decide.choosing import choosing_of
    from sartor.decide.task_facts import facts_of

    facts = facts_of(goal, dataset, choosing_of(dataset, seed=0))
    base = resolve("sartor-nano", offline=True)
    job = Job(facts, SETTINGS, base, dataset.train, seed=0)
    shown = [
        f"base {base.id}: {base.num_parameters:,} parameters",
        f"facts: {facts.num_fit} rows to learn from, room for {facts.max_answer_tokens} tokens of answer",
        f"settings: {SETTINGS}",
    ]
    where = "decide/trials.py: Trials._job -> core/candidate.py: Job"
    yield from _station("A trial is given its rows, base and settings", where, shown)
    return job


def _lessons(job: Job) -> Any:
    from sartor.engines.load_writer import load_writer
    from sartor.engines.rendering import Renderer
    from sartor.engines.writing.adapt_writer import adapt_writer
    from sartor.engines.writing.language_model import LanguageModel
    from sartor.engines.writing.learned import padded_batch
    from sartor.engines.writing.lessons import Writing

    assert job.base is not None
    model = load_writer(job.base)
    adapted = adapt_writer(model, trains="all", settings=job.settings)
    renderer = Renderer(job.base, max_tokens=job.facts.max_tokens)
    writing = Writing(job, model=LanguageModel.of(model), renderer=renderer)
    lesson = writing.lessons[0]
    shown = [
        "tokens  " + " ".join(_pieces(writing, lesson)),
        f"is_learned_T {lesson.is_learned_T.astype(int).tolist()}",
    ]
    where = "engines/lesson_rows.py: row_lessons, engines/rendering.py: Renderer.lesson"
    yield from _station("A row becomes a lesson: tokens, and which of them count", where, shown)
    batches = writing.batches(job.settings["batch_size"], np.random.default_rng(0))
    rows = batches[0]
    shown = [f"steps of the epoch: {[rows.tolist() for rows in batches]}"]
    where = "engines/encoder.py: shuffled_batches (neighbours in length share a step)"
    yield from _station("An epoch is drawn and cut into steps", where, shown)
    chosen = [writing.lessons[row] for row in rows]
    batch = padded_batch(
        [lesson.tokens_T for lesson in chosen],
        [lesson.is_learned_T for lesson in chosen],
        device="cpu",
    )
    shown = [
        f"tokens_BT {tuple(batch.tokens_BT.shape)}, of which {batch.num_learned} count",
        f"mask_BT {'none: nothing is padded' if batch.mask_BT is None else batch.mask_BT.sum(1).tolist()}",
    ]
    where = "engines/writing/learned.py: padded_batch"
    yield from _station("The step's lessons become a batch", where, shown)
    return writing, adapted, batch


def _loss(writing: Writing, batch: LearnedBatch) -> Any:
    from sartor.engines.writing.sequence_loss import predicting_states
    from sartor.engines.writing.token_losses import PORTION_LOGITS, portions, summed_loss

    model = writing.model
    hidden_ND, tokens_N = predicting_states(model, batch)
    all_positions = batch.tokens_BT.numel()
    shown = [
        f"hidden_ND {tuple(hidden_ND.shape)}: of {all_positions} positions {len(hidden_ND)} go on"
    ]
    where = "engines/writing/sequence_loss.py: predicting_states"
    yield from _station("Only states that predict what counts go on", where, shown)
    loss = summed_loss(model, hidden_ND, tokens_N) / len(tokens_N)
    num_portions = len(list(portions(model, len(hidden_ND))))
    most = PORTION_LOGITS["cpu"] // model.vocabulary
    shown = [
        f"logits: {num_portions} portion of at most {most:,} positions, {model.vocabulary:,} wide",
        f"loss {float(loss.detach()):.3f} nats a token",
    ]
    where = "engines/writing/token_losses.py: summed_loss (gradients made beside the loss)"
    yield from _station("The loss, portion by portion", where, shown)
    return loss


def _step(job: Job, adapted: Any, writing: Writing, loss: torch.Tensor) -> Iterator[str]:
    import torch

    from sartor.engines.training import AVERAGE_SHARE_OF_EPOCH, CLIP_NORM, TuneFit

    loss.backward()
    weights = dict(adapted.body)
    largest = max(weights, key=lambda name: float(_grad(weights[name]).norm()))
    norm = torch.nn.utils.clip_grad_norm_(weights.values(), CLIP_NORM)
    shown = [
        f"{len(weights)} weights have a gradient; the largest: {largest}",
        f"norm of all {float(norm):.3f}, cut to {CLIP_NORM}",
    ]
    where = "engines/training.py: TuneFit._learned, TuneFit._step"
    yield from _station("Gradients", where, shown)
    name = "model.layers.0.self_attn.q_proj.weight"
    before = weights[name].detach().clone()
    fit = TuneFit(job, adapted=adapted, objective=writing)
    fit.optimizer.step()
    moved = float((weights[name].detach() - before).abs().mean())
    kept = float((fit.average[fit.names.index(name)] - before).abs().max())
    shown = [
        f"{name} moved by {moved:.1e} a number, the step size of AdamW without warm-up",
        f"its average, which is scored and shipped, has moved by {kept:.0f}: `TuneFit._follow` comes next",
        f"and lets it follow over {AVERAGE_SHARE_OF_EPOCH:g} epochs",
    ]
    where = "engines/training.py: TuneFit._step, torch.optim.AdamW(fused=True)"
    yield from _station("Weights, and their average", where, shown)
    yield ""
    yield "Then the next step. After a quarter of an epoch the trial may be stored, stopped and continued to"
    yield "the bit (`TuneFit.state`, `TuneFit.restore`); `TuneFit.answers` writes with the averaged weights."


def _grad(weight: torch.nn.Parameter) -> torch.Tensor:
    assert weight.grad is not None
    return weight.grad


def _station(title: str, where: str, shown: Sequence[str]) -> Iterator[str]:
    yield from ("", f"**{title}.** `{where}`", "")
    yield from (f"    {line}" for line in shown)


def _pairs(dataset: Dataset) -> tuple[list[str], list[Any]]:
    return list(dataset.train.texts), list(dataset.train.targets)


def _pieces(writing: Writing, lesson: Lesson) -> list[str]:
    tokenizer = writing.renderer.tokenizer
    return [repr(tokenizer.decode([int(t)], skip_special_tokens=False)) for t in lesson.tokens_T]


if __name__ == "__main__":
    main()
