"""Fine-tuning of one decoder on the same rows by each side, each in a process of its own.

Ours is what a run does: the method begins a fit at the engine, and the fit advances. Nothing of it is
replaced; what is measured is seen from outside, by hooks that torch calls for every side alike.

Shape letters: N rows.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.apart import forget_peak, peak_bytes, resident_bytes
from bench.talks import Talk

MOST_TOKENS = 1024
"""Of a row; none is cut."""
IGNORED_LABEL = -100
Task = Mapping[str, Any]
"""`folder` of the base, with `rows.jsonl` in it; `method`, its `settings`, `seed`, `threads`, what
`facts_of` reads; `epochs` for ours, `num_steps` and `trainer` for a peer: how long, and its own settings."""


class Watch(Protocol):
    """What is measured of a training."""

    def begin(self) -> None:
        """Everything is imported, nothing is loaded yet."""

    def summary(self) -> dict[str, Any]:
        """What was seen."""


class Clocks:
    """Tokens read, steps, clocks and memory, whoever trains in this process.

    Args:
        num_warm: Steps that do not count: memory grows, moments are made.
        pad_id: Token id that fills batches; texts never hold it.
    """

    def __init__(self, *, num_warm: int, pad_id: int = 0) -> None:
        self.num_warm = num_warm
        self.pad_id = pad_id
        self.tokens = self.places = 0
        self.marks: list[tuple[int, int, float, float]] = []

    def begin(self) -> None:
        from torch.nn.modules.module import register_module_forward_pre_hook
        from torch.optim.optimizer import register_optimizer_step_post_hook
        from transformers.models.llama import modeling_llama  # noqa: F401

        register_module_forward_pre_hook(self._read)
        register_optimizer_step_post_hook(self._stepped)
        forget_peak()
        self.before = resident_bytes()

    def _read(self, module: Any, inputs: Any) -> None:
        if is_table(module):
            self.tokens += int((inputs[0] != self.pad_id).sum())
            self.places += inputs[0].numel()

    def _stepped(self, *_: Any) -> None:
        clocks = (time.process_time(), time.perf_counter())
        self.marks.append((self.tokens, self.places, *clocks))

    def summary(self) -> dict[str, Any]:
        first, last = self.marks[self.num_warm - 1], self.marks[-1]
        tokens, places, cpu, wall = (end - start for start, end in zip(first, last, strict=True))
        return {
            "tokens": tokens,
            "padding_share": 1 - tokens / places,
            "cpu_seconds": cpu,
            "wall_seconds": wall,
            "peak_bytes": peak_bytes() - self.before,
            "num_steps": len(self.marks) - self.num_warm,
        }


class StepMemory:
    """What the first step takes beyond the loaded model.

    Args:
        num_places: Of a whole batch; the step begins when so many tokens are read at once.
    """

    def __init__(self, *, num_places: int) -> None:
        self.num_places = num_places
        self.found: dict[str, int] = {}

    def begin(self) -> None:
        from torch.nn.modules.module import register_module_forward_pre_hook
        from torch.optim import optimizer

        register_module_forward_pre_hook(self._read)
        optimizer.register_optimizer_step_pre_hook(lambda *_: self._note("gradient_bytes"))
        optimizer.register_optimizer_step_post_hook(lambda *_: self._note("step_bytes"))

    def _read(self, module: Any, inputs: Any) -> None:
        if is_table(module) and inputs[0].numel() >= self.num_places and not self.found:
            forget_peak()
            self.found["loaded_bytes"] = resident_bytes()

    def _note(self, name: str) -> None:
        self.found.setdefault(name, peak_bytes() - self.found["loaded_bytes"])

    def summary(self) -> dict[str, Any]:
        return dict(self.found)


def is_table(module: Any) -> bool:
    """Whether a module is the table of tokens: what reads a batch first."""
    import torch

    return isinstance(module, torch.nn.Embedding)


def ours(task: Task, watch: Watch) -> None:
    """A fit of the engine, as the tournament begins and advances it."""
    from sartor.engines.threads import wait_without_spinning

    wait_without_spinning()
    import peft  # noqa: F401
    import torch

    from sartor.engines.writer_engine import WriterEngine
    from sartor.tune.registry import METHODS

    torch.set_num_threads(task["threads"])
    job = job_of(task)
    watch.begin()
    engine: Any = WriterEngine(max_tokens=MOST_TOKENS, device="cpu")
    METHODS.load(task["method"])().begin(job, engine).advance(task["epochs"])


def job_of(task: Task) -> Any:
    """The rows as a run hands them to a method."""
    from sartor.base.resolve import resolve
    from sartor.core.candidate import Job
    from sartor.core.conversation import Turn, conversation_text
    from sartor.core.dataset import Split

    rows = read_talks(task)
    targets_N = np.empty(len(rows), dtype=object)
    targets_N[:] = [(row.answer,) for row in rows]
    asked = [conversation_text([Turn("user", row.prompt)]) for row in rows]
    split = Split(asked, targets_N, np.arange(len(rows)), [""] * len(rows))
    base = resolve(task["folder"], offline=True)
    return Job(facts_of(task), task["settings"], base, split, task["seed"])


def facts_of(task: Task) -> Any:
    """What a method knows of the task."""
    from sartor.core.dataset import TaskFacts
    from sartor.core.goal import OutputKind

    return TaskFacts(
        output_kind=OutputKind.TEXT,
        labels=(),
        descriptions={},
        num_fit=task["num_rows"],
        smallest_class=0,
        mean_tokens=task["mean_tokens"] - task["mean_learned"],
        max_tokens=MOST_TOKENS,
        task="chat",
        mean_answer_tokens=task["mean_learned"],
        max_answer_tokens=task["longest_answer"],
    )


def trl(task: Task, watch: Watch) -> None:
    """TRL's SFTTrainer on prompts and completions, of which it learns the completions."""
    import peft  # noqa: F401
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    torch.set_num_threads(task["threads"])
    rows = [
        {
            "prompt": [{"role": "user", "content": row.prompt}],
            "completion": [{"role": "assistant", "content": row.answer}],
        }
        for row in _in_order(task)
    ]
    watch.begin()
    with tempfile.TemporaryDirectory() as out:
        SFTTrainer(
            model=loaded(task),
            args=SFTConfig(**_arguments(task, out)),
            train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained(task["folder"]),
            peft_config=lora_of(task),
        ).train()


