"""What zero-shot, few-shot and heads share: a linear map over pooled features of a frozen trunk.

Shape letters: N rows, O outputs, C labels, D width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sartor.core.candidate import Fitted, Job, State
from sartor.core.protocols import Engine


def unit(vectors_ND: np.ndarray) -> np.ndarray:
    """The same directions at length 1; a zero vector stays zero."""
    lengths_N1 = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return vectors_ND / np.maximum(lengths_N1, 1e-12)


ABSENT_LOGIT = -1e4
"""Of a label that no output stands for."""
Features = Callable[[Sequence[str]], np.ndarray]
"""Texts to unit features (N, D)."""


class Learn(Protocol):
    """A method's own step over pooled features."""

    def __call__(self, job: Job, features: Features) -> tuple[dict[str, np.ndarray], list[int]]:
        """`weight_0` (O, D), `bias_0` (O,), ... in float32, and the label of each output."""


class PooledFit:
    """A frozen trunk with layers on top that are learned in one go.

    Args:
        job: What to learn from.
        engine: Gives the features.
        learn: The method's own step: unit features (N, D) in, `Fitted.arrays` and the label of each
            output out.
        pooling: How the trunk's output becomes one vector.
        activation: Between the layers, where there are two.
    """

    def __init__(
        self,
        job: Job,
        engine: Engine,
        *,
        learn: Learn,
        pooling: str,
        activation: str = "relu",
    ) -> None:
        assert job.base is not None
        self.job = job
        self.engine = engine
        self.learn = learn
        self.pooling = pooling
        self.activation = activation
        self._arrays: dict[str, np.ndarray] = {}
        self._output_labels: list[int] = []

    def advance(self, epochs: float) -> None:
        """Learn, once."""
        if not self._arrays:
            self._arrays, self._output_labels = self.learn(self.job, self._features)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """Logits (N, C): of several outputs for one label the highest counts."""
        hidden_ND = self._features(texts)
        num_layers = len(self._arrays) // 2
        for layer in range(num_layers):
            hidden_ND = (
                hidden_ND @ self._arrays[f"weight_{layer}"].T + self._arrays[f"bias_{layer}"]
            )
            if layer < num_layers - 1:
                hidden_ND = np.maximum(hidden_ND, 0.0)
        return max_by_label(hidden_ND, self._output_labels, self.job.facts.num_labels)

    def state(self) -> State:
        return State(dict(self._arrays), {"output_labels": self._output_labels})

    def restore(self, state: State) -> None:
        self._arrays = dict(state.arrays)
        self._output_labels = list(state.facts["output_labels"])

    def fitted(self) -> Fitted:
        facts = {
            "pooling": self.pooling,
            "normalise": True,
            "activation": self.activation,
            "output_labels": self._output_labels,
            "scale": 1.0,
            "output_kind": str(self.job.facts.output_kind),
            "max_tokens": self.job.facts.max_tokens,
            "thresholds": None,
        }
        return Fitted(
            "pooled_head", self.job.base, self.job.facts.labels, dict(self._arrays), facts
        )

    def _features(self, texts: Sequence[str]) -> np.ndarray:
        assert self.job.base is not None
        return unit(self.engine.features(self.job.base, texts, self.pooling))


def max_by_label(
    logits_NO: np.ndarray, output_labels: Sequence[int], num_labels: int
) -> np.ndarray:
    """One logit a label, (N, C) float32; every label has an output, or several."""
    if list(output_labels) == list(range(num_labels)):
        return logits_NO.astype(np.float32)
    logits_NC = np.empty((len(logits_NO), num_labels), dtype=np.float32)
    label_of_O = np.asarray(output_labels)
    for label in range(num_labels):
        logits_NC[:, label] = logits_NO[:, label_of_O == label].max(axis=1)
    return logits_NC
