"""The engine for bases that read: features of frozen trunks, and tuned classifiers, with the work shared.

Encoders, and decoders whose output layer makes room for one with an output a label.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import torch

from sartor.core.base_model import DECODER, BaseModel
from sartor.core.candidate import Job
from sartor.core.goal import OutputKind
from sartor.core.hashing import content_hash
from sartor.core.protocols import Artifacts, Fit
from sartor.engines.adapt import Adapted, adapt
from sartor.engines.classifying import Classifying
from sartor.engines.contrasting import START_FORGOTTEN, Contrasting, Examples
from sartor.engines.encoder import load_tokenizer, tokenize
from sartor.engines.features import TrunkFeatures
from sartor.engines.inputs import (
    ActivationCache,
    ActivationInputs,
    TokenInputs,
    can_cache_lower_layers,
    can_cache_output,
)
from sartor.engines.lazy_fit import LazyFit
from sartor.engines.probe import (
    Probe,
    fit_probe,
    inputs_of_output_layer,
    output_layer,
    start_from,
)
from sartor.engines.tagging import Reading, Tagging
from sartor.engines.training import TuneFit


class EncoderEngine:
    """Features and tuned classifiers for one run.

    Args:
        artifacts: Where passes over a trunk are kept.
        max_tokens: Longer texts are cut.
        device: torch device.
    """

    def __init__(self, artifacts: Artifacts, *, max_tokens: int, device: str) -> None:
        self.artifacts = artifacts
        self.max_tokens = max_tokens
        self.device = device
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
        return LazyFit(lambda is_new: self.prepare(job, trains=trains, is_new=is_new))

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
        is_tagger = job.facts.output_kind is OutputKind.SPANS
        reading = Reading(load_tokenizer(job.base, self.max_tokens)) if is_tagger else None
        texts = reading.of(job.rows.texts).windows if reading else job.rows.texts
        examples = Examples.of(job) if trains == "pairs" else None
        if examples:
            texts = examples.texts
        inputs = self._inputs(job, adapted, trains, texts)
        if isinstance(inputs, TokenInputs) and inputs.used is not None:
            adapted = adapted.with_words(inputs.used)
        if examples:
            contrasting = Contrasting(job, examples, adapted=adapted, inputs=inputs)
            return TuneFit(
                job, adapted=adapted, objective=contrasting, start_forgotten=START_FORGOTTEN
            )
        objective: Classifying | Tagging
        if reading:
            objective = Tagging(job, adapted=adapted, inputs=inputs, reading=reading)
        else:
            objective = Classifying(job, adapted=adapted, inputs=inputs)
        if job.settings["warm_start"] and is_new:
            start_from(self._probe(job, adapted, objective), adapted.model)
        return TuneFit(job, adapted=adapted, objective=objective)

    def _probe(self, job: Job, adapted: Adapted, objective: Classifying | Tagging) -> Probe:
        """The probe for these rows: the same for every setting of every gradient method."""
        assert job.base is not None
        pooling = job.settings.get("pooling", "")
        key = content_hash(job.base.fingerprint, job.rows.fingerprint(), pooling, job.seed)
        if key not in self._probes:
            if isinstance(objective, Tagging):
                self._probes[key] = objective.probe()
                return self._probes[key]
            if job.base.architecture == DECODER:
                # Its class head reads the last token, as this pooling does.
                pooling = "last" if pooling == "native" else pooling
                inputs_NH = self.features(job.base, job.rows.texts, pooling)
            elif pooling == "native":
                rows = objective.inputs.read(job.rows.texts)
                inputs_NH = inputs_of_output_layer(
                    adapted.model, rows, num_labels=job.facts.num_labels
                )
            else:
                inputs_NH = self.features(job.base, job.rows.texts, pooling)
            layer = output_layer(adapted.model, job.facts.num_labels)
            has_bias = layer.bias is not None
            self._probes[key] = fit_probe(inputs_NH, job, has_bias=has_bias)
        return self._probes[key]

    def _inputs(
        self, job: Job, adapted: Adapted, trains: str, texts: Sequence[str]
    ) -> TokenInputs | ActivationInputs:
        assert job.base is not None
        trunk = adapted.model.trunk
        can_cache = {"last_layers": can_cache_lower_layers, "head": can_cache_output}.get(trains)
        if can_cache is not None and can_cache(trunk):
            cache = self._activation_cache(job.base)
            if cache.holds(texts):
                num_layers = 0 if trains == "head" else job.settings["num_layers"]
                return ActivationInputs(cache, trunk, num_layers=num_layers, device=self.device)
        self._activations.clear()  # memory that what learns more of the trunk needs itself
        return TokenInputs(
            job.base,
            trunk,
            max_tokens=self.max_tokens,
            device=self.device,
            words_of=texts if adapted.learns_words else None,
        )

    def _activation_cache(self, base: BaseModel) -> ActivationCache:
        if base.fingerprint not in self._activations:
            self._activations[base.fingerprint] = ActivationCache(
                base, max_tokens=self.max_tokens, device=self.device
            )
        return self._activations[base.fingerprint]


def pick_device() -> str:
    """`cuda` where there is one; dtype stays fp32, so that equal runs are equal."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return "cuda" if torch.cuda.is_available() else "cpu"