def transformers_trainer(task: Task, watch: Watch) -> None:
    """The plain Trainer on tokens and labels, with logits of all positions."""
    import peft
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer, DataCollatorForSeq2Seq, Trainer, TrainingArguments

    torch.set_num_threads(task["threads"])
    rows = _in_order(task)
    watch.begin()
    tokenizer = AutoTokenizer.from_pretrained(task["folder"])
    config, model = lora_of(task), loaded(task)
    with tempfile.TemporaryDirectory() as out:
        Trainer(
            model=model if config is None else peft.get_peft_model(model, config),
            args=TrainingArguments(**_arguments(task, out)),
            train_dataset=Dataset.from_list([labelled(tokenizer, row) for row in rows]),
            data_collator=DataCollatorForSeq2Seq(tokenizer),
        ).train()


def labelled(tokenizer: Any, row: Talk) -> dict[str, list[int]]:
    """Tokens of a row, and as labels those of its answer."""
    asked = [{"role": "user", "content": row.prompt}]
    said = [*asked, {"role": "assistant", "content": row.answer}]
    prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True)["input_ids"]
    ids = tokenizer.apply_chat_template(said)["input_ids"]
    assert ids[: len(prompt)] == prompt
    return {"input_ids": ids, "labels": [IGNORED_LABEL] * len(prompt) + ids[len(prompt) :]}


def loaded(task: Task) -> Any:
    """The model in fp32; where only the last layers learn, the others are frozen."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(task["folder"], dtype=torch.float32)
    if task["method"] == "last_layers":
        model.requires_grad_(False)
        model.model.layers[-task["settings"]["num_layers"] :].requires_grad_(True)
    return model


def lora_of(task: Task) -> Any:
    """Adapters as ours has them: around every linear layer but the output layer. None for other methods."""
    from peft import LoraConfig

    if task["method"] != "lora":
        return None
    given = task["settings"]
    return LoraConfig(
        r=given["rank"],
        lora_alpha=given["alpha"],
        lora_dropout=given["dropout"],
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _arguments(task: Task, out: str) -> dict[str, Any]:
    """The peer's own settings, and that it runs here, so long, and stores nothing."""
    given = {name: value for name, value in task["trainer"].items() if name != "like_lengths"}
    return given | {
        "output_dir": out,
        "use_cpu": True,
        "max_steps": task["num_steps"],
        "learning_rate": task["settings"]["learning_rate"],
        "seed": task["seed"],
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def _in_order(task: Task) -> list[Talk]:
    """The rows; where rows of like length shall stand together, in the batches that ours would draw."""
    from sartor.engines.encoder import shuffled_batches

    rows = read_talks(task)
    if not task["trainer"].get("like_lengths"):
        return rows
    lengths_N = np.array([len(f"{row.prompt} {row.answer}".split()) for row in rows])
    rng = np.random.default_rng(task["seed"])
    batches = shuffled_batches(lengths_N, batch_size=task["settings"]["batch_size"], rng=rng)
    return [rows[row] for batch in batches for row in batch]


def read_talks(task: Task) -> list[Talk]:
    """The rows that lie beside the model."""
    with Path(task["folder"], "rows.jsonl").open(encoding="utf-8") as lines:
        return [Talk(**json.loads(line)) for line in lines][: task["num_rows"]]
