"""A small network on cached trunk features: one hidden layer, trained in seconds.

Shape letters: N rows, D width, H hidden units, C labels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from sartor.core.candidate import Job
from sartor.core.goal import OutputKind
from sartor.core.hashing import derived_seed
from sartor.engines.threads import one_thread

LEAST_BATCH, MOST_BATCH = 8, 64
LEAST_STEPS_PER_EPOCH = 8
"""Few rows are taken in smaller batches, down to the least, so that an epoch still has steps."""
HEAD_DROPOUT = 0.2


def train_mlp(job: Job, features_ND: np.ndarray, *, device: str) -> list[np.ndarray]:
    """Train on frozen features.

    Args:
        job: Targets and settings: hidden_units, learning_rate, weight_decay, head_epochs.
        features_ND: One row a text, unit length or not.
        device: torch device.

    Returns:
        weight_HD, bias_H, weight_CH, bias_C.
    """
    with one_thread():
        return _trained(job, features_ND, device)


def _trained(job: Job, features_ND: np.ndarray, device: str) -> list[np.ndarray]:
    seed = derived_seed(job.seed, "mlp")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    settings = job.settings
    network = torch.nn.Sequential(
        torch.nn.Linear(features_ND.shape[1], settings["hidden_units"]),
        torch.nn.ReLU(),
        torch.nn.Dropout(HEAD_DROPOUT),
        torch.nn.Linear(settings["hidden_units"], job.facts.num_labels),
    ).to(device)
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=settings["learning_rate"],
        weight_decay=settings["weight_decay"],
        fused=True,
    )
    inputs_ND = torch.from_numpy(features_ND).to(device)
    targets, mean, scale = _targets(job, device)
    batch_size = len(inputs_ND) // LEAST_STEPS_PER_EPOCH
    batch_size = min(max(batch_size, LEAST_BATCH), MOST_BATCH)
    num_steps = settings["head_epochs"] * -(-len(inputs_ND) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=settings["learning_rate"], total_steps=num_steps + 1
    )
    for _ in range(settings["head_epochs"]):
        order = torch.from_numpy(rng.permutation(len(inputs_ND))).to(device)
        for rows in order.split(batch_size):
            loss = _loss(job, network(inputs_ND[rows]), targets[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
    first: Any = network[0]
    last: Any = network[3]
    return [
        first.weight.detach().cpu().numpy(),
        first.bias.detach().cpu().numpy(),
        last.weight.detach().cpu().numpy() * np.float32(scale),
        last.bias.detach().cpu().numpy() * np.float32(scale) + np.float32(mean),
    ]


def _targets(job: Job, device: str) -> tuple[torch.Tensor, float, float]:
    """Targets in the loss's form; scores standardised, with the mean and scale that undo it."""
    targets = torch.tensor(job.rows.targets).to(device)
    if job.facts.output_kind is not OutputKind.SCORE:
        return targets, 0.0, 1.0
    mean, scale = float(targets.mean()), float(targets.std(correction=0)) or 1.0
    return ((targets - mean) / scale).float(), mean, scale


def _loss(job: Job, logits_BC: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    kind = job.facts.output_kind
    if kind is OutputKind.SINGLE:
        return torch.nn.functional.cross_entropy(
            logits_BC, targets, label_smoothing=job.settings["label_smoothing"]
        )
    if kind is OutputKind.MULTI:
        return torch.nn.functional.binary_cross_entropy_with_logits(logits_BC, targets.float())
    return torch.nn.functional.mse_loss(logits_BC[:, 0], targets)
