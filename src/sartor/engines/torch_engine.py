"""The engine of a run: encoders and writers behind one door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Job
from sartor.core.dataset import TaskFacts
from sartor.core.output_form import CLASS_HEAD, OUTPUT
from sartor.core.prompt import Prompt
from sartor.core.protocols import Artifacts, Fit
from sartor.engines.encoder_engine import EncoderEngine, pick_device
from sartor.engines.linear import linear_layer
from sartor.engines.mlp import train_mlp
from sartor.engines.writer_engine import WriterEngine


class TorchEngine:
    """Implements `core.protocols.Engine` for one run.

    Args:
        artifacts: Where passes over a trunk are kept.
        max_tokens: Longer texts are cut.
        num_threads: CPU threads; 0 leaves torch's own choice.
    """

    def __init__(self, artifacts: Artifacts, *, max_tokens: int, num_threads: int = 0) -> None:
        self.artifacts = artifacts
        self.max_tokens = max_tokens
        self.device = pick_device()
        if num_threads:
            torch.set_num_threads(num_threads)

    @cached_property
    def encoders(self) -> EncoderEngine:
        """For bases that read."""
        return EncoderEngine(self.artifacts, max_tokens=self.max_tokens, device=self.device)

    @cached_property
    def writers(self) -> WriterEngine:
        """For bases that write."""
        return WriterEngine(max_tokens=self.max_tokens, device=self.device)

    def features(self, base: BaseModel, texts: Sequence[str], pooling: str) -> np.ndarray:
        """Pooled trunk output (N, D), or (N, 2 D) for two poolings joined."""
        return self.encoders.features(base, texts, pooling)

    def token_counts(self, base: BaseModel, texts: Sequence[str]) -> np.ndarray:
        """Length of each text in tokens before anything is cut off, (N,)."""
        return self.encoders.token_counts(base, texts)

    def tune(self, job: Job, *, trains: str) -> Fit:
        """Start a trial of the one training loop."""
        assert job.base is not None
        is_written = job.base.is_writer and job.settings.get(OUTPUT) != CLASS_HEAD
        engine = self.writers if is_written else self.encoders
        return engine.tune(job, trains=trains)

    def write(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int,
        decoding: Mapping[str, Any],
        schema: Mapping[str, Any] | None = None,
        max_tokens: int | None = None,
    ) -> Answers:
        """What a base writes as it is."""
        return self.writers.write(
            base,
            prompts,
            max_new_tokens=max_new_tokens,
            decoding=decoding,
            schema=schema,
            max_tokens=max_tokens,
        )

    def choose(
        self,
        base: BaseModel,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        *,
        max_tokens: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-probability of each answer after each prompt, (N, C), and the answers' tokens, (C,)."""
        return self.writers.choose(base, prompts, choices, max_tokens=max_tokens)

    def linear(
        self,
        features: np.ndarray,
        targets: np.ndarray,
        *,
        facts: TaskFacts,
        inverse_regularisation: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        """A linear output layer on features (N, D)."""
        return linear_layer(
            features, targets, facts=facts, inverse_regularisation=inverse_regularisation
        )

    def mlp(self, job: Job, features: np.ndarray) -> list[np.ndarray]:
        """A small network on features (N, D)."""
        return train_mlp(job, features, device=self.device)
