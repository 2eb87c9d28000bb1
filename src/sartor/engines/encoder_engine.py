"""The engine for encoders: features of frozen trunks, and tuned classifiers, with the work shared."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import torch

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Fitted, Job, State
from sartor.core.dataset import TaskFacts
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifacts, Fit
from sartor.engines.adapt import Adapted, adapt
from sartor.engines.encoder import tokenize
from sartor.engines.features import TrunkFeatures
from sartor.engines.fitted import fitted_of
from sartor.engines.inputs import (
    ActivationCache,
    ActivationInputs,
    Inputs,
    TokenInputs,
    can_cache_lower_layers,
)
from sartor.engines.linear import linear_layer
from sartor.engines.mlp import train_mlp
from sartor.engines.probe import Probe, fit_probe, inputs_of_output_layer, start_from
from sartor.engines.training import TuneFit


class EncoderEngine:
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
        self._features: dict[str, TrunkFeatures] = {}
        self._activations: dict[str, ActivationCache] = {}
        self._probes: dict[str, Probe] = {}

    def features(self, base: BaseModel, texts: Sequence[str], pooling: str) -> np.ndarray:
        """Pooled trunk output (N, D), or (N, 2 D) for two poolings joined."""
        if base.fingerprint not in self._features:
            self._features[base.fingerprint] = TrunkFeatures(
                base, max_tokens=self.max_tokens, device=self.device, artifacts=self.artifacts
            )
        return self._features[base.fingerprint].of(texts, pooling)

    def token_counts(self, base: BaseModel, texts: Sequence[str]) -> np.ndarray:
        """Length of each text in tokens before anything is cut off, (N,)."""
        return np.array([len(ids) for ids in tokenize(base, texts, max_tokens=0)], dtype=np.int64)

    def tune(self, job: Job, *, trains: str) -> Fit:
        """Start a trial of the one training loop."""
        return _Tuned(self, job, trains)

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

    def prepare(self, job: Job, *, trains: str, is_new: bool) -> TuneFit:
        """Load the base and put the new output layer on it.

        Args:
            job: Rows and settings.
            trains: What learns.
            is_new: Whether to start the output layer from a probe; a stored state needs no start.
        """
        assert job.base is not None
        adapted = adapt(job, trains=trains)
        adapted.model.to(self.device)
        inputs = self._inputs(job, adapted, trains)
        if isinstance(inputs, TokenInputs) and inputs.used is not None:
            adapted = adapted.with_words(inputs.used)
        if job.settings["warm_start"] and is_new:
            start_from(self._probe(job, adapted, inputs), adapted.model)
        return TuneFit(job, adapted=adapted, inputs=inputs)

    def _probe(self, job: Job, adapted: Adapted, inputs: Inputs) -> Probe:
        """The probe for these rows: the same for every setting of every gradient method."""
        assert job.base is not None
        pooling = job.settings["pooling"]
        key = content_hash(job.base.fingerprint, job.rows.fingerprint(), pooling, job.seed)
        if key not in self._probes:
            if pooling == "native":
                rows = inputs.read(job.rows.texts)
                inputs_NH = inputs_of_output_layer(
                    adapted.model, rows, num_labels=job.facts.num_labels
                )
            else:
                inputs_NH = self.features(job.base, job.rows.texts, pooling)
            self._probes[key] = fit_probe(inputs_NH, job)
        return self._probes[key]

    def _inputs(self, job: Job, adapted: Adapted, trains: str) -> TokenInputs | ActivationInputs:
        assert job.base is not None
        trunk = adapted.model.trunk
        if trains == "last_layers" and can_cache_lower_layers(trunk):
            cache = self._activation_cache(job.base)
            if cache.holds(job.rows.texts):
                return ActivationInputs(
                    cache,
                    trunk,
                    num_layers=job.settings["num_layers"],
                    device=self.device,
                )
        self._activations.clear()  # memory that what learns more of the trunk needs itself
        return TokenInputs(
            job.base,
            trunk,
            max_tokens=self.max_tokens,
            device=self.device,
            words_of=job.rows.texts if adapted.learns_words else None,
        )

    def _activation_cache(self, base: BaseModel) -> ActivationCache:
        if base.fingerprint not in self._activations:
            self._activations[base.fingerprint] = ActivationCache(
                base, max_tokens=self.max_tokens, device=self.device
            )
        return self._activations[base.fingerprint]


class _Tuned:
    """A trial that loads its base only when it has to learn, score or hand over something."""

    def __init__(self, engine: EncoderEngine, job: Job, trains: str) -> None:
        self.engine = engine
        self.job = job
        self.trains = trains
        self._fit: TuneFit | None = None

    def advance(self, epochs: float) -> None:
        self._ready().advance(epochs)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        return self._ready().scores(texts)

    def state(self) -> State:
        return self._ready().state()

    def restore(self, state: State) -> None:
        self._fit = self.engine.prepare(self.job, trains=self.trains, is_new=False)
        self._fit.restore(state)

    def fitted(self) -> Fitted:
        fit = self._ready()
        with fit.averaged():
            return fitted_of(
                fit.adapted,
                self.job,
                trains=self.trains,
                mean=fit.target_mean,
                scale=fit.target_scale,
            )

    def _ready(self) -> TuneFit:
        if self._fit is None:
            self._fit = self.engine.prepare(self.job, trains=self.trains, is_new=True)
        return self._fit


def pick_device() -> str:
    """`cuda` where there is one; dtype stays fp32, so that equal runs are equal."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return "cuda" if torch.cuda.is_available() else "cpu"
