"""The same losses step by step: ours trains and notes its batches, TRL's SFTTrainer is given these."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.trainers import IGNORED_LABEL, MOST_TOKENS, Task, job_of, loaded, lora_of

NOTES, ADAPTERS = "steps.json", "adapters.safetensors"
PREFIX = "base_model.model."
"""Stands before the names of weights in a model that PEFT has wrapped."""


def noted_by_ours(task: Task) -> dict[str, Any]:
    """Train one epoch as a run does, in fp32 as the peer; notes losses, batches and the first adapters."""
    import torch
    from safetensors.torch import save_file

    from sartor.engines import writer_engine
    from sartor.engines.writing import lessons
    from sartor.tune.registry import METHODS

    torch.set_num_threads(task["threads"])
    folder, steps = Path(task["folder"]), []

    class Noted(lessons.Writing):
        """Learns as ever, and notes what."""

        def __init__(self, job: Any, *, model: Any, renderer: Any) -> None:
            super().__init__(job, model=model, renderer=renderer)
            named = model.model.named_parameters()
            adapters = {name: weight.detach().clone() for name, weight in named if "lora_" in name}
            if adapters:
                save_file(adapters, folder / ADAPTERS)

        def learn(self, rows: np.ndarray, num_parts: int) -> float:
            loss = super().learn(rows, num_parts)
            steps.append(
                {"loss": loss, "rows": [_tokens_and_labels(self.lessons[i]) for i in rows]}
            )
            return loss

    writer_engine.Writing = Noted  # type: ignore[misc]
    lessons.has_bf16_products = lambda device: False
    engine: Any = writer_engine.WriterEngine(max_tokens=MOST_TOKENS, device="cpu")
    METHODS.load(task["method"])().begin(job_of(task), engine).advance(1)
    (folder / NOTES).write_text(json.dumps(steps), "utf-8")
    return {"losses": [step["loss"] for step in steps]}


def _tokens_and_labels(lesson: Any) -> dict[str, list[int]]:
    labels_T = np.where(lesson.is_learned_T, lesson.tokens_T, IGNORED_LABEL)
    return {"input_ids": lesson.tokens_T.tolist(), "labels": labels_T.tolist()}


def repeated_by_trl(task: Task) -> dict[str, Any]:
    """SFTTrainer's losses on the noted batches, from the same weights and by the same step sizes."""
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    torch.set_num_threads(task["threads"])
    losses: list[float] = []

    class Noted(SFTTrainer):  # type: ignore[misc]
        """Trains as ever, and notes the loss of each step."""

        def training_step(self, *args: Any, **kwargs: Any) -> Any:
            loss = super().training_step(*args, **kwargs)
            losses.append(float(loss))
            return loss

    steps = json.loads(Path(task["folder"], NOTES).read_text("utf-8"))
    model = _from_the_same_weights(task)
    with tempfile.TemporaryDirectory() as out:
        Noted(
            model=model,
            args=SFTConfig(
                output_dir=out,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                max_length=None,
                per_device_train_batch_size=task["settings"]["batch_size"],
                train_sampling_strategy="sequential",
                max_steps=len(steps),
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=Dataset.from_list([row for step in steps for row in step["rows"]]),
            processing_class=AutoTokenizer.from_pretrained(task["folder"]),
            optimizers=_optimizer(model, task, len(steps)),
        ).train()
    return {"losses": losses}


def _from_the_same_weights(task: Task) -> Any:
    import peft
    from safetensors.torch import load_file

    model, config = loaded(task), lora_of(task)
    if config is None:
        return model
    model = peft.get_peft_model(model, config)
    adapters = load_file(Path(task["folder"], ADAPTERS))
    _, unknown = model.load_state_dict({PREFIX + n: w for n, w in adapters.items()}, strict=False)
    assert not unknown, unknown
    return model


def _optimizer(model: Any, task: Task, num_steps: int) -> tuple[Any, Any]:
    """Our schedule, written down a second time: a short rise, then one step size."""
    import torch

    learning = [weight for weight in model.parameters() if weight.requires_grad]
    rate = task["settings"]["learning_rate"]
    optimizer = torch.optim.AdamW(learning, lr=rate, weight_decay=0.0)
    rise = min(100, num_steps)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1, (s + 1) / rise))
