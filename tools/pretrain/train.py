"""Train one size on the mix, then on chats too; to stop it loses a minute at the most.

The learning rate warms up, stays, and falls over the last two fifths (Hu et al. 2024, arXiv 2404.06395),
so the number of steps need not be known at the start: a training by the clock stays at the high rate
until three fifths of its time are used, then writes down how many steps are left. Windows are short at
first and long at the end; over the last fifth half of each batch are chats in the model's own template,
of which only the assistant's turns and the token that ends them are learned. Weights and moments are
fp32; products are bf16 where the machine has instructions for them. State is written aside and renamed.

Shape letters: B windows of a step, T tokens of a window.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from tools.pretrain.bits import HeldOut, append_line, bits_per_byte, held_out
from tools.pretrain.models import CONTEXT, SIZES, Size, config_of, model_folder
from tools.pretrain.muon import Muon
from tools.pretrain.streams import UNTRAINED, Instructions, Streams, encode_corpus
from tools.pretrain.tokenizer import BOS, END_OF_TURN, PAD, TOKENIZER_FILE


@dataclass(frozen=True)
class Recipe:
    """How any size is trained; the README beside this file gives the reasons."""

    step_tokens: int = 4_096
    """Tokens of a step, whatever the length of its windows."""
    window_tokens: tuple[int, int, int] = (256, 512, CONTEXT)
    """While the learning rate stays, over the first and over the second half of its fall."""
    warm_up_steps: int = 100
    decay_share: float = 0.4
    """Of the steps, or of the time, over which the learning rate falls to 0."""
    chat_share: float = 0.5
    """Of the rows of a batch over the second half of the fall."""
    slower_share: float = 0.88
    """Speed with long windows over speed with short ones, for the plan of a training by the clock."""
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    save_seconds: float = 60.0
    log_steps: int = 50
    evaluate_steps: int = 500
    evaluate_tokens: int = 10_000
    """Of each kind, while training; the final evaluation reads more."""


@dataclass
class Position:
    """Where a training stands."""

    step: int = 0
    decay_start: int = 0
    """Step at which the rate begins to fall; 0 while it is not known."""
    num_steps: int = 0
    """0 while it is not known."""
    seconds: float = 0.0
    """Spent so far, over all sittings."""

    def plan(self, *, decay_start: int, num_decay_steps: int) -> None:
        """Settle how the training ends."""
        self.decay_start = max(1, decay_start)
        self.num_steps = self.decay_start + max(2, num_decay_steps)

    @property
    def is_done(self) -> bool:
        """Whether the last step is behind."""
        return 0 < self.num_steps <= self.step

    @property
    def decayed_share(self) -> float:
        """Part of the fall that is behind, 0 to 1."""
        if not self.num_steps or self.step < self.decay_start:
            return 0.0
        return (self.step - self.decay_start) / (self.num_steps - self.decay_start)

    @property
    def phase(self) -> int:
        """Place in `Recipe.window_tokens`; chats take part in the last."""
        if not self.num_steps or self.step < self.decay_start:
            return 0
        return 1 if self.decayed_share < 0.5 else 2


class Training:
    """One size, from random weights to the exported model.

    Args:
        folder: With `corpus` and `tokenizer`; the state is kept in OUT/NAME.
        name: Of the size.
        seed: Of weights, windows and chats.
        size: Shape and learning rates; by default those of the name.
        recipe: How it is trained.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        seed: int = 0,
        size: Size | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        self.folder, self.name, self.seed = folder, name, seed
        self.size = size or SIZES[name]
        self.recipe = recipe or Recipe()
        self.place = folder / name
        self.place.mkdir(exist_ok=True)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.is_mixed = self.device == "cuda" or multiplies_bfloat16()
        self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self.streams = Streams(encode_corpus(folder, "train"))
        self.chats = Instructions.of(folder)
        self.held_out = {
            kind: texts.start(self.recipe.evaluate_tokens)
            for kind, texts in held_out(folder).items()
        }
        torch.manual_seed(seed)
        self.model: Any = LlamaForCausalLM(self._config()).to(self.device)
        self.optimizers = self._optimizers()
        self.position = Position()
        self._restore()

    def run(
        self,
        *,
        seconds: float | None = None,
        num_tokens: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """All steps that are left.

        Args:
            seconds: Time for the whole training, over all sittings.
            num_tokens: Instead of a time; the same tokens give the same weights.
            is_stopped: Asked after each step; True leaves without saving, as a crash would.
        """
        if num_tokens is not None and not self.position.num_steps:
            num_steps = num_tokens // self.recipe.step_tokens
            num_decay_steps = int(num_steps * self.recipe.decay_share)
            self.position.plan(
                decay_start=num_steps - num_decay_steps, num_decay_steps=num_decay_steps
            )
        saved = time.monotonic()
        while not self.position.is_done:
            start = time.monotonic()
            loss = self._step()
            self.position.step += 1
            if is_stopped():
                return
            self._tell(loss)
            self.position.seconds += time.monotonic() - start
            if seconds is not None:
                self._plan_by_clock(seconds)
            if time.monotonic() - saved > self.recipe.save_seconds:
                self.save()
                saved = time.monotonic()
        self.save()

    def save(self) -> None:
        """Weights and moments in one file, the position in its metadata: whole or not at all."""
        arrays = {f"weight.{name}": value.detach() for name, value in self.model.named_parameters()}
        for name, parameter in self.model.named_parameters():
            for optimizer in self.optimizers:
                for key, value in optimizer.state.get(parameter, {}).items():
                    arrays[f"{key}.{name}"] = value
        aside = self.place / "state.tmp"
        contiguous = {name: tensor.contiguous().cpu() for name, tensor in arrays.items()}
        save_file(contiguous, aside, metadata={"position": json.dumps(asdict(self.position))})
        aside.replace(self.place / "state.safetensors")

    def export(self) -> None:
        """Write OUT/models/sartor-NAME: bf16 weights and tokenizer, whole or not at all."""
        target = model_folder(self.folder, self.name)
        aside = target.with_suffix(".tmp")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(self.folder / "tokenizer", aside)
        end, begin = (self.tokenizer.token_to_id(token) for token in (END_OF_TURN, BOS))
        generation = self.model.generation_config
        generation.eos_token_id = [end, begin]
        generation.pad_token_id = self.tokenizer.token_to_id(PAD)
        self.model.to(torch.bfloat16).save_pretrained(aside)
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)

    def _step(self) -> float:
        self._set_learning_rates()
        self.model.train()
        tokens_BT, targets_BT = self._batch()
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.is_mixed):
            hidden = self.model.model(input_ids=tokens_BT, use_cache=False).last_hidden_state
            is_learned = targets_BT != UNTRAINED
            logits = self.model.lm_head(hidden[is_learned])
        loss = torch.nn.functional.cross_entropy(logits.float(), targets_BT[is_learned])
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
        return float(loss.detach())

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and what each is to predict, both (B, T)."""
        position = self.position
        length = self.recipe.window_tokens[position.phase]
        batch_size = self.recipe.step_tokens // length
        num_chats = int(batch_size * self.recipe.chat_share) if position.phase == 2 else 0
        draw = {"length": length, "seed": self.seed}
        windows = self.streams.windows(position.step, batch_size=batch_size - num_chats, **draw)
        tokens_BT, targets_BT = windows[:, :-1], windows[:, 1:]
        if num_chats:
            chats = self.chats.rows(position.step, batch_size=num_chats, **draw)
            tokens_BT = np.concatenate([tokens_BT, chats[0]])
            targets_BT = np.concatenate([targets_BT, chats[1]])
        return (
            torch.from_numpy(tokens_BT.copy()).to(self.device),
            torch.from_numpy(targets_BT.copy()).to(self.device),
        )

    def _plan_by_clock(self, seconds: float) -> None:
        position = self.position
        if not position.num_steps and position.seconds >= (1 - self.recipe.decay_share) * seconds:
            per_step = position.seconds / position.step / self.recipe.slower_share
            position.plan(
                decay_start=position.step,
                num_decay_steps=int((seconds - position.seconds) / per_step),
            )
            self.save()

    def _set_learning_rates(self) -> None:
        share = min(1.0, (self.position.step + 1) / self.recipe.warm_up_steps)
        share *= max(0.01, 1 - self.position.decayed_share)
        rates = (self.size.matrix_learning_rate, self.size.table_learning_rate)
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * share

    def _optimizers(self) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        """Muon for the matrices of the layers; AdamW for the table and the norms, which do not shrink."""
        matrices = [p for p in self.model.model.layers.parameters() if p.ndim == 2]
        chosen = {id(p) for p in matrices}
        others = [p for p in self.model.parameters() if id(p) not in chosen]
        return (
            Muon(
                matrices,
                lr=self.size.matrix_learning_rate,
                weight_decay=self.recipe.weight_decay,
                is_coarse=self.is_mixed,
            ),
            torch.optim.AdamW(
                others,
                lr=self.size.table_learning_rate,
                betas=(0.9, 0.95),
                weight_decay=0.0,
                fused=True,
            ),
        )

    def _config(self) -> Any:
        return config_of(
            self.size,
            vocabulary=self.tokenizer.get_vocab_size(),
            pad_id=self.tokenizer.token_to_id(PAD),
            bos_id=self.tokenizer.token_to_id(BOS),
            eos_id=self.tokenizer.token_to_id(END_OF_TURN),
        )

    def _tell(self, loss: float) -> None:
        """A line in the log now and then, and bits per byte more rarely."""
        position = self.position
        is_evaluated = position.step % self.recipe.evaluate_steps == 0 or position.is_done
        if position.step % self.recipe.log_steps and not is_evaluated:
            return
        line: dict[str, Any] = {
            **asdict(position),
            "tokens": position.step * self.recipe.step_tokens,
            "phase": position.phase,
            "loss": round(loss, 4),
        }
        if is_evaluated:
            line["bits_per_byte"] = {
                kind: round(self._bits_per_byte(texts), 4)
                for kind, texts in self.held_out.items()
                if texts.documents
            }
        append_line(self.place / "log.jsonl", line)
        print(json.dumps(line), flush=True)

    def _bits_per_byte(self, texts: HeldOut) -> float:
        length = self.recipe.window_tokens[min(self.position.phase, 2)]
        return bits_per_byte(self.model, texts, length=length, stride=length)

    @torch.no_grad()
    def _restore(self) -> None:
        """Go on from the last state; log lines of steps that were lost are taken out."""
        file = self.place / "state.safetensors"
        if not file.is_file():
            (self.place / "log.jsonl").unlink(missing_ok=True)
            return
        with safe_open(file, "pt", device=self.device) as opened:
            self.position = Position(**json.loads(opened.metadata()["position"]))
            for name, parameter in self.model.named_parameters():
                parameter.copy_(opened.get_tensor(f"weight.{name}"))
            self._restore_moments(opened, set(opened.keys()))
        _cut_log(self.place / "log.jsonl", self.position.step)

    def _restore_moments(self, opened: Any, names: set[str]) -> None:
        place_of = {id(p): o for o in self.optimizers for g in o.param_groups for p in g["params"]}
        for name, parameter in self.model.named_parameters():
            state = place_of[id(parameter)].state[parameter]
            for key in ("momentum", "step", "exp_avg", "exp_avg_sq"):
                if f"{key}.{name}" in names:
                    state[key] = opened.get_tensor(f"{key}.{name}")


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for it: then a step takes two thirds of its time."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _cut_log(file: Path, step: int) -> None:
    if file.is_file():
        lines = file.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        file.write_text("".join(kept), "utf-8")
