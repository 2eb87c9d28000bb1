"""The one training loop: methods differ in which weights they hand it, tasks in the objective.

An epoch is drawn from the trial's seed and its number, and walked in parts, each with a seed of its own that
starts from the stored weights, moments and average. A trial that stops after a part therefore goes on to the
bit, on the same hardware, from nothing but its `State`.

Shape letters: N rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import numpy as np
import torch

from sartor.core.candidate import Answers, Fitted, Job, State
from sartor.core.errors import TrialError
from sartor.core.hashing import derived_seed
from sartor.engines.adapt import Adapted
from sartor.engines.memory import (
    give_back_memory,
    is_out_of_memory,
    random_state,
    set_random_state,
)

CLIP_NORM = 1.0
WARM_UP_STEPS = 100
PARTS = 4
"""Parts of an epoch after which a trial may stop: of much data an epoch is long."""
AVERAGE_SHARE_OF_EPOCH = 0.75
"""Memory of the weight average, in epochs: long enough to smooth, short enough to follow."""
START_FORGOTTEN = 10
"""While there are few steps, the average reaches back over one in so many of those done."""


class Objective(Protocol):
    """What is learned from the rows of a job, and what is answered: all that differs between tasks."""

    def batches(self, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
        """One epoch: every row to learn from once, in steps. It may load what it needs."""

    def learn(self, rows: np.ndarray, num_parts: int) -> float:
        """Add the gradients of these rows' mean loss to the weights; returns the loss.

        In several parts, one after the other, less memory is needed; the sum is the same.
        """

    def answers(self, texts: Sequence[str]) -> Answers:
        """What the model, as it is now, says to some inputs."""

    def scoring(self) -> AbstractContextManager[None]:
        """While scoring, inputs may hold words that no row to learn from holds."""

    def fitted(self, adapted: Adapted) -> Fitted:
        """What was learned, with the weights as they are now."""


class TuneFit:
    """A model in training.

    The learning rate warms up and then stays: no schedule has to know the last epoch beforehand, so a
    trial can stop at any rung or go on. What is scored and kept is a moving average of the weights, which
    does what a decay would do (Izmailov et al. 2018, arXiv 1803.05407; Morales-Brotons et al. 2024,
    arXiv 2411.18704).

    Args:
        job: Rows, settings and seed.
        adapted: The model and its learning part.
        objective: What it learns and answers.
        start_forgotten: In place of `START_FORGOTTEN`.
    """

    def __init__(
        self,
        job: Job,
        *,
        adapted: Adapted,
        objective: Objective,
        start_forgotten: int = START_FORGOTTEN,
    ) -> None:
        self.job = job
        self.adapted = adapted
        self.objective = objective
        self.start_forgotten = start_forgotten
        self.parts_done = 0
        self.step_parts = 1
        """Parts in which a step is learned: twice as many from whenever memory ran out."""
        self.names = [*adapted.head, *adapted.body]
        self.weights = [*adapted.head.values(), *adapted.body.values()]
        self.average = [weight.detach().clone() for weight in self.weights]
        self.optimizer = self._optimizer()

    def advance(self, epochs: float) -> None:
        """Train until `epochs` epochs are done in all; quarters of one count."""
        while self.parts_done < epochs * PARTS:
            self._one_part(*divmod(self.parts_done, PARTS))
            self.parts_done += 1

    def _one_part(self, epoch: int, part: int) -> None:
        rng = np.random.default_rng(derived_seed(self.job.seed, "epoch", epoch))
        batches = self.objective.batches(self.job.settings["batch_size"], rng)
        # Only now: what was loaded for the batches may have drawn numbers of its own.
        torch.manual_seed(derived_seed(self.job.seed, "epoch", epoch, "part", part))
        self.adapted.model.train()
        for index in range(len(batches) * part // PARTS, len(batches) * (part + 1) // PARTS):
            step = epoch * len(batches) + index
            self._set_learning_rate(step, len(batches))
            self._step(batches[index])
            self._follow(step, len(batches))
        self.adapted.model.eval()

    def _step(self, rows: np.ndarray) -> None:
        loss = self._learned(rows)
        if not math.isfinite(loss):
            raise TrialError(
                where=f"epoch {self.parts_done // PARTS + 1}",
                problem=f"the loss became {loss}.",
                fix="Lower `learning_rate` for this method under `settings:`.",
            )
        torch.nn.utils.clip_grad_norm_(self.weights, CLIP_NORM)
        self.optimizer.step()

    def _learned(self, rows: np.ndarray) -> float:
        """The loss of some rows, with their gradients in place of all others.

        Where memory runs out, the step begins anew in twice as many parts.
        """
        before = random_state()
        while True:
            self.optimizer.zero_grad(set_to_none=True)
            try:
                return self.objective.learn(rows, self.step_parts)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.step_parts >= len(rows):
                    raise
            self.step_parts *= 2
            give_back_memory()
            set_random_state(before)

    def _follow(self, step: int, steps_per_epoch: int) -> None:
        """Move the average towards the weights; quickly at first, so that the start is forgotten."""
        memory_steps = max(10.0, AVERAGE_SHARE_OF_EPOCH * steps_per_epoch)
        keep = min(1 - 1 / memory_steps, (step + 1) / (step + 1 + self.start_forgotten))
        torch._foreach_lerp_(self.average, [w.detach() for w in self.weights], 1 - keep)

    def _set_learning_rate(self, step: int, steps_per_epoch: int) -> None:
        warm = min(1.0, (step + 1) / min(WARM_UP_STEPS, steps_per_epoch))
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak_lr"] * warm

    def _optimizer(self) -> torch.optim.Optimizer:
        rate = self.job.settings["learning_rate"]
        body = [*self.adapted.body.values()]
        groups = [{"params": body, "lr": rate, "peak_lr": rate}]
        if head := [*self.adapted.head.values()]:
            of_head = rate * self.job.settings["head_factor"]
            groups.insert(0, {"params": head, "lr": of_head, "peak_lr": of_head})
        return torch.optim.AdamW(groups, weight_decay=0.0, fused=True)

    @torch.inference_mode()
    def answers(self, texts: Sequence[str]) -> Answers:
        """What the model says with its averaged weights."""
        with self.averaged():
            self.adapted.model.eval()
            return self.objective.answers(texts)

    def fitted(self) -> Fitted:
        """What was learned, with the averaged weights."""
        with self.averaged():
            return self.objective.fitted(self.adapted)

    def state(self) -> State:
        """Weights, average, moments and position: all that going on to the bit needs."""
        arrays = {}
        for name, weight, average in zip(self.names, self.weights, self.average, strict=True):
            arrays[f"weight.{name}"] = _copied(weight)
            arrays[f"average.{name}"] = _copied(average)
            for key, value in self.optimizer.state.get(weight, {}).items():
                arrays[f"{key}.{name}"] = _copied(value)
        facts = {"parts_done": self.parts_done, "step_parts": self.step_parts}
        return State(arrays, facts)

    def restore(self, state: State) -> None:
        """Go on from a stored state."""
        for name, weight, average in zip(self.names, self.weights, self.average, strict=True):
            with torch.no_grad():
                weight.copy_(torch.from_numpy(state.arrays[f"weight.{name}"]))
            average.copy_(torch.from_numpy(state.arrays[f"average.{name}"]))
            moments = {
                key: torch.from_numpy(state.arrays[f"{key}.{name}"].copy()).to(weight.device)
                for key in ("step", "exp_avg", "exp_avg_sq")
                if f"{key}.{name}" in state.arrays
            }
            self.optimizer.state.pop(weight, None)
            if moments:
                self.optimizer.state[weight] = moments
        self.parts_done = state.facts["parts_done"]
        self.step_parts = state.facts["step_parts"]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The averaged weights stand in the model, and every word in its table."""
        with _Swapped(self.weights, self.average), self.objective.scoring():
            yield


class _Swapped:
    """The average stands in for the weights while scoring; afterwards training goes on as before.

    The two change places, one tensor after the other, so that no further copy of all of them is held.
    """

    def __init__(
        self, weights: Sequence[torch.nn.Parameter], average: Sequence[torch.Tensor]
    ) -> None:
        self.weights = weights
        self.average = average

    def __enter__(self) -> None:
        self._swap()

    def __exit__(self, *_: object) -> None:
        self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for weight, average in zip(self.weights, self.average, strict=True):
            kept = weight.detach().clone()
            weight.copy_(average)
            average.copy_(kept)


def _copied(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's values, which do not follow when training goes on."""
    return tensor.detach().cpu().numpy().copy()
