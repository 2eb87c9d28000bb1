"""Start the new output layer from a linear probe on the frozen base, not from noise.

A random output layer sends noise through the pretrained weights until it has learned; a probe first, then
tuning, keeps what the base knows (LP-FT: Kumar et al. 2022, arXiv 2202.10054) and saves epochs.

Shape letters: N rows, C labels, H inputs of the output layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.candidate import Job
from sartor.core.dataset import TaskFacts
from sartor.core.goal import OutputKind
from sartor.engines.encoder import scoring_batches
from sartor.engines.inputs import Rows
from sartor.engines.linear import linear_layer

PROBE_STRENGTH = 10.0
"""Inverse regularisation on features of mean length 1; the tuning that follows forgives much."""
PROBE_ITERATIONS = 100


@dataclass(frozen=True)
class Probe:
    """A fitted output layer."""

    weight_CH: np.ndarray
    bias_C: np.ndarray


def fit_probe(inputs_NH: np.ndarray, job: Job, *, has_bias: bool = True) -> Probe:
    """Fit an output layer to what the frozen base gives it for the rows of a job."""
    targets = job.rows.targets
    if job.facts.output_kind is OutputKind.SCORE:
        mean, scale = standard(targets, has_bias=has_bias)
        targets = (targets - mean) / scale
    return probe_of(inputs_NH, targets, facts=job.facts, has_bias=has_bias)


def probe_of(
    inputs_NH: np.ndarray, targets: np.ndarray, *, facts: TaskFacts, has_bias: bool = True
) -> Probe:
    """Fit an output layer to some inputs and targets of the kind that the facts name."""
    length = float(np.linalg.norm(inputs_NH, axis=1).mean()) or 1.0
    weight_CH, bias_C = linear_layer(
        inputs_NH / length,
        targets,
        facts=facts,
        inverse_regularisation=PROBE_STRENGTH,
        iterations=PROBE_ITERATIONS,
        has_bias=has_bias,
    )
    return Probe(weight_CH / length, bias_C)


def start_from(probe: Probe, model: torch.nn.Module) -> None:
    """Write a probe into a model's output layer."""
    layer = output_layer(model, len(probe.bias_C))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(probe.weight_CH))
        if layer.bias is not None:
            layer.bias.copy_(torch.from_numpy(probe.bias_C))


def output_layer(model: torch.nn.Module, num_labels: int) -> torch.nn.Linear:
    """The last linear layer with one output a label."""
    linears = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    return [layer for layer in linears if layer.out_features == num_labels][-1]


def standard(scores_N: np.ndarray, *, has_bias: bool) -> tuple[float, float]:
    """Mean and scale by which scores are standardised while an output layer learns.

    A layer without a bias cannot give the mean back, so it is left in; the scale is then the scores' size.
    """
    mean = float(np.mean(scores_N)) if has_bias else 0.0
    scale = math.sqrt(float(np.mean((scores_N - mean) ** 2)))
    return mean, scale if math.isfinite(scale) and scale > 0 else 1.0


@torch.inference_mode()
def inputs_of_output_layer(model: torch.nn.Module, rows: Rows, *, num_labels: int) -> np.ndarray:
    """What the output layer receives for each row, (N, H)."""
    layer = output_layer(model, num_labels)
    inputs_NH = np.empty((len(rows.lengths), layer.in_features), dtype=np.float32)
    caught: list[torch.Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
    model.eval()
    for batch_rows in scoring_batches(rows.lengths, layer.weight.device):
        model(*rows.batch(batch_rows))
        inputs_NH[batch_rows] = caught.pop().float().cpu().numpy()
    hook.remove()
    return inputs_NH
