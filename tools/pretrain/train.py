"""Train one size on the mix, then on short dialogues and instructions; to stop it loses a minute at the most.

    python -m tools.pretrain.train FOLDER mini [--hours 2.5]

Stage 1: every token predicts the next. Stage 2: chats in the model's own template, loss on the assistant's
turns and on the token that ends them. The learning rate warms up, stays, and falls over the last fifth (Hu et
al. 2024, arXiv 2404.06395), so how long the training may take can be settled by the clock: the first steps
measure the speed, and the number of steps follows and is written down. State is written aside and renamed.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from sartor.engines.threads import wait_without_spinning
from tools.pretrain.instructions import Instructions
from tools.pretrain.models import SIZES, Size, config_of
from tools.pretrain.streams import Streams, encode_corpus
from tools.pretrain.tokenizer import BOS, END_OF_TURN, PAD

LENGTH = 256
BATCH = 16
WARM_UP_STEPS = 200
DECAY_SHARE = 0.2
STAGE_2_SHARE = 0.15
"""Share of the steps that chats take, at the end, while the rate falls."""
WEIGHT_DECAY = 0.1
CLIP_NORM = 1.0
SAVE_SECONDS = 60.0
MEASURED_STEPS = 20


@dataclass
class Position:
    """Where a training stands."""

    step: int = 0
    num_steps: int = 0
    seconds: float = 0.0
    """Spent so far, over all sittings."""


def main() -> None:
    """Train to the end, from wherever the folder stands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("size", choices=sorted(SIZES))
    parser.add_argument("--hours", type=float, default=2.5, help="for the whole training")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    wait_without_spinning()
    training = Training(arguments.folder, arguments.size, seed=arguments.seed)
    training.run(seconds=arguments.hours * 3600)
    training.export()


