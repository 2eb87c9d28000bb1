"""An engine that imports torch when it is first asked for something: a run that finds all its work done
starts in a second. What an API writes needs no torch at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sartor.core.base_model import BaseModel
from sartor.core.candidate import Answers, Job
from sartor.core.dataset import TaskFacts
from sartor.core.prompt import Prompt
from sartor.core.protocols import Artifacts, Engine, Fit
from sartor.core.recalled import Asks


class EngineOnUse:
    """Stands for a `TorchEngine` until work arrives.

    Args:
        artifacts: Where passes over a trunk are kept.
        max_tokens: Longer texts are cut.
        num_threads: CPU threads; 0 leaves torch's own choice.
        api: Asks bases that are APIs; None where there are none.
    """

    def __init__(
        self,
        artifacts: Artifacts,
        *,
        max_tokens: int,
        num_threads: int = 0,
        api: Asks | None = None,
    ) -> None:
        self._api = api
        self._arguments: dict[str, Any] = {"max_tokens": max_tokens, "num_threads": num_threads}
        self._artifacts = artifacts
        self._engine: Engine | None = None

    def features(self, base: BaseModel, texts: Sequence[str], pooling: str) -> np.ndarray:
        return self._loaded().features(base, texts, pooling)

    def token_counts(self, base: BaseModel, texts: Sequence[str]) -> np.ndarray:
        return self._loaded().token_counts(base, texts)

    def tune(self, job: Job, *, trains: str) -> Fit:
        return self._loaded().tune(job, trains=trains)

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
        if base.endpoint is not None:
            assert self._api is not None, f"nobody asks {base.id}"
            return self._api.write(
                base, prompts, max_new_tokens=max_new_tokens, schema=schema, max_tokens=max_tokens
            )
        return self._loaded().write(
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
        return self._loaded().choose(base, prompts, choices, max_tokens=max_tokens)

    def linear(
        self,
        features: np.ndarray,
        targets: np.ndarray,
        *,
        facts: TaskFacts,
        inverse_regularisation: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        return self._loaded().linear(
            features, targets, facts=facts, inverse_regularisation=inverse_regularisation
        )

    def mlp(self, job: Job, features: np.ndarray) -> list[np.ndarray]:
        return self._loaded().mlp(job, features)

    def _loaded(self) -> Engine:
        if self._engine is None:
            from sartor.engines.torch_engine import TorchEngine

            self._engine = TorchEngine(self._artifacts, **self._arguments)
        return self._engine
