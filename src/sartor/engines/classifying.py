"""What a classifier learns: labels or scores from texts.

Shape letters: N rows, B rows of a batch, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch

from sartor.core.candidate import Answers, Fitted, Job
from sartor.core.goal import OutputKind
from sartor.engines.adapt import Adapted
from sartor.engines.encoder import scoring_batches, shuffled_batches
from sartor.engines.fitted import fitted_of
from sartor.engines.inputs import Inputs
from sartor.engines.memory import parts_of
from sartor.engines.probe import output_layer, standard


class Classifying:
    """Implements `training.Objective`.

    Args:
        job: Rows and settings.
        adapted: The classifier.
        inputs: Turns texts into what the classifier reads: tokens, or cached activations.
    """

    def __init__(self, job: Job, *, adapted: Adapted, inputs: Inputs) -> None:
        self.job = job
        self.adapted = adapted
        self.model = adapted.model
        self.inputs = inputs
        self.target_mean, self.target_scale = 0.0, 1.0
        if job.facts.output_kind is OutputKind.SCORE:
            has_bias = output_layer(adapted.model, job.facts.num_labels).bias is not None
            self.target_mean, self.target_scale = standard(job.rows.targets, has_bias=has_bias)

    def batches(self, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
        lengths = self.inputs.read(self.job.rows.texts).lengths
        return shuffled_batches(lengths, batch_size=batch_size, rng=rng)

    def learn(self, rows: np.ndarray, num_parts: int) -> float:
        read, total = self.inputs.read(self.job.rows.texts), 0.0
        for part in parts_of(rows, num_parts):
            logits_BC = self.adapted.learning(*read.batch(part))
            loss = self._loss(logits_BC, part) * (len(part) / len(rows))
            loss.backward()
            total += float(loss.detach())
        return total

    def answers(self, texts: Sequence[str]) -> Answers:
        """Logits (N, C); for a score the prediction in its own units."""
        logits_NC = np.empty((len(texts), self.job.facts.num_labels), dtype=np.float32)
        rows = self.inputs.read(texts)
        device = next(self.model.parameters()).device
        for batch_rows in scoring_batches(rows.lengths, device):
            logits_BC = self.model(*rows.batch(batch_rows))
            logits_NC[batch_rows] = logits_BC.float().cpu().numpy()
        return Answers(logits_NC * self.target_scale + self.target_mean)

    def scoring(self) -> AbstractContextManager[None]:
        return self.inputs.scoring()

    def fitted(self, adapted: Adapted) -> Fitted:
        return fitted_of(adapted, self.job, mean=self.target_mean, scale=self.target_scale)

    def _loss(self, logits_BC: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
        targets = torch.from_numpy(np.asarray(self.job.rows.targets[rows])).to(logits_BC.device)
        kind = self.job.facts.output_kind
        if kind is OutputKind.SINGLE:
            smoothing = self.job.settings["label_smoothing"]
            return torch.nn.functional.cross_entropy(logits_BC, targets, label_smoothing=smoothing)
        if kind is OutputKind.MULTI:
            return torch.nn.functional.binary_cross_entropy_with_logits(logits_BC, targets.float())
        standard_B = (targets - self.target_mean) / self.target_scale
        return torch.nn.functional.mse_loss(logits_BC[:, 0], standard_B.float())
