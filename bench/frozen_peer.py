"""The transformers Trainer with frozen layers, as its documentation shows it: a side of `bench.trunk`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from bench.intent_rows import MAX_TOKENS, Intents, intents
from bench.sides import Watch

SPEEDS = tuple(
    {"batch_size": size, "grouped": grouped}
    for size in (8, 16, 32, 64)
    for grouped in (False, True)
)
"""What is tried to make it faster; a batch larger than ours is allowed."""
UNTUNED = {"batch_size": 32, "grouped": True, "threads": 1}
"""In the quick form, in place of a search."""
DEFAULT_SPEED = {"batch_size": 8, "grouped": False}
LEARNING_RATE = 1e-3


def trained(task: Mapping[str, Any]) -> dict[str, Any]:
    """One epoch on a slice; the clock runs during `train()` alone.

    Args:
        task: `num_layers` that learn besides the output layer (0: none of the trunk), `most_fit` rows,
            `batch_size`, `grouped`.
    """
    import torch
    from transformers import Trainer
    from transformers.utils import logging

    from sartor.base.resolve import resolve

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    base = resolve("minilm-l6", offline=True)
    rows = intents(most_fit=task["most_fit"])
    model = frozen(base.folder, num_labels=len(rows.labels), num_layers=task["num_layers"])
    examples, collator = tokenised(base.folder, rows)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=arguments(folder, {**DEFAULT_SPEED, **task}),
            train_dataset=examples,
            data_collator=collator,
        )
        watch = Watch()
        found = trainer.train()
        seconds = watch.seconds()
    learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return {
        **seconds,
        "rows": len(rows.fit),
        "loss": float(found.training_loss),
        "learning_parameters": learning,
        "threads": torch.get_num_threads(),
    }


def frozen(folder: Any, *, num_labels: int, num_layers: int) -> Any:
    """The model, of which the output layer and the last layers learn.

    Where layers of the trunk learn, so does the pooler behind them; else all of it is frozen.
    """
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=num_labels)
    model.base_model.requires_grad_(False)
    if num_layers:
        model.base_model.encoder.layer[-num_layers:].requires_grad_(True)
        model.base_model.pooler.requires_grad_(True)
    return model


def arguments(folder: str, speed: Mapping[str, Any]) -> Any:
    """Its own defaults, without saving and logging."""
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=folder,
        num_train_epochs=1,
        per_device_train_batch_size=speed["batch_size"],
        train_sampling_strategy="group_by_length" if speed["grouped"] else "random",
        learning_rate=LEARNING_RATE,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        seed=0,
    )


def tokenised(folder: Any, rows: Intents) -> tuple[list[dict[str, Any]], Any]:
    """Rows as tokens, and what pads each batch to its longest."""
    from transformers import AutoTokenizer, DataCollatorWithPadding

    tokenizer = AutoTokenizer.from_pretrained(folder)
    read = tokenizer(list(rows.fit.texts), truncation=True, max_length=MAX_TOKENS)
    examples = [
        {"input_ids": ids, "attention_mask": mask, "labels": int(label)}
        for ids, mask, label in zip(
            read["input_ids"], read["attention_mask"], rows.fit.targets, strict=True
        )
    ]
    return examples, DataCollatorWithPadding(tokenizer)