class Training:
    """One size, from random weights to the exported model.

    Args:
        folder: With `corpus` and `tokenizer`; the state is kept in FOLDER/NAME.
        name: Of the size.
        seed: Of weights, windows and chats.
    """

    def __init__(self, folder: Path, name: str, *, seed: int) -> None:
        self.folder, self.name, self.seed = folder, name, seed
        self.size: Size = SIZES[name]
        self.place = folder / name
        self.place.mkdir(exist_ok=True)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer" / "tokenizer.json"))
        self.streams = Streams(encode_corpus(folder, "train"))
        self.chats = Instructions.of(folder, self.tokenizer)
        torch.manual_seed(seed)
        self.model: Any = LlamaForCausalLM(self._config()).to(self.device)
        self.optimizer = self._optimizer()
        self.dtype = faster_dtype(self.device, width=self.size.width)
        self.position = Position()
        self._restore()

    def run(self, *, seconds: float) -> None:
        """All steps that fit the time, the first of which measure how many those are."""
        saved = time.monotonic()
        self.model.train()
        while not self.position.num_steps or self.position.step < self.position.num_steps:
            start = time.monotonic()
            loss = self._step()
            self.position.step += 1
            self.position.seconds += time.monotonic() - start
            if self.position.step == MEASURED_STEPS and not self.position.num_steps:
                self.position.num_steps = int(seconds / self.position.seconds * MEASURED_STEPS)
            if self.position.step % 50 == 0:
                self._tell(loss)
            if time.monotonic() - saved > SAVE_SECONDS:
                self._save()
                saved = time.monotonic()
        self._save()

    def export(self) -> None:
        """The model in bf16 and its tokenizer, as a folder that transformers loads."""
        from transformers import AutoTokenizer

        target = self.place / "model"
        self.model.to(torch.bfloat16).save_pretrained(target)
        AutoTokenizer.from_pretrained(self.folder / "tokenizer").save_pretrained(target)

    def _step(self) -> float:
        self._set_learning_rate()
        tokens_BT, targets_BT = self._batch()
        with torch.autocast(self.device, dtype=self.dtype, enabled=self.dtype is not torch.float32):
            hidden = self.model.model(input_ids=tokens_BT).last_hidden_state
            is_learned = targets_BT >= 0
            logits = self.model.lm_head(hidden[is_learned])
        loss = torch.nn.functional.cross_entropy(logits.float(), targets_BT[is_learned])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP_NORM)
        self.optimizer.step()
        return float(loss.detach())

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and what each is to predict; -1 where nothing is learned."""
        step = self.position.step
        if self._is_stage_2():
            tokens, targets = self.chats.batch(
                step, batch_size=BATCH, length=LENGTH, seed=self.seed
            )
        else:
            rows = self.streams.windows(step, batch_size=BATCH, length=LENGTH, seed=self.seed)
            tokens, targets = rows[:, :-1], rows[:, 1:]
        to = self.device
        return torch.from_numpy(tokens.copy()).to(to), torch.from_numpy(targets.copy()).to(to)

    def _is_stage_2(self) -> bool:
        position = self.position
        return bool(position.num_steps) and position.step >= position.num_steps * (
            1 - STAGE_2_SHARE
        )

    def _set_learning_rate(self) -> None:
        step, num_steps = self.position.step, self.position.num_steps or math.inf
        warm = min(1.0, (step + 1) / WARM_UP_STEPS)
        left = (num_steps - step) / (DECAY_SHARE * num_steps) if num_steps < math.inf else 1.0
        for group in self.optimizer.param_groups:
            group["lr"] = self.size.learning_rate * min(warm, max(0.02, min(1.0, left)))

    def _optimizer(self) -> torch.optim.Optimizer:
        """AdamW; norms are not pulled towards 0."""
        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        norms = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": WEIGHT_DECAY},
            {"params": norms, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.size.learning_rate, betas=(0.9, 0.95), fused=True)

    def _config(self) -> Any:
        return config_of(
            self.size,
            vocabulary=self.tokenizer.get_vocab_size(),
            pad_id=self.tokenizer.token_to_id(PAD),
            bos_id=self.tokenizer.token_to_id(BOS),
            eos_id=self.tokenizer.token_to_id(END_OF_TURN),
        )

    def _tell(self, loss: float) -> None:
        position = self.position
        line = asdict(position) | {"loss": round(loss, 4), "stage": 2 if self._is_stage_2() else 1}
        line["tokens"] = position.step * BATCH * LENGTH
        with (self.place / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        print(line, flush=True)

    def _save(self) -> None:
        """Weights and moments in one file, the position in its metadata: whole or not at all."""
        arrays = {f"weight.{name}": p.detach() for name, p in self.model.named_parameters()}
        for name, parameter in self.model.named_parameters():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                arrays[f"{key}.{name}"] = value
        aside = self.place / "state.tmp"
        contiguous = {name: tensor.contiguous().cpu() for name, tensor in arrays.items()}
        save_file(contiguous, aside, metadata={"position": json.dumps(asdict(self.position))})
        aside.replace(self.place / "state.safetensors")

    @torch.no_grad()
    def _restore(self) -> None:
        file = self.place / "state.safetensors"
        if not file.is_file():
            return
        from safetensors import safe_open

        with safe_open(file, "np") as opened:
            self.position = Position(**json.loads(opened.metadata()["position"]))
        arrays = load_file(file, device=self.device)
        for name, parameter in self.model.named_parameters():
            parameter.copy_(arrays[f"weight.{name}"])
            self.optimizer.state[parameter] = {
                key: arrays[f"{key}.{name}"]
                for key in ("step", "exp_avg", "exp_avg_sq")
                if f"{key}.{name}" in arrays
            }


def faster_dtype(device: str, *, width: int) -> torch.dtype:
    """bf16 where a product of the model's shape is a fifth faster in it, else fp32: measured, not assumed."""
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left = torch.randn(BATCH * LENGTH, width, device=device).to(dtype)
        right = torch.randn(3 * width, width, device=device).to(dtype)
        times = []
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(5):
                torch.nn.functional.linear(left, right)
            if device == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
        seconds[dtype] = float(np.median(times))
    is_faster = seconds[torch.bfloat16] < 0.8 * seconds[torch.float32]
    return torch.bfloat16 if is_faster else torch.float32


if __name__ == "__main__":
    main()
