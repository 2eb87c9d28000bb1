"""Start the new output layer from a linear probe on the frozen base, not from noise.

A random output layer sends noise through the pretrained weights until it has learned; a probe first, then
tuning, keeps what the base knows (LP-FT: Kumar et al. 2022, arXiv 2202.10054) and saves epochs.

Shape letters: N rows, C labels, H inputs of the output layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from sartor.core.candidate import Job
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


def fit_probe(inputs_NH: np.ndarray, job: Job) -> Probe:
    """Fit an output layer to what the frozen base gives it for the rows of a job."""
    length = float(np.linalg.norm(inputs_NH, axis=1).mean()) or 1.0
    weight_CH, bias_C = linear_layer(
        inputs_NH / length,
        _standard(job),
        facts=job.facts,
        inverse_regularisation=PROBE_STRENGTH,
        iterations=PROBE_ITERATIONS,
    )
    return Probe(weight_CH / length, bias_C)


def start_from(probe: Probe, model: torch.nn.Module) -> None:
    """Write a probe into a model's output layer."""
    layer = output_layer(model, len(probe.bias_C))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(probe.weight_CH))
        layer.bias.copy_(torch.from_numpy(probe.bias_C))


def output_layer(model: torch.nn.Module, num_labels: int) -> torch.nn.Linear:
    """The last linear layer with one output a label."""
    linears = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    return [layer for layer in linears if layer.out_features == num_labels][-1]


def _standard(job: Job) -> np.ndarray:
    """The targets as the training loop sees them: scores standardised."""
    targets = job.rows.targets
    if job.facts.output_kind is not OutputKind.SCORE:
        return targets
    return (targets - targets.mean()) / (float(targets.std()) or 1.0)


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
